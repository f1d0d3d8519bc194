package computetest

import (
	"fmt"
	"math"
)

// drawn is the noise of amplitude 1 that AddNoise adds to zeros.
func (s *suite) drawn(n int, seed uint64) []float32 {
	y := s.output("y", make([]float32, n))
	s.b.AddNoise(y, n, 1, seed)
	u := s.read(y)
	s.verify("AddNoise")
	return u
}

// checkAddNoise holds the noise to a uniform one by its moments, alone and against itself and other seeds, and what is
// added to any values to what is added to zeros.
func checkAddNoise(s *suite) {
	for _, n := range lengths() {
		for _, amplitude := range []float32{0, 0.1, 3} {
			u, start := s.drawn(n, 11), s.normal(n, 1)
			y := s.output("y", start)
			s.b.AddNoise(y, n, amplitude, 11)
			want, tol := wide(start), make([]float64, n)
			for i := range want {
				add := float64(amplitude) * float64(u[i])
				tol[i] = 2 * unit * (math.Abs(want[i]) + math.Abs(add))
				want[i] += add
			}
			what := fmt.Sprintf("AddNoise n=%d amplitude=%g", n, amplitude)
			s.near(what, "y", n, s.read(y), want, tol)
			s.verify(what)
		}
	}
	const n = 60000
	first := s.drawn(n, 7)
	// mean checks a sum of n values of mean 0 and the given variance.
	mean := func(what string, variance float64, value func(i int) float64) {
		s.t.Helper()
		sum := 0.0
		for i := range n {
			sum += value(i)
		}
		s.check(math.Abs(sum)/n <= 6*math.Sqrt(variance/n), "AddNoise: mean of %s is %.4f, want 0 ± %.4f", what, sum/n, 6*math.Sqrt(variance/n))
	}
	for name, u := range map[string][]float32{"7": first, "8": s.drawn(n, 8), "7<<40": s.drawn(n, 7<<40)} {
		for i, v := range u {
			s.check(v >= -1 && v <= 1, "AddNoise seed=%s: value %d is %g, outside -1..1", name, i, v)
		}
		mean("u, seed "+name, 1./3, func(i int) float64 { return float64(u[i]) })
		mean("u² - 1/3, seed "+name, 1./5-1./9, func(i int) float64 { return float64(u[i])*float64(u[i]) - 1./3 })
		if name != "7" {
			mean("u of seed 7 by u of seed "+name, 1./9, func(i int) float64 { return float64(first[i]) * float64(u[i]) })
			mean("u of seed 7 one value on by u of seed "+name, 1./9, func(i int) float64 { return float64(first[(i+1)%n]) * float64(u[i]) })
		}
	}
	for _, shift := range []int{1, 2, 8, 16} {
		mean(fmt.Sprintf("u by itself %d values on", shift), 1./9, func(i int) float64 { return float64(first[i]) * float64(first[(i+shift)%n]) })
	}
	s.same("AddNoise", "the beginning of a longer noise", 1, s.drawn(1001, 7), first[:1001])
}
