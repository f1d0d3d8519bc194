package computetest

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// product is one case of a product with a weight.
type product struct {
	t          compute.Type
	n, in, out int
	alpha      float32
	acc        bool
}

func (p product) String() string {
	return fmt.Sprintf("%s n=%d in=%d out=%d alpha=%g acc=%t", p.t, p.n, p.in, p.out, p.alpha, p.acc)
}

// products pairs every input width with every output width, under changing row counts, scales and accumulation,
// and ends with cases larger than a cache block in each dimension.
func products(t compute.Type) []product {
	rows := []int{1, 2, 3, 4, 5, 6, 7, 8, 13, 15, 16, 17, 31, 33, 64, 100}
	outs := []int{1, 2, 3, 5, 6, 7, 8, 12, 16, 17, 32, 33, 48, 64, 96, 100, 576}
	ins := []int{1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 48, 64, 96, 100, 576}
	wide := 1120
	switch t.Block() {
	case 1:
	case 32:
		ins = []int{32, 64, 96, 160, 256, 576}
	case 64:
		ins, wide = []int{64, 128, 192, 576}, 1152
	default: // fewer, for they are larger
		ins, wide = []int{256, 512, 768}, 1280
		outs = []int{1, 2, 3, 6, 7, 8, 16, 17, 33, 48, 100}
	}
	alphas := []float32{1, 1, 0.5, -2, 0}
	var ps []product
	for i, in := range ins {
		for j, out := range outs {
			k := i*len(outs) + j
			n := rows[(5*k+i)%len(rows)]
			if in*out > 20000 {
				n = min(n, 17)
			}
			if !seldom(t) || k%5 == 0 {
				ps = append(ps, product{t, n, in, out, alphas[k%len(alphas)], k/2%2 == 1})
			}
		}
	}
	return append(ps,
		product{t, 257, fit(t, 64), 48, 1, false},
		product{t, 21, wide, 530, 0.25, true},
		product{t, 1, wide, 1030, 1, false},
		product{t, 520, fit(t, 32), 33, 1, true},
	)
}

// seldom says whether t's products differ from another's in nothing but how a row is unpacked: fewer shapes are enough.
func seldom(t compute.Type) bool { return t > compute.NF4DQ }

// fit is cols, made larger where t's blocks are.
func fit(t compute.Type, cols int) int { return (cols + t.Block() - 1) / t.Block() * t.Block() }

// eachProduct runs f over the products of every type and stops at the first type that fails.
func (s *suite) eachProduct(f func(p product)) {
	for _, t := range compute.Types() {
		for _, p := range products(t) {
			if f(p); s.t.Failed() {
				return
			}
		}
	}
}

// The tolerance of a product's value is gamma(terms)·(|before| + |alpha|·Σ|a·b|).

func checkMatMul(s *suite) {
	s.eachProduct(func(p product) {
		w, w64 := s.weight(p.t, p.out, p.in)
		x, start := s.normal(p.n*p.in, 1), s.start(p.n*p.out, p.acc)
		y := s.output("y", start)
		s.b.MatMul(y, s.input("x", x), w, p.n, p.alpha, p.acc)

		want, size := before(start, p.acc), absolute(before(start, p.acc))
		matMul(want, wide(x), w64, p.n, p.out, p.in, float64(p.alpha), p.acc)
		matMul(size, absolute(wide(x)), absolute(w64), p.n, p.out, p.in, math.Abs(float64(p.alpha)), p.acc)
		s.near("MatMul "+p.String(), "y", p.out, s.read(y), want, scaled(size, gamma(p.in)))
		s.verify("MatMul " + p.String())
	})
}

func checkMatMulBackInput(s *suite) {
	s.eachProduct(func(p product) {
		w, w64 := s.weight(p.t, p.out, p.in)
		dy, start := s.normal(p.n*p.out, 1), s.start(p.n*p.in, p.acc)
		dx := s.output("dx", start)
		s.b.MatMulBackInput(dx, s.input("dy", dy), w, p.n, p.alpha, p.acc)

		want, size := before(start, p.acc), absolute(before(start, p.acc))
		matMulBackInput(want, wide(dy), w64, p.n, p.out, p.in, float64(p.alpha), p.acc)
		matMulBackInput(size, absolute(wide(dy)), absolute(w64), p.n, p.out, p.in, math.Abs(float64(p.alpha)), p.acc)
		s.near("MatMulBackInput "+p.String(), "dx", p.in, s.read(dx), want, scaled(size, gamma(p.out)))
		s.verify("MatMulBackInput " + p.String())
	})
	if s.t.Failed() {
		return
	}
	const n, out, alpha = 2, 3, 0.5
	for _, t := range compute.Types() {
		in := fit(t, 32)
		w, w64 := s.weight(t, out, in)
		x, dy := s.normal(n*in, 1), s.normal(n*out, 1)
		dx := s.blank("dx", n*in)
		s.b.MatMulBackInput(dx, s.input("dy", dy), w, n, alpha, false)
		x64, y := wide(x), make([]float64, n*out)
		s.nearSlopes("MatMulBackInput "+t.String(), "dx", in, s.read(dx), slopes(x64, func() float64 {
			matMul(y, x64, w64, n, out, in, alpha, false)
			return dot(y, wide(dy))
		}))
		s.verify("MatMulBackInput " + t.String())
	}
}

