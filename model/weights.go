package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cria-llm/cria/compute"
)

// rawTensor is a tensor as it rests in a file or in memory, little-endian, row-major.
type rawTensor struct {
	typ   compute.Type
	shape []int
	data  []byte
}

// Tensor is one of the base model's tensors as it rests, under its Hugging Face name.
type Tensor struct {
	Name  string
	Type  compute.Type
	Shape []int // [out, in] or [n]
	Data  []byte
}

// tensorAt is a base tensor and where its values live once the model is trainable.
type tensorAt struct {
	Tensor
	value, grad compute.Buffer
	place       place
}

// place is the parts of the model that a tensor fills: a matrix or a vector, and its gradient.
type place struct {
	matrix       *compute.Weight
	vector, grad *compute.Buffer
	raw          *norm // of a norm of 1+w
}

// Tensors lists the base model's tensors as they were loaded, or as [Model.Quantize] made them, in the order of the forward pass; a tied head is not
// listed. What training changed is in [Model.Params]. The data may be a memory map: it is not to be written, and is
// gone after Close.
func (m *Model) Tensors() []Tensor {
	all := make([]Tensor, len(m.tensors))
	for i, t := range m.tensors {
		all[i] = t.Tensor
	}
	return all
}

// Floats is the tensor's values.
func (t Tensor) Floats() []float32 {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	x := make([]float32, n)
	compute.Decode(x, t.Type, t.Data)
	return x
}

// source gives tensors in Hugging Face's order of rows, matrices as [out, in]. Its errors name the tensor and the file. What
// comes back is checked by the loader.
type source interface {
	tensor(tensorSpec) (rawTensor, error)
}

// loader takes tensors from a source and keeps the first error.
type loader struct {
	m   *Model
	src source
	err error
}

// tensor loads one and puts it in its place.
func (l *loader) tensor(t tensorSpec) {
	m := l.m
	switch {
	case l.err != nil:
	case t.part.norm():
		n := m.normAt(t.part, t.layer)
		n.name = strings.TrimSuffix(strings.TrimSuffix(t.name, ".weight"), ".bias")
		switch {
		case t.bias:
			l.vector(t, place{vector: &n.b, grad: &n.biasGrad})
		case m.cfg.Norms.Offset:
			l.vector(t, place{vector: &n.w, grad: &n.grad, raw: n})
		default:
			l.vector(t, place{vector: &n.w, grad: &n.grad})
		}
	case t.bias:
		layer := *m.linearAt(t.part, t.layer)
		l.vector(t, place{vector: &layer.bias, grad: &layer.biasGrad})
	case t.part.linear():
		layer := &LinearLayer{Name: strings.TrimSuffix(t.name, ".weight"), index: len(m.linears)}
		l.matrix(t, place{matrix: &layer.W, grad: &layer.grad})
		*m.linearAt(t.part, t.layer) = layer
		m.linears = append(m.linears, layer)
	case t.part == embedding:
		l.matrix(t, place{matrix: &m.embed, grad: &m.embedGrad})
	case t.part == positions:
		l.matrix(t, place{matrix: &m.places, grad: &m.placeGrad})
	case t.part == outputHead:
		l.matrix(t, place{matrix: &m.head, grad: &m.headGrad})
	}
}

func (l *loader) take(spec tensorSpec, at place) (rawTensor, bool) {
	name, shape := spec.name, spec.shape
	t, err := l.src.tensor(spec)
	if err == nil {
		if !slices.Equal(t.shape, shape) {
			err = fmt.Errorf("shape %s, the configuration wants %s", dims(t.shape), dims(shape))
		} else {
			err = compute.CheckWeight(t.typ, product(shape[:len(shape)-1]), shape[len(shape)-1], len(t.data))
		}
		if err != nil {
			err = fmt.Errorf("tensor %q: %w", name, err)
		}
	}
	if err != nil {
		l.err = err
		return rawTensor{}, false
	}
	l.m.tensors = append(l.m.tensors, tensorAt{Tensor: Tensor{Name: name, Type: t.typ, Shape: t.shape, Data: t.data}, place: at})
	return t, true
}

func (l *loader) matrix(spec tensorSpec, at place) {
	t, ok := l.take(spec, at)
	if !ok {
		return
	}
	w, err := l.m.be.NewWeight(t.typ, spec.shape[0], spec.shape[1], t.data)
	if err != nil {
		l.err = fmt.Errorf("tensor %q: %w", spec.name, err)
	}
	*at.matrix = w
}

// vector loads a norm or a bias into float32, whatever it rests in.
func (l *loader) vector(spec tensorSpec, at place) {
	t, ok := l.take(spec, at)
	if !ok {
		return
	}
	x := make([]float32, spec.shape[0])
	compute.Decode(x, t.typ, t.data)
	if at.raw != nil {
		for i := range x {
			x[i]++
		}
	}
	*at.vector = l.m.be.Alloc(len(x))
	l.m.be.Write(*at.vector, x)
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// dims writes a shape as people do: [4 128].
func dims(shape []int) string { return fmt.Sprint(shape) }
