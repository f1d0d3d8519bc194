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

// read gives n rows of cols values, from one on.
func (t Merged) read(dst []float32, row, n, cols int) {
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

// conversion is how a tensor's values become those of a file.
type conversion struct {
	same   bool // the file holds the type that they are in: their bytes are copied
	order  int  // rows of a head, where the rows of every head move as [interleaved] says; 0 where they stay
	add    float32
	size   func(values int) int // bytes
	encode func(dst []byte, src []float32) error
}

// writeTo writes the tensor, a few rows at a time.
func (t Merged) writeTo(ctx context.Context, w io.Writer, c conversion) error {
	rows, cols := t.size()
	if c.order > 0 && rows == 1 { // a bias
		rows, cols = cols, 1
	}
	step := mergedRows
	if c.order > 0 {
		step = c.order * max(1, mergedRows/c.order)
	}
	step = min(step, rows)
	var values, moved []float32
	var raw []byte
	if !c.same {
		values, raw = make([]float32, step*cols), make([]byte, c.size(step*cols))
		if c.order > 0 {
			moved = make([]float32, step*cols)
		}
	}
	for row := 0; row < rows; row += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(step, rows-row)
		if c.same {
			rest := t.Type.RowBytes(cols)
			data := t.data[row*rest : (row+n)*rest]
			if c.order > 0 {
				data = interleave(data, n, c.order)
			}
			if _, err := w.Write(data); err != nil {
				return err
			}
			continue
		}
		x := values[:n*cols]
		t.read(x, row, n, cols)
		if c.order > 0 {
			for r := range n {
				copy(moved[r*cols:(r+1)*cols], x[interleaved(r, c.order)*cols:])
			}
			x = moved[:n*cols]
		}
		if c.add != 0 {
			for i := range x {
				x[i] += c.add
			}
		}
		if err := c.encode(raw[:c.size(n*cols)], x); err != nil {
			return fmt.Errorf("rows %d to %d: %w", row, row+n-1, err)
		}
		if _, err := w.Write(raw[:c.size(n*cols)]); err != nil {
			return err
		}
	}
	if t.m.release != nil && t.layer == nil {
		t.m.release(t.data) // the file's, where the tensor's are
	}
	return nil
}

// transpose writes a matrix as [in, out], a band of columns at a time.
func (t Merged) transpose(ctx context.Context, w io.Writer, c conversion) error {
	rows, cols := t.size()
	band := max(1, min(cols, transposeValues/rows))
	whole, out := make([]float32, mergedRows*cols), make([]float32, band*rows)
	raw := make([]byte, c.size(len(out)))
	for col := 0; col < cols; col += band {
		n := min(band, cols-col)
		for row := 0; row < rows; row += mergedRows {
			if err := ctx.Err(); err != nil {
				return err
			}
			k := min(mergedRows, rows-row)
			t.read(whole, row, k, cols)
			for r := range k {
				for i := range n {
					out[i*rows+row+r] = whole[r*cols+col+i]
				}
			}
		}
		if err := c.encode(raw[:c.size(n*rows)], out[:n*rows]); err != nil {
			return err
		}
		if _, err := w.Write(raw[:c.size(n*rows)]); err != nil {
			return err
		}
	}
	return nil
}

// transposeValues is the values of a band of columns that are in memory at a time.
const transposeValues = 1 << 24

// moduleOf is the module that a weight is of.
func moduleOf(tensor string) string { return strings.TrimSuffix(tensor, ".weight") }

// MergeBytes is the memory that [Model.Merge] takes.
func (m *Model) MergeBytes() (n int64) {
	for _, l := range m.linears {
		if l.below.delta != nil {
			n += 4 * int64(l.Out()) * int64(l.In())
		}
	}
	return n
}

// Merge adds what [Model.Stack] put beneath into the weights of the layers, in float32 and in memory. [Model.Hash] stays that
// of the files. A model that is trained or repacked is refused.
func (m *Model) Merge() error {
	if m.trainable || m.trained.any || m.repacked() {
		return fmt.Errorf("merge into %s: it is trained or repacked as it is", m.name)
	}
	m.Hash()
	at := map[string]int{}
	for i, t := range m.tensors {
		at[t.Name] = i
	}
	for _, l := range m.linears {
		if l.below.delta == nil {
			continue
		}
		t := &m.tensors[at[l.Name+".weight"]]
		values := m.Weights(l.Name)
		data := make([]byte, 4*len(values))
		if err := compute.Encode(data, compute.F32, values); err != nil {
			return fmt.Errorf("merge into tensor %q: %w", t.Name, err)
		}
		w, err := m.be.NewWeight(compute.F32, l.Out(), l.In(), data)
		if err != nil {
			return fmt.Errorf("merge into tensor %q: %w", t.Name, err)
		}
		l.W, l.below = w, below{}
		t.Type, t.Data = compute.F32, data
	}
	m.retrain()
	return nil
}
