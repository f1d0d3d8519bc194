package gguf

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/internal/mmap"
)

// Imatrix is what llama-imatrix measured on a text, of each matrix by its name in a GGUF file: how large the inputs are
// that its columns are multiplied by.
type Imatrix struct {
	Datasets          []string // the texts
	Chunks, ChunkSize int      // how many windows of how many tokens; a size of 0 is not known
	// Sums is Σ x² of every column's inputs, Counts over how many rows.
	Sums   map[string][]float32
	Counts map[string]float32
}

const (
	imatrixKind      = "imatrix" // under general.type
	imatrixDatasets  = "imatrix.datasets"
	imatrixChunks    = "imatrix.chunk_count"
	imatrixChunkSize = "imatrix.chunk_size"
	sumsEnd          = ".in_sum2"
	countsEnd        = ".counts"
)

// Means is the importance of every matrix's columns, for [Quantize]. A matrix that no row went through has ones.
func (m *Imatrix) Means() map[string][]float32 {
	means := map[string][]float32{}
	for name, sums := range m.Sums {
		mean := make([]float32, len(sums))
		for i, s := range sums {
			mean[i] = 1
			if n := m.Counts[name]; n > 0 {
				mean[i] = s / n
			}
		}
		means[name] = mean
	}
	return means
}

// ReadImatrix reads a file of llama-imatrix: GGUF, or the format that it had before.
func ReadImatrix(path string) (*Imatrix, error) {
	file, err := mmap.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	m, err := ParseImatrix(file.Bytes())
	if err != nil {
		return nil, fmt.Errorf("importance matrix %s: %w", path, err)
	}
	return m, nil
}

// ParseImatrix is ReadImatrix of the file's bytes, of which the result keeps nothing.
func ParseImatrix(data []byte) (*Imatrix, error) {
	m := &Imatrix{Sums: map[string][]float32{}, Counts: map[string]float32{}}
	read := m.readOld
	if bytes.HasPrefix(data, []byte(magic)) {
		read = m.readGGUF
	}
	if err := read(data); err != nil {
		return nil, err
	}
	if len(m.Sums) == 0 {
		return nil, errors.New("it says nothing of any matrix")
	}
	for name, sums := range m.Sums {
		for i, x := range append(slices.Clip(sums), m.Counts[name]) {
			if !(x >= 0 && x <= math.MaxFloat32) {
				return nil, fmt.Errorf("%q: value %d is %g, which no sum of squares is", name, i, x)
			}
		}
	}
	return m, nil
}

func (m *Imatrix) readGGUF(data []byte) error {
	f, err := Parse(data)
	if err != nil {
		return err
	}
	if kind, _ := f.String("general.type"); kind != imatrixKind {
		return fmt.Errorf("general.type is %q, want %q: this is another kind of GGUF file", kind, imatrixKind)
	}
	m.Datasets, _ = f.Strings(imatrixDatasets)
	chunks, _ := f.Uint(imatrixChunks)
	size, _ := f.Uint(imatrixChunkSize)
	m.Chunks, m.ChunkSize = int(min(chunks, math.MaxInt32)), int(min(size, math.MaxInt32))
	for _, t := range f.tensors {
		name, ok := strings.CutSuffix(t.Name, sumsEnd)
		if !ok {
			continue
		}
		count, ok := f.Tensor(name + countsEnd)
		switch {
		case !ok:
			return fmt.Errorf("tensor %q is missing beside %q", name+countsEnd, t.Name)
		case t.Type != F32 || count.Type != F32:
			return fmt.Errorf("tensor %q is in %s and its counts in %s, want F32", t.Name, t.Type, count.Type)
		case len(count.Data) != 4:
			return fmt.Errorf("tensor %q has the counts of %d experts: models of experts are not supported", t.Name, len(count.Data)/4)
		}
		sums, one := make([]float32, len(t.Data)/4), make([]float32, 1)
		compute.Decode(sums, compute.F32, t.Data)
		compute.Decode(one, compute.F32, count.Data)
		m.Sums[name], m.Counts[name] = sums, one[0]
	}
	return nil
}

// readOld reads the format from before GGUF: how many matrices; of each the length of its name, the name, over how many
// windows, how many columns, and their values, which are the mean times the windows; then, in some files, how many windows
// in all and the text's name. Numbers are int32 and float32.
func (m *Imatrix) readOld(data []byte) error {
	r := &reader{data: data}
	n, err := r.uint32()
	if err != nil || n == 0 || uint64(n) > uint64(len(data)/16) {
		return errors.New("this is no file of llama-imatrix")
	}
	for i := range n {
		name, err := r.shortString()
		if err != nil {
			return fmt.Errorf("name of matrix %d of %d: %w", i+1, n, err)
		}
		windows, err := r.uint32()
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		cols, err := r.uint32()
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		values, err := r.take(4 * uint64(cols))
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		sums := make([]float32, cols)
		compute.Decode(sums, compute.F32, values)
		m.Sums[name], m.Counts[name] = sums, float32(max(windows, 1))
	}
	if chunks, err := r.uint32(); err == nil {
		m.Chunks = int(min(chunks, math.MaxInt32))
		if name, err := r.shortString(); err == nil {
			m.Datasets = []string{name}
		}
	}
	return nil
}

// shortString reads a string whose length has four bytes.
func (r *reader) shortString() (string, error) {
	n, err := r.uint32()
	if err != nil {
		return "", err
	}
	b, err := r.take(uint64(n))
	return string(b), err
}

// Write writes the matrix as llama-imatrix does, in GGUF.
func (m *Imatrix) Write(path string) error {
	datasets := m.Datasets
	if datasets == nil {
		datasets = []string{}
	}
	metadata := []KV{
		{"general.type", Of(imatrixKind)}, {imatrixDatasets, ArrayOf(datasets)},
		{imatrixChunks, Of(uint32(m.Chunks))}, {imatrixChunkSize, Of(uint32(m.ChunkSize))},
	}
	var tensors []Tensor
	add := func(name string, shape []int, values []float32) error {
		data := make([]byte, 4*len(values))
		tensors = append(tensors, Tensor{Name: name, Type: F32, Shape: shape, Data: data})
		return compute.Encode(data, compute.F32, values)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Sums)) {
		sums := m.Sums[name]
		if err := errors.Join(add(name+sumsEnd, []int{1, len(sums)}, sums), add(name+countsEnd, []int{1, 1}, []float32{m.Counts[name]})); err != nil {
			return err
		}
	}
	return Write(path, metadata, tensors)
}
