package computetest

import (
	"fmt"
	"math"
)

var columnShapes = [][2]int{{1, 1}, {3, 1}, {1, 7}, {2, 16}, {5, 33}, {17, 100}, {64, 257}, {130, 576}, {3, 1025}}

// The tolerance of ScaleColumns is two roundings of |y| + |g·x|.
func checkScaleColumns(s *suite) {
	for _, shape := range columnShapes {
		n, d := shape[0], shape[1]
		for _, acc := range []bool{false, true} {
			what := fmt.Sprintf("ScaleColumns n=%d d=%d acc=%t", n, d, acc)
			x, g, start := s.normal(n*d, 1), s.normal(d, 1), s.start(n*d, acc)
			if d > 7 {
				x[d-1], g[d-7] = float32(math.NaN()), 0
			}
			y, want := s.output("y", start), before(start, acc)
			size := absolute(before(start, acc))
			x64, g64 := wide(x), wide(g)
			scaleColumns(want, x64, g64, n, d)
			scaleColumns(size, absolute(x64), absolute(g64), n, d)
			s.b.ScaleColumns(y, s.input("x", x), s.input("g", g), n, d, acc)
			got := s.read(y)
			s.near(what, "y", d, got, want, scaled(size, 2*unit))
			s.verify(what)
			if !acc {
				y := s.output("x", x)
				s.b.ScaleColumns(y, y, s.input("g", g), n, d, false)
				s.same(what+" in place", "y", d, s.read(y), got)
				s.verify(what)
			}
		}
	}
}

// The tolerance of ScaleColumnsBack is gamma(n) of |before| + Σ|dy·x| over the rows.
func checkScaleColumnsBack(s *suite) {
	for _, shape := range columnShapes {
		n, d := shape[0], shape[1]
		what := fmt.Sprintf("ScaleColumnsBack n=%d d=%d", n, d)
		dy, x, start := s.normal(n*d, 1), s.normal(n*d, 1), s.normal(d, 1)
		dg, want, size := s.output("dg", start), wide(start), absolute(wide(start))
		scaleColumnsBack(want, wide(dy), wide(x), n, d)
		scaleColumnsBack(size, absolute(wide(dy)), absolute(wide(x)), n, d)
		s.b.ScaleColumnsBack(dg, s.input("dy", dy), s.input("x", x), n, d)
		s.near(what, "dg", d, s.read(dg), want, scaled(size, gamma(n)))
		s.verify(what)
	}
	const n, d = 5, 9
	dy, x, g := s.normal(n*d, 1), s.normal(n*d, 1), s.normal(d, 1)
	dg := s.output("dg", make([]float32, d))
	s.b.ScaleColumnsBack(dg, s.input("dy", dy), s.input("x", x), n, d)
	g64 := wide(g)
	s.nearSlopes("ScaleColumnsBack", "dg", d, s.read(dg), slopes(g64, func() float64 {
		y := make([]float64, n*d)
		scaleColumns(y, wide(x), g64, n, d)
		return dot(y, wide(dy))
	}))
	s.verify("ScaleColumnsBack")
}

// The tolerance of InverseNorms is gamma(d) + expError of each value: the sum of squares has no cancellation.
func checkInverseNorms(s *suite) {
	for _, shape := range columnShapes {
		n, d := shape[0], shape[1]
		for _, size := range []float64{1, 1e-10, 1e10} {
			what := fmt.Sprintf("InverseNorms n=%d d=%d, values of size %g", n, d, size)
			x := s.normal(n*d, size)
			clear(x[:d])
			if n > 2 {
				x[2*d-1] = float32(math.NaN())
			}
			y, want := s.blank("y", n), make([]float64, n)
			inverseNorms(want, wide(x), n, d)
			s.b.InverseNorms(y, s.input("x", x), n, d)
			s.near(what, "y", n, s.read(y), want, scaled(want, gamma(d)+expError))
			s.verify(what)
		}
	}
}

// The tolerance of AddRow is a rounding of |y| + |b|, that of AddRowBack gamma(n) of |before| + Σ|dy|.
func checkAddRow(s *suite) {
	for _, shape := range columnShapes {
		n, d := shape[0], shape[1]
		what := fmt.Sprintf("AddRow, AddRowBack n=%d d=%d", n, d)
		start, row := s.normal(n*d, 1), s.normal(d, 1)
		y, want, size := s.output("y", start), wide(start), absolute(wide(start))
		sums, sizes := wide(row), absolute(wide(row))
		for i := range n {
			addScaled(want[i*d:][:d], 1, wide(row))
			addScaled(size[i*d:][:d], 1, absolute(wide(row)))
			addScaled(sums, 1, wide(start[i*d:][:d]))
			addScaled(sizes, 1, absolute(wide(start[i*d:][:d])))
		}
		s.b.AddRow(y, s.input("b", row), n, d)
		s.near(what, "y", d, s.read(y), want, scaled(size, unit))
		db := s.output("db", row)
		s.b.AddRowBack(db, s.input("dy", start), n, d)
		s.near(what, "db", d, s.read(db), sums, scaled(sizes, gamma(n)))
		s.verify(what)
	}
}

func checkCopyColumns(s *suite) {
	for _, c := range [][5]int{{1, 0, 1, 0, 1}, {7, 2, 5, 0, 5}, {5, 0, 40, 35, 5}, {100, 60, 33, 1, 31}, {3, 1, 3, 1, 0}} {
		dstWidth, dstAt, srcWidth, srcAt, width := c[0], c[1], c[2], c[3], c[4]
		for _, n := range []int{1, 2, 33} {
			what := fmt.Sprintf("CopyColumns n=%d %v", n, c)
			src, start := s.normal(n*srcWidth, 1), s.normal(n*dstWidth, 1)
			dst, want := s.output("dst", start), append([]float32(nil), start...)
			for i := range n {
				for j := range width {
					want[i*dstWidth+dstAt+j] = src[i*srcWidth+srcAt+j]
				}
			}
			s.b.CopyColumns(dst, dstWidth, dstAt, s.input("src", src), srcWidth, srcAt, n, width)
			s.same(what, "dst", dstWidth, s.read(dst), want)
			s.verify(what)
		}
	}
}

// scaleColumns is y += g ⊙ x, row by row.
func scaleColumns(y, x, g []float64, n, d int) {
	for i := range n {
		for j := range d {
			y[i*d+j] += g[j] * x[i*d+j]
		}
	}
}

// scaleColumnsBack is the gradient of scaleColumns by g.
func scaleColumnsBack(dg, dy, x []float64, n, d int) {
	for i := range n {
		for j := range d {
			dg[j] += dy[i*d+j] * x[i*d+j]
		}
	}
}

// inverseNorms is 1/‖x‖ of each row, and 0 of a row of zeros.
func inverseNorms(y, x []float64, n, d int) {
	for i := range n {
		sum := 0.0
		for _, v := range x[i*d:][:d] {
			sum += v * v
		}
		y[i] = 0
		if sum != 0 {
			y[i] = 1 / math.Sqrt(sum)
		}
	}
}
