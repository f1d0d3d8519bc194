package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/exactwriter"
)

// Write writes a version 3 file with the metadata and tensors in the order given, laid out as llama.cpp does: the
// same content gives the same bytes. Tensors are aligned to general.alignment where the metadata has it, and to 32
// bytes otherwise. Each is written straight from its Data or Stream, with no second copy in memory. The file
// appears whole or not at all.
func Write(path string, metadata []KV, tensors []Tensor) error {
	head, alignment, err := headFor(metadata, tensors)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return atomicfile.Write(path, func(w io.Writer) error { return writeAll(w, head, alignment, tensors) })
}

// headFor checks everything and returns the bytes before the tensors' data, padded.
func headFor(metadata []KV, tensors []Tensor) (head []byte, alignment int, err error) {
	alignment = defaultAlignment
	head = append(head, magic...)
	head = binary.LittleEndian.AppendUint32(head, writtenVersion)
	head = binary.LittleEndian.AppendUint64(head, uint64(len(tensors)))
	head = binary.LittleEndian.AppendUint64(head, uint64(len(metadata)))
	keys := map[string]bool{}
	for _, kv := range metadata {
		switch {
		case keys[kv.Key]:
			return nil, 0, fmt.Errorf("metadata key %q occurs twice", kv.Key)
		case kv.Key == "" || len(kv.Key) > maxKeyLength:
			return nil, 0, fmt.Errorf("a metadata key has %d bytes, must have 1 to %d", len(kv.Key), maxKeyLength)
		case kv.Key == alignmentKey:
			if alignment, err = alignmentOf(kv.Value, true); err != nil {
				return nil, 0, err
			}
		}
		keys[kv.Key] = true
		head = appendString(head, kv.Key)
		head = binary.LittleEndian.AppendUint32(head, uint32(kv.Value.Kind()))
		if head, err = appendValue(head, kv.Value, 0); err != nil {
			return nil, 0, fmt.Errorf("metadata %q: %w", kv.Key, err)
		}
	}
	if head, err = appendTensors(head, tensors, alignment); err != nil {
		return nil, 0, err
	}
	return append(head, make([]byte, pad(len(head), alignment)-len(head))...), alignment, nil
}

// appendTensors appends the descriptions of the tensors, whose data follows in the same order.
func appendTensors(head []byte, tensors []Tensor, alignment int) ([]byte, error) {
	names := map[string]bool{}
	offset := 0
	for _, t := range tensors {
		size, err := t.Size()
		switch {
		case err != nil:
		case t.Name == "" || len(t.Name) > maxNameLength:
			err = fmt.Errorf("the name has %d bytes, must have 1 to %d", len(t.Name), maxNameLength)
		case names[t.Name]:
			err = errors.New("the name is taken")
		case t.Stream == nil && len(t.Data) != size:
			err = fmt.Errorf("%d bytes of data, but %s of shape %v takes %d", len(t.Data), t.Type, t.Shape, size)
		case size > math.MaxInt-maxAlignment-offset:
			err = errors.New("the file would be more than can be addressed")
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		names[t.Name] = true
		head = appendString(head, t.Name)
		head = binary.LittleEndian.AppendUint32(head, uint32(len(t.Shape)))
		for i := range t.Shape {
			head = binary.LittleEndian.AppendUint64(head, uint64(t.Shape[len(t.Shape)-1-i]))
		}
		head = binary.LittleEndian.AppendUint32(head, uint32(t.Type))
		head = binary.LittleEndian.AppendUint64(head, uint64(offset))
		offset = pad(offset+size, alignment)
	}
	return head, nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// appendValue appends a value without its kind, at that depth of arrays.
func appendValue(b []byte, v Value, depth int) ([]byte, error) {
	if v.v == nil {
		return nil, errors.New("no value")
	}
	kind, n, isArray := v.array()
	if isArray {
		if depth >= maxDepth {
			return nil, fmt.Errorf("arrays more than %d deep", maxDepth)
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(kind))
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	switch x := v.v.(type) {
	case string:
		return appendString(b, x), nil
	case []string:
		for _, s := range x {
			b = appendString(b, s)
		}
		return b, nil
	case nested:
		for _, e := range x {
			if _, _, ok := e.array(); !ok {
				return nil, fmt.Errorf("an array of arrays holds %s", e.describe())
			}
			var err error
			if b, err = appendValue(b, e, depth+1); err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	return binary.Append(b, binary.LittleEndian, v.v)
}

// writeAll writes the head and then the data of every tensor, padded.
func writeAll(w io.Writer, head []byte, alignment int, tensors []Tensor) error {
	if _, err := w.Write(head); err != nil {
		return err
	}
	zeros := make([]byte, alignment)
	for _, t := range tensors {
		size, err := t.writeTo(w)
		if err == nil {
			_, err = w.Write(zeros[:pad(size, alignment)-size])
		}
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	return nil
}

// writeTo writes the tensor's bytes, holds a Stream to the promised number of them, and returns it.
func (t Tensor) writeTo(w io.Writer) (int, error) {
	if t.Stream == nil {
		return w.Write(t.Data)
	}
	size, err := t.Size()
	if err != nil {
		return 0, err
	}
	what := fmt.Sprintf("%s of shape %v", t.Type, t.Shape)
	return size, exactwriter.Write(w, size, what, t.Stream)
}
