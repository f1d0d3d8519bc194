package computetest

import (
	"fmt"
	"math"

	"github.com/cria-llm/cria/compute"
)

// checkAdamW8 takes 20 steps. Each is compared with the float64 step from the moments that rest before it, as AdamW's is;
// what rests after it must be as near to the moments of that step as their codes allow.
func checkAdamW8(s *suite) {
	const steps = 20
	for _, n := range append(lengths(), compute.MomentBlock-1, compute.MomentBlock, 5*compute.MomentBlock+3) {
		step := compute.AdamWStep{LR: 1e-2, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1, GradScale: 0.5}
		start := s.normal(n, 1)
		p, m := s.output("p", start), compute.NewMoments8(s.b, n)
		for t := 1; t <= steps; t++ {
			step.T = t
			what := fmt.Sprintf("AdamW8 n=%d step %d", n, t)
			g := s.normal(n, math.Pow(10, float64(t%4-3)))
			g[n/2] = 0
			p64 := wide(s.read(p))
			m64, v64 := moments8(s.read(m.MaxM), m.M, true), moments8(s.read(m.MaxV), m.V, false)
			s.b.AdamW8(p, s.input("g", g), m, step)
			adamW(p64, wide(g), m64, v64, step)
			tol := make([]float64, n)
			for i := range tol {
				tol[i] = 2*unit*math.Abs(p64[i]) + 1e-5*step.LR
			}
			s.near(what, "p", n, s.read(p), p64, tol)
			s.rests8(what+", means", m64, s.read(m.MaxM), m.M, true)
			s.rests8(what+", squares", v64, s.read(m.MaxV), m.V, false)
			if s.t.Failed() {
				return
			}
		}
		s.verify("AdamW8")
	}
	const n = 20
	g := s.normal(n, 1)
	g[13] = float32(math.NaN())
	p := s.output("p", s.normal(n, 1))
	s.b.AdamW8(p, s.input("g", g), compute.NewMoments8(s.b, n), compute.AdamWStep{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, GradScale: 1, T: 1})
	for i, v := range s.read(p) {
		s.check((v != v) == (i == 13), "AdamW8: p[%d] = %g with a NaN in the gradient at 13", i, v)
	}
	s.verify("AdamW8 with NaN")
}

// rests8 holds what rests to the moments that it stands for: the scale is the largest size of a block, and a place the
// nearest of the code, or of squares above 0 the nearest above 0.
func (s *suite) rests8(what string, want []float64, scales []float32, places []byte, signed bool) {
	s.t.Helper()
	got, code := moments8(scales, places, signed), dynamicCode(signed)
	for block, scale := range scales {
		lo := block * compute.MomentBlock
		hi := min(lo+compute.MomentBlock, len(want))
		most := 0.0
		for _, x := range want[lo:hi] {
			most = math.Max(most, math.Abs(x))
		}
		s.check(within(float64(scale), most, 1e-5*most), "%s: the scale of block %d is %g, want %g", what, block, scale, most)
		for i := lo; i < hi; i++ {
			best := math.Inf(1)
			for _, x := range code {
				if signed || x > 0 || want[i] == 0 {
					best = math.Min(best, math.Abs(x*float64(scale)-want[i]))
				}
			}
			if off := math.Abs(got[i] - want[i]); off > best+1e-5*math.Abs(want[i])+1e-6*most*1e-6 {
				s.t.Errorf("%s: [%d] rests as %g for %g, the nearest is %g away", what, i, got[i], want[i], best)
				return
			}
		}
	}
}

// checkLion takes 20 steps beside a float64 twin. Where mean and gradient nearly cancel the sign may be either, and the
// twin takes the sign that was taken.
func checkLion(s *suite) {
	for _, n := range lengths() {
		for _, step := range []compute.LionStep{
			{LR: 1e-3, Beta1: 0.9, Beta2: 0.99, GradScale: 1},
			{LR: 1e-2, Beta1: 0.95, Beta2: 0.98, WeightDecay: 0.1, GradScale: 0.125},
		} {
			start := s.normal(n, 1)
			p, m := s.output("p", start), s.output("m", make([]float32, n))
			p64, m64, tol := wide(start), make([]float64, n), make([]float64, n)
			size := make([]float64, n)
			for t := range 20 {
				what := fmt.Sprintf("Lion n=%d step %d %+v", n, t+1, step)
				g := s.normal(n, math.Pow(10, float64(t%4-3)))
				g[n/2] = 0
				before := wide(s.read(p))
				s.b.Lion(p, s.input("g", g), m, step)
				after := s.read(p)
				for i := range tol {
					tol[i] += 4*unit*math.Abs(p64[i]) + 4*unit*step.LR
					c := step.Beta1*m64[i] + (1-step.Beta1)*float64(g[i])*step.GradScale
					size[i] = step.Beta2*size[i] + (1-step.Beta2)*math.Abs(float64(g[i]))*step.GradScale
					if math.Abs(c) < 16*unit*(size[i]+math.Abs(float64(g[i]))*step.GradScale) {
						p64[i] += float64(after[i]) - before[i] - lionMove(p64[i], c, step)
					}
				}
				lion(p64, wide(g), m64, step)
				s.near(what, "m", n, s.read(m), m64, scaled(size, 16*unit*float64(1+t/4)))
				s.near(what, "p", n, after, p64, tol)
				if s.t.Failed() {
					return
				}
			}
			s.verify("Lion")
		}
	}
}

// checkAdafactor takes 20 steps beside a float64 twin, on matrices, on one row and on vectors.
func checkAdafactor(s *suite) {
	for _, c := range []struct {
		rows, cols int
		factored   bool
	}{{1, 1, false}, {1, 37, false}, {1, 9, true}, {7, 1, true}, {5, 70, true}, {130, 33, true}} {
		n := c.rows * c.cols
		start := s.normal(n, 1)
		p, columns := s.output("p", start), s.output("c", make([]float32, c.cols))
		p64, c64, tol := wide(start), make([]float64, c.cols), make([]float64, n)
		var rows compute.Buffer
		var r64 []float64
		if c.factored {
			rows, r64 = s.output("r", make([]float32, c.rows)), make([]float64, c.rows)
		}
		for t := 1; t <= 20; t++ {
			what := fmt.Sprintf("Adafactor %+v step %d", c, t)
			step := compute.AdafactorStep{LR: 1e-2, Beta2: 1 - math.Pow(float64(t), -0.8), Clip: 1, WeightDecay: 0.1, GradScale: 0.5}
			g := s.normal(n, math.Pow(10, float64(t%4-3)))
			g[n/2] = 0
			s.b.Adafactor(p, s.input("g", g), rows, columns, c.rows, c.cols, step)
			adafactor(p64, wide(g), r64, c64, c.rows, c.cols, step)
			for i := range tol { // an update's values are at most about √n
				tol[i] += 2*unit*math.Abs(p64[i]) + 1e-5*step.LR*math.Sqrt(float64(n))
			}
			s.near(what, "c", c.cols, s.read(columns), c64, scaled(c64, 1e-5))
			s.near(what, "r", max(1, len(r64)), s.read(rows), r64, scaled(r64, 1e-5))
			s.near(what, "p", c.cols, s.read(p), p64, tol)
			if s.t.Failed() {
				return
			}
		}
		s.verify("Adafactor")
	}
}
