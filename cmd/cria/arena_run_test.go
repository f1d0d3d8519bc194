package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

// answerOrJudge is a model that answers with a part of the prompt, and as a judge prefers the answer with the smaller hash.
func answerOrJudge(r openai.Request) string {
	asked := openaitest.Echo(r)
	_, rest, judging := strings.Cut(asked, "=== response A ===\n")
	if !judging {
		return asked[len(asked)/2:]
	}
	first, rest, _ := strings.Cut(rest, "\n=== response B ===\n")
	second, _, _ := strings.Cut(rest, "\n=== end ===")
	sum := func(s string) (n uint32) {
		for _, c := range []byte(s) {
			n = n*31 + uint32(c)
		}
		return n
	}
	switch a, b := sum(first), sum(second); {
	case a%7 == 0:
		return "T"
	case a < b:
		return "A"
	}
	return "B"
}

// A bout of three that is killed again and again, at an endpoint that fails and bills, ends with the verdicts of one that was left in
// peace, and pays for none of them twice.
func TestABoutThroughKills(t *testing.T) {
	dir := t.TempDir()
	const n = 30
	var prompts, answers bytes.Buffer
	for i := range n {
		fmt.Fprintf(&prompts, "{\"instruction\":\"Say the number %d in words.\"}\n", i)
		fmt.Fprintf(&answers, "{\"instruction\":\"Say the number %d in words.\",\"output\":\"%d it is\"}\n", i, i*i)
	}
	for name, text := range map[string]*bytes.Buffer{"prompts.jsonl": &prompts, "answers.jsonl": &answers} {
		if err := os.WriteFile(filepath.Join(dir, name), text.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	command := func(url, third, out string) *exec.Cmd {
		c := exec.CommandContext(context.WithoutCancel(t.Context()), "cria", "arena", "run", "--a", "answers.jsonl", "--b", url, "--b-model", "m",
			"--with", third+"#third", "--prompts", "prompts.jsonl", "--judge", url, "--judge-model", "judge", "--out", out, "--concurrency", "4", "--price-in", "3", "--price-out", "9",
			"--max-cost", "10", "--json")
		c.Dir, c.Env = dir, append(os.Environ(), "CRIA_HOME="+filepath.Join(dir, "home"))
		return c
	}
	result := func(url, third, out string) (r bout.Report) {
		t.Helper()
		var said bytes.Buffer
		c := command(url, third, out)
		c.Stderr = &said
		text, err := c.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, said.String())
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	prices := openai.Prices{In: 3, Out: 9}
	begins := func(r openai.Request) string {
		asked := openaitest.Echo(r)
		return asked[:len(asked)/2]
	}
	third := openaitest.NewServer(t, begins, openaitest.Options{Prices: prices})
	calm := openaitest.NewServer(t, answerOrJudge, openaitest.Options{Prices: prices})
	want := result(calm.URL, third.URL, "calm")
	for _, s := range want.All() {
		if s.N != n || s.Wins == 0 || s.Losses == 0 || s.Failed != 0 {
			t.Fatalf("%s: %+v", s.Title(), s)
		}
	}
	if calm.Bills() != 7*n || third.Bills() != n {
		t.Errorf("%d and %d bills, want one for each of %d answers and %d verdicts, and %d", calm.Bills(), third.Bills(), n, 6*n, n)
	}
	s := openaitest.NewServer(t, answerOrJudge, openaitest.Options{Prices: prices, Seed: 2, Fail: 0.01, Drop: 0.005, Cut: 0.005, Delay: 3 * time.Millisecond})
	third = openaitest.NewServer(t, begins, openaitest.Options{Prices: prices, Seed: 3, Fail: 0.01, Drop: 0.005, Cut: 0.005, Delay: 3 * time.Millisecond})
	bills := func() int { return s.Bills() + third.Bills() }
	for kill := range 4 {
		c := command(s.URL, third.URL, "killed")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for before, deadline := bills(), time.Now().Add(10*time.Second); bills() < before+20*(kill+1); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("no bills come")
			}
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); err == nil {
			t.Fatalf("kill %d came too late", kill)
		}
	}
	got := result(s.URL, third.URL, "killed")
	if len(got.Standings) != 3 || len(got.Ratings) != 3 {
		t.Fatalf("%+v", got)
	}
	for i, x := range got.Standings {
		y := want.Standings[i]
		if x.N != y.N || x.Wins != y.Wins || x.Ties != y.Ties || x.Losses != y.Losses || x.Flips != y.Flips || *x.Interval != *y.Interval {
			t.Errorf("killed and resumed\n%+v, in peace\n%+v", x, y)
		}
	}
	if bills() != 8*n {
		t.Errorf("%d bills, in peace %d", bills(), 8*n)
	}
	if result(s.URL, third.URL, "killed"); bills() != 8*n {
		t.Errorf("what is there was paid for again: %d bills, then %d", 8*n, bills())
	}
}
