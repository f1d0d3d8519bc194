package statistics

import (
	"math"
	"math/rand/v2"
	"testing"
)

// descend is the plain way to the same minimum: proximal gradient steps of one safe length.
func descend(s Shares, c float64) []float64 {
	width := len(s.X[0])
	steep := 0.0
	for i, x := range s.X {
		steep += c * s.weight(i) * dot(x, x) / 4
	}
	w := make([]float64, width)
	for range 200_000 {
		grad := make([]float64, width)
		for i, x := range s.X {
			d := c * s.weight(i) * (Sigmoid(dot(w, x)) - s.Share[i])
			for j := range x {
				grad[j] += d * x[j]
			}
		}
		moved := 0.0
		for j := range w {
			to := shrink(w[j]-grad[j]/steep, 1/steep)
			moved = max(moved, math.Abs(to-w[j]))
			w[j] = to
		}
		if moved < 1e-13 {
			break
		}
	}
	return w
}

func TestLassoEqualsPlainDescent(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	for round := range 12 {
		n, width := 20+random.IntN(40), 1+random.IntN(3)
		var s Shares
		for range n {
			x := make([]float64, width)
			for j := range x {
				x[j] = random.NormFloat64()
			}
			x[width-1] = 1
			s.X, s.Share = append(s.X, x), append(s.Share, Sigmoid(2*x[0]+2*random.NormFloat64()))
			if round%2 == 1 {
				s.Weight = append(s.Weight, random.Float64())
			}
		}
		for _, c := range []float64{0.001, 0.05, 1, 100} {
			got, want := FitLasso(s, c, nil), descend(s, c)
			for j := range want {
				if math.Abs(got[j]-want[j]) > 1e-7 {
					t.Fatalf("c %g, %d rows of %d: %v, want %v", c, n, width, got, want)
				}
			}
			start := make([]float64, width)
			for j := range start {
				start[j] = 3 * random.NormFloat64()
			}
			for j, w := range FitLasso(s, c, start) {
				if math.Abs(w-want[j]) > 1e-7 {
					t.Fatalf("c %g from %v: weight %d is %g, want %g", c, start, j, w, want[j])
				}
			}
		}
	}
}

// All rows won: only the penalty keeps the weights finite.
func TestLassoOfSeparableRows(t *testing.T) {
	s := Shares{X: [][]float64{{1}, {1}, {1}}, Share: []float64{1, 1, 1}}
	// |w| + 3c·log(1+e^-w) has its minimum where 3c·sigmoid(-w) = 1.
	for _, c := range []float64{1, 100, 1e4} {
		want := math.Log(3*c - 1)
		if got := FitLasso(s, c, nil)[0]; math.Abs(got-want) > 1e-6 {
			t.Errorf("c %g: %g, want %g", c, got, want)
		}
	}
	if got := FitLasso(s, 0.01, nil)[0]; got != 0 {
		t.Errorf("under a strong penalty %g", got)
	}
}