func checkMatMulBackWeight(s *suite) {
	for _, p := range products(compute.F32) {
		dy, x, start := s.normal(p.n*p.out, 1), s.normal(p.n*p.in, 1), s.start(p.out*p.in, p.acc)
		dw := s.output("dw", start)
		s.b.MatMulBackWeight(dw, s.input("dy", dy), s.input("x", x), p.n, p.out, p.in, p.alpha, p.acc)

		want, size := before(start, p.acc), absolute(before(start, p.acc))
		matMulBackWeight(want, wide(dy), wide(x), p.n, p.out, p.in, float64(p.alpha), p.acc)
		matMulBackWeight(size, absolute(wide(dy)), absolute(wide(x)), p.n, p.out, p.in, math.Abs(float64(p.alpha)), p.acc)
		s.near("MatMulBackWeight "+p.String(), "dw", p.in, s.read(dw), want, scaled(size, gamma(p.n)))
		if s.verify("MatMulBackWeight " + p.String()); s.t.Failed() {
			return
		}
	}
	const n, in, out, alpha = 5, 7, 3, 0.5
	dy, x, w := s.normal(n*out, 1), s.normal(n*in, 1), wide(s.normal(out*in, 1))
	dw, y := s.blank("dw", out*in), make([]float64, n*out)
	s.b.MatMulBackWeight(dw, s.input("dy", dy), s.input("x", x), n, out, in, alpha, false)
	s.nearSlopes("MatMulBackWeight", "dw", in, s.read(dw), slopes(w, func() float64 {
		matMul(y, wide(x), w, n, out, in, alpha, false)
		return dot(y, wide(dy))
	}))
	s.verify("MatMulBackWeight")
}

// checkMatMulPatterns multiplies rows of the identity with weights that hold every finite 16-bit pattern, and
// every byte under every kind of Q8_0 scale. Adding zeros is exact, so the products are the weights.
func checkMatMulPatterns(s *suite) {
	const side = 256
	identity := make([]float32, side*side)
	for i := range side {
		identity[i*side+i] = 1
	}
	for _, t := range compute.Types()[1:] {
		w, w64 := s.weightOf(t, side, side, patterns(t, side, true))
		exact := make([]float64, side*side)
		y, dx := s.blank("y", side*side), s.blank("dx", side*side)
		x := s.input("x", identity)
		s.b.MatMul(y, x, w, side, 1, false)
		s.b.MatMulBackInput(dx, x, w, side, 1, false)
		transposed := make([]float64, side*side)
		for i := range transposed {
			transposed[i] = w64[i%side*side+i/side]
		}
		s.near("MatMul of the identity with every pattern of "+t.String(), "y", side, s.read(y), transposed, exact)
		s.near("MatMulBackInput of the identity with every pattern of "+t.String(), "dx", side, s.read(dx), w64, exact)
		s.verify("every pattern of " + t.String())
	}
}

// patterns is a matrix of side×side, side = 256, holding every 16-bit pattern or, in blocks, every byte in every place
// and a range of scales from subnormal to large, of both signs. 16-bit patterns that are not finite are 0 where finite
// is set; scales always are finite.
func patterns(t compute.Type, side int, finite bool) []byte {
	var data []byte
	if t.Block() > 1 {
		blocks := side * side / t.Block()
		at, _ := scales(t)
		for n := range blocks {
			block := make([]byte, t.RowBytes(t.Block()))
			for i := range block {
				block[i] = byte(n*(len(block)|1) + i)
			}
			for i, a := range at {
				bits := uint16((n + i*blocks/2) * (62 * 1024 / blocks))
				if bits>>10&31 == 31 {
					bits = 1
				}
				setScale(t, block, a, bits)
			}
			data = append(data, block...)
		}
		return data
	}
	for bits := range side * side {
		v := half(uint16(bits))
		if t == compute.BF16 {
			v = brain(uint16(bits))
		}
		if finite && (math.IsNaN(v) || math.IsInf(v, 0)) {
			bits = 0
		}
		data = binary.LittleEndian.AppendUint16(data, uint16(bits))
	}
	return data
}

// checkMatMulNonFinite puts a NaN or an infinity in each operand in turn, once with zeros to meet it, which a
// shortcut for zeros would lose.
func checkMatMulNonFinite(s *suite) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, n := range []int{1, 3, 8, 20} {
			for _, zeros := range []bool{false, true} {
				s.nonFinite(n, 40, 37, float32(bad), zeros)
			}
		}
	}
	for _, bits := range []uint16{0x7e00, 0x7c00, 0xfc00} {
		for _, t := range compute.Types()[1:] {
			if t != compute.MXFP4 { // its scales are powers of two, all finite
				s.nonFiniteWeight(t, bits)
			}
		}
	}
}

