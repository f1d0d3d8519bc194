package bout_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/arena/bout"
)

// A folder that somebody wrote in says what is wrong with it, in place of counting what nobody said.
func TestAFolderThatWasWrittenIn(t *testing.T) {
	a := &says{name: "a", of: func(bout.Prompt) (string, string) { return "yes", "" }}
	b := &says{name: "b", of: func(bout.Prompt) (string, string) { return "no", "" }}
	for _, c := range []struct{ file, was, is, want string }{
		{"verdicts.jsonl", `"first":1`, `"first":7`, "line 1: first is 7: want 0 to 1"},
		{"verdicts.jsonl", `"seat":0`, `"seat":9`, "line 1: seat is 9: want 0 or 1"},
		{"votes.jsonl", `"choice":"first"`, `"choice":"banana"`, `line 1: the choice is "banana": want first, second, tie, both bad or undone`},
		{"prompts.jsonl", `Say 0.`, ` `, "line 1: the prompt is empty"},
		{"bout.json", `"bout": "`, `"bout": "\u001b[2J`, "want 10 and 64 digits of a hash"},
		{"bout.json", `"sha256": "`, `"sha256": "x`, "want 10 and 64 digits of a hash"},
	} {
		dir := t.TempDir()
		open(t, dir, prompts(1), a, b, rule(t, "longer"))
		x, err := bout.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		poll, err := x.Poll("anna")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poll.Vote(poll.Ballots()[0], bout.FirstBetter); err != nil {
			t.Fatal(err)
		}
		if err := poll.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, c.file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(text), c.was, c.is, 1)
		if changed == string(text) {
			t.Fatalf("%s has no %s: %s", c.file, c.was, text)
		}
		if err := os.WriteFile(path, []byte(changed), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := bout.Read(dir); err == nil || !strings.Contains(err.Error(), c.file) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %s: error %v, want %s", c.file, c.is, err, c.want)
		}
	}
}

// odd is a judge whose verdicts are none.
type odd struct{ first float64 }

func (odd) Name() string { return "odd" }

func (j odd) Judge(context.Context, arena.Shown) (arena.Verdict, error) {
	return arena.Verdict{First: j.first}, nil
}

// A verdict that is no number from 0 to 1 is one that failed, and leaves a folder that can be read.
func TestVerdictsThatAreNoneAreKeptAsFailed(t *testing.T) {
	a := &says{name: "a", of: func(bout.Prompt) (string, string) { return "yes", "" }}
	b := &says{name: "b", of: func(bout.Prompt) (string, string) { return "no", "" }}
	for _, first := range []float64{math.NaN(), -1, 2} {
		dir := t.TempDir()
		if r := open(t, dir, prompts(2), a, b, odd{first}); r.Failed != 2 || r.N != 0 {
			t.Errorf("%g: %d failed, %d counted", first, r.Failed, r.N)
		}
		if _, err := bout.Read(dir); err != nil {
			t.Errorf("%g: %v", first, err)
		}
	}
}
