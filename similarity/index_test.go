package similarity

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"Don't stop_me, e.g. AT 3.5%!", []string{"don", "t", "stop", "me", "e", "g", "at", "3", "5"}},
		{"Café crème", []string{"café", "crème"}},
		{"Cafe\u0301", []string{"café"}},
		{"Опишите, ПОЖАЛУЙСТА", []string{"опишите", "пожалуйста"}},
		{"用Python写", []string{"用", "python", "写"}},
		{"한국어 요약", []string{"한", "국", "어", "요", "약"}},
		{"हिन्दी में", []string{"हिन्दी", "में"}},
		{"\u0301 a", []string{"a"}},
		{"\xff bad \xfe", []string{"bad"}},
	} {
		if got := Words(c.text); !slices.Equal(got, c.want) {
			t.Errorf("Words(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

// The two ways of Words agree on what both can read.
func TestWordsOfASCII(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~]{0,40}`).Draw(t, "text")
		if d := cmp.Diff(wordsOf(text), Words(text)); d != "" {
			t.Fatal(d)
		}
	})
}

// Scores worked out by hand from the definition; the first is the example in the README of rouge_score.
func TestRougeL(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"The quick brown fox jumps over the lazy dog", "The quick brown dog jumps on the log.", 10.0 / 17},
		{"the cat was found under the bed", "the cat was under the bed", 12.0 / 13},
		{"police killed the gunman", "the gunman police killed", 0.5},
		{"a b c", "d e", 0},
		{"", "a", 0},
		{"", "", 0},
	} {
		if got := RougeL(Words(c.a), Words(c.b)); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("RougeL(%q, %q) = %g, want %g", c.a, c.b, got, c.want)
		}
	}
}

func TestBitParallelIsTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := func(name string) []int32 {
			return rapid.SliceOfN(rapid.Int32Range(1, 9), 0, 200).Draw(t, name)
		}
		a, b := words("a"), words("b")
		var p pattern
		p.set(a, make([]int32, 10))
		if got, want := p.common(b), lcs(a, b); got != want {
			t.Fatalf("common = %d, want %d", got, want)
		}
	})
}

// plain compares with every text.
func plain(texts []string, asked string, k int, floor float64) []Match {
	var all []Match
	for i, text := range texts {
		if s := RougeL(Words(text), Words(asked)); s > floor {
			all = append(all, Match{i, s})
		}
	}
	slices.SortStableFunc(all, func(a, b Match) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	return all[:min(k, len(all))]
}

func TestIndexIsTheComparisonWithAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(strings.Fields("write a the story poem list of five 写 诗 names")), 0, 80).Draw(t, "words"), " ")
		})
		threshold := rapid.SampledFrom([]float64{0, 0.3, 0.5, 0.7, 1}).Draw(t, "threshold")
		x := NewIndex(threshold)
		var texts []string
		for _, s := range rapid.SliceOfN(text, 0, 30).Draw(t, "texts") {
			if got := x.Add(s); got != len(texts) {
				t.Fatalf("Add gives %d, want %d", got, len(texts))
			}
			texts = append(texts, s)
			asked := text.Draw(t, "asked")
			k := rapid.IntRange(1, 5).Draw(t, "k")
			if d := cmp.Diff(plain(texts, asked, k, 0), x.Top(asked, k)); d != "" {
				t.Fatalf("Top: %s", d)
			}
			var got []Match
			if m, ok := x.Nearest(asked); ok {
				got = []Match{m}
			}
			if d := cmp.Diff(plain(texts, asked, 1, threshold), got); d != "" {
				t.Fatalf("Nearest: %s", d)
			}
		}
	})
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"Write a poem.", "写一首诗 about Go", "e\u0301\u0301 \xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range Words(text) {
			if again := Words(w); len(again) != 1 {
				t.Errorf("the word %q of %q has the words %q", w, text, again)
			}
		}
	})
}

// lcs is the length of the longest common subsequence by the textbook's table: the plain twin of [pattern.common].
func lcs(a, b []int32) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}
