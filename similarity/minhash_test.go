package similarity

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cria-llm/cria/internal/shared"
)

func TestJaccard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := func(name string) []uint64 {
			s := rapid.SliceOf(rapid.Uint64Range(0, 9)).Draw(t, name)
			slices.Sort(s)
			return slices.Compact(s)
		}
		a, b := set("a"), set("b")
		both, either := 0, map[uint64]bool{}
		for _, v := range slices.Concat(a, b) {
			if either[v] {
				both++
			}
			either[v] = true
		}
		want := 0.0
		if both > 0 {
			want = float64(both) / float64(len(either))
		}
		if got := Jaccard(a, b); got != want {
			t.Fatalf("Jaccard = %g, want %g", got, want)
		}
	})
}

// pairwise groups texts by comparing every two.
func pairwise(texts []string, jaccard float64) [][]int {
	groups := newUnion(len(texts))
	for i, a := range texts {
		for j, b := range texts[:i] {
			if s := Jaccard(Shingles(a), Shingles(b)); s > 0 && s >= jaccard {
				groups.join(i, j)
			}
		}
	}
	return groups.groups()
}

func TestNearDuplicatesOfFewTexts(t *testing.T) {
	texts := []string{
		"List five fruits that are red.",
		"",
		"Explain how a bill becomes a law in the United States of America, step by step.",
		"list five fruits, that are red",
		"Explain how a bill becomes a law in the United States of America step by step!",
		"!!!",
		"Explain how a bill becomes a law in the United Kingdom.",
		"列出五种红色的水果。",
		"列出五种红色的水果",
	}
	want := [][]int{{0, 3}, {2, 4}, {7, 8}}
	if d := cmp.Diff(want, NearDuplicates(texts, 0.8)); d != "" {
		t.Error(d)
	}
}

// Every pair that is far enough above the threshold is found, in texts of which some are made from others by changing
// words.
func TestNearDuplicatesAreThoseOfEveryPair(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	vocabulary := strings.Fields("a be see dog cat house tree river runs eats over under blue green fast slow city man woman child")
	var texts []string
	for range 400 {
		if len(texts) > 0 && random.IntN(2) == 0 {
			words := strings.Fields(texts[random.IntN(len(texts))])
			for range random.IntN(4) {
				words[random.IntN(len(words))] = vocabulary[random.IntN(len(vocabulary))]
			}
			texts = append(texts, strings.Join(words, " "))
			continue
		}
		words := make([]string, 5+random.IntN(40))
		for i := range words {
			words[i] = vocabulary[random.IntN(len(vocabulary))]
		}
		texts = append(texts, strings.Join(words, " "))
	}
	for _, threshold := range []float64{0.5, 0.7, 0.9} {
		if d := cmp.Diff(pairwise(texts, threshold), NearDuplicates(texts, threshold)); d != "" {
			t.Errorf("threshold %g (-every pair +found):\n%s", threshold, d)
		}
	}
}

// Of the answers of 3,000 rows of Alpaca all pairs are known; none is missed.
func TestNearDuplicatesOfAlpaca(t *testing.T) {
	texts := answers(t)[:3000]
	sets := make([][]uint64, len(texts))
	for i, s := range texts {
		sets[i] = Shingles(s)
	}
	all := newUnion(len(texts))
	pairs := 0
	for i, a := range sets {
		for j, b := range sets[:i] {
			if 2*min(len(a), len(b)) >= max(len(a), len(b)) && len(a) > 0 && Jaccard(a, b) >= 0.5 {
				all.join(i, j)
				pairs++
			}
		}
	}
	if d := cmp.Diff(all.groups(), NearDuplicates(texts, 0.5)); d != "" {
		t.Errorf("of %d pairs (-every pair +found):\n%s", pairs, d)
	}
}

func answers(tb testing.TB) []string {
	f, err := os.Open(shared.Path(tb, "data", "alpaca", "alpaca_28k.jsonl"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var out []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var row struct{ Instruction, Input, Output string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			tb.Fatal(err)
		}
		out = append(out, row.Instruction+" "+row.Input+" "+row.Output)
	}
	return out
}

func BenchmarkNearDuplicates(b *testing.B) {
	texts := answers(b)
	for b.Loop() {
		NearDuplicates(texts, 0.7)
	}
}
