package model

import (
	"fmt"
	"maps"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// Delta is a low-rank addition to a linear layer (Hu et al. 2021): y += Scale · drop(x) · Aᵀ · Bᵀ. With a magnitude it is
// that of DoRA (Liu et al. 2024), which then gives each row of the sum of all weights a length of its own.
type Delta struct {
	A, B      compute.Buffer // [R, in] and [out, R]
	Magnitude compute.Buffer // [out] lengths of the rows of the sum; empty where it is not DoRA
	R         int
	Scale     float32 // α/r, or α/√r for rsLoRA
	Dropout   float32 // probability, in training alone

	GradA, GradB, GradMagnitude compute.Buffer // gradients, added to; empty where frozen

	inverse, gain compute.Buffer // [out] of DoRA: 1/‖row of the sum‖, and the magnitude times it
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

// WithMagnitude makes a delta that of DoRA, trained where its B is.
func (m *Model) WithMagnitude(d *Delta, magnitude []float32) *Delta {
	n := len(magnitude)
	d.Magnitude, d.inverse, d.gain = m.be.Alloc(n), m.be.Alloc(n), m.be.Alloc(n)
	m.be.Write(d.Magnitude, magnitude)
	if d.GradB.Len() > 0 {
		d.GradMagnitude = m.be.Alloc(n)
	}
	return d
}

// Attach puts each delta on the linear layer of its name, on top of what [Model.Stack] put there and in place of what was
// attached before. An error attaches none: it names the module that the model does not have or whose shape differs.
func (m *Model) Attach(deltas map[string]*Delta) error {
	byName := m.linearsByName()
	for _, name := range slices.Sorted(maps.Keys(deltas)) {
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
		if m.repacked() && d.Magnitude.Len() > 0 {
			return fmt.Errorf("adapter module %q: model %s is repacked, and DoRA reads its weights: attach it first", name, m.name)
		}
	}
	for _, l := range m.linears {
		l.Delta = deltas[l.Name]
	}
	m.retrain()
	m.measure(false)
	return nil
}

// Detach takes off every delta that [Model.Attach] put on. What [Model.Stack] put beneath stays.
func (m *Model) Detach() {
	for _, l := range m.linears {
		l.Delta = nil
	}
	m.retrain()
}

// Without runs a function on the model as it is without what [Model.Attach] put on and its [Model.Offset], and with the embedding and the head as
// they were before they were trained: the base with the stack beneath, as a reference to the model that is being trained.
// No gradient is asked for meanwhile. What else [Model.MakeTrainable] trains has no reference.
func (m *Model) Without(run func() error) error {
	swap := func() {
		for _, l := range m.linears {
			l.Delta, l.aside = l.aside, l.Delta
			if m.offset {
				l.below, l.bare = l.bare, l.below
			}
		}
		if m.trainable {
			r := m.reference
			m.reference = outer{m.embed, m.head}
			m.embed, m.head = r.embed, r.head
		}
	}
	swap()
	defer swap()
	return run()
}

func (m *Model) linearsByName() map[string]*LinearLayer {
	byName := make(map[string]*LinearLayer, len(m.linears))
	for _, l := range m.linears {
		byName[l.Name] = l
	}
	return byName
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
	case d.Magnitude.Len() != 0 && d.Magnitude.Len() != l.Out():
		return fmt.Errorf("the magnitude holds %d values, the layer has %d rows", d.Magnitude.Len(), l.Out())
	case !(d.Dropout >= 0 && d.Dropout < 1):
		return fmt.Errorf("dropout is %g, outside 0..1", d.Dropout)
	}
	return nil
}

// trained says whether the backward has a gradient to compute for the layer itself.
func (l *LinearLayer) trained() bool {
	return l.grad.Len() > 0 || l.biasGrad.Len() > 0 || l.Delta != nil && (l.Delta.GradA.Len() > 0 || l.Delta.GradB.Len() > 0 || l.Delta.GradMagnitude.Len() > 0)
}

// weights are A and B as matrices.
func (d *Delta) weights() (a, b compute.Weight) {
	return compute.F32Weight(d.A, d.R, d.A.Len()/d.R), compute.F32Weight(d.B, d.B.Len()/d.R, d.R)
}
