package computetest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// suite is one backend under test. Every buffer that it hands to the backend lies between guard values inside a
// larger one, at an offset that is not aligned; verify then finds writes past an end and inputs that changed.
// The guards are NaN, so that a read past an end shows in the result.
type suite struct {
	t      testing.TB
	b      compute.Backend
	r      *rand.Rand
	guards []guard
}

type guard struct {
	name   string
	whole  compute.Buffer
	before []float32 // what whole held
	lo, hi int       // where in whole the buffer lies
	input  bool
}

// before and after a guarded buffer: odd, and more than one vector register
const (
	guardBefore = 21
	guardAfter  = 37
)

func newSuite(t testing.TB, b compute.Backend) *suite {
	t.Helper()
	t.Cleanup(b.Close)
	return suiteOf(t, b)
}

// suiteOf leaves closing the backend to the caller.
func suiteOf(t testing.TB, b compute.Backend) *suite {
	return &suite{t: t, b: b, r: rand.New(rand.NewPCG(20230313, 52002))}
}

func (s *suite) guarded(name string, x []float32, input bool) compute.Buffer {
	if len(x) == 0 {
		return compute.Buffer{}
	}
	whole := make([]float32, guardBefore+len(x)+guardAfter)
	for i := range whole {
		whole[i] = math.Float32frombits(0x7fc0dead)
	}
	copy(whole[guardBefore:], x)
	g := guard{name, s.b.Alloc(len(whole)), whole, guardBefore, guardBefore + len(x), input}
	s.b.Write(g.whole, whole)
	s.guards = append(s.guards, g)
	return g.whole.Slice(g.lo, g.hi)
}

// input is a buffer holding x that must not change. output is one holding x that may. blank is one of n NaNs, for
// outputs that must be overwritten.
func (s *suite) input(name string, x []float32) compute.Buffer  { return s.guarded(name, x, true) }
func (s *suite) output(name string, x []float32) compute.Buffer { return s.guarded(name, x, false) }
func (s *suite) blank(name string, n int) compute.Buffer        { return s.output(name, notANumbers(n)) }

func notANumbers(n int) []float32 {
	return slices.Repeat([]float32{float32(math.NaN())}, n)
}

func (s *suite) read(b compute.Buffer) []float32 {
	x := make([]float32, b.Len())
	s.b.Read(x, b)
	return x
}

// verify ends one call of an operation: it looks at all guards and forgets them.
func (s *suite) verify(what string) {
	s.t.Helper()
	for _, g := range s.guards {
		for i, v := range s.read(g.whole) {
			if math.Float32bits(v) == math.Float32bits(g.before[i]) {
				continue
			}
			switch {
			case i < g.lo:
				s.t.Fatalf("%s: wrote %g to %d values before the start of %s", what, v, g.lo-i, g.name)
			case i >= g.hi:
				s.t.Fatalf("%s: wrote %g to %d values past the end of %s", what, v, i-g.hi, g.name)
			case g.input:
				s.t.Fatalf("%s: changed the input %s[%d] from %g to %g", what, g.name, i-g.lo, g.before[i], v)
			}
		}
	}
	s.guards = s.guards[:0]
}

// near fails where got is further than tol from want. NaN equals NaN only, an infinity itself only. width is the
// length of a row, for the message.
func (s *suite) near(what, name string, width int, got []float32, want, tol []float64) {
	s.t.Helper()
	first, wrong := -1, 0
	for i, g := range got {
		if !within(float64(g), want[i], tol[i]) {
			if wrong++; first < 0 {
				first = i
			}
		}
	}
	if wrong > 0 {
		s.t.Errorf("%s: %s[%d,%d] = %.9g, want %.9g ± %.2g (%d of %d values are wrong)",
			what, name, first/width, first%width, got[first], want[first], tol[first], wrong, len(got))
	}
}

func within(got, want, tol float64) bool {
	if math.IsNaN(want) || math.IsNaN(got) {
		return math.IsNaN(want) && math.IsNaN(got)
	}
	return got == want || math.Abs(got-want) <= tol
}

// same fails where two results differ in a bit.
func (s *suite) same(what, name string, width int, got, want []float32) {
	s.t.Helper()
	if i := firstDifference(got, want); i >= 0 {
		s.t.Errorf("%s: %s[%d,%d] = %.9g, want the bits of %.9g", what, name, i/width, i%width, got[i], want[i])
	}
}

// unit is float32's unit roundoff: a correctly rounded operation errs by at most this part of its result.
const unit = 1.0 / (1 << 24)

// gamma is the part of Σ|terms| by which a float32 sum of n terms, in any order, may err. Rounding errors add as
// a random walk (Higham & Mary 2019: λ·√n·u fails with probability 2·exp(-λ²/2)); λ = 8, and 16 more roundings
// for what happens before and after the sum.
func gamma(n int) float64 { return (16 + 8*math.Sqrt(float64(n))) * unit }

// expError is the relative error granted to a float32 exp, log or reciprocal square root of a moderate argument.
const expError = 32 * unit

// tiny is the absolute error granted everywhere, for results that underflow float32.
const tiny = 1e-35

// plus is a + b·f, value by value, for tolerances.
func plus(a, b []float64, f float64) []float64 {
	y := slices.Clone(a)
	addScaled(y, f, b)
	return y
}

// scaled is f·|x| + tiny.
func scaled(x []float64, f float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f*math.Abs(v) + tiny
	}
	return y
}

// normal is n values of the standard normal distribution times size.
func (s *suite) normal(n int, size float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(s.r.NormFloat64() * size)
	}
	return x
}

// start is what an accumulating output of n values holds before: normal values where acc, else NaN.
func (s *suite) start(n int, acc bool) []float32 {
	if acc {
		return s.normal(n, 1)
	}
	return notANumbers(n)
}

// before is the float64 twin of start, and the part of a tolerance that it brings.
func before(start []float32, acc bool) []float64 {
	if acc {
		return wide(start)
	}
	return make([]float64, len(start))
}

// slopes is the central finite difference of f by every value of x.
func slopes(x []float64, f func() float64) []float64 {
	const h = 1e-5
	g := make([]float64, len(x))
	for i, v := range x {
		x[i] = v + h
		up := f()
		x[i] = v - h
		g[i] = (up - f()) / (2 * h)
		x[i] = v
	}
	return g
}

// nearSlopes compares a gradient with finite differences of the float64 forward, which are good to about nine
// digits, so the tolerance is that of float32 arithmetic: 20 millionths of the value and of the largest value.
func (s *suite) nearSlopes(what, name string, width int, got []float32, want []float64) {
	s.t.Helper()
	largest := 0.0
	for _, v := range want {
		largest = math.Max(largest, math.Abs(v))
	}
	tol := scaled(want, 2e-5)
	for i := range tol {
		tol[i] += 2e-5*largest + 1e-9
	}
	s.near(what+" against finite differences", name, width, got, want, tol)
}

// check reports an unmet condition.
func (s *suite) check(ok bool, format string, args ...any) {
	s.t.Helper()
	if !ok {
		s.t.Errorf(format, args...)
	}
}

func ones(n int) []float64 { return slices.Repeat([]float64{1}, n) }
