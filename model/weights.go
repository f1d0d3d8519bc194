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

// source gives tensors by their Hugging Face name. Its errors name the tensor and the file. shape is what is wanted;
// what comes back is checked by the loader.
type source interface {
	tensor(name string, shape []int) (rawTensor, error)
}

// loader takes tensors from a source and keeps the first error.
type loader struct {
	m   *Model
	src source
	err error
}

func (l *loader) take(name string, shape ...int) (rawTensor, bool) {
	if l.err != nil {
		return rawTensor{}, false
	}
	t, err := l.src.tensor(name, shape)
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
	l.m.tensors = append(l.m.tensors, tensorAt{Tensor: Tensor{Name: name, Type: t.typ, Shape: t.shape, Data: t.data}})
	return t, true
}

func (l *loader) matrix(name string, rows, cols int) compute.Weight {
	t, ok := l.take(name, rows, cols)
	if !ok {
		return compute.Weight{}
	}
	w, err := l.m.be.NewWeight(t.typ, rows, cols, t.data)
	if err != nil {
		l.err = fmt.Errorf("tensor %q: %w", name, err)
	}
	return w
}

func (l *loader) linear(name string, out, in int) *LinearLayer {
	layer := &LinearLayer{Name: name, W: l.matrix(name+".weight", out, in), index: len(l.m.linears)}
	l.m.linears = append(l.m.linears, layer)
	return layer
}

// norm loads a vector into float32, whatever it rests in.
func (l *loader) norm(name string) norm {
	n := l.m.cfg.Hidden
	t, ok := l.take(name, n)
	if !ok {
		return norm{}
	}
	x := make([]float32, n)
	compute.Decode(x, t.typ, t.data)
	b := l.m.be.Alloc(n)
	l.m.be.Write(b, x)
	return norm{name: strings.TrimSuffix(name, ".weight"), w: b}
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
