package computetest

import (
	"fmt"
	"math"
	"slices"
)

// lengths are the value counts of the checks of elementwise operations: every tail of a vector of 16.
func lengths() []int {
	return []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 15, 16, 17, 31, 32, 33, 47, 64, 100, 257, 1000, 4099}
}

// gates is n gate values: normal ones of growing size, then those where a hurried exp overflows, underflows or
// loses its sign.
func (s *suite) gates(n int) []float32 {
	x := s.normal(n, 1)
	for i := range x {
		x[i] *= float32(1 + i%7*3)
	}
	edges := []float32{0, float32(math.Copysign(0, -1)), 87, -87, 88.5, -88.5, 103, -103, 128, -128, 1e4, -1e4, 1e30, -1e30, 1e-30, -1e-30, 1e-42}
	if n >= 2*len(edges) {
		copy(x[n/3:], edges)
	}
	return x
}

// The tolerance of SiLUGate is expError of each value and, for gates below -80, where σ nears the smallest float32
// and 1/(1+e^-z) may be flushed, the gate's size times up times 1e-35. Gates beyond 20 saturate: the derivative's
// z·(1-σ) is granted an error of 20 units there, less before.

func checkSiLUGate(s *suite) {
	for _, n := range lengths() {
		what := fmt.Sprintf("SiLUGate n=%d", n)
		gate, up := s.gates(n), s.normal(n, 1)
		want := make([]float64, n)
		siluGate(want, wide(gate), wide(up), n)
		tol := gateTolerance(want, gate, up)
		y := s.blank("y", n)
		bg, bu := s.input("gate", gate), s.input("up", up)
		s.b.SiLUGate(y, bg, bu, n)
		got := s.read(y)
		s.near(what, "y", n, got, want, tol)
		s.verify(what)

		bg, bu = s.output("gate", gate), s.input("up", up)
		s.b.SiLUGate(bg, bg, bu, n)
		s.same(what+" in place of gate", "y", n, s.read(bg), got)
		s.verify(what)
		bg, bu = s.input("gate", gate), s.output("up", up)
		s.b.SiLUGate(bu, bg, bu, n)
		s.same(what+" in place of up", "y", n, s.read(bu), got)
		s.verify(what)
	}

	const n = 40
	gate, up := s.normal(n, 1), s.normal(n, 1)
	gate[3], gate[17], gate[39] = float32(math.NaN()), float32(math.Inf(1)), float32(math.NaN())
	up[5], up[20] = float32(math.NaN()), float32(math.Inf(-1))
	y := s.blank("y", n)
	s.b.SiLUGate(y, s.input("gate", gate), s.input("up", up), n)
	for i, v := range s.read(y) {
		bad := math.IsNaN(float64(v)) || math.IsInf(float64(v), 0)
		s.check(bad == slices.Contains([]int{3, 5, 17, 20, 39}, i), "SiLUGate: y[%d] = %g with gate %g and up %g", i, v, gate[i], up[i])
	}
	s.verify("SiLUGate with values that are not finite")
}

func gateTolerance(want []float64, gate, up []float32) []float64 {
	tol := scaled(want, expError)
	for i, z := range gate {
		if z < -80 {
			tol[i] += tiny * math.Abs(float64(z)*float64(up[i]))
		}
	}
	return tol
}

