package infer

import (
	"math"
	"testing"
)

// The losses are those of Losses, and what is foreseen is what the likeliest tokens of one sequence at a time are.
func TestForeseeIsOneAtATime(t *testing.T) {
	a := small(t)
	pairs := pairsOf(t, a, 16)
	for i := range 8 { // what the model itself would say
		res, err := a.Generate(t.Context(), pairs[i].Prompt, Options{MaxTokens: 3, Stop: []int32{}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		pairs[i].Response = res.IDs
	}
	pairs[9].Prompt, pairs[10].Response = nil, nil
	losses, err := a.Losses(t.Context(), pairs)
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Foresee(t.Context(), pairs)
	if err != nil {
		t.Fatal(err)
	}
	greedy := 0
	for i, p := range pairs {
		want := true
		if ids := append(p.Prompt[:len(p.Prompt):len(p.Prompt)], p.Response...); len(p.Response) > 0 {
			s, err := a.Score(t.Context(), ids)
			if err != nil {
				t.Fatal(err)
			}
			for at := max(1, len(p.Prompt)); at < len(ids); at++ {
				want = want && s.Argmax[at-1] == ids[at]
			}
		}
		if want && len(p.Response) > 0 {
			greedy++
		}
		if g := got[i]; g.Greedy != want || g.Tokens != losses[i].Tokens || math.Abs(g.Sum-losses[i].Sum) > 1e-4*losses[i].Sum+1e-4 {
			t.Errorf("pair %d: %+v, want greedy %t and %+v", i, g, want, losses[i])
		}
	}
	if greedy < 8 {
		t.Errorf("%d responses are the model's own, want 8", greedy)
	}
}
