package computetest

import (
	"fmt"
	"math"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// entropy is one case of CrossEntropy: m rows of width in against a vocabulary of out, logits of about size.
type entropy struct {
	t          compute.Type
	m, in, out int
	size       float64
	dx, dw     bool
	terms      compute.LossTerms
}

func (c entropy) String() string {
	return fmt.Sprintf("CrossEntropy %s rows=%d in=%d vocabulary=%d logits~%g dx=%t dw=%t terms=%+v", c.t, c.m, c.in, c.out, c.size, c.dx, c.dw, c.terms)
}

func entropies() []entropy {
	none := compute.LossTerms{}
	return []entropy{
		{compute.F32, 1, 1, 1, 1, true, true, none},
		{compute.F32, 1, 3, 2, 1, true, true, none},
		{compute.F32, 3, 16, 17, 1, true, true, none},
		{compute.F32, 7, 5, 100, 1, true, true, none},
		{compute.F32, 2100, 8, 7, 1, true, true, none},
		{compute.F32, 700, 16, 40, 1, true, true, none},
		{compute.F32, 150, 24, 1000, 1, true, true, none},
		{compute.F32, 37, 32, 5003, 1, true, true, none},
		{compute.F32, 40, 48, 257, 1, false, true, none},
		{compute.F32, 40, 48, 257, 1, true, false, none},
		{compute.F32, 300, 48, 257, 1, false, false, none},
		{compute.F32, 33, 17, 100, 30, true, true, none},
		{compute.F32, 33, 16, 1000, 1000, true, true, none},
		{compute.F16, 70, 24, 333, 1, true, false, none},
		{compute.F16, 9, 24, 33, 1, true, true, none},
		{compute.BF16, 70, 24, 1030, 1, true, false, none},
		{compute.BF16, 9, 24, 33, 1, true, true, none},
		{compute.Q8_0, 70, 64, 1030, 1, true, false, none},
		{compute.Q8_0, 9, 96, 33, 1, true, true, none},
		{compute.Q4_0, 70, 64, 333, 1, true, false, none},
		{compute.Q4_K, 9, 256, 33, 1, true, true, none},
		{compute.Q6_K, 70, 512, 333, 1, true, false, none},
		{compute.F32, 3, 16, 17, 1, true, true, compute.LossTerms{Smoothing: 0.1}},
		{compute.F32, 300, 24, 1000, 1, true, true, compute.LossTerms{Smoothing: 0.2, ZLoss: 1e-3}},
		{compute.F32, 7, 5, 100, 1, false, true, compute.LossTerms{Smoothing: 1}},
		{compute.F32, 33, 17, 100, 30, true, true, compute.LossTerms{ZLoss: 0.1}},
		{compute.F32, 1, 1, 1, 1, true, true, compute.LossTerms{Smoothing: 0.5, ZLoss: 1}},
		{compute.BF16, 70, 24, 1030, 1, true, false, compute.LossTerms{Smoothing: 0.1, ZLoss: 1e-4}},
		{compute.F32, 7, 5, 100, 1, true, true, compute.LossTerms{LogitScale: 0.125}},
		{compute.F32, 33, 17, 100, 30, true, true, compute.LossTerms{Cap: 30}},
		{compute.F32, 300, 24, 1000, 5, true, true, compute.LossTerms{Smoothing: 0.2, ZLoss: 1e-3, LogitScale: 3, Cap: 10}},
		{compute.Q8_0, 70, 64, 333, 1, false, false, compute.LossTerms{LogitScale: 2, Cap: 1}},
	}
}

func checkCrossEntropy(s *suite) {
	for _, c := range entropies() {
		if s.crossEntropy(c); s.t.Failed() {
			return
		}
	}
}

// crossEntropy runs one case. With e the error of a logit, gamma(in)·Σ|head·x| at its largest in the row plus
// roundings of the logits and expError, the tolerance of nll is 2·e + gamma(out), and that of the gradients
// (2·e + the gammas of their sums) · Σ scale·(p + onehot)·|head or x|.
func (s *suite) crossEntropy(c entropy) {
	s.t.Helper()
	head, head64 := s.weight(c.t, c.out, c.in)
	x, targets, scale := s.normal(c.m*c.in, c.size/math.Sqrt(float64(c.in))), s.picks(c.m, c.out), s.normal(c.m, 1)
	for i := range scale {
		if i%3 == 1 {
			scale[i] = 0
		}
	}
	startW := s.normal(c.out*c.in, 1)
	var dx, dw compute.Buffer
	if c.dx {
		dx = s.blank("dx", c.m*c.in)
	}
	if c.dw {
		dw = s.output("dw", startW)
	} else {
		startW = nil
	}
	nll := notANumbers(c.m)
	s.b.CrossEntropy(nll, dx, dw, s.input("x", x), head, targets, scale, c.terms)

	x64, scale64 := wide(x), wide(scale)
	want, wantX, wantW := make([]float64, c.m), make([]float64, dx.Len()), wide(startW)
	crossEntropy(want, wantX, wantW, x64, head64, c.out, c.in, targets, scale64, c.terms)

	logitScale := float64(c.terms.LogitScale)
	if logitScale == 0 {
		logitScale = 1
	}
	tol, tolX := make([]float64, c.m), make([]float64, dx.Len())
	tolW := scaled(wide(startW), gamma(c.m))
	z, slope, size := make([]float64, c.out), make([]float64, c.out), make([]float64, c.out)
	for i, target := range targets {
		xi := x64[i*c.in:][:c.in]
		logitsOf(z, slope, xi, head64, c.out, c.in, c.terms)
		matMul(size, absolute(xi), absolute(head64), 1, c.out, c.in, logitScale, false)
		lse := logSumExp(z)
		e := gamma(c.in)*slices.Max(size) + 8*unit*(slices.Max(absolute(z))+math.Abs(lse)) + expError
		tol[i] = 2*e + gamma(c.out) + 4*unit*want[i]
		for o, v := range z {
			zLoss := float64(c.terms.ZLoss)
			p := math.Exp(v-lse)*math.Abs(1+2*zLoss*lse) + float64(c.terms.Smoothing)/float64(c.out)
			if o == int(target) {
				p++
			}
			p += math.Exp(v-lse) * zLoss // an error e of log Z counts 2·ζ·e
			g := math.Abs(scale64[i])*p*logitScale + tiny
			if c.dx {
				addScaled(tolX[i*c.in:][:c.in], g*(2*e+2*gamma(c.out)), absolute(head64[o*c.in:][:c.in]))
			}
			if c.dw {
				addScaled(tolW[o*c.in:][:c.in], g*(2*e+gamma(c.out)+gamma(c.m)), absolute(xi))
			}
		}
	}
	s.near(c.String(), "nll", 1, nll, want, tol)
	if c.dx {
		got := s.read(dx)
		s.near(c.String(), "dx", c.in, got, wantX, tolX)
		for i, v := range got {
			s.check(scale[i/c.in] != 0 || v == 0, "%s: dx[%d,%d] is %g in a row whose scale is 0", c, i/c.in, i%c.in, v)
		}
	}
	if c.dw {
		s.near(c.String(), "dw", c.in, s.read(dw), wantW, tolW)
	}
	s.verify(c.String())
}

func checkCrossEntropySlope(s *suite) {
	const m, in, out = 4, 3, 5
	for _, terms := range []compute.LossTerms{{}, {Smoothing: 0.1}, {ZLoss: 0.05}, {Smoothing: 0.3, ZLoss: 0.2},
		{LogitScale: 0.3}, {Cap: 1.5}, {Smoothing: 0.3, ZLoss: 0.2, LogitScale: 2, Cap: 3}} {
		x, h, targets, scale := s.normal(m*in, 1), s.normal(out*in, 1), []int32{4, 0, 2, 2}, []float32{1, -0.5, 0, 2}
		dx, dw := s.blank("dx", m*in), s.output("dw", make([]float32, out*in))
		nll := make([]float32, m)
		s.b.CrossEntropy(nll, dx, dw, s.input("x", x), compute.F32Weight(s.input("head", h), out, in), targets, scale, terms)
		x64, h64 := wide(x), wide(h)
		loss := func() float64 { return lossOf(x64, h64, out, in, targets, wide(scale), terms) }
		what := fmt.Sprintf("CrossEntropy terms=%+v", terms)
		s.nearSlopes(what, "dx", in, s.read(dx), slopes(x64, loss))
		s.nearSlopes(what, "dw", in, s.read(dw), slopes(h64, loss))
		s.verify(what)
	}
}

// checkCrossEntropyRows looks at rows that must not touch each other: a NaN in one shows in its nll and changes no
// bit of another row's nll or dx. It ends with logits that overflow exp where the largest is not taken off first.
func checkCrossEntropyRows(s *suite) {
	const m, in, out, bad = 50, 32, 130, 21
	h := s.normal(out*in, 1)
	head := compute.F32Weight(s.input("head", h), out, in)
	x, targets, scale := s.normal(m*in, 1), s.picks(m, out), slices.Repeat([]float32{1}, m)
	run := func() (nll, dx []float32) {
		nll = notANumbers(m)
		b := s.blank("dx", m*in)
		s.b.CrossEntropy(nll, b, compute.Buffer{}, s.input("x", x), head, targets, scale, compute.LossTerms{Smoothing: 0.1, ZLoss: 1e-3})
		dx = s.read(b)
		s.verify("CrossEntropy")
		return nll, dx
	}
	nll, dx := run()
	x[bad*in+5] = float32(math.NaN())
	nll2, dx2 := run()
	s.check(nll2[bad] != nll2[bad], "CrossEntropy: nll[%d] of a row with a NaN is %g, want NaN", bad, nll2[bad])
	s.same("CrossEntropy with a NaN after these rows", "nll", 1, nll2[:bad], nll[:bad])
	s.same("CrossEntropy with a NaN before these rows", "nll", 1, nll2[bad+1:], nll[bad+1:])
	s.same("CrossEntropy with a NaN after these rows", "dx", in, dx2[:bad*in], dx[:bad*in])
	s.same("CrossEntropy with a NaN before these rows", "dx", in, dx2[(bad+1)*in:], dx[(bad+1)*in:])

	// one row among the logits: far up, far down, and where the target is nearly certain
	for _, shift := range []float32{0, 1e4, -1e4} {
		z := []float32{shift + 1, shift, shift - 1, shift - 50}
		nll := make([]float32, 4)
		rows, unitHead := s.input("x", []float32{1, 1, 1, 1}), compute.F32Weight(s.input("head", z), 4, 1)
		s.b.CrossEntropy(nll, compute.Buffer{}, compute.Buffer{}, rows, unitHead, []int32{0, 1, 2, 3}, []float32{1, 1, 1, 1}, compute.LossTerms{})
		want := make([]float64, 4)
		crossEntropy(want, nil, nil, ones(4), wide(z), 4, 1, []int32{0, 1, 2, 3}, nil, compute.LossTerms{})
		s.near(fmt.Sprintf("CrossEntropy with logits near %g", shift), "nll", 1, nll, want,
			slices.Repeat([]float64{8*unit*math.Abs(float64(shift)) + 1e-5}, 4))
		s.verify("CrossEntropy")
	}
}
