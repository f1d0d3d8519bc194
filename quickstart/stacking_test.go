package quickstart

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/data"
	"github.com/cria-llm/cria/eval"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/models/nano"
	"github.com/cria-llm/cria/train"
)

// Deltas add up: an adapter for words, and on top of it one for numbers. The table is in docs/adapters.md.
func TestTheSecondAdapterKeepsTheFirstOnesSkill(t *testing.T) {
	if !*full {
		t.Skip("takes minutes: give -full")
	}
	ctx, dir := context.Background(), t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := nano.Extract(in("base")); err != nil {
		t.Fatal(err)
	}
	words, numbers := []string{"plural", "past", "superlative"}, []string{"next", "sort numbers", "count"}
	tune := func(base, name string, kinds []string, seed uint64) string {
		r, err := Recipe(dir)
		if err != nil {
			t.Fatal(err)
		}
		r.Base, r.Out, r.Data, r.Steps, r.EvalFraction, r.Seed = base, in(name), train.Files(rowsOf(t, in(name+".jsonl"), kinds)), 120, -1, seed
		if _, err := train.Run(ctx, r, train.Options{}, train.Silent{}); err != nil {
			t.Fatal(err)
		}
		return in(name)
	}
	a := tune(in("base"), "words", words, 1)
	b := tune(in("base"), "numbers", numbers, 2)
	onTop := tune(in("base")+"+"+a, "numbers-on-words", numbers, 3)
	merged := in("merged")
	stackInto(t, merged, a, b)
	q, err := readQuestions(0)
	if err != nil {
		t.Fatal(err)
	}
	score := func(spec string) (w, n float64) {
		return exact(t, spec, q, words), exact(t, spec, q, numbers)
	}
	t.Logf("%-44s words  numbers", "")
	var skill, kept float64
	for _, c := range []struct{ name, spec string }{
		{"base", in("base")}, {"words", in("base") + "+" + a}, {"numbers", in("base") + "+" + b},
		{"words, then numbers on top", in("base") + "+" + a + "+" + onTop}, {"cria adapter stack words numbers", in("base") + "+" + merged},
	} {
		w, n := score(c.spec)
		t.Logf("%-44s %5.1f  %5.1f", c.name, 100*w, 100*n)
		switch c.name {
		case "words":
			skill = w
		case "words, then numbers on top":
			kept = w
			if n < 0.5 {
				t.Errorf("the second adapter did not learn its own task: %.2f", n)
			}
		}
	}
	if kept < skill-0.15 {
		t.Errorf("the first adapter's skill went from %.2f to %.2f", skill, kept)
	}
}

// stackInto adds adapters up into one.
func stackInto(t *testing.T, to string, dirs ...string) {
	t.Helper()
	var list []adapter.Weighted
	for _, dir := range dirs {
		a, err := adapter.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, adapter.Weighted{Name: filepath.Base(dir), Adapter: a, Weight: 1})
	}
	a, err := adapter.Stack(list)
	if err == nil {
		err = a.Save(to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// rowsOf writes the rows of some kinds to a file of their own.
func rowsOf(t *testing.T, path string, kinds []string) string {
	t.Helper()
	rows, err := data.Rows(data.NanoInstruct)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	b := bufio.NewWriter(f)
	e := json.NewEncoder(b)
	for _, r := range rows {
		if slices.Contains(kinds, r.Kind) {
			if err := e.Encode(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// exact is the share of right answers to the questions of some kinds.
func exact(t *testing.T, spec string, q questions, kinds []string) float64 {
	t.Helper()
	be, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer be.Close()
	a, err := infer.Open(context.Background(), be, spec, infer.OpenOptions{Template: "vicuna"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var items []eval.Item
	for _, i := range append(slices.Clone(q.inputs), q.phrasings...) {
		if slices.Contains(kinds, i.Kind) {
			items = append(items, i)
		}
	}
	answers, err := eval.Ask(context.Background(), a, items, longestAnswer, nil)
	if err != nil {
		t.Fatal(err)
	}
	return eval.Tally(answers).Share()
}
