// Package gguf reads and writes the model files of llama.cpp: typed metadata, the tokenizer among it, followed by
// tensors in plain or quantised number formats.
//
// Files are memory-mapped and untrusted: every count and size is checked against the bytes that are left before
// anything is allocated, and an error names the key or tensor and what would be right. Versions 2 and 3,
// little-endian, are read, also split into parts; version 3 is written. The package knows the sizes of all number formats,
// and converts between float32 and those that [Type.Compute] knows; it never multiplies. A [Mix] is llama-quantize's
// choice of a type for each tensor, [Quantize] encodes one, and an [Imatrix] says which columns matter.
//
//	f, err := gguf.Open("model.gguf")
//	if err != nil { ... }
//	defer f.Close()
//	layers, err := gguf.Need[uint64](f, "llama.block_count")
//	w, ok := f.Tensor("token_embd.weight")
//
// The format is described in docs/gguf.md of https://github.com/ggml-org/ggml.
package gguf

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cria-llm/cria/internal/mmap"
)

const (
	magic            = "GGUF"
	writtenVersion   = 3
	defaultAlignment = 32
	maxAlignment     = 1 << 16
	alignmentKey     = "general.alignment"

	maxDims       = 4
	maxKeyLength  = 1<<16 - 1 // as the format says
	maxNameLength = 63        // longer tensor names are refused by llama.cpp
)

// KV is one entry of a file's metadata.
type KV struct {
	Key   string
	Value Value
}

// Tensor is an array of numbers.
type Tensor struct {
	Name string
	Type Type
	// Shape is row-major, outermost first: [out, in] for a linear layer. The file has it the other way round. The
	// last length is a multiple of the type's block; an empty shape is a single number.
	Shape []int

	// Data is the numbers, row after row. Data of a read tensor points into the file's map: it must not be written
	// to, and not be read after Close.
	Data []byte

	// Stream, where it is not nil, writes the numbers when the tensor is written, in place of Data, so that a
	// converted model need not be held in memory. It writes exactly [Tensor.Size] bytes. Reading leaves it nil.
	Stream func(w io.Writer) error
}

// Size is the number of bytes that the tensor's type and shape take.
func (t Tensor) Size() (int, error) { return t.Type.Size(t.Shape) }

// File is an open GGUF file, or all parts of a split one. All metadata has been copied and stays valid after Close; tensors'
// Data does not.
type File struct {
	maps      []*mmap.Map // none after Parse
	version   int
	alignment int
	kvs       []KV
	byKey     map[string]int
	tensors   []Tensor
	byName    map[string]int
}

// Open maps the file at path and reads its metadata. Of a model that is split into files, path is the first part, and the
// others are opened with it: the whole is as one file.
func Open(path string) (*File, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	if err := f.join(path); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// openFile maps one file.
func openFile(path string) (*File, error) {
	m, err := mmap.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(m.Bytes())
	if err != nil {
		m.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.maps = []*mmap.Map{m}
	return f, nil
}

// Close unmaps the file. The Data of its tensors must not be used afterwards.
func (f *File) Close() error {
	var errs []error
	for _, m := range f.maps {
		errs = append(errs, m.Close())
	}
	f.maps, f.tensors, f.byName = nil, nil, nil
	return errors.Join(errs...)
}

// Release lets the system take back the memory of a tensor's Data, for a program that has copied it. It can still be read.
func (f *File) Release(data []byte) {
	for _, m := range f.maps {
		m.Release(data)
	}
}

// Version is the file's format version, 2 or 3.
func (f *File) Version() int { return f.version }

// Alignment is the multiple of bytes that every tensor's data begins at.
func (f *File) Alignment() int { return f.alignment }

// Tensors lists all tensors in the order of the file.
func (f *File) Tensors() []Tensor { return slices.Clone(f.tensors) }

// Tensor returns the tensor of that name, and whether there is one.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.byName[name]
	if !ok {
		return Tensor{}, false
	}
	return f.tensors[i], true
}

// Metadata lists all entries in the order of the file.
func (f *File) Metadata() []KV { return slices.Clone(f.kvs) }

// Keys lists the metadata keys in the order of the file.
func (f *File) Keys() []string {
	keys := make([]string, len(f.kvs))
	for i, kv := range f.kvs {
		keys[i] = kv.Key
	}
	return keys
}

// Value returns the value of a key, and whether the file has it.
func (f *File) Value(key string) (Value, bool) {
	i, ok := f.byKey[key]
	if !ok {
		return Value{}, false
	}
	return f.kvs[i].Value, true
}
