package statistics

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Of 100 answers, 20 are right only after and 10 only before. With half an answer more in each of the four cells of the table,
// 20.5 and 10.5 of 102, the plain interval is 0.098 ± 1.96·sqrt((31 - 10²/102)/102²).
func TestDifferencesIsAgrestiAndMins(t *testing.T) {
	diffs := make([]float64, 100)
	for i := range 30 {
		diffs[i] = 1
		if i >= 20 {
			diffs[i] = -1
		}
	}
	low, high := Differences(diffs)
	mean, half := 10.0/102, 1.959964*math.Sqrt(31-100.0/102)/102
	if math.Abs(low-(mean-half)) > 1e-6 || math.Abs(high-(mean+half)) > 1e-6 {
		t.Errorf("%g to %g, want %g to %g", low, high, mean-half, mean+half)
	}
	if low, high := Differences(nil); low != -1 || high != 1 {
		t.Errorf("of nothing %g to %g", low, high)
	}
	if low, high := Differences(make([]float64, 50)); low > -0.02 || high < 0.02 || low != -high {
		t.Errorf("of 50 that are unchanged %g to %g", low, high)
	}
}

// The interval has the true difference in it about as often as it says, with few items and with changes that are rare.
func TestDifferencesCover(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		n          int
		won, lost  float64
		least, max float64
	}{
		{20, 0.1, 0.1, 0.93, 1}, {50, 0.3, 0.1, 0.93, 0.98}, {200, 0.02, 0.01, 0.93, 1}, {500, 0.2, 0.1, 0.935, 0.965},
	} {
		const rounds = 4000
		covered := 0
		for range rounds {
			diffs := make([]float64, c.n)
			for i := range diffs {
				switch u := r.Float64(); {
				case u < c.won:
					diffs[i] = 1
				case u < c.won+c.lost:
					diffs[i] = -1
				}
			}
			if low, high := Differences(diffs); low <= c.won-c.lost && c.won-c.lost <= high {
				covered++
			}
		}
		if share := float64(covered) / rounds; share < c.least || share > c.max {
			t.Errorf("%d items, %g won, %g lost: covered in %.3f", c.n, c.won, c.lost, share)
		}
	}
}