func (s *suite) nonFinite(n, in, out int, bad float32, zeros bool) {
	what := fmt.Sprintf("with %g n=%d in=%d out=%d zeros=%t", bad, n, in, out, zeros)
	values := func(count, at int, spoil bool) []float32 {
		x := s.normal(count, 1)
		if !spoil && zeros {
			clear(x)
		}
		if spoil {
			x[at] = bad
		}
		return x
	}
	for _, spoilLeft := range []bool{true, false} {
		w64 := values(out*in, out*in/2, !spoilLeft)
		w := compute.F32Weight(s.input("w", w64), out, in)
		x := values(n*in, n*in/2, spoilLeft)
		y, want := s.blank("y", n*out), make([]float64, n*out)
		s.b.MatMul(y, s.input("x", x), w, n, 1, false)
		matMul(want, wide(x), wide(w64), n, out, in, 1, false)
		s.near("MatMul F32 "+what, "y", out, s.read(y), want, slices.Repeat([]float64{1e-3}, n*out))

		dy := values(n*out, n*out/2, spoilLeft)
		dx, want := s.blank("dx", n*in), make([]float64, n*in)
		s.b.MatMulBackInput(dx, s.input("dy", dy), w, n, 1, false)
		matMulBackInput(want, wide(dy), wide(w64), n, out, in, 1, false)
		s.near("MatMulBackInput F32 "+what, "dx", in, s.read(dx), want, slices.Repeat([]float64{1e-3}, n*in))

		x = values(n*in, n*in/2, !spoilLeft)
		dw, want := s.blank("dw", out*in), make([]float64, out*in)
		s.b.MatMulBackWeight(dw, s.input("dy", dy), s.input("x", x), n, out, in, 1, false)
		matMulBackWeight(want, wide(dy), wide(x), n, out, in, 1, false)
		s.near("MatMulBackWeight "+what, "dw", in, s.read(dw), want, slices.Repeat([]float64{1e-3}, out*in))
		s.verify("products " + what)
	}
}

func (s *suite) nonFiniteWeight(t compute.Type, bits uint16) {
	const out = 37
	in := fit(t, 64)
	data := s.bytes(t, out*in)
	row := data[20*t.RowBytes(in):]
	if t == compute.BF16 {
		binary.LittleEndian.PutUint16(row, map[uint16]uint16{0x7e00: 0x7fc0, 0x7c00: 0x7f80, 0xfc00: 0xff80}[bits])
	} else {
		at, _ := scales(t)
		setScale(t, row, at[len(at)-1], bits)
	}
	w, w64 := s.weightOf(t, out, in, data)
	for _, n := range []int{1, 3, 20} {
		what := fmt.Sprintf("%s with the bits %#04x n=%d in=%d out=%d", t, bits, n, in, out)
		x, want := s.normal(n*in, 1), make([]float64, n*out)
		x[in-1] = 0
		y := s.blank("y", n*out)
		s.b.MatMul(y, s.input("x", x), w, n, 1, false)
		matMul(want, wide(x), w64, n, out, in, 1, false)
		s.near("MatMul "+what, "y", out, s.read(y), want, slices.Repeat([]float64{1e-3}, n*out))

		dy, want := s.normal(n*out, 1), make([]float64, n*in)
		dx := s.blank("dx", n*in)
		s.b.MatMulBackInput(dx, s.input("dy", dy), w, n, 1, false)
		matMulBackInput(want, wide(dy), w64, n, out, in, 1, false)
		s.near("MatMulBackInput "+what, "dx", in, s.read(dx), want, slices.Repeat([]float64{1e-3}, n*in))
		s.verify("products " + what)
	}
}

// checkMatMulRowsAlone changes one row of the input: no other row of the output may change in a bit.
func checkMatMulRowsAlone(s *suite) {
	const n, out = 19, 50
	for _, t := range compute.Types() {
		in := fit(t, 96)
		w, _ := s.weight(t, out, in)
		x, dy := s.normal(n*in, 1), s.normal(n*out, 1)
		run := func() (y, dx []float32) {
			by, bdx := s.blank("y", n*out), s.blank("dx", n*in)
			s.b.MatMul(by, s.input("x", x), w, n, 1, false)
			s.b.MatMulBackInput(bdx, s.input("dy", dy), w, n, 1, false)
			y, dx = s.read(by), s.read(bdx)
			s.verify("MatMul " + t.String())
			return y, dx
		}
		y, dx := run()
		for row := range n {
			copy(x[row*in:], notANumbers(in))
			copy(dy[row*out:], notANumbers(out))
			what := fmt.Sprintf(" %s n=%d in=%d out=%d after rows up to %d became NaN", t, n, in, out, row)
			y2, dx2 := run()
			s.same("MatMul"+what, "y after the row", out, y2[(row+1)*out:], y[(row+1)*out:])
			s.same("MatMulBackInput"+what, "dx after the row", in, dx2[(row+1)*in:], dx[(row+1)*in:])
		}
	}
}
