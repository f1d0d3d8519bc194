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
	"github.com/cria-llm/cria/data"
	"github.com/cria-llm/cria/eval"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
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
	tune := func(base, name string, seed uint64, rate float64, data ...train.Source) string {
		r, err := Recipe(dir)
		if err != nil {
			t.Fatal(err)
		}
		r.Base, r.Out, r.Data, r.LR, r.Steps, r.EvalFraction, r.Seed = base, in(name), data, rate, 120, -1, seed
		if _, err := train.Run(ctx, r, train.Options{}, train.Silent{}); err != nil {
			t.Fatal(err)
		}
		return in(name)
	}
	ofWords, ofNumbers := train.Source{Path: rowsOf(t, in("words.jsonl"), words)}, train.Source{Path: rowsOf(t, in("numbers.jsonl"), numbers)}
	again := ofWords
	again.Share = 0.1
	a := tune(in("base"), "words", 1, 3e-3, ofWords)
	b := tune(in("base"), "numbers", 2, 3e-3, ofNumbers)
	on := in("base") + "+" + a
	stackInto(t, in("stacked"), a, b)
	q, err := readQuestions(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%-52s words  numbers", "")
	score := func(name, spec string) (w, n float64) {
		w, n = exact(t, spec, q, words), exact(t, spec, q, numbers)
		t.Logf("%-52s %5.1f  %5.1f", name, 100*w, 100*n)
		return w, n
	}
	score("base", in("base"))
	skill, _ := score("words", on)
	score("numbers", in("base")+"+"+b)
	score("cria adapter stack words numbers", in("base")+"+"+in("stacked"))
	score("numbers on top of words", on+"+"+tune(on, "bold", 3, 3e-3, ofNumbers))
	score("the same at a sixth of the rate", on+"+"+tune(on, "gentle", 3, 5e-4, ofNumbers))
	kept, learned := score("numbers on top, words with a tenth of the weight", on+"+"+tune(on, "mixed", 3, 2e-3, ofNumbers, again))
	if kept < skill-0.05 || learned < 0.8 {
		t.Errorf("the first adapter's skill went from %.2f to %.2f, and the second reached %.2f", skill, kept, learned)
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
	a := infertest.Open(t, spec, infer.OpenOptions{Template: "vicuna"})
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
