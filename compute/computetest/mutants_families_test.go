package computetest

import (
	"testing"

	"github.com/cria-llm/cria/compute"
)

type forgetsBias struct{ plain }

func (m forgetsBias) LayerNorm(y, x, w, b compute.Buffer, n, d int, eps float32) {
	m.plain.LayerNorm(y, x, w, compute.Buffer{}, n, d, eps)
}

type forgetsMeanOfGradient struct{ plain }

func (m forgetsMeanOfGradient) LayerNormBack(dx, dw, db, dy, x, w compute.Buffer, n, d int, eps float32) {
	m.plain.LayerNormBack(dx, dw, db, dy, x, w, n, d, eps)
	x64, dy64, w64, r := load(x, n*d), load(dy, n*d), load(w, d), load(dx, n*d)
	for i := range n {
		_, inverse := standard(x64[i*d:][:d], float64(eps))
		mean := inverse * dot(dy64[i*d:][:d], w64) / float64(d)
		for j := range d {
			r[i*d+j] += mean
		}
	}
	store(dx, r)
}

type oneGELU struct{ plain }

func (m oneGELU) Gate(y, gate, up compute.Buffer, n int, act compute.Activation) {
	m.plain.Gate(y, gate, up, n, min(act, compute.GELUTanh))
}

type overflowingCube struct{ plain }

func (m overflowingCube) GateBack(dgate, dup, dy, gate, up compute.Buffer, n int, act compute.Activation) {
	z := append([]float32(nil), gate.Host()[:n]...)
	m.plain.GateBack(dgate, dup, dy, gate, up, n, act)
	for i, v := range z {
		if act == compute.GELUTanh && v*v*v-v*v*v != 0 { // infinite
			dgate.Host()[i] = v * v * v * 0
		}
	}
}

type capFlattensSmall struct{ plain }

func (m capFlattensSmall) SoftCap(y compute.Buffer, n int, limit float32) {
	for i, v := range y.Host()[:n] {
		y.Host()[i] = v/limit + 1 - 1 // what is far below 1 is lost
	}
	m.plain.Scale(y, n, limit)
	m.plain.SoftCap(y, n, limit)
}

type copiesWholeRows struct{ plain }

func (m copiesWholeRows) CopyColumns(dst compute.Buffer, dstWidth, dstAt int, src compute.Buffer, srcWidth, srcAt, n, width int) {
	m.plain.CopyColumns(dst, dstWidth, dstAt, src, srcWidth, srcAt, n, width)
	for i := range n {
		clear(dst.Host()[i*dstWidth:][:dstAt])
	}
}

type overwritesBias struct{ plain }

func (m overwritesBias) AddRowBack(db, dy compute.Buffer, n, d int) {
	clear(db.Host()[:d])
	m.plain.AddRowBack(db, dy, n, d)
}

type widerWindow struct{ plain }

func (m widerWindow) Attention(out, lse, q, k, v compute.Buffer, seqs []compute.Seq, s compute.AttentionShape) {
	if s.Window > 0 {
		s.Window++
	}
	m.plain.Attention(out, lse, q, k, v, seqs, s)
}

type forgetsCapSlope struct{ plain }

func (m forgetsCapSlope) AttentionBack(dq, dk, dv, dout, q, k, v, out, lse compute.Buffer, seqs []compute.Seq, s compute.AttentionShape) {
	s.Cap = 0
	m.plain.AttentionBack(dq, dk, dv, dout, q, k, v, out, lse, seqs, s)
}

type capsBeforeScale struct{ plain }

func (m capsBeforeScale) CrossEntropy(nll []float32, dx, dw, x compute.Buffer, head compute.Weight, targets []int32, scale []float32, terms compute.LossTerms) {
	if terms.LogitScale != 0 {
		terms.Cap *= terms.LogitScale
	}
	m.plain.CrossEntropy(nll, dx, dw, x, head, targets, scale, terms)
}

type forgetsLogitScaleBack struct{ plain }

func (m forgetsLogitScaleBack) CrossEntropy(nll []float32, dx, dw, x compute.Buffer, head compute.Weight, targets []int32, scale []float32, terms compute.LossTerms) {
	m.plain.CrossEntropy(nll, dx, dw, x, head, targets, scale, terms)
	if terms.LogitScale != 0 {
		m.Scale(dx, dx.Len(), 1/terms.LogitScale)
	}
}

func TestSuiteCatchesMistakesOfFamilies(t *testing.T) {
	for _, c := range []struct {
		mistake string
		b       compute.Backend
		check   string
	}{
		{"a layer norm has no bias", forgetsBias{}, "LayerNorm"},
		{"a gradient's mean is left in", forgetsMeanOfGradient{}, "LayerNormBack"},
		{"the two GELU are one", oneGELU{}, "Gate"},
		{"the cube of a gate overflows", overflowingCube{}, "GateBack"},
		{"a cap loses what is small", capFlattensSmall{}, "SoftCap"},
		{"columns before those copied are cleared", copiesWholeRows{}, "CopyColumns"},
		{"a bias's gradient is overwritten", overwritesBias{}, "AddRow"},
		{"a window is wider by a key", widerWindow{}, "Attention"},
		{"the slope of a cap is forgotten", forgetsCapSlope{}, "AttentionSlope"},
		{"logits are capped before they are scaled", capsBeforeScale{}, "CrossEntropy"},
		{"the scale of logits is forgotten in the gradient", forgetsLogitScaleBack{}, "CrossEntropySlope"},
	} {
		if passes(c.b, c.check) {
			t.Errorf("the check %s passes where %s", c.check, c.mistake)
		}
	}
}