func checkSiLUGateBack(s *suite) {
	for _, n := range lengths() {
		what := fmt.Sprintf("SiLUGateBack n=%d", n)
		gate, up, dy := s.gates(n), s.normal(n, 1), s.normal(n, 1)
		wantG, wantU := make([]float64, n), make([]float64, n)
		siluGateBack(wantG, wantU, wide(dy), wide(gate), wide(up), n)
		tolG, tolU := make([]float64, n), gateTolerance(wantU, gate, dy)
		for i, z := range wide(gate) {
			size := math.Abs(float64(dy[i]) * float64(up[i]))
			tolG[i] = expError*size*sigmoid(z)*(1+min(math.Abs(z), 20)) + tiny*(1+size)
			if z < -80 {
				tolG[i] += tiny * math.Abs(z) * size
			}
		}
		bg, bu, by := s.input("gate", gate), s.input("up", up), s.input("dy", dy)
		dgate, dup := s.blank("dgate", n), s.blank("dup", n)
		s.b.SiLUGateBack(dgate, dup, by, bg, bu, n)
		gotG, gotU := s.read(dgate), s.read(dup)
		s.near(what, "dgate", n, gotG, wantG, tolG)
		s.near(what, "dup", n, gotU, wantU, tolU)
		s.verify(what)

		bg, bu, by = s.output("gate", gate), s.output("up", up), s.input("dy", dy)
		s.b.SiLUGateBack(bg, bu, by, bg, bu, n)
		s.same(what+" in place of gate and up", "dgate", n, s.read(bg), gotG)
		s.same(what+" in place of gate and up", "dup", n, s.read(bu), gotU)
		s.verify(what)
		bg, bu, by = s.input("gate", gate), s.output("up", up), s.output("dy", dy)
		s.b.SiLUGateBack(by, bu, by, bg, bu, n)
		s.same(what+" with dgate in place of dy", "dgate", n, s.read(by), gotG)
		s.same(what+" with dgate in place of dy", "dup", n, s.read(bu), gotU)
		s.verify(what)
		bg, bu, by = s.output("gate", gate), s.input("up", up), s.output("dy", dy)
		s.b.SiLUGateBack(bg, by, by, bg, bu, n)
		s.same(what+" with dup in place of dy", "dgate", n, s.read(bg), gotG)
		s.same(what+" with dup in place of dy", "dup", n, s.read(by), gotU)
		s.verify(what)
	}

	const n = 9
	gate, up, dy := s.normal(n, 2), s.normal(n, 1), s.normal(n, 1)
	dgate, dup := s.blank("dgate", n), s.blank("dup", n)
	s.b.SiLUGateBack(dgate, dup, s.input("dy", dy), s.input("gate", gate), s.input("up", up), n)
	g64, u64, y := wide(gate), wide(up), make([]float64, n)
	loss := func() float64 {
		siluGate(y, g64, u64, n)
		return dot(y, wide(dy))
	}
	s.nearSlopes("SiLUGateBack", "dgate", n, s.read(dgate), slopes(g64, loss))
	s.nearSlopes("SiLUGateBack", "dup", n, s.read(dup), slopes(u64, loss))
	s.verify("SiLUGateBack")

	for _, operand := range [][]float32{dy, gate, up} {
		was := operand[4]
		operand[4] = float32(math.NaN())
		dgate, dup := s.blank("dgate", n), s.blank("dup", n)
		s.b.SiLUGateBack(dgate, dup, s.input("dy", dy), s.input("gate", gate), s.input("up", up), n)
		for i, v := range s.read(dgate) {
			s.check((v != v) == (i == 4), "SiLUGateBack: dgate[%d] = %g with a NaN at 4", i, v)
		}
		s.verify("SiLUGateBack with NaN")
		operand[4] = was
	}
}

// The tolerance of Axpy is two roundings of |y| + |alpha·x|.
func checkAxpy(s *suite) {
	for _, n := range lengths() {
		for _, alpha := range []float32{1, -0.3, 0, 1e10} {
			what := fmt.Sprintf("Axpy n=%d alpha=%g", n, alpha)
			x, start := s.normal(n, 1), s.normal(n, 1)
			if n > 7 {
				x[n-1], start[n-7] = float32(math.NaN()), float32(math.Inf(1))
			}
			y, want := s.output("y", start), wide(start)
			s.b.Axpy(y, s.input("x", x), n, alpha)
			addScaled(want, float64(alpha), wide(x))
			s.near(what, "y", n, s.read(y), want, plus(scaled(wide(start), 2*unit), absolute(wide(x)), 2*unit*math.Abs(float64(alpha))))
			s.verify(what)
		}
	}
}
