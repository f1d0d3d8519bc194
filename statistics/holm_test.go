package statistics

import (
	"math"
	"testing"
)

// As p.adjust(p, "holm") of R 4.
func TestHolm(t *testing.T) {
	for _, c := range []struct{ ps, want []float64 }{
		{nil, nil},
		{[]float64{0.04}, []float64{0.04}},
		{[]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{[]float64{1, 0.5, 0.4, 0.02}, []float64{1, 1, 1, 0.08}},
	} {
		got := Holm(c.ps)
		for i := range c.want {
			if len(got) != len(c.want) || math.Abs(got[i]-c.want[i]) > 1e-15 {
				t.Errorf("%v: %v, want %v", c.ps, got, c.want)
				break
			}
		}
	}
}
