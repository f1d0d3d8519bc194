package repair

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/internal/appendfile"
)

func TestAReviewGoesOnWhereItWasLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	fresh := func() []Repair {
		var all []Repair
		for _, after := range []string{"b", "c", "d", "e"} {
			all = append(all, Repair{Row: 7, Field: "output", Before: "a", After: after, By: Rule, Status: Proposed})
		}
		return all
	}
	d, err := OpenDecisions(path)
	if err != nil {
		t.Fatal(err)
	}
	repairs := fresh()
	was := repairs[3]
	for _, c := range []struct {
		repair int
		status Status
	}{{0, Accepted}, {1, Edited}, {2, Rejected}, {3, Edited}, {1, Edited}} {
		if err := d.Decide(&repairs[c.repair], c.status, "mine"); err != nil {
			t.Fatal(err)
		}
	}
	repairs[3] = was
	if err := d.Decide(&repairs[3], Proposed, ""); err != nil { // undone
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	// A crash cuts a line off.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"id":"`); err != nil {
		t.Fatal(err)
	}
	f.Close()

	d, err = OpenDecisions(path)
	if err != nil {
		t.Fatal(err)
	}
	repairs = fresh()
	if n := d.Recall(repairs); n != 3 {
		t.Errorf("%d decisions are recalled, want 3", n)
	}
	for i, want := range []Status{Accepted, Edited, Rejected, Proposed} {
		if repairs[i].Status != want {
			t.Errorf("repair %d is %s, want %s", i, repairs[i].Status, want)
		}
	}
	if r := repairs[1]; r.After != "mine" || r.By != Person || *r.Suggested != "c" {
		t.Errorf("what was edited is %+v", r)
	}
	if err := d.Decide(&repairs[3], Accepted, ""); err != nil {
		t.Fatal(err)
	}
	d.Close()
	text, _ := os.ReadFile(path)
	if n := strings.Count(string(text), "\n"); n != 7 || strings.Contains(string(text), `{"id":"{`) {
		t.Errorf("the file has %d lines:\n%s", n, text)
	}
}

func FuzzDecisions(f *testing.F) {
	f.Add(`{"id":"a","status":"edited","text":"x"}` + "\n" + `{"id":"a","status":"proposed"}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		all := Decisions{by: map[string]Decision{}}
		if _, err := appendfile.Lines(strings.NewReader(text), maxDecision, all.take); err != nil {
			return
		}
		for id, d := range all.by {
			if d.ID != id {
				t.Errorf("%q is filed under %q", d.ID, id)
			}
		}
	})
}
