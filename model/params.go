package model

import (
	"context"
	"fmt"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// Param is one tensor that is trained: its values, and the gradient that [Model.Loss] adds to.
type Param struct {
	Name        string // as in a checkpoint: "model.norm.weight", "model.layers.0.mlp.up_proj.lora_A.weight"
	Shape       []int
	Value, Grad compute.Buffer
}

// Params lists what is trained: every base tensor after [Model.MakeTrainable], and the matrices of attached deltas that
// have gradients. The order is that of the forward pass and does not change between calls.
func (m *Model) Params() []Param {
	var all []Param
	for _, t := range m.tensors {
		if t.grad.Len() > 0 {
			all = append(all, Param{Name: t.Name, Shape: t.Shape, Value: t.value, Grad: t.grad})
		}
	}
	for _, l := range m.linears {
		d := l.Delta
		if d == nil {
			continue
		}
		if d.GradA.Len() > 0 {
			all = append(all, Param{Name: l.Name + ".lora_A.weight", Shape: []int{d.R, l.In()}, Value: d.A, Grad: d.GradA})
		}
		if d.GradB.Len() > 0 {
			all = append(all, Param{Name: l.Name + ".lora_B.weight", Shape: []int{l.Out(), d.R}, Value: d.B, Grad: d.GradB})
		}
		if d.GradMagnitude.Len() > 0 {
			all = append(all, Param{Name: l.Name + ".lora_magnitude_vector", Shape: []int{l.Out()}, Value: d.Magnitude, Grad: d.GradMagnitude})
		}
	}
	return all
}

// ZeroGrads sets every gradient to zero, as before the first [Model.Loss] of an optimiser step. It allocates nothing.
func (m *Model) ZeroGrads() {
	for i := range m.tensors {
		if g := m.tensors[i].grad; g.Len() > 0 {
			m.be.Zero(g)
		}
	}
	for _, l := range m.linears {
		if d := l.Delta; d != nil {
			if d.GradA.Len() > 0 {
				m.be.Zero(d.GradA)
			}
			if d.GradB.Len() > 0 {
				m.be.Zero(d.GradB)
			}
			if d.GradMagnitude.Len() > 0 {
				m.be.Zero(d.GradMagnitude)
			}
		}
	}
}

// MakeTrainable copies every base tensor into float32 buffers with gradients, for full fine-tuning: 8 bytes a weight. A
// tied head stays tied, the embedding's gradient receives both. Calling it again does nothing.
func (m *Model) MakeTrainable(ctx context.Context) error {
	return m.makeTrainable(ctx, nil)
}

// MakePartTrainable is MakeTrainable for the tensors that choose takes by name ("model.layers.3.mlp.up_proj.weight"); the
// others stay frozen as they rest. The embedding of a tied model is its head as well: see [Model.Untie].
func (m *Model) MakePartTrainable(ctx context.Context, choose func(name string) bool) error {
	return m.makeTrainable(ctx, choose)
}

// makeTrainable makes trainable what choose takes, or all where it is nil.
func (m *Model) makeTrainable(ctx context.Context, choose func(name string) bool) error {
	if m.trainable {
		return nil
	}
	if m.release == nil {
		m.Hash() // of the values before they are trained where they are
	}
	tensors := slices.Clone(m.tensors)
	for i := range tensors {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("make %s trainable: %w", m.name, err)
		}
		t := &tensors[i]
		if choose != nil && !choose(t.Name) {
			if m.repacked() {
				return fmt.Errorf("make part of %s trainable: it is repacked for inference: train it as it was opened", m.name)
			}
			continue
		}
		if choose != nil && m.release == nil {
			t.Data = slices.Clone(t.Data) // the values before stay, for Without
		}
		var err error
		if t.value, err = m.floats(t.Tensor); err != nil {
			return err
		}
		t.grad = m.be.Alloc(t.value.Len())
	}
	// Nothing is switched over until all is there, so that a cancelled call leaves the model as it was.
	m.tensors = tensors
	m.reference = outer{m.embed, m.head}
	for i := range m.tensors {
		t := &m.tensors[i]
		if t.grad.Len() == 0 {
			continue
		}
		*t.place.grad = t.grad
		switch n := t.place.raw; {
		case n != nil:
			n.raw = t.value
			m.offsets = append(m.offsets, n)
		case t.place.vector != nil:
			*t.place.vector = t.value
		default:
			*t.place.matrix = compute.F32Weight(t.value, t.Shape[0], t.Shape[1])
		}
	}
	if m.cfg.Tied {
		m.head, m.headGrad = m.embed, m.embedGrad
	}
	m.makeOnes()
	m.trainable, m.rested = true, nil
	m.retrain()
	return nil
}

