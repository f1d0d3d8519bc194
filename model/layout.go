package model

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cria-llm/cria/compute"
)

// part is a place in the model that a module fills.
type part byte

const (
	embedding part = iota
	positions
	attnNorm
	qProj
	kProj
	vProj
	qkvProj
	qNorm
	kNorm
	oProj
	attnPost
	mlpNorm
	gateProj
	upProj
	gateUpProj
	downProj
	mlpPost
	finalNorm
	outputHead
	parts
)

// tensorSpec is one tensor of a model: where it goes, and its name and shape as Hugging Face has them, but [out, in] for
// every matrix.
type tensorSpec struct {
	part  part
	layer int // -1 outside the blocks
	bias  bool
	name  string
	shape []int
}

// tensors lists the tensors of a model of that configuration in the order of the forward pass; a tied head is not listed.
func (c Config) tensors(visit func(tensorSpec)) {
	fam, err := familyNamed(c.Family)
	if err != nil {
		return // Check says so
	}
	one := func(p part, l int, bias bool, shape ...int) {
		name := fam.module(p, l)
		visit(tensorSpec{p, l, false, name + ".weight", shape})
		if bias {
			visit(tensorSpec{p, l, true, name + ".bias", shape[:1]})
		}
	}
	norm := func(p part, l, width int) { one(p, l, c.Norms.Layer, width) }
	one(embedding, -1, false, c.Vocab, c.Hidden)
	if c.LearnedPositions {
		one(positions, -1, false, c.MaxPos, c.Hidden)
	}
	for l := range c.Layers {
		if !c.Norms.NoPre {
			norm(attnNorm, l, c.Hidden)
		}
		if c.Fused {
			one(qkvProj, l, c.Biases.QKV, c.qkvDim(), c.Hidden)
		} else {
			one(qProj, l, c.Biases.QKV, c.qDim(), c.Hidden)
			one(kProj, l, c.Biases.QKV, c.kvDim(), c.Hidden)
			one(vProj, l, c.Biases.QKV, c.kvDim(), c.Hidden)
		}
		switch c.QKNorm {
		case HeadQKNorm:
			one(qNorm, l, false, c.HeadDim)
			one(kNorm, l, false, c.HeadDim)
		case FullQKNorm:
			one(qNorm, l, false, c.qDim())
			one(kNorm, l, false, c.kvDim())
		}
		one(oProj, l, c.Biases.O, c.Hidden, c.qDim())
		if c.Norms.Post {
			norm(attnPost, l, c.Hidden)
		}
		if !c.Norms.NoPre {
			norm(mlpNorm, l, c.Hidden)
		}
		switch {
		case c.Ungated:
			one(upProj, l, c.Biases.MLP, c.FFN, c.Hidden)
		case c.Fused:
			one(gateUpProj, l, c.Biases.MLP, 2*c.FFN, c.Hidden)
		default:
			one(gateProj, l, c.Biases.MLP, c.FFN, c.Hidden)
			one(upProj, l, c.Biases.MLP, c.FFN, c.Hidden)
		}
		one(downProj, l, c.Biases.MLP, c.Hidden, c.FFN)
		if c.Norms.Post {
			norm(mlpPost, l, c.Hidden)
		}
	}
	norm(finalNorm, -1, c.Hidden)
	if !c.Tied {
		one(outputHead, -1, false, c.Vocab, c.Hidden)
	}
}

// linear says whether the part is a matrix of the blocks.
func (p part) linear() bool {
	switch p {
	case qProj, kProj, vProj, qkvProj, oProj, gateProj, upProj, gateUpProj, downProj:
		return true
	}
	return false
}

func (p part) norm() bool {
	switch p {
	case attnNorm, qNorm, kNorm, attnPost, mlpNorm, mlpPost, finalNorm:
		return true
	}
	return false
}

// interleaves says whether llama.cpp's conversion of the family lays the rows of the part out in pairs.
func (f *family) interleaves(p part) bool { return f.interleaved && (p == qProj || p == kProj) }

// ToHF is a tensor of a model as a Hugging Face checkpoint of its family holds it: GPT-2's matrices are [in, out] there.
// The data is a copy where it moves.
func (c Config) ToHF(t Tensor) Tensor {
	fam, err := familyNamed(c.Family)
	if err != nil || !fam.transposed || len(t.Shape) != 2 || !fam.partOf(t.Name).linear() {
		return t
	}
	t.Data, t.Shape = transposed(t.Type, t.Shape, t.Data), []int{t.Shape[1], t.Shape[0]}
	return t
}

