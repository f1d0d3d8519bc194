package statistics

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestGroupedOfSingleThingsIsWilson(t *testing.T) {
	for n := 1; n < 40; n++ {
		for k := range n + 1 {
			yes, of := make([]float64, n), make([]float64, n)
			for i := range of {
				of[i] = 1
				if i < k {
					yes[i] = 1
				}
			}
			low, high := Grouped(yes, of)
			wantLow, wantHigh := Wilson(k, n)
			if math.Abs(low-wantLow) > 1e-12 || math.Abs(high-wantHigh) > 1e-12 {
				t.Fatalf("%d of %d: %g to %g, want %g to %g", k, n, low, high, wantLow, wantHigh)
			}
		}
	}
	if low, high := Grouped(nil, nil); low != 0 || high != 1 {
		t.Errorf("of nothing %g to %g", low, high)
	}
	// Three prompts of which none of two instructions is followed are three things, not six.
	low, high := Grouped([]float64{0, 0, 0}, []float64{2, 2, 2})
	if wantLow, wantHigh := Wilson(0, 3); low != wantLow || high != wantHigh {
		t.Errorf("%g to %g, want %g to %g", low, high, wantLow, wantHigh)
	}
}

// Of groups of one to three things whose own shares differ, the interval holds the share of all in about 95 of 100 draws, where
// Wilson's, which takes the things one by one, does not.
func TestGroupedCovers(t *testing.T) {
	const rounds, groups = 4000, 60
	rng := rand.New(rand.NewPCG(5, 9))
	for _, p := range []float64{0.1, 0.3, 0.8} {
		held, single := 0, 0
		for range rounds {
			yes, of := make([]float64, groups), make([]float64, groups)
			k, n := 0, 0
			for i := range of {
				of[i] = float64(1 + rng.IntN(3))
				all, alike := rng.Float64() < p, rng.Float64() < 0.6
				for range int(of[i]) {
					if alike && all || !alike && rng.Float64() < p {
						yes[i]++
					}
				}
				k, n = k+int(yes[i]), n+int(of[i])
			}
			if low, high := Grouped(yes, of); low <= p && p <= high {
				held++
			}
			if low, high := Wilson(k, n); low <= p && p <= high {
				single++
			}
		}
		if share := float64(held) / rounds; share < 0.93 || share > 0.97 {
			t.Errorf("%g is held in %.3f of the draws", p, share)
		}
		if share := float64(single) / rounds; share > 0.9 {
			t.Errorf("one by one, %g is held in %.3f of the draws: the groups of this test hardly hang together", p, share)
		}
	}
}