// makeOnes is what trained norms of 1+w add.
func (m *Model) makeOnes() {
	widest := 0
	for _, n := range m.offsets {
		widest = max(widest, n.raw.Len())
	}
	if widest == 0 {
		return
	}
	m.ones = m.be.Alloc(widest)
	m.be.Write(m.ones, slices.Repeat([]float32{1}, widest))
}

// addOffsets brings trained norms of 1+w up to date with w.
func (m *Model) addOffsets() {
	for _, n := range m.offsets {
		m.be.Copy(n.w, n.raw)
		m.be.AddRow(n.w, m.ones.Slice(0, n.w.Len()), 1, n.w.Len())
	}
}

// floats brings a tensor to the backend as float32: one that was made up in memory as it is, one of a file a piece of whole
// rows at a time, whose memory in the file the system may then take back.
func (m *Model) floats(t Tensor) (compute.Buffer, error) {
	cols := t.Shape[len(t.Shape)-1]
	rows := product(t.Shape) / cols
	if m.release == nil && t.Type == compute.F32 {
		w, err := m.be.NewWeight(t.Type, rows, cols, t.Data)
		return w.Values(), err
	}
	b := m.be.Alloc(rows * cols)
	step := max(1, (1<<20)/cols)
	piece := make([]float32, min(step, rows)*cols)
	for r := 0; r < rows; r += step {
		n := min(step, rows-r)
		size := t.Type.RowBytes(cols)
		compute.Decode(piece[:n*cols], t.Type, t.Data[r*size:(r+n)*size])
		m.be.Write(b.Slice(r*cols, (r+n)*cols), piece[:n*cols])
	}
	if m.release != nil {
		m.release(t.Data)
	}
	return b, nil
}

// trainedSpan is where the backward may stop and what its scratch must hold.
type trainedSpan struct {
	embed   bool
	lowest  int // first layer with anything trained; the number of layers where there is none
	any     bool
	rank    int  // largest rank attached, trained or not
	below   int  // largest rank stacked beneath
	scaled  bool // some layer's rows are given other lengths
	lengths bool // these lengths are trained
	dropout bool
}

// retrain looks again at what is trained. Whatever attaches or makes trainable calls it.
func (m *Model) retrain() {
	s := trainedSpan{embed: m.embedGrad.Len() > 0 || m.placeGrad.Len() > 0, lowest: len(m.blocks)}
	for l := len(m.blocks) - 1; l >= 0; l-- {
		if m.blocks[l].trained() {
			s.lowest = l
		}
	}
	s.any = s.embed || s.lowest < len(m.blocks) || m.norm.trained() || m.headGrad.Len() > 0
	if s.embed {
		s.lowest = 0
	}
	for _, l := range m.linears {
		if d := l.Delta; d != nil {
			s.rank = max(s.rank, d.R)
			s.dropout = s.dropout || d.Dropout > 0
			s.lengths = s.lengths || d.Magnitude.Len() > 0 && l.trained()
		}
		if d := l.below.delta; d != nil {
			s.below = max(s.below, d.R)
		}
		s.scaled = s.scaled || l.scaled()
	}
	m.trained = s
}

func (b *block) trained() bool { return b.attnTrained() || b.mlpTrained() }

func (b *block) attnTrained() bool { return b.qkvTrained() || b.o.trained() || b.attnPost.trained() }

// qkvTrained is of what lies under attention.
func (b *block) qkvTrained() bool {
	return b.attnNorm.trained() || b.qNorm.trained() || b.kNorm.trained() || anyTrained(b.q, b.k, b.v, b.qkv)
}

func (b *block) mlpTrained() bool {
	return b.mlpNorm.trained() || b.mlpPost.trained() || b.down.trained() || anyTrained(b.gate, b.up, b.gateUp)
}

// anyTrained is of those that there are.
func anyTrained(layers ...*LinearLayer) bool {
	for _, l := range layers {
		if l != nil && l.trained() {
			return true
		}
	}
	return false
}
