package train

import (
	"math"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// Muon's momentum, and the coefficients of its iteration, as published (Jordan et al. 2024, "Muon: an optimizer for hidden
// layers in neural networks").
const (
	muonMomentum = 0.95
	muonSteps    = 5
	muonA        = 3.4445
	muonB        = -4.7750
	muonC        = 2.0315
)

// muonSize makes the mean size of an update's values what AdamW's is, so that a rate that suits one suits the other (Liu et
// al. 2025, "Muon is scalable for LLM training", section 2.2): it is muonSize·√(the longer side) times an orthogonal
// matrix, whose values have a root mean square of 1/√(the longer side).
const muonSize = 0.2

// muon moves a matrix along the nearest orthogonal matrix to its momentum, as five steps of a Newton–Schulz iteration
// find it: every direction counts about alike.
type muon struct {
	*muonRoom
	momentum compute.Buffer
}

// muonRoom is the memory that the matrices share, one after the other.
type muonRoom struct {
	be        compute.Backend
	x, y      compute.Buffer // as large as the largest matrix
	gram, sum compute.Buffer // the square of the largest shorter side
}

// muonRoomOf is the values of a muonRoom's buffers.
func muonRoomOf(params []shaped) (whole, square int) {
	for _, p := range params {
		if ruleFor(Muon, p) == Muon {
			short := min(p.shape[0], p.shape[1])
			whole, square = max(whole, p.values()), max(square, short*short)
		}
	}
	return whole, square
}

func newMuonRoom(be compute.Backend, params []shaped) *muonRoom {
	whole, square := muonRoomOf(params)
	return &muonRoom{be: be, x: be.Alloc(whole), y: be.Alloc(whole), gram: be.Alloc(square), sum: be.Alloc(square)}
}

func (m *muon) state() []moment { return []moment{{kind: "momentum", values: m.momentum}} }

func (m *muon) step(p *model.Param, r *Recipe, rate, grad float64, _ int) {
	n := p.Value.Len()
	x, y := m.x.Slice(0, n), m.y.Slice(0, n)
	// momentum = 0.95·momentum + g, and by Nesterov the direction is g + 0.95·momentum. Its length does not matter.
	m.be.Zero(x)
	m.be.Axpy(x, p.Grad, n, float32(grad))
	m.be.Copy(y, x)
	m.be.Axpy(y, m.momentum, n, muonMomentum)
	m.be.Copy(m.momentum, y)
	m.be.Axpy(x, m.momentum, n, muonMomentum)

	if x = m.orthogonal(x, y, p.Shape[0], p.Shape[1]); x.Len() == 0 {
		return
	}
	if decay := rate * r.decay(p); decay > 0 {
		was := m.y.Slice(0, n)
		m.be.Copy(was, p.Value)
		m.be.Axpy(p.Value, was, n, float32(-decay))
	}
	size := muonSize * math.Sqrt(float64(max(p.Shape[0], p.Shape[1])))
	m.be.Axpy(p.Value, x, n, float32(-rate*size))
}

// orthogonal is about the nearest matrix to x[rows,cols] whose rows, or columns where there are fewer, are orthonormal: its
// singular values come to between about 0.7 and 1.2. y is room of the same size; the result is in x's. It is empty where x
// is 0.
func (m *muon) orthogonal(x, y compute.Buffer, rows, cols int) compute.Buffer {
	norm := math.Sqrt(m.be.SumSquares(x))
	if norm == 0 {
		return compute.Buffer{}
	}
	// All singular values to at most 1.
	m.be.Zero(y)
	m.be.Axpy(y, x, x.Len(), float32(1/norm))
	x, y = y, x
	short := min(rows, cols)
	gram, sum := m.gram.Slice(0, short*short), m.sum.Slice(0, short*short)
	for range muonSteps {
		// x = a·x + (b·G + c·G²)·x with G = x·xᵀ, or the same from the right where columns are fewer.
		if rows <= cols {
			m.be.MatMul(gram, x, compute.F32Weight(x, rows, cols), rows, 1, false)
		} else {
			m.be.MatMulBackWeight(gram, x, x, rows, cols, cols, 1, false)
		}
		square := compute.F32Weight(gram, short, short)
		m.be.MatMul(sum, gram, square, short, muonC, false)
		m.be.Axpy(sum, gram, short*short, muonB)
		inner := compute.F32Weight(sum, short, short)
		if rows <= cols {
			m.be.MatMulBackInput(y, sum, compute.F32Weight(x, rows, cols), rows, 1, false)
		} else {
			m.be.MatMul(y, x, inner, rows, 1, false)
		}
		m.be.Axpy(y, x, x.Len(), muonA)
		x, y = y, x
	}
	return x
}
