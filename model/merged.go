package model

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/cria-llm/cria/compute"
)

// Merged is a tensor as the model computes with it: that of its files, with what [Model.Stack] and [Model.Replace] put on it.
type Merged struct {
	Name  string // Hugging Face's
	Type  compute.Type
	Shape []int // [out, in] or [n]

	m     *Model
	data  []byte       // of Type
	layer *LinearLayer // of which adapters change the weights; nil where the data is all
}

// Merged lists the model's tensors, as [Model.Tensors] does, with the adapters beneath added. A tensor that they change is
// of type F32: sums are made in float32, a few rows at a time, when it is read.
func (m *Model) Merged() []Merged {
	byName := m.linearsByName()
	list := make([]Merged, len(m.tensors))
	for i, t := range m.tensors {
		list[i] = Merged{Name: t.Name, Type: t.Type, Shape: t.Shape, m: m, data: t.Data}
		if l := byName[moduleOf(t.Name)]; l != nil && l.below.delta != nil {
			list[i].layer, list[i].Type = l, compute.F32
		}
	}
	return list
}

// Changed says whether adapters change the tensor.
func (t Merged) Changed() bool { return t.layer != nil }

// rows and cols are those of the tensor as a matrix; a vector is one row.
func (t Merged) size() (rows, cols int) {
	cols = t.Shape[len(t.Shape)-1]
	return product(t.Shape[:len(t.Shape)-1]), cols
}

// Read gives n rows of values, from one on.
func (t Merged) Read(dst []float32, row, n int) {
	_, cols := t.size()
	if t.layer == nil {
		size := t.Type.RowBytes(cols)
		compute.Decode(dst[:n*cols], t.Type, t.data[row*size:(row+n)*size])
		return
	}
	for at := 0; at < n; at += rulerRows {
		k := min(rulerRows, n-at)
		t.m.be.Read(dst[at*cols:(at+k)*cols], t.m.sumRows(t.layer.W, t.layer.below, nil, row+at, k))
	}
}

// mergedRows is how many rows are converted at a time, and pieces of rows as long as a head where those move.
const mergedRows = 256

// writeTo writes the tensor's values in another type, encoded by encode; where they are in it already, byte for byte. Of a
// tensor whose order is not 0, the rows of every head of that many move as [interleaved] says.
func (t Merged) writeTo(ctx context.Context, w io.Writer, order int, size func(values int) int, same bool, encode func(dst []byte, src []float32) error) error {
	rows, cols := t.size()
	step := mergedRows
	if order > 0 {
		step = order * max(1, mergedRows/order)
	}
	step = min(step, rows)
	var values, moved []float32
	var raw []byte
	if !same {
		values, raw = make([]float32, step*cols), make([]byte, size(step*cols))
		if order > 0 {
			moved = make([]float32, step*cols)
		}
	}
	for row := 0; row < rows; row += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(step, rows-row)
		if same {
			rest := t.Type.RowBytes(cols)
			data := t.data[row*rest : (row+n)*rest]
			if order > 0 {
				data = interleave(data, n, order)
			}
			if _, err := w.Write(data); err != nil {
				return err
			}
			continue
		}
		x := values[:n*cols]
		t.Read(x, row, n)
		if order > 0 {
			for r := range n {
				copy(moved[r*cols:(r+1)*cols], x[interleaved(r, order)*cols:])
			}
			x = moved[:n*cols]
		}
		if err := encode(raw[:size(n*cols)], x); err != nil {
			return fmt.Errorf("rows %d to %d: %w", row, row+n-1, err)
		}
		if _, err := w.Write(raw[:size(n*cols)]); err != nil {
			return err
		}
	}
	if t.m.release != nil && t.layer == nil {
		t.m.release(t.data) // the file's, where the tensor's are
	}
	return nil
}

// moduleOf is the module that a weight is of.
func moduleOf(tensor string) string { return strings.TrimSuffix(tensor, ".weight") }
