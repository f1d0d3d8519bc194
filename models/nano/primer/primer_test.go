package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestTheSameSeedWritesTheSame(t *testing.T) {
	draw := func() (parts, string) {
		l := newLexicon()
		return instructions(l, rand.New(rand.NewPCG(1, 2)), 20, 5), l.document(rand.New(rand.NewPCG(3, 4)), kinds(), frames())
	}
	p, text := draw()
	q, again := draw()
	if text != again || !slices.Equal(p.learn, q.learn) || !slices.Equal(p.inputs, q.inputs) || !slices.Equal(p.phrasings, q.phrasings) {
		t.Error("two draws differ")
	}
}

// What is held out is not learned from: no question of one part is in another, and no exercise of the inputs part is learned.
func TestPartsShareNoQuestion(t *testing.T) {
	p := instructions(newLexicon(), rand.New(rand.NewPCG(1, 2)), 320, 40)
	seen := map[string]string{}
	for name, rows := range map[string][]row{"learn": p.learn, "inputs": p.inputs, "phrasings": p.phrasings} {
		for _, x := range rows {
			id := x.Instruction + "\x00" + x.Input
			if other, ok := seen[id]; ok {
				t.Errorf("%q is in %s and in %s", id, name, other)
			}
			seen[id] = name
		}
	}
	for _, k := range kinds() {
		for _, u := range k.unseen {
			if slices.Contains(k.asked, u) {
				t.Errorf("%s: %q is learned from and held out", k.name, u)
			}
		}
	}
}

func TestEveryFrameAndPhrasingIsFilled(t *testing.T) {
	l, r := newLexicon(), rand.New(rand.NewPCG(1, 2))
	all := frames()
	for _, k := range kinds() {
		if len(all[k.name]) == 0 {
			t.Errorf("%s: no frame", k.name)
		}
		for range 20 {
			e := k.draw(l, r)
			if e.item == "" || e.answer == "" || e.key == "" {
				t.Fatalf("%s: %+v", k.name, e)
			}
			for _, f := range all[k.name] {
				if s := l.say(r, f, k, e); strings.ContainsAny(s, "{}") {
					t.Errorf("%s: %q", k.name, s)
				}
			}
			for _, f := range append(slices.Clone(k.asked), k.unseen...) {
				if x := set(f, e); strings.ContainsAny(x.Instruction+x.Input, "{}|") || !strings.Contains(x.Instruction+x.Input, strings.TrimSuffix(e.item, ".")[1:]) {
					t.Errorf("%s: %+v from %q", k.name, x, f)
				}
			}
		}
	}
}

// Answers against a few that were worked out by hand.
func TestAnswersAreRight(t *testing.T) {
	l := newLexicon()
	want := map[string]string{
		"plural/box": "boxes", "plural/child": "children", "plural/cherry": "cherries", "plural/key": "keys", "plural/church": "churches", "plural/leaf": "leaves",
		"opposite/hot": "cold", "opposite/cold": "hot", "opposite/full": "empty", "category/dog": "animal", "category/Monday": "day of the week", "next/Monday": "Tuesday", "next/C": "D",
		"next/9": "10", "sum/3+4": "7", "sum/9-2": "7", "superlative/good": "best", "superlative/big": "biggest",
	}
	r := rand.New(rand.NewPCG(1, 2))
	found := map[string]bool{}
	for _, k := range kinds() {
		for range 4000 {
			e := k.draw(l, r)
			if w, ok := want[k.name+"/"+e.key]; ok {
				found[k.name+"/"+e.key] = true
				if e.answer != w {
					t.Errorf("%s of %s is %q, want %q", k.name, e.key, e.answer, w)
				}
			}
		}
	}
	for key := range want {
		if !found[key] {
			t.Errorf("%s was never drawn", key)
		}
	}
}
