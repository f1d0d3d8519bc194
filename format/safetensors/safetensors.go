// Package safetensors reads and writes Hugging Face's format for weights: a length, a JSON header that names
// every tensor with its number format, shape and place, then the bytes of all tensors.
//
// Files are memory-mapped and untrusted: every size is checked against the file before it is used, and an error
// names the file, the tensor and what would be right. The package never converts numbers; it hands out bytes.
//
//	f, err := safetensors.Open("models/smollm2-135m") // a file, an index of shards, or a folder
//	if err != nil { ... }
//	defer f.Close()
//	w, ok := f.Tensor("model.norm.weight")
//
// The format is described at https://huggingface.co/docs/safetensors.
package safetensors

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cria-llm/cria/internal/mmap"
)

// Tensor is an array of numbers.
type Tensor struct {
	Name  string
	DType string // number format as in the file: "F32", "BF16", ...; one that [ItemSize] does not know is only read
	Shape []int  // outermost first; empty for a single number

	// Data is the numbers, row-major and little-endian. Data of a read tensor points into the file's map: it must not
	// be written to, and not be read after Close.
	Data []byte

	// Stream, where it is not nil, writes the numbers when the tensor is written, in place of Data, so that a
	// converted model need not be held in memory. It writes exactly [Tensor.Size] bytes. Reading leaves it nil.
	Stream func(w io.Writer) error
}

// Size is the number of bytes that the tensor's format and shape take.
func (t Tensor) Size() (int, error) { return sizeOf(t.DType, t.Shape) }

// File is an open checkpoint: one file or all shards of an index.
type File struct {
	maps     []*mmap.Map
	tensors  map[string]Tensor
	names    []string
	metadata map[string]string
}

// Tensor returns the tensor of that name, and whether there is one.
func (f *File) Tensor(name string) (Tensor, bool) {
	t, ok := f.tensors[name]
	return t, ok
}

// Names lists all tensors, sorted.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Metadata is the header's free-form text, such as "format": "pt". Of several shards that give the same key, the
// first in name order counts. It is the file's own map: do not change it.
func (f *File) Metadata() map[string]string { return f.metadata }

// Close unmaps the file. The Data of its tensors must not be used afterwards.
func (f *File) Close() error {
	var errs []error
	for _, m := range f.maps {
		errs = append(errs, m.Close())
	}
	f.maps, f.tensors, f.names = nil, nil, nil
	return errors.Join(errs...)
}

// Release lets the system take back the memory of a tensor's Data, for a program that has copied it. It can still be read.
func (f *File) Release(data []byte) {
	for _, m := range f.maps {
		m.Release(data)
	}
}

const (
	extension      = ".safetensors"
	indexExtension = ".safetensors.index.json"
)

// Open maps a checkpoint. path is a .safetensors file, a model.safetensors.index.json, or a folder. In a folder it
// looks for model.safetensors, then model.safetensors.index.json, then the only file that ends as these do, which
// finds an adapter's adapter_model.safetensors.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		if path, err = inFolder(path); err != nil {
			return nil, err
		}
	}
	if strings.HasSuffix(path, indexExtension) {
		return openIndex(path)
	}
	if isPickle(path) {
		return nil, fmt.Errorf("%s %s", path, pickleWhy)
	}
	return openFile(path)
}

// openFile maps one .safetensors file.
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

// inFolder picks the checkpoint of a folder.
func inFolder(dir string) (string, error) {
	for _, name := range []string{"model" + extension, "model" + indexExtension} {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, ext := range []string{indexExtension, extension} {
		var found []string
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ext) && !e.IsDir() {
				found = append(found, e.Name())
			}
		}
		switch {
		case len(found) == 1:
			return filepath.Join(dir, found[0]), nil
		case len(found) > 1:
			return "", fmt.Errorf("%s: which of %s? Name the file, or add model%s", dir, strings.Join(found, ", "), indexExtension)
		}
	}
	for _, e := range entries {
		if isPickle(e.Name()) {
			return "", fmt.Errorf("%s %s", filepath.Join(dir, e.Name()), pickleWhy)
		}
	}
	return "", fmt.Errorf("%s: no model%s and no model%s in this folder", dir, extension, indexExtension)
}
