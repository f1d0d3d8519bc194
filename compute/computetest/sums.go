package computetest

import (
	"fmt"
	"math"

	"github.com/cria-llm/cria/compute"
)

// sumCase is a group of sums: every sum's terms as types and inner widths, its outer width last.
type sumCase struct {
	n    int
	sums []sumShape
}

type sumShape struct {
	types []compute.Type
	inner []int
	outer int
	alpha float32 // of the first term; the others' is 1
	acc   bool
}

func (c sumCase) String() string { return fmt.Sprintf("n=%d %+v", c.n, c.sums) }

// sumCases holds what a layer asks for, with and without an adapter, and odd widths around every tile.
func sumCases() []sumCase {
	f, b, q := compute.F32, compute.BF16, compute.Q8_0
	var cases []sumCase
	for _, n := range []int{1, 4, 5, 7, 12, 13, 33, 49, 130} {
		cases = append(cases,
			sumCase{n, []sumShape{{[]compute.Type{f}, []int{40}, 33, 1, false}}},
			sumCase{n, []sumShape{
				{[]compute.Type{b, f}, []int{64, 16}, 64, 1, false},
				{[]compute.Type{q, f}, []int{64, 8}, 32, 0.5, true},
				{[]compute.Type{f, f, b}, []int{3, 400, 16}, 16, -2, false},
			}},
			sumCase{n, []sumShape{
				{[]compute.Type{f, f}, []int{100, 1}, 5, 1, true},
				{[]compute.Type{f}, []int{16}, 1, 1, false},
			}},
		)
	}
	return append(cases, sumCase{260, []sumShape{{[]compute.Type{f, b}, []int{770, 16}, 300, 1, true}}})
}

func checkMatMulSums(s *suite) {
	for _, c := range sumCases() {
		what := "MatMulSums " + c.String()
		s.sums(what, c, false, s.b.MatMulSums)
		if s.t.Failed() {
			return
		}
	}
}

func checkMatMulBackInputSums(s *suite) {
	for _, c := range sumCases() {
		// A quantised matrix has its blocks along the row, which here is the outer width.
		for _, sum := range c.sums {
			for i, t := range sum.types {
				if sum.outer%t.Block() != 0 {
					sum.types[i] = compute.F32
				}
			}
		}
		what := "MatMulBackInputSums " + c.String()
		s.sums(what, c, true, s.b.MatMulBackInputSums)
		if s.t.Failed() {
			return
		}
	}
}

// sums runs one case by run and by the reference. back takes the matrices the other way round.
func (s *suite) sums(what string, c sumCase, back bool, run func(int, []compute.Sum)) {
	var sums []compute.Sum
	var wants, sizes [][]float64
	for _, shape := range c.sums {
		start := s.start(c.n*shape.outer, shape.acc)
		sum := compute.Sum{Y: s.output("y", start), Acc: shape.acc}
		want := before(start, shape.acc)
		size, depth := absolute(want), 0
		for i, inner := range shape.inner {
			x := s.normal(c.n*inner, 1)
			var w compute.Weight
			var w64 []float64
			alpha := 1.0
			if i == 0 {
				alpha = float64(shape.alpha)
			}
			if back {
				w, w64 = s.weight(shape.types[i], inner, shape.outer)
				matMulBackInput(want, wide(x), w64, c.n, inner, shape.outer, alpha, true)
				matMulBackInput(size, absolute(wide(x)), absolute(w64), c.n, inner, shape.outer, math.Abs(alpha), true)
			} else {
				w, w64 = s.weight(shape.types[i], shape.outer, inner)
				matMul(want, wide(x), w64, c.n, shape.outer, inner, alpha, true)
				matMul(size, absolute(wide(x)), absolute(w64), c.n, shape.outer, inner, math.Abs(alpha), true)
			}
			sum.Terms = append(sum.Terms, compute.Term{X: s.input("x", x), W: w, Alpha: float32(alpha)})
			depth += inner
		}
		sums, wants = append(sums, sum), append(wants, want)
		sizes = append(sizes, scaled(size, gamma(depth)))
	}
	run(c.n, sums)
	for i, sum := range sums {
		s.near(what, fmt.Sprintf("y%d", i), c.sums[i].outer, s.read(sum.Y), wants[i], sizes[i])
	}
	s.verify(what)
}

func checkMatMulBackWeights(s *suite) {
	shapes := [][2]int{{16, 40}, {33, 16}, {5, 8}, {16, 96}, {100, 64}, {1, 1}, {17, 31}}
	for _, n := range []int{1, 3, 12, 49, 130, 400} {
		what := fmt.Sprintf("MatMulBackWeights n=%d", n)
		var grads []compute.WeightGrad
		var wants, sizes [][]float64
		for i, d := range shapes {
			out, in, alpha := d[0], d[1], []float32{1, -0.5}[i%2]
			dy, x, start := s.normal(n*out, 1), s.normal(n*in, 1), s.normal(out*in, 1)
			want, size := wide(start), absolute(wide(start))
			matMulBackWeight(want, wide(dy), wide(x), n, out, in, float64(alpha), true)
			matMulBackWeight(size, absolute(wide(dy)), absolute(wide(x)), n, out, in, math.Abs(float64(alpha)), true)
			grads = append(grads, compute.WeightGrad{DW: s.output("dw", start), DY: s.input("dy", dy), X: s.input("x", x), Out: out, In: in, Alpha: alpha})
			wants, sizes = append(wants, want), append(sizes, scaled(size, gamma(n)))
		}
		s.b.MatMulBackWeights(n, grads)
		for i, g := range grads {
			s.near(what, fmt.Sprintf("dw%d", i), g.In, s.read(g.DW), wants[i], sizes[i])
		}
		if s.verify(what); s.t.Failed() {
			return
		}
	}
}
