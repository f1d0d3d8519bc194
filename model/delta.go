package model

import (
	"fmt"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// Delta is a low-rank addition to a linear layer (Hu et al. 2021): y += Scale · drop(x) · Aᵀ · Bᵀ.
type Delta struct {
	A, B    compute.Buffer // [R, in] and [out, R]
	R       int
	Scale   float32 // α/r, or α/√r for rsLoRA
	Dropout float32 // probability, in training alone

	GradA, GradB compute.Buffer // gradients, added to; empty where frozen
}

// NewDelta copies a pair A[r, in], B[out, r] to the model's backend. It has gradients where trainable is true.
func (m *Model) NewDelta(a, b []float32, r int, scale, dropout float32, trainable bool) *Delta {
	d := &Delta{A: m.be.Alloc(len(a)), B: m.be.Alloc(len(b)), R: r, Scale: scale, Dropout: dropout}
	m.be.Write(d.A, a)
	m.be.Write(d.B, b)
	if trainable {
		d.GradA, d.GradB = m.be.Alloc(len(a)), m.be.Alloc(len(b))
	}
	return d
}

// Attach puts each delta on the linear layer of its name, in place of what was attached before. An error attaches
// none: it names the module that the model does not have or whose shape differs.
func (m *Model) Attach(deltas map[string]*Delta) error {
	byName := make(map[string]*LinearLayer, len(m.linears))
	for _, l := range m.linears {
		byName[l.Name] = l
	}
	names := make([]string, 0, len(deltas))
	for name := range deltas {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		l, d := byName[name], deltas[name]
		if l == nil {
			return fmt.Errorf("adapter module %q: model %s has no such linear layer", name, m.name)
		}
		if err := d.check(l); err != nil {
			return fmt.Errorf("adapter module %q: %w", name, err)
		}
		if m.repacked() && d.GradA.Len()+d.GradB.Len() > 0 {
			return fmt.Errorf("adapter module %q: model %s is repacked for inference: train on it as it was opened", name, m.name)
		}
	}
	for _, l := range m.linears {
		l.Delta = deltas[l.Name]
	}
	m.retrain()
	return nil
}

// Detach takes every delta off.
func (m *Model) Detach() {
	for _, l := range m.linears {
		l.Delta = nil
	}
	m.retrain()
}

func (d *Delta) check(l *LinearLayer) error {
	switch {
	case d == nil || d.R < 1:
		return fmt.Errorf("no rank")
	case d.A.Len() != d.R*l.In():
		return fmt.Errorf("A holds %d values, [%d %d] needs %d", d.A.Len(), d.R, l.In(), d.R*l.In())
	case d.B.Len() != l.Out()*d.R:
		return fmt.Errorf("B holds %d values, [%d %d] needs %d", d.B.Len(), l.Out(), d.R, l.Out()*d.R)
	case d.GradA.Len() != 0 && d.GradA.Len() != d.A.Len():
		return fmt.Errorf("A holds %d values and its gradient %d", d.A.Len(), d.GradA.Len())
	case d.GradB.Len() != 0 && d.GradB.Len() != d.B.Len():
		return fmt.Errorf("B holds %d values and its gradient %d", d.B.Len(), d.GradB.Len())
	case !(d.Dropout >= 0 && d.Dropout < 1):
		return fmt.Errorf("dropout is %g, outside 0..1", d.Dropout)
	}
	return nil
}

// trained says whether the backward has a gradient to compute for the layer itself.
func (l *LinearLayer) trained() bool {
	return l.grad.Len() > 0 || l.Delta != nil && (l.Delta.GradA.Len() > 0 || l.Delta.GradB.Len() > 0)
}

// weights are A and B as matrices.
func (d *Delta) weights() (a, b compute.Weight) {
	return compute.F32Weight(d.A, d.R, d.A.Len()/d.R), compute.F32Weight(d.B, d.B.Len()/d.R, d.R)
}
