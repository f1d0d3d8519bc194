package statistics_test

import (
	"math"
	"testing"

	"github.com/cria-llm/cria/statistics"
)

func TestKnown(t *testing.T) {
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if statistics.Known(x) != nil || statistics.KnownBetween([2]float64{0, x}) != nil || statistics.KnownBetween([2]float64{x, 0}) != nil {
			t.Errorf("%g is known", x)
		}
	}
	if x, i := statistics.Known(0), statistics.KnownBetween([2]float64{-1, 2}); x == nil || *x != 0 || i == nil || *i != [2]float64{-1, 2} {
		t.Errorf("%v, %v", x, i)
	}
}
