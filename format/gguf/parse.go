package gguf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// expected is how many entries or tensors room is made for before the first is read: what the file says may be untrue.
const expected = 1 << 12

// extent is where a tensor's data lies in the file.
type extent struct {
	tensor     int
	begin, end uint64
}

// Parse reads the bytes of a GGUF file. The tensors' Data points into data.
func Parse(data []byte) (*File, error) {
	if bytes.HasPrefix(data, []byte("version https://git-lfs")) {
		return nil, errors.New("this is a Git LFS pointer, not the model: fetch it with git lfs pull")
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return nil, errors.New("this is a zip archive, as PyTorch saves its pickles, which run code of whoever made them when they are opened: " +
			"take the model's .safetensors files or a GGUF file")
	}
	if !bytes.HasPrefix(data, []byte(magic)) {
		return nil, fmt.Errorf("does not begin with %s: this is no GGUF file", magic)
	}
	r := &reader{data: data, at: len(magic)}
	version, err := r.uint32()
	if err != nil {
		return nil, fmt.Errorf("version: %w", err)
	}
	switch {
	case version == 2 || version == 3:
	case version != 0 && version&0xffff == 0:
		return nil, errors.New("the file is big-endian: convert it to little-endian (gguf_convert_endian.py of llama.cpp)")
	case version == 1:
		return nil, errors.New("GGUF version 1 is too old: convert the model again")
	default:
		return nil, fmt.Errorf("GGUF version %d is unknown; versions 2 and 3 are read", version)
	}
	f := &File{version: int(version), alignment: defaultAlignment, byKey: map[string]int{}, byName: map[string]int{}}
	// The smallest tensor is 24 bytes: name length, dimension count, type, offset. The smallest entry is 13: key
	// length, kind, value.
	tensors, err := r.count(24)
	if err != nil {
		return nil, fmt.Errorf("tensor count: %w", err)
	}
	entries, err := r.count(13)
	if err != nil {
		return nil, fmt.Errorf("metadata count: %w", err)
	}
	if err := f.parseMetadata(r, entries); err != nil {
		return nil, err
	}
	if err := f.parseTensors(r, tensors); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) parseMetadata(r *reader, count int) error {
	f.kvs = make([]KV, 0, min(count, expected))
	for i := range count {
		key, err := r.string()
		switch {
		case err != nil:
			return fmt.Errorf("metadata key %d of %d: %w", i+1, count, err)
		case len(key) > maxKeyLength:
			return fmt.Errorf("metadata key %d of %d has %d bytes, more than %d", i+1, count, len(key), maxKeyLength)
		}
		if _, ok := f.byKey[key]; ok {
			return fmt.Errorf("metadata key %q occurs twice", key)
		}
		kind, err := r.uint32()
		if err != nil {
			return fmt.Errorf("metadata %q: %w", key, err)
		}
		value, err := r.value(Kind(kind))
		if err != nil {
			return fmt.Errorf("metadata %q: %w", key, err)
		}
		f.byKey[key] = len(f.kvs)
		f.kvs = append(f.kvs, KV{key, value})
	}
	alignment, err := alignmentOf(f.Value(alignmentKey))
	if err != nil {
		return err
	}
	f.alignment = alignment
	return nil
}

// alignmentOf reads a file's alignment, given its entry where there is one.
func alignmentOf(v Value, ok bool) (int, error) {
	if !ok {
		return defaultAlignment, nil
	}
	n, err := As[uint64](v)
	if err != nil {
		return 0, fmt.Errorf("metadata %s %w", alignmentKey, err)
	}
	if n == 0 || n > maxAlignment || n&(n-1) != 0 {
		return 0, fmt.Errorf("metadata %s is %d, must be a power of two up to %d", alignmentKey, n, maxAlignment)
	}
	return int(n), nil
}