// ToGGUF is a tensor of a model as llama.cpp's conversion has it: under its own name, rows of q and k of the families that
// have them so in interleaved order, Gemma's norms with 1 added. The data is a copy where it moves.
func (c Config) ToGGUF(t Tensor) (Tensor, error) {
	fam, err := familyNamed(c.Family)
	if err != nil {
		return t, err
	}
	p, name := fam.partOf(t.Name), fam.ggufName(t.Name)
	if name == "" {
		return t, fmt.Errorf("tensor %q is no part of a %s model", t.Name, fam.name)
	}
	t.Name = name
	switch {
	case fam.interleaves(p):
		t.Data = interleave(t.Data, t.Shape[0], c.HeadDim)
	case p.norm() && c.Norms.Offset:
		return addOne(t, 1), nil
	}
	return t, nil
}

// fromGGUF is the inverse of ToGGUF under the name that it has.
func (c Config) fromGGUF(f *family, p part, t rawTensor) rawTensor {
	switch {
	case f.interleaves(p):
		t.data = halfSplit(t.data, t.shape[0]/c.HeadDim, c.HeadDim)
	case p.norm() && c.Norms.Offset:
		less := addOne(Tensor{Type: t.typ, Shape: t.shape, Data: t.data}, -1)
		t.typ, t.data = less.Type, less.Data
	}
	return t
}

// addOne is the values plus x, in float32.
func addOne(t Tensor, x float32) Tensor {
	values := t.Floats()
	data := make([]byte, 4*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v+x))
	}
	t.Type, t.Data = compute.F32, data
	return t
}

// transposed is a matrix [rows, cols] of a type that holds value by value as [cols, rows]. It goes by small squares, which
// keeps the lines of both in the cache.
func transposed(typ compute.Type, shape []int, data []byte) []byte {
	const side = 32
	rows, cols, size := shape[0], shape[1], typ.RowBytes(1)
	moved := make([]byte, len(data))
	for top := 0; top < rows; top += side {
		for left := 0; left < cols; left += side {
			for r := top; r < min(top+side, rows); r++ {
				from := data[(r*cols+left)*size:]
				for c := left; c < min(left+side, cols); c++ {
					to := moved[(c*rows+r)*size:]
					if size == 4 {
						binary.NativeEndian.PutUint32(to, binary.NativeEndian.Uint32(from))
					} else {
						copy(to[:size], from)
					}
					from = from[size:]
				}
			}
		}
	}
	return moved
}

// halfSplit puts the rows of a q or k matrix back in Hugging Face's order. llama.cpp's conversion lays the two values
// that a rotation pairs next to each other; here pair j is rows j and j+dim/2 of its head.
func halfSplit(data []byte, heads, dim int) []byte {
	size := len(data) / (heads * dim)
	moved := make([]byte, len(data))
	for h := range heads {
		for j := range dim {
			from := h*dim + j%(dim/2)*2 + j/(dim/2)
			to := h*dim + j
			copy(moved[to*size:(to+1)*size], data[from*size:(from+1)*size])
		}
	}
	return moved
}

// interleave puts the rows of a q or k matrix of whole heads of dim rows into llama.cpp's order: the inverse of halfSplit.
func interleave(data []byte, rows, dim int) []byte {
	size := len(data) / rows
	moved := make([]byte, len(data))
	for to := range rows {
		from := interleaved(to, dim)
		copy(moved[to*size:(to+1)*size], data[from*size:(from+1)*size])
	}
	return moved
}

// interleaved is the row in Hugging Face's order that is row r in llama.cpp's, where the two values that a rotation pairs
// lie side by side.
func interleaved(r, dim int) int {
	h, j := r/dim, r%dim
	return h*dim + j%2*(dim/2) + j/2
}

// module is the Hugging Face name of a part of layer l, without ".weight".
func (f *family) module(p part, l int) string { return atLayer(f.names[p].hf, l) }

// partOf is the part that a tensor of that Hugging Face name fills; parts where there is none.
func (f *family) partOf(name string) part {
	p, _ := f.find(name)
	return p
}

// ggufName is GGUF's name of a tensor, empty where the family has none such.
func (f *family) ggufName(name string) string {
	p, l := f.find(name)
	if p == parts {
		return ""
	}
	return atLayer(f.names[p].gguf, l) + name[strings.LastIndexByte(name, '.'):]
}

// find takes a tensor's name apart.
func (f *family) find(name string) (part, int) {
	stem, ok := strings.CutSuffix(name, ".weight")
	if !ok {
		if stem, ok = strings.CutSuffix(name, ".bias"); !ok {
			return parts, -1
		}
	}
	pieces := strings.Split(stem, ".")
	l := -1
	for i, s := range pieces {
		var n int
		if _, err := fmt.Sscanf(s, "%d", &n); err == nil && fmt.Sprint(n) == s {
			l, pieces[i] = n, "%d"
			break
		}
	}
	stem = strings.Join(pieces, ".")
	p := slices.IndexFunc(f.names[:], func(n moduleName) bool { return n.hf == stem })
	if p < 0 {
		return parts, -1
	}
	return part(p), l
}

func atLayer(name string, l int) string { return strings.Replace(name, "%d", fmt.Sprint(l), 1) }
