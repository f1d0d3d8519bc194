package computetest

import (
	"fmt"
	"math"

	"github.com/cria-llm/cria/compute"
)

// checkAdamW takes 20 steps beside a float64 twin. A step may add to the moments an error of 8 roundings of their
// terms, and to p two roundings of p and 1e-5 of LR, some five float32 roundings of a moment where the gradients
// nearly cancel. Betas rounded to float32 before 1-Beta2 is taken err by 6e-5 and fail.
func checkAdamW(s *suite) {
	steps := []compute.AdamWStep{
		{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0, GradScale: 1},
		{LR: 1e-2, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1, GradScale: 0.125},
		{LR: 0.3, Beta1: 0, Beta2: 0.99, Eps: 1e-3, WeightDecay: 0.01, GradScale: 3},
	}
	for _, n := range lengths() {
		for _, step := range steps {
			s.adamW(n, step)
		}
	}
	const n = 20
	g := s.normal(n, 1)
	g[13] = float32(math.NaN())
	p := s.output("p", s.normal(n, 1))
	s.b.AdamW(p, s.input("g", g), s.output("m", make([]float32, n)), s.output("v", make([]float32, n)),
		compute.AdamWStep{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, GradScale: 1, T: 1})
	for i, v := range s.read(p) {
		s.check((v != v) == (i == 13), "AdamW: p[%d] = %g with a NaN in the gradient at 13", i, v)
	}
	s.verify("AdamW with NaN")
}

func (s *suite) adamW(n int, step compute.AdamWStep) {
	s.t.Helper()
	start := s.normal(n, 1)
	p, m, v := s.output("p", start), s.output("m", make([]float32, n)), s.output("v", make([]float32, n))
	p64, m64, v64 := wide(start), make([]float64, n), make([]float64, n)
	tolP, sizeM, sizeV := make([]float64, n), make([]float64, n), make([]float64, n)
	for t := 1; t <= 20; t++ {
		step.T = t
		what := fmt.Sprintf("AdamW n=%d %+v", n, step)
		g := s.normal(n, math.Pow(10, float64(t%4-3)))
		g[n/2] = 0
		s.b.AdamW(p, s.input("g", g), m, v, step)
		adamW(p64, wide(g), m64, v64, step)
		for i, gi := range wide(g) {
			gi *= step.GradScale
			sizeM[i] = step.Beta1*sizeM[i] + (1-step.Beta1)*math.Abs(gi)
			sizeV[i] = step.Beta2*sizeV[i] + (1-step.Beta2)*gi*gi
			tolP[i] += 2*unit*math.Abs(p64[i]) + 1e-5*step.LR
		}
		s.near(what, "m", n, s.read(m), m64, scaled(sizeM, 8*unit*float64(1+t/4)))
		s.near(what, "v", n, s.read(v), v64, scaled(sizeV, 8*unit*float64(1+t/4)))
		s.near(what, "p", n, s.read(p), p64, tolP)
		if s.t.Failed() {
			return
		}
	}
	s.verify("AdamW")
}

func checkSumSquares(s *suite) {
	s.check(s.b.SumSquares(s.b.Alloc(5)) == 0, "SumSquares of zeros is not 0")
	for _, n := range append(lengths(), 100_003) {
		x := s.normal(n, 1)
		if n > 100 {
			x[n/2] = 1e4
		}
		want := 0.0
		for _, v := range x {
			want += float64(v) * float64(v)
		}
		got := s.b.SumSquares(s.input("x", x))
		s.check(within(got, want, 1e-12*want), "SumSquares n=%d: %.17g, want %.17g within 1e-12", n, got, want)
		for _, at := range []int{0, n / 2, n - 1} {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				was := x[at]
				x[at] = float32(bad)
				got := s.b.SumSquares(s.input("x", x))
				s.check(math.IsNaN(got) || math.IsInf(got, 0), "SumSquares n=%d with %g at %d: %g, want a value that is not finite", n, bad, at, got)
				x[at] = was
			}
		}
		s.verify("SumSquares")
	}
	// the squares of these overflow and underflow float32
	for _, v := range []float32{3e30, 3e-30} {
		want := 33 * float64(v) * float64(v)
		x := make([]float32, 33)
		for i := range x {
			x[i] = v
		}
		got := s.b.SumSquares(s.input("x", x))
		s.check(within(got, want, 1e-12*want), "SumSquares of 33 times %g: %g, want %g", v, got, want)
		s.verify("SumSquares")
	}
}