func (f *File) parseTensors(r *reader, count int) error {
	f.tensors = make([]Tensor, 0, min(count, expected))
	extents := make([]extent, 0, min(count, expected))
	for i := range count {
		t, offset, err := r.tensor(i, count)
		if err != nil {
			return err
		}
		if _, ok := f.byName[t.Name]; ok {
			return fmt.Errorf("tensor %q occurs twice", t.Name)
		}
		size, err := t.Size()
		if err == nil && offset%uint64(f.alignment) != 0 {
			err = fmt.Errorf("offset %d is no multiple of the alignment %d", offset, f.alignment)
		}
		if err == nil && offset > math.MaxInt64-uint64(size) {
			err = fmt.Errorf("offset %d is out of range", offset)
		}
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		f.byName[t.Name] = i
		f.tensors = append(f.tensors, t)
		extents = append(extents, extent{i, offset, offset + uint64(size)})
	}
	if count == 0 {
		return nil // a vocabulary alone, which some writers do not pad
	}
	// Neither sum overflows: offsets end below 2^63, and a place in a file is below 2^63.
	start := uint64(pad(r.at, f.alignment))
	for i := range extents {
		extents[i].begin += start
		extents[i].end += start
	}
	if err := f.checkExtents(extents, uint64(len(r.data))); err != nil {
		return err
	}
	for _, e := range extents {
		if e.begin < e.end {
			f.tensors[e.tensor].Data = r.data[e.begin:e.end:e.end]
		}
	}
	return nil
}

// checkExtents holds that no byte belongs to two tensors and that all are in the file. It sorts extents by place.
func (f *File) checkExtents(extents []extent, size uint64) error {
	slices.SortFunc(extents, func(a, b extent) int {
		switch {
		case a.begin < b.begin || a.begin == b.begin && a.end < b.end:
			return -1
		case a.begin == b.begin && a.end == b.end:
			return a.tensor - b.tensor
		}
		return 1
	})
	name := func(e extent) string { return f.tensors[e.tensor].Name }
	last := extents[0]
	for _, e := range extents[1:] {
		if e.begin == e.end {
			continue
		}
		if e.begin < last.end {
			return fmt.Errorf("tensors %q and %q overlap: one ends at byte %d, the other begins at %d", name(last), name(e), last.end, e.begin)
		}
		last = e
	}
	if last.end > size && last.begin < last.end {
		return fmt.Errorf("tensor %q ends at byte %d but the file has %d: it is %d bytes short (download it again)", name(last), last.end, size, last.end-size)
	}
	return nil
}

// pad rounds n up to a multiple of alignment, a power of two.
func pad(n, alignment int) int { return (n + alignment - 1) &^ (alignment - 1) }

// tensor reads the description of tensor i of count. The offset counts from the start of the data.
func (r *reader) tensor(i, count int) (t Tensor, offset uint64, err error) {
	if t.Name, err = r.string(); err != nil {
		return t, 0, fmt.Errorf("name of tensor %d of %d: %w", i+1, count, err)
	}
	if len(t.Name) > maxKeyLength {
		return t, 0, fmt.Errorf("name of tensor %d of %d has %d bytes, more than %d", i+1, count, len(t.Name), maxKeyLength)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}()
	dims, err := r.uint32()
	if err != nil {
		return t, 0, err
	}
	if dims > maxDims {
		return t, 0, fmt.Errorf("%d dimensions, more than %d", dims, maxDims)
	}
	t.Shape = make([]int, dims)
	for d := range t.Shape {
		n, err := r.uint64()
		if err != nil {
			return t, 0, err
		}
		if n > math.MaxInt {
			return t, 0, fmt.Errorf("a length of %d is more than can be addressed", n)
		}
		t.Shape[len(t.Shape)-1-d] = int(n)
	}
	id, err := r.uint32()
	if err != nil {
		return t, 0, err
	}
	t.Type = Type(id)
	offset, err = r.uint64()
	return t, offset, err
}

// maxDepth bounds arrays of arrays.
const maxDepth = 4

// reader walks over a file's bytes.
type reader struct {
	data  []byte
	at    int
	depth int // of the array that is being read
}

// take returns the next n bytes.
func (r *reader) take(n uint64) ([]byte, error) {
	left := uint64(len(r.data) - r.at)
	if n > left {
		return nil, fmt.Errorf("the file ends at byte %d, where %d bytes more must follow (download it again)", len(r.data), n-left)
	}
	b := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return b, nil
}

