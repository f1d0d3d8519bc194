package computetest

import (
	"fmt"
	"math"

	"github.com/cria-llm/cria/compute"
)

// checkRope turns rows at positions out of order and repeated, as packed sequences have them. The tolerance is
// four roundings of |a·cos| + |b·sin|; turning back is held to the same of the rotated values.
func checkRope(s *suite) {
	const positions = 70
	for _, c := range []struct{ n, heads, dim, turned int }{
		{1, 1, 2, 2}, {1, 1, 4, 4}, {3, 2, 4, 2}, {5, 3, 6, 6}, {7, 2, 16, 16}, {2, 9, 64, 64}, {33, 3, 64, 64},
		{6, 2, 80, 32}, {4, 2, 80, 80}, {17, 1, 128, 128}, {3, 5, 14, 10}, {130, 2, 32, 32},
	} {
		half := c.turned / 2
		cos, sin := make([]float32, positions*half), make([]float32, positions*half)
		for p := range positions {
			for j := range half {
				angle := float64(p) * math.Pow(10000, -float64(j)/float64(half))
				cos[p*half+j], sin[p*half+j] = float32(math.Cos(angle)), float32(math.Sin(angle))
			}
		}
		pos := make([]int32, c.n)
		for i := range pos {
			pos[i] = int32(s.r.IntN(positions))
		}
		pos[c.n-1] = positions - 1
		x := s.normal(c.n*c.heads*c.dim, 1)
		table := compute.RopeTable{Cos: s.input("cos", cos), Sin: s.input("sin", sin), Dim: c.turned}
		for _, inverse := range []bool{false, true} {
			what := fmt.Sprintf("Rope rows=%d heads=%d dim=%d turned=%d inverse=%t", c.n, c.heads, c.dim, c.turned, inverse)
			b := s.output("x", x)
			s.b.Rope(b, pos, c.heads, c.dim, table, inverse)
			got := s.read(b)
			want := wide(x)
			rope(want, pos, c.heads, c.dim, wide(cos), wide(sin), c.turned, inverse)
			s.near(what, "x", c.dim, got, want, ropeTolerance(x, c.dim, c.turned))
			for i, v := range got {
				s.check(i%c.dim < c.turned || v == x[i], "%s: value %d of a head is past the turned ones and became %g, was %g", what, i%c.dim, v, x[i])
			}

			s.b.Rope(b, pos, c.heads, c.dim, table, !inverse)
			tol := ropeTolerance(x, c.dim, c.turned)
			s.near(what+" and back", "x", c.dim, s.read(b), wide(x), plus(tol, tol, 2))
		}
		s.verify("Rope")
	}

	// a head of many angles agrees with finite differences of the forward
	const n, heads, dim = 2, 1, 8
	cos, sin := s.normal(3*dim/2, 1), s.normal(3*dim/2, 1)
	table := compute.RopeTable{Cos: s.input("cos", cos), Sin: s.input("sin", sin), Dim: dim}
	pos, dy := []int32{2, 0}, s.normal(n*heads*dim, 1)
	b := s.output("dy", dy)
	s.b.Rope(b, pos, heads, dim, table, true)
	x := wide(s.normal(n*heads*dim, 1))
	s.nearSlopes("Rope inverse", "dx", dim, s.read(b), slopes(x, func() float64 {
		y := append([]float64(nil), x...)
		rope(y, pos, heads, dim, wide(cos), wide(sin), dim, false)
		return dot(y, wide(dy))
	}))
	s.verify("Rope")
}

func ropeTolerance(x []float32, dim, turned int) []float64 {
	tol := make([]float64, len(x))
	half := turned / 2
	for i := range x {
		if j := i % dim; j < half {
			size := math.Abs(float64(x[i])) + math.Abs(float64(x[i+half]))
			tol[i], tol[i+half] = 4*unit*size, 4*unit*size
		}
	}
	return tol
}
