package train

import (
	"math"
	"strings"
	"testing"
)

// The rates of 20 steps, against values worked out by hand: 2 steps of warm-up, then 18 of the fall to a tenth.
func TestSchedules(t *testing.T) {
	for schedule, want := range map[Schedule]map[int]float64{
		"":       {0: 0.5, 1: 1, 2: 1, 11: 0.1 + 0.9*0.5, 19: 0.1 + 0.9*(1+math.Cos(math.Pi*17/18))/2},
		Cosine:   {0: 0.5, 1: 1, 2: 1, 11: 0.1 + 0.9*0.5},
		Linear:   {0: 0.5, 1: 1, 2: 1, 11: 0.1 + 0.9*0.5, 19: 0.1 + 0.9/18},
		Constant: {0: 0.5, 1: 1, 2: 1, 11: 1, 19: 1},
		WSD:      {0: 0.5, 1: 1, 2: 1, 15: 1, 16: 1, 17: 0.1 + 0.9*0.75, 18: 0.1 + 0.9*0.5, 19: 0.1 + 0.9*0.25},
	} {
		r := Recipe{LR: 2e-3, Warmup: 0.1, MinLR: 0.1, Schedule: schedule}
		for i, w := range want {
			if got := r.rate(i, 20) / r.LR; math.Abs(got-w) > 1e-12 {
				t.Errorf("%s: step %d has %v of the rate, want %v", schedule, i, got, w)
			}
		}
		// It never rises after the warm-up, nor falls below the floor.
		for i := 2; i < 20; i++ {
			if a, b := r.rate(i-1, 20), r.rate(i, 20); b > a || b < 0.1*r.LR {
				t.Errorf("%s: %v after %v at step %d", schedule, b, a, i)
			}
		}
	}
	r := tinyRecipe(t)
	r.Schedule = "sine"
	if _, err := r.Resolve(); err == nil || !strings.Contains(err.Error(), "cosine, linear, constant or wsd") {
		t.Errorf("error %v", err)
	}
}
