package computetest

import (
	"fmt"
	"math"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// checkRepack holds products with repacked weights to the reference with x rounded as the interface says. The integers
// are exact, so the tolerance is that of a float32 sum of a term for each 32 values.
func checkRepack(s *suite) {
	for _, t := range compute.Types() {
		w, _ := s.weight(t, 3, fit(t, 64))
		_, ok := s.b.Repack(w)
		_, has := t.RepackedAs()
		s.check(has || !ok, "Repack of %s: it has no products in integers", t)
		if !ok {
			continue
		}
		s.repackedProducts(t)
		s.repackedRowsAlone(t)
		s.repackedNonFinite(t)
		s.repackedSums(t)
		s.repackedCrossEntropy(t)
		s.repackedMistakes(t)
		if s.t.Failed() {
			return
		}
	}
}

// repacked is a random repacked matrix, its values, and the size of the terms that they are made of: those of Q4_K are
// the difference of two.
func (s *suite) repacked(t compute.Type, rows, cols int) (w compute.Weight, w64, size []float64) {
	s.t.Helper()
	data := s.bytes(t, rows*cols)
	w, w64 = s.weightOf(t, rows, cols, data)
	laid, ok := s.b.Repack(w)
	s.check(ok && laid.Repacked() != nil && laid.Type == t && laid.Rows == rows && laid.Cols == cols,
		"Repack of %s %d×%d gives %s %d×%d", t, rows, cols, laid.Type, laid.Rows, laid.Cols)
	apart := slices.Clone(data)
	if t == compute.Q4_K || t == compute.Q5_K {
		for at := 3; at < len(apart); at += t.RowBytes(t.Block()) {
			apart[at] ^= 0x80 // the minimum added where it was subtracted
		}
	}
	size = absolute(decode(t, apart, rows*cols))
	clear(data) // the original may be let go
	return laid, w64, size
}

// longTails is rows of x whose runs differ in size, some of zeros and some too small to be divided by.
func (s *suite) longTails(n int) []float32 {
	x := s.normal(n, 1)
	for at := 0; at < n; at += 32 {
		f := float32(math.Exp2(float64(s.r.IntN(12) - 6)))
		switch s.r.IntN(20) {
		case 0:
			f = 0
		case 1:
			f = 1e-38
		}
		for i := range x[at:min(at+32, n)] {
			x[at+i] *= f
		}
	}
	return x
}

func (s *suite) repackedProducts(t compute.Type) {
	rows := []int{100}
	for n := 1; n <= 40; n++ {
		rows = append(rows, n)
	}
	outs := []int{32, 1, 7, 31, 33, 64, 100, 15, 16, 17, 96, 130}
	for i, n := range rows {
		if seldom(t) && i%3 != 0 {
			continue
		}
		out, in := outs[i%len(outs)], t.Block()*(1+i%5)
		alpha, acc := []float32{1, 1, 0.5, -2, 0}[i%5], i/2%2 == 1
		what := fmt.Sprintf("MatMul repacked %s n=%d in=%d out=%d alpha=%g acc=%t", t, n, in, out, alpha, acc)
		w, w64, size64 := s.repacked(t, out, in)
		x, start := s.longTails(n*in), s.start(n*out, acc)
		y := s.output("y", start)
		s.b.MatMul(y, s.input("x", x), w, n, alpha, acc)
		x64 := rounded(x)
		want, size := before(start, acc), absolute(before(start, acc))
		matMul(want, x64, w64, n, out, in, float64(alpha), acc)
		matMul(size, absolute(x64), size64, n, out, in, math.Abs(float64(alpha)), acc)
		s.near(what, "y", out, s.read(y), want, scaled(size, gamma(in/16)))
		if s.verify(what); s.t.Failed() {
			return
		}
	}
}

// repackedRowsAlone runs many rows at once and each alone: the bits are the same.
func (s *suite) repackedRowsAlone(t compute.Type) {
	const most, out = 100, 70
	in := 2 * t.Block()
	w, _, _ := s.repacked(t, out, in)
	x := s.longTails(most * in)
	run := func(x []float32, n int) []float32 {
		y := s.blank("y", n*out)
		s.b.MatMul(y, s.input("x", x), w, n, 1, false)
		got := s.read(y)
		s.verify("MatMul repacked " + t.String())
		return got
	}
	all := run(x, most)
	for i := range most {
		s.same(fmt.Sprintf("MatMul repacked %s, row %d of %d alone", t, i, most), "y", out, run(x[i*in:(i+1)*in], 1), all[i*out:(i+1)*out])
	}
	for n := 2; n <= 17; n++ {
		s.same(fmt.Sprintf("MatMul repacked %s, %d rows in place of %d", t, n, most), "y", out, run(x[:n*in], n), all[:n*out])
	}
	copy(x[3*in:], notANumbers(in))
	other := run(x, most)
	s.same(fmt.Sprintf("MatMul repacked %s after row 3 became NaN", t), "y before it", out, other[:3*out], all[:3*out])
	s.same(fmt.Sprintf("MatMul repacked %s after row 3 became NaN", t), "y after it", out, other[4*out:], all[4*out:])
}

// repackedNonFinite looks for rows that are not finite, and for the largest that are.
func (s *suite) repackedNonFinite(t compute.Type) {
	const n, out = 9, 40
	in := t.Block()
	w, w64, _ := s.repacked(t, out, in)
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(math.NaN(), -1)} {
		for _, at := range []int{0, 5, 31} {
			x := s.normal(n*in, 1)
			x[4*in+at] = float32(bad)
			y := s.blank("y", n*out)
			s.b.MatMul(y, s.input("x", x), w, n, 1, false)
			for i, v := range s.read(y) {
				finite := math.Abs(float64(v)) <= math.MaxFloat32
				s.check(finite == (i/out != 4), "MatMul repacked %s: y[%d,%d] = %g where x[4,%d] = %g", t, i/out, i%out, v, at, bad)
			}
			s.verify("MatMul repacked " + t.String())
		}
	}
	x := make([]float32, in)
	x[3], x[17] = math.MaxFloat32, -math.MaxFloat32/3
	y, want := s.blank("y", out), make([]float64, out)
	s.b.MatMul(y, s.input("x", x), w, 1, 1, false)
	matMul(want, rounded(x), w64, 1, out, in, 1, false)
	for i, v := range s.read(y) {
		if math.Abs(want[i]) > math.MaxFloat32/100 {
			want[i] = float64(v) // the groups' sums may overflow
		}
		s.check(within(float64(v), want[i], 1e-3*math.MaxFloat32), "MatMul repacked %s with the largest float32: y[%d] = %g, want %g", t, i, v, want[i])
	}
	s.verify("MatMul repacked " + t.String())
}

