package computetest

import (
	"fmt"
	"math"
	"slices"

	"github.com/cria-llm/cria/compute"
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

// The tolerance of Gate is expError of each value and, for gates below -5, where what they are multiplied by may near the
// smallest float32 and be flushed, the gate's size times up times 1e-35. Of GELU, the sums within which cancel, gates are
// granted geluError besides.

// geluError is the absolute error granted to what GELU and GELUTanh multiply a gate by.
const geluError = 8 * unit

// activations are the names of the activations for messages.
func activations() []string {
	return []string{compute.SiLU: "SiLU", compute.GELUTanh: "GELUTanh", compute.GELU: "GELU"}
}

func checkGate(s *suite) {
	for i, name := range activations() {
		act := compute.Activation(i)
		for _, n := range lengths() {
			s.gate(fmt.Sprintf("Gate %s n=%d", name, n), n, act)
		}
		const n = 40
		gate, up := s.normal(n, 1), s.normal(n, 1)
		gate[3], gate[17], gate[39] = float32(math.NaN()), float32(math.Inf(1)), float32(math.NaN())
		up[5], up[20] = float32(math.NaN()), float32(math.Inf(-1))
		y := s.blank("y", n)
		s.b.Gate(y, s.input("gate", gate), s.input("up", up), n, act)
		for i, v := range s.read(y) {
			bad := math.IsNaN(float64(v)) || math.IsInf(float64(v), 0)
			s.check(bad == slices.Contains([]int{3, 5, 17, 20, 39}, i), "Gate %s: y[%d] = %g with gate %g and up %g", name, i, v, gate[i], up[i])
		}
		s.verify("Gate with values that are not finite")
	}
}

func (s *suite) gate(what string, n int, act compute.Activation) {
	s.t.Helper()
	gate, up := s.gates(n), s.normal(n, 1)
	want := make([]float64, n)
	gated(want, wide(gate), wide(up), act)
	y := s.blank("y", n)
	bg, bu := s.input("gate", gate), s.input("up", up)
	s.b.Gate(y, bg, bu, n, act)
	got := s.read(y)
	s.near(what, "y", n, got, want, gateTolerance(want, gate, up, act))
	s.verify(what)

	bg, bu = s.output("gate", gate), s.input("up", up)
	s.b.Gate(bg, bg, bu, n, act)
	s.same(what+" in place of gate", "y", n, s.read(bg), got)
	s.verify(what)
	bg, bu = s.input("gate", gate), s.output("up", up)
	s.b.Gate(bu, bg, bu, n, act)
	s.same(what+" in place of up", "y", n, s.read(bu), got)
	s.verify(what)

	y, bg = s.blank("y", n), s.input("gate", gate)
	s.b.Gate(y, bg, compute.Buffer{}, n, act)
	one := slices.Repeat([]float32{1}, n)
	gated(want, wide(gate), ones(n), act)
	s.near(what+" without up", "y", n, s.read(y), want, gateTolerance(want, gate, one, act))
	s.verify(what)
}

func gateTolerance(want []float64, gate, up []float32, act compute.Activation) []float64 {
	tol := scaled(want, expError)
	for i, z := range wide(gate) {
		size := math.Abs(z * float64(up[i]))
		if z < -5 {
			tol[i] += tiny * size
		}
		if act != compute.SiLU && math.Abs(z) < 13 {
			tol[i] += geluError * size
		}
	}
	return tol
}

func checkGateBack(s *suite) {
	for i, name := range activations() {
		act := compute.Activation(i)
		for _, n := range lengths() {
			s.gateBack(fmt.Sprintf("GateBack %s n=%d", name, n), n, act)
		}
		s.gateSlope("GateBack "+name, act)
	}
}

// gateBack runs one case. Gates beyond 20 saturate: SiLU's slope is granted an error of 20 units there, less before, and the
// others' slope eight times geluError where it is not flat.
func (s *suite) gateBack(what string, n int, act compute.Activation) {
	s.t.Helper()
	gate, up, dy := s.gates(n), s.normal(n, 1), s.normal(n, 1)
	wantG, wantU := make([]float64, n), make([]float64, n)
	gatedBack(wantG, wantU, wide(dy), wide(gate), wide(up), act)
	tolG, tolU := make([]float64, n), gateTolerance(wantU, gate, dy, act)
	for i, z := range wide(gate) {
		size := math.Abs(float64(dy[i]) * float64(up[i]))
		tolG[i] = expError*size*sigmoid(z)*(1+min(math.Abs(z), 20)) + tiny*(1+size)
		if z < -5 {
			tolG[i] += tiny * math.Abs(z) * size
		}
		if act != compute.SiLU && math.Abs(z) < 13 {
			tolG[i] += 8 * geluError * size
		}
	}
	bg, bu, by := s.input("gate", gate), s.input("up", up), s.input("dy", dy)
	dgate, dup := s.blank("dgate", n), s.blank("dup", n)
	s.b.GateBack(dgate, dup, by, bg, bu, n, act)
	gotG, gotU := s.read(dgate), s.read(dup)
	s.near(what, "dgate", n, gotG, wantG, tolG)
	s.near(what, "dup", n, gotU, wantU, tolU)
	s.verify(what)

	bg, bu, by = s.output("gate", gate), s.output("up", up), s.input("dy", dy)
	s.b.GateBack(bg, bu, by, bg, bu, n, act)
	s.same(what+" in place of gate and up", "dgate", n, s.read(bg), gotG)
	s.same(what+" in place of gate and up", "dup", n, s.read(bu), gotU)
	s.verify(what)
	bg, bu, by = s.input("gate", gate), s.output("up", up), s.output("dy", dy)
	s.b.GateBack(by, bu, by, bg, bu, n, act)
	s.same(what+" with dgate in place of dy", "dgate", n, s.read(by), gotG)
	s.same(what+" with dgate in place of dy", "dup", n, s.read(bu), gotU)
	s.verify(what)
	bg, bu, by = s.output("gate", gate), s.input("up", up), s.output("dy", dy)
	s.b.GateBack(bg, by, by, bg, bu, n, act)
	s.same(what+" with dup in place of dy", "dgate", n, s.read(bg), gotG)
	s.same(what+" with dup in place of dy", "dup", n, s.read(by), gotU)
	s.verify(what)

	// Without up it is what ones there give.
	bu = s.input("ones", slices.Repeat([]float32{1}, n))
	dgate, bg, by = s.blank("dgate", n), s.input("gate", gate), s.input("dy", dy)
	s.b.GateBack(dgate, s.blank("dup", n), by, bg, bu, n, act)
	bg2, by2 := s.output("gate", gate), s.output("dy", dy)
	s.b.GateBack(bg2, compute.Buffer{}, by, bg2, compute.Buffer{}, n, act)
	s.b.GateBack(by2, compute.Buffer{}, by2, bg, compute.Buffer{}, n, act)
	s.same(what+" without up, in place of gate", "dgate", n, s.read(bg2), s.read(dgate))
	s.same(what+" without up, in place of dy", "dgate", n, s.read(by2), s.read(dgate))
	s.verify(what)
}

// gateSlope compares the backward with finite differences, and looks for where a NaN goes.
func (s *suite) gateSlope(what string, act compute.Activation) {
	s.t.Helper()
	const n = 9
	gate, up, dy := s.normal(n, 2), s.normal(n, 1), s.normal(n, 1)
	dgate, dup := s.blank("dgate", n), s.blank("dup", n)
	s.b.GateBack(dgate, dup, s.input("dy", dy), s.input("gate", gate), s.input("up", up), n, act)
	g64, u64, y := wide(gate), wide(up), make([]float64, n)
	loss := func() float64 {
		gated(y, g64, u64, act)
		return dot(y, wide(dy))
	}
	s.nearSlopes(what, "dgate", n, s.read(dgate), slopes(g64, loss))
	s.nearSlopes(what, "dup", n, s.read(dup), slopes(u64, loss))
	s.verify(what)

	for _, operand := range [][]float32{dy, gate, up} {
		was := operand[4]
		operand[4] = float32(math.NaN())
		dgate, dup := s.blank("dgate", n), s.blank("dup", n)
		s.b.GateBack(dgate, dup, s.input("dy", dy), s.input("gate", gate), s.input("up", up), n, act)
		for i, v := range s.read(dgate) {
			s.check((v != v) == (i == 4), "%s: dgate[%d] = %g with a NaN at 4", what, i, v)
		}
		s.verify(what + " with NaN")
		operand[4] = was
	}
}
