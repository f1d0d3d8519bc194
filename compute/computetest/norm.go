package computetest

import (
	"fmt"
	"math"
)

// The tolerance of RMSNorm is gamma(d) + expError of each value: the mean of squares has no cancellation.
func checkRMSNorm(s *suite) {
	for _, d := range []int{1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 64, 100, 257, 576, 1025} {
		for _, n := range []int{1, 2, 3, 17, 64} {
			for _, size := range []float64{1, 1e-20, 1e-3, 1e15} {
				for _, eps := range []float32{1e-5, 1e-12} {
					s.rmsNorm(n, d, size, eps)
				}
			}
		}
	}
	const n, d = 4, 100
	x := s.normal(n*d, 1)
	clear(x[:d])
	x[d+50], x[2*d+99] = float32(math.NaN()), float32(math.Inf(1))
	y := s.blank("y", n*d)
	s.b.RMSNorm(y, s.input("x", x), s.input("w", s.normal(d, 1)), n, d, 1e-5)
	got := s.read(y)
	for j := range d {
		s.check(got[j] == 0, "RMSNorm d=%d: y[0,%d] of a row of zeros is %g, want 0", d, j, got[j])
		s.check(got[d+j] != got[d+j], "RMSNorm d=%d: y[1,%d] of a row with NaN is %g, want NaN", d, j, got[d+j])
		s.check(!math.IsNaN(float64(got[3*d+j])), "RMSNorm d=%d: y[3,%d] is NaN; the NaN is in row 1", d, j)
	}
	s.check(got[2*d+99] != got[2*d+99], "RMSNorm d=%d: y[2,99] is %g, want Inf/Inf = NaN", d, got[2*d+99])
	s.verify("RMSNorm with values that are not finite")
}

func (s *suite) rmsNorm(n, d int, size float64, eps float32) {
	what := fmt.Sprintf("RMSNorm n=%d d=%d eps=%g, values of size %g", n, d, eps, size)
	x, w := s.normal(n*d, size), s.normal(d, 1)
	y, want := s.blank("y", n*d), make([]float64, n*d)
	s.b.RMSNorm(y, s.input("x", x), s.input("w", w), n, d, eps)
	rmsNorm(want, wide(x), wide(w), n, d, float64(eps))
	s.near(what, "y", d, s.read(y), want, scaled(want, gamma(d)+expError))
	s.verify(what)
}

// The tolerance of RMSNormBack is the same part of |before| + r·|w·dy| + r³·|x|/d·Σ|dy·w·x| for dx, and of
// |before| + Σ|dy·x·r| over the rows for dw.
func checkRMSNormBack(s *suite) {
	for _, d := range []int{1, 2, 3, 7, 8, 16, 17, 31, 64, 100, 257, 576} {
		for _, n := range []int{1, 2, 5, 33, 130} {
			for _, withWeight := range []bool{true, false} {
				s.rmsNormBack(n, d, withWeight)
			}
		}
	}
	const n, d, eps = 3, 7, 1e-5
	x, w, dy := s.normal(n*d, 1), s.normal(d, 1), s.normal(n*d, 1)
	dx, dw := s.output("dx", make([]float32, n*d)), s.output("dw", make([]float32, d))
	s.b.RMSNormBack(dx, dw, s.input("dy", dy), s.input("x", x), s.input("w", w), n, d, eps)
	x64, w64, y := wide(x), wide(w), make([]float64, n*d)
	loss := func() float64 {
		rmsNorm(y, x64, w64, n, d, eps)
		return dot(y, wide(dy))
	}
	s.nearSlopes("RMSNormBack", "dx", d, s.read(dx), slopes(x64, loss))
	s.nearSlopes("RMSNormBack", "dw", d, s.read(dw), slopes(w64, loss))
	s.verify("RMSNormBack")
}

func (s *suite) rmsNormBack(n, d int, withWeight bool) {
	const eps = 1e-5
	what := fmt.Sprintf("RMSNormBack n=%d d=%d dw=%t", n, d, withWeight)
	x, w, dy := s.normal(n*d, 1), s.normal(d, 1), s.normal(n*d, 1)
	startX, startW := s.normal(n*d, 1), s.normal(d, 1)
	if n > 1 {
		clear(x[:d])
	}
	if !withWeight {
		startW = nil
	}
	dx, dw := s.output("dx", startX), s.output("dw", startW)
	s.b.RMSNormBack(dx, dw, s.input("dy", dy), s.input("x", x), s.input("w", w), n, d, eps)

	wantX, wantW := wide(startX), wide(startW)
	x64, w64, dy64 := wide(x), wide(w), wide(dy)
	rmsNormBack(wantX, wantW, dy64, x64, w64, n, d, eps)
	sizeX, sizeW := absolute(wide(startX)), absolute(wide(startW))
	for i := range n {
		r, sum := inverseRMS(x64[i*d:][:d], eps), 0.0
		for j := range d {
			sum += math.Abs(dy64[i*d+j] * w64[j] * x64[i*d+j])
		}
		for j := range d {
			sizeX[i*d+j] += r*math.Abs(w64[j]*dy64[i*d+j]) + r*r*r*math.Abs(x64[i*d+j])/float64(d)*sum
			if withWeight {
				sizeW[j] += math.Abs(dy64[i*d+j]*x64[i*d+j]) * r
			}
		}
	}
	s.near(what, "dx", d, s.read(dx), wantX, scaled(sizeX, 3*(gamma(d)+expError)))
	if withWeight {
		s.near(what, "dw", d, s.read(dw), wantW, scaled(sizeW, gamma(d)+gamma(n)+expError))
	}
	s.verify(what)
}
