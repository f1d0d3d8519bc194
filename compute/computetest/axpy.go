package computetest

import (
	"fmt"
	"math"
)

// The tolerance of Axpy is two roundings of |y| + |alpha·x|.
func checkAxpy(s *suite) {
	for _, n := range lengths() {
		for _, alpha := range []float32{1, -0.3, 0, 1e10} {
			what := fmt.Sprintf("Axpy n=%d alpha=%g", n, alpha)
			x, start := s.normal(n, 1), s.normal(n, 1)
			if n > 7 {
				x[n-1], start[n-7] = float32(math.NaN()), float32(math.Inf(1))
			}
			y, want := s.output("y", start), wide(start)
			s.b.Axpy(y, s.input("x", x), n, alpha)
			addScaled(want, float64(alpha), wide(x))
			s.near(what, "y", n, s.read(y), want, plus(scaled(wide(start), 2*unit), absolute(wide(x)), 2*unit*math.Abs(float64(alpha))))
			s.verify(what)
		}
	}
}

// The tolerance of Scale is a rounding of each value.
func checkScale(s *suite) {
	for _, n := range lengths() {
		what := fmt.Sprintf("Scale n=%d", n)
		y := s.normal(n, 1)
		if n > 7 {
			y[n-1] = float32(math.NaN())
		}
		by, want := s.output("y", y), make([]float64, n)
		addScaled(want, float64(float32(-0.3)), wide(y))
		s.b.Scale(by, n, -0.3)
		s.near(what, "y", n, s.read(by), want, scaled(want, unit))
		s.verify(what)
	}
}

// The tolerance of SoftCap is expError of each value, which small ones need too: near 0 it changes nothing.
func checkSoftCap(s *suite) {
	for _, n := range lengths() {
		for _, limit := range []float32{1, 30, 50} {
			for _, size := range []float64{1e-20, 0.01, 1, 30, 1e4, 1e30} {
				what := fmt.Sprintf("SoftCap n=%d limit=%g, values of size %g", n, limit, size)
				y := s.normal(n, size)
				if n > 7 {
					y[n-1], y[n-2], y[n-7] = float32(math.NaN()), float32(math.Inf(1)), 0
				}
				by, want := s.output("y", y), make([]float64, n)
				for i, v := range y {
					want[i] = capped(float64(v), float64(limit))
				}
				s.b.SoftCap(by, n, limit)
				s.near(what, "y", n, s.read(by), want, scaled(want, expError))
				s.verify(what)
			}
		}
	}
}
