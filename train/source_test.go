package train

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSourcesInARecipe(t *testing.T) {
	r, err := ParseRecipe([]byte("data:\n  - a.jsonl\n  - {path: b.jsonl, repeat: 2.5}\n  - path: c.jsonl\n    share: 0.3\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Source{{Path: "a.jsonl"}, {Path: "b.jsonl", Repeat: 2.5}, {Path: "c.jsonl", Share: 0.3}}
	if diff := cmp.Diff(want, r.Data); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	again, err := ParseRecipe(r.YAML())
	if err != nil || !cmp.Equal(want, again.Data) {
		t.Errorf("written and read again: %+v, %v", again.Data, err)
	}
	// Without a mixture a recipe is what it was before there were any.
	if text := string(Recipe{Data: Files("a.jsonl", "b.jsonl")}.YAML()); !strings.Contains(text, "\ndata:\n  - a.jsonl\n  - b.jsonl\nout:") {
		t.Errorf("plain files are written as\n%s", text)
	}
	for text, want := range map[string]string{
		"data:\n  - path: a\n    times: 2\n":  `line 3: unknown key "times" in an entry of data`,
		"data:\n  - [a, b]\n":                 "line 2: an entry of data is a path, or a mapping",
		"data:\n  - {path: a, repeat: 0}\n":   "line 2: repeat is 0: a number above 0",
		"data:\n  - {path: a, share: much}\n": `line 2: share is "much": a number`,
	} {
		if _, err := ParseRecipe([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for _, bad := range []Source{{}, {Path: "a", Repeat: -1}, {Path: "a", Share: 2}, {Path: "a", Repeat: 1, Share: 0.5}} {
		if _, err := (Recipe{Base: "b", Out: "o", Data: []Source{bad}}).Resolve(); err == nil || !strings.Contains(err.Error(), "data ") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// gradientsOf is the gradient of the first step of a run on some sources, which is all of an epoch.
func gradientsOf(t *testing.T, data ...Source) (stepStats, []float32) {
	t.Helper()
	r := tinyRecipe(t)
	r.Data, r.EvalFraction, r.BatchTokens, r.MicroTokens = data, -1, 1<<20, 3000
	s := openSession(t, r)
	moveParams(s)
	st, err := s.gradients(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return st, s.allGrads()
}

// A weight, a repeat in the row, a repeat of the file and a share of it say the same thing.
func TestAWeightIsARepeatIsAMixture(t *testing.T) {
	text := func(from, to int, extra string) string {
		s := ""
		for i := from; i < to; i++ {
			s += fmt.Sprintf(`{"instruction":"say %02d","output":"%s"%s}`+"\n", i, strings.Repeat("ab", i%3+1), extra)
		}
		return s
	}
	b := put(t, "b.jsonl", text(6, 12, ""))
	plain := Source{Path: put(t, "a.jsonl", text(0, 6, ""))}
	other := Source{Path: b}
	_, want := gradientsOf(t, Source{Path: plain.Path, Repeat: 3}, other)
	for what, data := range map[string][]Source{
		"weight of each row": {{Path: put(t, "weight.jsonl", text(0, 6, `,"weight":3`))}, other},
		"repeat of each row": {{Path: put(t, "repeat.jsonl", text(0, 6, `,"repeat":3`))}, other},
		"share of the file":  {{Path: plain.Path, Share: 0.75}, other}, // 3 of 4, as both have as many labels
		"file given thrice":  {plain, plain, plain, other},
	} {
		_, got := gradientsOf(t, data...)
		if d := apart(got, want); !(d < 2e-6) {
			t.Errorf("%s: the gradient differs by %.2g of its norm", what, d)
		}
	}
	if _, got := gradientsOf(t, plain, other); apart(got, want) < 1e-3 {
		t.Error("a repeat of 3 changes nothing")
	}
}
