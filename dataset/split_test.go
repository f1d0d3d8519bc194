package dataset

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestSplitNeverParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Set
		for i := range rapid.IntRange(0, 60).Draw(t, "rows") {
			n := rapid.IntRange(0, 20).Draw(t, "content")
			s.Examples = append(s.Examples, Example{Messages: conv("A", fmt.Sprint(n)), Row: i, Weight: float64(i), Repeat: 1})
		}
		fraction := rapid.Float64Range(0, 1.2).Draw(t, "fraction")
		seed := rapid.Uint64().Draw(t, "seed")
		train, held := s.Split(fraction, seed)

		side := make(map[string]string)
		for name, list := range map[string][]Example{"train": train, "held": held} {
			last := -1
			for _, e := range list {
				c := e.Messages[1].Content
				if was, ok := side[c]; ok && was != name {
					t.Fatalf("row %q is on both sides", c)
				}
				side[c] = name
				if e.Row <= last {
					t.Fatal("order is not kept")
				}
				last = e.Row
			}
		}
		if len(train)+len(held) != len(s.Examples) {
			t.Fatal("rows are lost")
		}
		if different := len(side); fraction > 0 && different >= 2 && (len(held) == 0 || len(train) == 0) {
			t.Fatalf("fraction %v of %d different rows: %d train, %d held", fraction, different, len(train), len(held))
		}
		if fraction == 0 && len(held) > 0 {
			t.Fatal("a fraction of 0 holds rows")
		}
		again, _ := s.Split(fraction, seed)
		if len(again) != len(train) {
			t.Fatal("not the same twice")
		}
	})
}

func TestSplitIsStableAndAboutTheFraction(t *testing.T) {
	var s Set
	for i := range 20000 {
		s.Examples = append(s.Examples, Example{Messages: conv("A", fmt.Sprint(i))})
	}
	_, all := s.Split(0.05, 1)
	if n := len(all); n < 900 || n > 1100 { // 1000 ± 3.2 standard deviations
		t.Errorf("0.05 of 20,000 rows holds %d", n)
	}
	half := Set{Examples: s.Examples[:10000]}
	_, first := half.Split(0.05, 1)
	for i, e := range first {
		if e.Messages[1].Content != all[i].Messages[1].Content {
			t.Fatal("rows added later move earlier ones")
		}
	}
	_, other := s.Split(0.05, 2)
	same := 0
	in := make(map[string]bool)
	for _, e := range all {
		in[e.Messages[1].Content] = true
	}
	for _, e := range other {
		if in[e.Messages[1].Content] {
			same++
		}
	}
	if same > 100 { // 50 expected
		t.Errorf("two seeds share %d of %d rows", same, len(all))
	}
}
