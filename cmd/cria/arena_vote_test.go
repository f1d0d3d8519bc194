package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/store"
)

// What people said is in the ledger once, as it stands in the folder, though their programs are killed between votes and two of
// them vote at once.
func TestVotesThroughKills(t *testing.T) {
	dir := t.TempDir()
	const n = 40
	var prompts, a, b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&prompts, "{\"instruction\":\"%d?\"}\n", i)
		fmt.Fprintf(&a, "{\"instruction\":\"%d?\",\"output\":\"yes\"}\n", i)
		fmt.Fprintf(&b, "{\"instruction\":\"%d?\",\"output\":\"no\"}\n", i)
	}
	for name, text := range map[string]*bytes.Buffer{"prompts.jsonl": &prompts, "a.jsonl": &a, "b.jsonl": &b} {
		if err := os.WriteFile(filepath.Join(dir, name), text.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	command := func(args ...string) *exec.Cmd {
		c := exec.CommandContext(context.WithoutCancel(t.Context()), "cria", append([]string{"arena"}, args...)...)
		c.Dir, c.Env = dir, append(os.Environ(), "CRIA_HOME="+filepath.Join(dir, "home"))
		return c
	}
	if out, err := command("run", "--a", "a.jsonl", "--b", "b.jsonl", "--prompts", "prompts.jsonl", "--judge", "person", "--out", "blind").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	file := filepath.Join(dir, "blind", "votes.jsonl")
	lines := func() int {
		text, _ := os.ReadFile(file) // not there before the first
		return bytes.Count(text, []byte("\n"))
	}
	// Several votes are waiting when the program is killed, so that it may be anywhere between two.
	kill := func(c *exec.Cmd, after int) {
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(in, strings.Repeat("1\nu\n2\n", 8)); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(10 * time.Second); lines() < after; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("no votes come")
			}
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait() // it was killed
	}
	for i := range 3 {
		kill(command("vote", "blind", "--voter", "anna"), lines()+2+i)
	}
	var both []*exec.Cmd
	for _, voter := range []string{"anna", "ben"} {
		c := command("vote", "blind", "--voter", voter)
		c.Stdin = strings.NewReader(strings.Repeat("1\n", n))
		c.Stderr, c.Stdout = io.Discard, io.Discard
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		both = append(both, c)
	}
	for _, c := range both {
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{} // the last word on each
	for line := range strings.Lines(string(text)) {
		var v struct{ Voter, Key, Choice string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if want[v.Voter+v.Key] = v.Choice; v.Choice == "undone" {
			delete(want, v.Voter+v.Key)
		}
	}
	if len(want) != 2*n {
		t.Errorf("the folder has %d votes, want %d of each of two", len(want), n)
	}
	s, err := store.Open(t.Context(), filepath.Join(dir, "home", "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	list, err := s.Bouts(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("the ledger has %d bouts, %v", len(list), err)
	}
	votes, err := s.Votes(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range votes {
		if want[v.Voter+v.Shown] != v.Choice || v.Prompt == "" {
			t.Errorf("the ledger has %+v, the folder %q", v, want[v.Voter+v.Shown])
		}
		delete(want, v.Voter+v.Shown)
	}
	if len(want) > 0 {
		t.Errorf("the ledger lacks %d votes", len(want))
	}
	if r := list[0].Results; len(r) != 1 || r[0].Judge != "person" || r[0].N != 2*n || r[0].Pending != 0 {
		t.Errorf("%+v", r)
	}
}