func (r *reader) uint32() (uint32, error) {
	b, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (r *reader) uint64() (uint64, error) {
	b, err := r.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// count reads how many things of at least size bytes follow, and holds it to what the file can have.
func (r *reader) count(size int) (int, error) {
	n, err := r.uint64()
	if err != nil {
		return 0, err
	}
	if left := len(r.data) - r.at; n > uint64(left/size) {
		return 0, fmt.Errorf("%d is more than the %d bytes left can hold (download it again)", n, left)
	}
	return int(n), nil
}

// string reads a string into memory of its own.
func (r *reader) string() (string, error) {
	n, err := r.uint64()
	if err != nil {
		return "", err
	}
	b, err := r.take(n)
	return string(b), err
}

// value reads a value of that kind.
func (r *reader) value(kind Kind) (Value, error) {
	switch kind {
	case KindUint8:
		return readScalar[uint8](r)
	case KindInt8:
		return readScalar[int8](r)
	case KindUint16:
		return readScalar[uint16](r)
	case KindInt16:
		return readScalar[int16](r)
	case KindUint32:
		return readScalar[uint32](r)
	case KindInt32:
		return readScalar[int32](r)
	case KindUint64:
		return readScalar[uint64](r)
	case KindInt64:
		return readScalar[int64](r)
	case KindFloat32:
		return readScalar[float32](r)
	case KindFloat64:
		return readScalar[float64](r)
	case KindBool:
		return readScalar[bool](r)
	case KindString:
		s, err := r.string()
		return Of(s), err
	case KindArray:
		return r.array()
	}
	return Value{}, fmt.Errorf("unknown %s of value", kind)
}

func readScalar[T Scalar](r *reader) (Value, error) {
	a, err := readArray[T](r, 1)
	if err != nil {
		return Value{}, err
	}
	return Of(a[0]), nil
}

// array reads the elements' kind, their count, and the elements.
func (r *reader) array() (Value, error) {
	id, err := r.uint32()
	if err != nil {
		return Value{}, err
	}
	kind := Kind(id)
	if !kind.known() {
		return Value{}, fmt.Errorf("array of unknown %s", kind)
	}
	n, err := r.count(kinds[kind].bytes)
	if err != nil {
		return Value{}, fmt.Errorf("array of %s: count: %w", kind, err)
	}
	switch kind {
	case KindUint8:
		return arrayValue[uint8](r, n)
	case KindInt8:
		return arrayValue[int8](r, n)
	case KindUint16:
		return arrayValue[uint16](r, n)
	case KindInt16:
		return arrayValue[int16](r, n)
	case KindUint32:
		return arrayValue[uint32](r, n)
	case KindInt32:
		return arrayValue[int32](r, n)
	case KindUint64:
		return arrayValue[uint64](r, n)
	case KindInt64:
		return arrayValue[int64](r, n)
	case KindFloat32:
		return arrayValue[float32](r, n)
	case KindFloat64:
		return arrayValue[float64](r, n)
	case KindBool:
		return arrayValue[bool](r, n)
	case KindString:
		return r.stringArray(n)
	}
	return r.nestedArray(n)
}

func arrayValue[T Scalar](r *reader, n int) (Value, error) {
	a, err := readArray[T](r, n)
	return ArrayOf(a), err
}

// readArray reads n numbers or bools. n has been held to the bytes left, or is 1.
func readArray[T Scalar](r *reader, n int) ([]T, error) {
	size := binary.Size(make([]T, 1))
	b, err := r.take(uint64(n) * uint64(size))
	if err != nil {
		return nil, err
	}
	out := make([]T, n)
	if bools, ok := any(out).([]bool); ok {
		for i, x := range b {
			if x > 1 {
				return nil, fmt.Errorf("a bool is %d, must be 0 or 1", x)
			}
			bools[i] = x == 1
		}
		return out, nil
	}
	if _, err := binary.Decode(b, binary.LittleEndian, out); err != nil {
		return nil, err
	}
	return out, nil
}

// stringArray reads n strings. They share one copy of their bytes, so that a vocabulary costs two allocations.
func (r *reader) stringArray(n int) (Value, error) {
	begin := r.at
	for i := range n {
		size, err := r.uint64()
		if err == nil {
			_, err = r.take(size)
		}
		if err != nil {
			return Value{}, fmt.Errorf("string %d of %d: %w", i+1, n, err)
		}
	}
	text := string(r.data[begin:r.at])
	out := make([]string, n)
	at := 0
	for i := range out {
		size := int(binary.LittleEndian.Uint64(r.data[begin+at:]))
		out[i] = text[at+8 : at+8+size]
		at += 8 + size
	}
	return ArrayOf(out), nil
}

// nestedArray reads n arrays.
func (r *reader) nestedArray(n int) (Value, error) {
	if r.depth++; r.depth >= maxDepth {
		return Value{}, fmt.Errorf("arrays more than %d deep", maxDepth)
	}
	defer func() { r.depth-- }()
	out := make(nested, n)
	for i := range out {
		v, err := r.array()
		if err != nil {
			return Value{}, fmt.Errorf("element %d of %d: %w", i+1, n, err)
		}
		out[i] = v
	}
	return Value{out}, nil
}
