package dataset

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestLaw04PackedSequencesKeepToThemselves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := anySequences(t)
		for i := range list {
			for j := range list[i].Train {
				list[i].Train[j] = j > 0 && rapid.Bool().Draw(t, "label")
			}
		}
		indices := rapid.SliceOfN(rapid.IntRange(0, len(list)-1), 1, 30).Draw(t, "indices")
		limit := rapid.IntRange(0, 80).Draw(t, "limit")
		next := 0 // of indices
		for _, b := range Pack(list, indices, limit) {
			n := len(b.IDs)
			if limit > 0 && n > limit && len(b.Refs) > 1 {
				t.Fatalf("a batch of %d tokens, at most %d are allowed", n, limit)
			}
			if len(b.Pos) != n || len(b.Starts) != len(b.Refs)+1 || b.Starts[0] != 0 || b.Starts[len(b.Refs)] != n ||
				len(b.Targets) != len(b.Rows) || len(b.Weights) != len(b.Rows) {
				t.Fatalf("lengths do not agree: %+v", b)
			}
			row := 0
			for s, ref := range b.Refs {
				x := list[indices[next]]
				next++
				from, to := b.Starts[s], b.Starts[s+1]
				if ref != x.Ref || !slices.Equal(b.IDs[from:to], x.IDs) {
					t.Fatalf("sequence %d of the batch is not %s", s, x.Ref)
				}
				for i := from; i < to; i++ {
					if int(b.Pos[i]) != i-from {
						t.Fatalf("position %d at %d of a sequence from %d", b.Pos[i], i, from)
					}
					// The label of place i is token i+1 of the same sequence, where that is to be learned.
					if i+1 < to && x.Train[i+1-from] {
						if int(b.Rows[row]) != i || b.Targets[row] != x.IDs[i+1-from] || b.Weights[row] != x.Weight {
							t.Fatalf("row %d: place %d, target %d", row, b.Rows[row], b.Targets[row])
						}
						row++
					}
				}
			}
			if row != len(b.Rows) {
				t.Fatalf("%d rows, want %d", len(b.Rows), row)
			}
		}
		if next != len(indices) {
			t.Fatalf("%d sequences of %d are packed", next, len(indices))
		}
	})
}

// No id is special: pad, begin and end tokens are targets where they are labels.
func TestLaw02AnyTokenCanBeATarget(t *testing.T) {
	for id := range int32(1000) {
		b := Pack([]Tokens{{IDs: []int32{5, id, id}, Train: []bool{false, true, true}, Weight: 1, Repeat: 1}}, []int{0}, 0)[0]
		if !slices.Equal(b.Targets, []int32{id, id}) || len(b.Weights) != 2 {
			t.Fatalf("token %d: targets %v", id, b.Targets)
		}
	}
}

func TestLaw05TheLossWeightDoesNotDependOnTheCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := anySequences(t)
		indices := rapid.SliceOfN(rapid.IntRange(0, len(list)-1), 1, 30).Draw(t, "indices")
		want := LossWeight(Pack(list, indices, 0))
		got := LossWeight(Pack(list, indices, rapid.IntRange(1, 200).Draw(t, "limit")))
		if got != want { // to the bit
			t.Fatalf("loss weight %v, in one batch %v", got, want)
		}
		check := 0.0
		for _, i := range indices {
			check += float64(list[i].Weight) * float64(len(list[i].IDs)-1)
		}
		if d := want - check; d > 1e-9 || d < -1e-9 {
			t.Fatalf("loss weight %v, want %v", want, check)
		}
	})
}