// repackedSums mixes repacked and plain terms, and inputs that are shared.
func (s *suite) repackedSums(t compute.Type) {
	for _, n := range []int{1, 3, 21} {
		what := fmt.Sprintf("MatMulSums repacked %s n=%d", t, n)
		in, low := 2*t.Block(), 8
		x, a := s.longTails(n*in), s.normal(n*low, 1)
		bx, ba := s.input("x", x), s.input("a", a)
		x64 := rounded(x)
		var sums []compute.Sum
		var wants, sizes [][]float64
		for i, out := range []int{64, 33, 20} {
			alpha, acc := []float32{1, 0.5, -1}[i], i == 1
			start := s.start(n*out, acc)
			want, size := before(start, acc), absolute(before(start, acc))
			w, w64, size64 := s.repacked(t, out, in)
			matMul(want, x64, w64, n, out, in, float64(alpha), true)
			matMul(size, absolute(x64), size64, n, out, in, math.Abs(float64(alpha)), true)
			terms := []compute.Term{{X: bx, W: w, Alpha: alpha}}
			if i < 2 {
				b, b64 := s.weight(compute.F32, out, low)
				matMul(want, wide(a), b64, n, out, low, float64(alpha), true)
				matMul(size, absolute(wide(a)), absolute(b64), n, out, low, math.Abs(float64(alpha)), true)
				terms = slices.Insert(terms, i, compute.Term{X: ba, W: b, Alpha: alpha})
			}
			sums = append(sums, compute.Sum{Y: s.output("y", start), Terms: terms, Acc: acc})
			wants, sizes = append(wants, want), append(sizes, scaled(size, gamma(in/16+low)))
		}
		s.b.MatMulSums(n, sums)
		for i, sum := range sums {
			s.near(what, fmt.Sprintf("y%d", i), len(wants[i])/n, s.read(sum.Y), wants[i], sizes[i])
		}
		s.verify(what)
	}
}

func (s *suite) repackedCrossEntropy(t compute.Type) {
	const m, out = 11, 130
	in := t.Block()
	head, w64, _ := s.repacked(t, out, in)
	x, targets := s.normal(m*in, 0.1), s.picks(m, out)
	nll, want := make([]float32, m), make([]float64, m)
	s.b.CrossEntropy(nll, compute.Buffer{}, compute.Buffer{}, s.input("x", x), head, targets, make([]float32, m), compute.LossTerms{})
	crossEntropy(want, nil, nil, rounded(x), w64, out, in, targets, make([]float64, m), compute.LossTerms{})
	s.near("CrossEntropy repacked "+t.String(), "nll", 1, nll, want, scaled(want, 1e-3))
	s.verify("CrossEntropy repacked " + t.String())
}

// repackedMistakes: what a repacked weight is not for panics.
func (s *suite) repackedMistakes(t compute.Type) {
	in := t.Block()
	w, _, _ := s.repacked(t, 1, in)
	y, dy := s.output("y", make([]float32, in)), s.input("dy", []float32{1})
	for name, run := range map[string]func(){
		"Embed":           func() { s.b.Embed(y, w, []int32{0}) },
		"MatMulBackInput": func() { s.b.MatMulBackInput(y, dy, w, 1, 1, false) },
	} {
		s.check(panics(run), "%s of a repacked %s does not panic", name, t)
	}
	s.verify("a panic")
}

func panics(run func()) (did bool) {
	defer func() { did = recover() != nil }()
	run()
	return false
}
