package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"
)

// maxHeader bounds the header and an index file, as the reference library does: 100 MB.
const maxHeader = 100_000_000

// metadataKey is the header's one entry that is no tensor.
const metadataKey = "__metadata__"

// entry is a tensor in the header. Offsets count from the end of the header; end is exclusive.
type entry struct {
	DType   *string  `json:"dtype"`
	Shape   *lengths `json:"shape"`
	Offsets *[]int64 `json:"data_offsets"`
}

// lengths are a shape's, of which there are few.
type lengths []int64

func (l *lengths) UnmarshalJSON(text []byte) error {
	if len(text) > maxShape {
		return fmt.Errorf("a shape of %d bytes, more than %d", len(text), maxShape)
	}
	return json.Unmarshal(text, (*[]int64)(l))
}

// maxShape bounds the text of a shape.
const maxShape = 1024

// extent is where a tensor lies in the file.
type extent struct {
	name       string
	begin, end int64
}

// Parse reads the bytes of one .safetensors file. The tensors' Data points into data.
func Parse(data []byte) (*File, error) {
	header, err := headerOf(data)
	if err != nil {
		return nil, err
	}
	f := &File{tensors: map[string]Tensor{}, metadata: map[string]string{}}
	start := int64(8 + len(header))
	var extents []extent
	err = eachMember("header", header, func(name string, dec *json.Decoder) error {
		if name == metadataKey {
			if err := dec.Decode(&f.metadata); err != nil {
				return fmt.Errorf("header: %s must map text to text: %w", metadataKey, err)
			}
			return nil
		}
		var e entry
		if err := dec.Decode(&e); err != nil {
			return fmt.Errorf("header: tensor %q: %w", name, err)
		}
		t, at, err := e.tensor(name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		if at.end > math.MaxInt64-start {
			return fmt.Errorf("tensor %q: data_offsets %v are out of range", name, *e.Offsets)
		}
		f.tensors[name] = t
		extents = append(extents, extent{name, start + at.begin, start + at.end})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if f.metadata == nil { // "__metadata__": null
		f.metadata = map[string]string{}
	}
	if err := checkExtents(extents, start, int64(len(data))); err != nil {
		return nil, err
	}
	for _, e := range extents {
		t := f.tensors[e.name]
		t.Data = data[e.begin:e.end:e.end]
		f.tensors[e.name] = t
		f.names = append(f.names, e.name)
	}
	slices.Sort(f.names)
	return f, nil
}

// headerOf checks the length at the start of a file and returns the header's JSON.
func headerOf(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte("version https://git-lfs")) {
		return nil, errors.New("this is a Git LFS pointer, not the weights: fetch them with git lfs pull")
	}
	if len(data) < 8 {
		return nil, fmt.Errorf("the file has %d bytes, and a safetensors file starts with 8 bytes of header length (download it again)", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	have := uint64(len(data) - 8)
	if n > min(have, maxHeader) {
		if err := refusePickle(data); err != nil {
			return nil, err
		}
	}
	switch {
	case n > maxHeader:
		return nil, fmt.Errorf("the header length is %d, over the limit of %d: this is no safetensors file", n, maxHeader)
	case n > have:
		return nil, fmt.Errorf("the header ends at byte %d but the file has %d: it is %d bytes short (download it again)", n+8, len(data), n-have)
	}
	header := data[8 : 8+n]
	if !utf8.Valid(header) {
		return nil, errors.New("header: not UTF-8")
	}
	return header, nil
}

// tensor checks all of an entry that needs no knowledge of the file's length. Offsets in the result are the
// entry's own. A format that is not known is for who uses the tensor to refuse: a newer file may have one beside all others.
func (e entry) tensor(name string) (Tensor, extent, error) {
	switch {
	case e.DType == nil:
		return Tensor{}, extent{}, errors.New("header: no dtype")
	case e.Shape == nil:
		return Tensor{}, extent{}, errors.New("header: no shape")
	case e.Offsets == nil || len(*e.Offsets) != 2:
		return Tensor{}, extent{}, errors.New("header: data_offsets must be [begin, end]")
	}
	t := Tensor{Name: name, DType: *e.DType, Shape: make([]int, len(*e.Shape))}
	for i, n := range *e.Shape {
		if n > math.MaxInt {
			return t, extent{}, fmt.Errorf("shape %v is more than can be addressed", *e.Shape)
		}
		t.Shape[i] = int(n)
	}
	item, known := ItemSize(t.DType)
	size, err := shapeSize(item, t.DType, t.Shape)
	if err != nil {
		return t, extent{}, err
	}
	begin, end := (*e.Offsets)[0], (*e.Offsets)[1]
	switch {
	case begin < 0 || end < begin:
		return t, extent{}, fmt.Errorf("data_offsets [%d %d] are not a range", begin, end)
	case known && end-begin != int64(size):
		return t, extent{}, fmt.Errorf("data_offsets [%d %d] hold %d bytes, but %s of shape %v takes %d", begin, end, end-begin, t.DType, t.Shape, size)
	}
	return t, extent{name, begin, end}, nil
}

// checkExtents holds that the tensors fill the file from start to its end, each byte once, as the format asks.
// It sorts extents by place.
func checkExtents(extents []extent, start, size int64) error {
	slices.SortFunc(extents, func(a, b extent) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.name, b.name))
	})
	last := extent{end: start}
	for _, e := range extents {
		if e.begin < last.end {
			return fmt.Errorf("tensors %q and %q overlap: one ends at byte %d, the other begins at %d", last.name, e.name, last.end, e.begin)
		}
		if e.begin > last.end {
			return fmt.Errorf("bytes %d to %d before tensor %q belong to no tensor", last.end, e.begin, e.name)
		}
		last = e
	}
	switch {
	case last.end > size:
		return fmt.Errorf("tensor %q ends at byte %d but the file has %d: it is %d bytes short (download it again)", last.name, last.end, size, last.end-size)
	case last.end < size:
		return fmt.Errorf("the tensors end at byte %d but the file has %d: %d bytes belong to no tensor", last.end, size, size-last.end)
	}
	return nil
}

// eachMember calls use for every member of the JSON object that text is, in order, with a decoder that stands
// before the member's value. A name that occurs twice is an error, and so is anything after the object; errors begin
// with what the text is.
func eachMember(what string, text []byte, use func(name string, dec *json.Decoder) error) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return fmt.Errorf("%s: not a JSON object", what)
	}
	seen := map[string]bool{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		name, ok := tok.(string)
		if !ok {
			return fmt.Errorf("%s: %v stands where a name must", what, tok)
		}
		if seen[name] {
			return fmt.Errorf("%s: %q occurs twice", what, name)
		}
		seen[name] = true
		if err := use(name, dec); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if tok, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("%s: %v after the JSON object", what, tok)
	}
	return nil
}
