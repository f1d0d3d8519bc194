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
		for i := range list { // some begin alike
			x := list[rapid.IntRange(0, len(list)-1).Draw(t, "like")].IDs
			copy(list[i].IDs, x[:rapid.IntRange(0, len(x)).Draw(t, "as far as")])
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
				len(b.Prefix) != len(b.Refs) || len(b.Targets) != len(b.Rows) || len(b.Weights) != len(b.Rows) {
				t.Fatalf("lengths do not agree: %+v", b)
			}
			row, tokens := 0, 0
			for s, ref := range b.Refs {
				from, to := b.Starts[s], b.Starts[s+1]
				users := 0
				for _, p := range b.Prefix {
					if int(p) == s {
						users++
					}
				}
				if users > 0 {
					if users < 2 || b.Prefix[s] >= 0 || to-from < shareMin || row < len(b.Rows) && int(b.Rows[row]) < to {
						t.Fatalf("sequence %d is a prefix of %d others", s, users)
					}
					continue
				}
				x := list[indices[next]]
				next++
				var ids []int32
				if p := b.Prefix[s]; p >= 0 {
					if int(p) >= s {
						t.Fatalf("sequence %d has sequence %d for a prefix", s, p)
					}
					ids = append(ids, b.IDs[b.Starts[p]:b.Starts[p+1]]...)
				}
				shared := len(ids)
				ids = append(ids, b.IDs[from:to]...)
				tokens += len(ids)
				if ref != x.Ref || !slices.Equal(ids, x.IDs) {
					t.Fatalf("sequence %d of the batch is not %s", s, x.Ref)
				}
				for i := from; i < to; i++ {
					at := shared + i - from
					if int(b.Pos[i]) != at {
						t.Fatalf("position %d at %d of a sequence", b.Pos[i], at)
					}
					// The label of place i is token i+1 of the same sequence, where that is to be learned.
					if i+1 < to && x.Train[at+1] {
						if int(b.Rows[row]) != i || b.Targets[row] != x.IDs[at+1] || b.Weights[row] != x.Weight {
							t.Fatalf("row %d: place %d, target %d", row, b.Rows[row], b.Targets[row])
						}
						row++
					}
				}
			}
			if row != len(b.Rows) || tokens != b.Tokens {
				t.Fatalf("%d rows, want %d; %d tokens, want %d", len(b.Rows), row, b.Tokens, tokens)
			}
		}
		if next != len(indices) {
			t.Fatalf("%d sequences of %d are packed", next, len(indices))
		}
	})
}

// Sequences of one template compute it once, and those of another apart.
func TestSharedBeginningsAreComputedOnce(t *testing.T) {
	seq := func(head, rest int32) Tokens {
		x := Tokens{Weight: 1, Repeat: 1}
		for i := range int32(10) {
			x.IDs, x.Train = append(x.IDs, head+i), append(x.Train, false)
		}
		x.IDs, x.Train = append(x.IDs, rest, rest), append(x.Train, false, true)
		return x
	}
	list := []Tokens{seq(100, 1), seq(200, 2), seq(100, 3), seq(200, 4), seq(100, 5)}
	var p Packer
	b := p.Pack(list, []int{0, 1, 2, 3, 4}, 0)[0]
	if len(b.IDs) != 2*10+5*2 || b.Tokens != 5*12 {
		t.Errorf("%d tokens for %d", len(b.IDs), b.Tokens)
	}
	if want := []int32{-1, 0, -1, 2, 0, 2, 0}; !slices.Equal(b.Prefix, want) {
		t.Errorf("prefixes %v, want %v", b.Prefix, want)
	}
	if n := testing.AllocsPerRun(10, func() { p.Pack(list, []int{0, 1, 2, 3, 4}, 30) }); n > 1 { // the literal
		t.Errorf("%g allocations once warm", n)
	}
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
