package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/exactwriter"
	"github.com/cria-llm/cria/internal/plainjson"
)

// Write writes the tensors to path in the order given, whose bytes depend on nothing else: the same tensors give
// the same file. Each tensor is written straight from its Data or Stream, with no second copy in memory. The file
// appears whole or not at all.
//
// Metadata may be nil. Hugging Face's transformers refuses a checkpoint without "format": "pt". Number formats of
// different widths keep their numbers aligned where wider ones come first.
func Write(path string, tensors []Tensor, metadata map[string]string) error {
	header, err := headerFor(tensors, metadata)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return atomicfile.Write(path, func(w io.Writer) error { return writeAll(w, header, tensors) })
}

// headerFor checks the tensors and returns length and header, padded with spaces to a multiple of 8 bytes.
func headerFor(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	out := bytes.NewBuffer(make([]byte, 8, 8+128*len(tensors)))
	out.WriteByte('{')
	if len(metadata) > 0 {
		out.WriteString(`"` + metadataKey + `":{`)
		for i, k := range slices.Sorted(maps.Keys(metadata)) {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := writeText(out, k); err != nil {
				return nil, fmt.Errorf("metadata: %w", err)
			}
			out.WriteByte(':')
			if err := writeText(out, metadata[k]); err != nil {
				return nil, fmt.Errorf("metadata %q: %w", k, err)
			}
		}
		out.WriteByte('}')
	}
	seen := map[string]bool{metadataKey: true}
	var at int
	for _, t := range tensors {
		size, err := t.Size()
		if err == nil {
			err = t.check(size)
		}
		if err == nil && seen[t.Name] {
			err = errors.New("the name is taken")
		}
		if err == nil && at+size < at {
			err = errors.New("the file would be more than can be addressed")
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		seen[t.Name] = true
		if out.Len() > 9 { // something stands before it
			out.WriteByte(',')
		}
		if err := writeText(out, t.Name); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		fmt.Fprintf(out, `:{"dtype":"%s","shape":[`, t.DType)
		for i, n := range t.Shape {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(strconv.Itoa(n))
		}
		fmt.Fprintf(out, `],"data_offsets":[%d,%d]}`, at, at+size)
		at += size
	}
	out.WriteByte('}')
	for out.Len()%8 != 0 {
		out.WriteByte(' ')
	}
	header := out.Bytes()
	if len(header)-8 > maxHeader {
		return nil, fmt.Errorf("the header takes %d bytes, over the format's limit of %d", len(header)-8, maxHeader)
	}
	binary.LittleEndian.PutUint64(header, uint64(len(header)-8))
	return header, nil
}

// check holds the source of the tensor's bytes to their number.
func (t Tensor) check(size int) error {
	if t.Stream == nil && len(t.Data) != size {
		return fmt.Errorf("%d bytes of data, but %s of shape %v takes %d", len(t.Data), t.DType, t.Shape, size)
	}
	return nil
}

// writeText writes s as a JSON string, with no more escaped than JSON asks for.
func writeText(out *bytes.Buffer, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%q is not UTF-8", s)
	}
	text, err := plainjson.Marshal(s)
	if err != nil {
		return err
	}
	out.Write(text)
	return nil
}

// writeAll writes a file's header and then its tensors.
func writeAll(w io.Writer, header []byte, tensors []Tensor) error {
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range tensors {
		if err := t.writeTo(w); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	return nil
}

// writeTo writes the tensor's bytes and holds a Stream to the promised number of them.
func (t Tensor) writeTo(w io.Writer) error {
	if t.Stream == nil {
		_, err := w.Write(t.Data)
		return err
	}
	size, err := t.Size()
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%s of shape %v", t.DType, t.Shape)
	return exactwriter.Write(w, size, what, t.Stream)
}
