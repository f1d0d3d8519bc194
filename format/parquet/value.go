package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// value is one, of whichever type its column has.
type value struct {
	n     int64   // of whole numbers, and 0 or 1
	x     float64 // of others
	bytes []byte  // valid until the column's next page
}

// values gives those of a page, nulls left out.
type values interface{ next() (value, error) }

// begin chooses how the values of a page are read.
func (c *column) begin(b []byte, h header) (err error) {
	switch h.encoding {
	case encPlain:
		c.vals = &plain{b: b, kind: c.physical, length: c.leaf.length}
	case encPlainDict, encDict:
		if c.dictionary == nil {
			return errors.New("its values are of a dictionary that it does not have")
		}
		if len(b) == 0 {
			c.vals = &plain{kind: c.physical} // all are null
			return nil
		}
		if b[0] > 32 {
			return fmt.Errorf("its dictionary has indices of %d bits", b[0])
		}
		c.vals = &indexed{newHybrid(b[1:], int(b[0])), c.dictionary}
	case encRLE:
		if c.physical != typeBool {
			return errors.New("values other than true and false are in runs")
		}
		levels, _, err := prefixed(b, 1, encRLE)
		if err != nil {
			return err
		}
		c.vals = &runs{levels}
	case encDelta:
		if c.physical != typeInt32 && c.physical != typeInt64 {
			return errors.New("values other than whole numbers are differences")
		}
		d, err := newDeltas(b)
		if err != nil {
			return err
		}
		c.vals = &differences{d, c.physical == typeInt32}
	case encDeltaBytes, encDeltaFront:
		if c.physical != typeBytes && (h.encoding == encDeltaBytes || c.physical != typeFixed) {
			return errors.New("values other than texts have lengths")
		}
		c.vals, err = c.newTexts(b, h.encoding == encDeltaFront)
	case encSplit:
		c.vals, err = newStreams(b, c.physical, c.leaf.length)
	default:
		return fmt.Errorf("its values are in the unknown encoding %d", h.encoding)
	}
	return err
}

// width is how many bytes a plain value takes; 0 where that differs.
func width(kind, length int) int {
	switch kind {
	case typeInt32, typeFloat:
		return 4
	case typeInt64, typeDouble:
		return 8
	case typeInt96:
		return 12
	case typeFixed:
		return length
	}
	return 0
}

// ofBytes reads a plain value of a fixed width.
func ofBytes(b []byte, kind int) value {
	switch kind {
	case typeInt32:
		return value{n: int64(int32(binary.LittleEndian.Uint32(b)))}
	case typeInt64:
		return value{n: int64(binary.LittleEndian.Uint64(b))}
	case typeFloat:
		return value{x: float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))}
	case typeDouble:
		return value{x: math.Float64frombits(binary.LittleEndian.Uint64(b))}
	}
	return value{bytes: b}
}

// plain values stand one after the other.
type plain struct {
	b      []byte
	kind   int
	length int
	bit    int // of truth values
}

func (p *plain) next() (value, error) {
	switch p.kind {
	case typeBool:
		if p.bit/8 >= len(p.b) {
			return value{}, errTruncated
		}
		v := value{n: int64(p.b[p.bit/8] >> (p.bit % 8) & 1)}
		p.bit++
		return v, nil
	case typeBytes:
		if len(p.b) < 4 {
			return value{}, errTruncated
		}
		n := uint64(binary.LittleEndian.Uint32(p.b))
		if n > uint64(len(p.b)-4) {
			return value{}, errTruncated
		}
		v := value{bytes: p.b[4 : 4+n]}
		p.b = p.b[4+n:]
		return v, nil
	}
	n := width(p.kind, p.length)
	if len(p.b) < n {
		return value{}, errTruncated
	}
	v := ofBytes(p.b[:n], p.kind)
	p.b = p.b[n:]
	return v, nil
}

// dictionary is the different values of a chunk.
type dictionary struct {
	b      []byte
	starts []uint32 // of texts, in b; the last is where they end
	kind   int
	width  int
	n      int
}

func (c *column) newDictionary(b []byte, n, encoding int) (*dictionary, error) {
	if encoding != encPlain && encoding != encPlainDict {
		return nil, fmt.Errorf("its dictionary is in encoding %d", encoding)
	}
	d := &dictionary{b: b, kind: c.physical, width: width(c.physical, c.leaf.length), n: n}
	switch {
	case c.physical == typeBool:
		return nil, errors.New("truth values have a dictionary")
	case d.width > 0:
		if n > len(b)/d.width {
			return nil, errTruncated
		}
		return d, nil
	case n > len(b)/4: // each has a length
		return nil, errTruncated
	}
	// The places take as much as their texts' lengths do.
	if c.r.held+4*int64(n) > maxHeld {
		return nil, fmt.Errorf("its pages take more than %d MiB together", maxHeld>>20)
	}
	d.starts = make([]uint32, 0, n)
	p := plain{b: b, kind: typeBytes}
	for range n {
		d.starts = append(d.starts, uint32(len(b)-len(p.b)))
		if _, err := p.next(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *dictionary) at(i uint32) (value, error) {
	if int64(i) >= int64(d.n) {
		return value{}, fmt.Errorf("a value is number %d of a dictionary of %d", i, d.n)
	}
	if d.kind == typeBytes {
		b := d.b[d.starts[i]:]
		n := binary.LittleEndian.Uint32(b)
		return value{bytes: b[4 : 4+n]}, nil
	}
	return ofBytes(d.b[int(i)*d.width:][:d.width], d.kind), nil
}

// indexed values are places in a dictionary.
type indexed struct {
	hybrid
	d *dictionary
}

func (x *indexed) next() (value, error) {
	i, err := x.hybrid.next()
	if err != nil {
		return value{}, err
	}
	return x.d.at(i)
}

// runs are truth values in runs.
type runs struct{ hybrid }

func (r *runs) next() (value, error) {
	v, err := r.hybrid.next()
	return value{n: int64(v)}, err
}

// differences are whole numbers.
type differences struct {
	*deltas
	narrow bool // of 32 bits, which wrap around
}

func (d *differences) next() (value, error) {
	n, err := d.deltas.next()
	if d.narrow {
		n = int64(int32(n))
	}
	return value{n: n}, err
}

// texts have their lengths first, and where they share beginnings, the lengths of these before.
type texts struct {
	r       *Reader
	shared  *deltas // nil where nothing is shared
	lengths *deltas
	b       []byte
	last    []byte // the text before, of those that share
	fixed   int    // the length that all must have; 0 for any
}

func (c *column) newTexts(b []byte, front bool) (*texts, error) {
	t := &texts{r: c.r}
	if c.physical == typeFixed {
		t.fixed = c.leaf.length
	}
	var err error
	if front {
		if t.shared, b, err = reread(b); err != nil {
			return nil, err
		}
	}
	t.lengths, t.b, err = reread(b)
	return t, err
}

// reread passes over differences to find what follows them, so that they need not be held all at once.
func reread(b []byte) (*deltas, []byte, error) {
	pass, err := newDeltas(b)
	if err != nil {
		return nil, nil, err
	}
	for pass.left > 0 {
		if _, err := pass.next(); err != nil {
			return nil, nil, err
		}
	}
	d, err := newDeltas(b)
	return d, pass.rest(), err
}

func (t *texts) next() (value, error) {
	var shared int64
	var err error
	if t.shared != nil {
		if shared, err = t.shared.next(); err != nil {
			return value{}, err
		}
	}
	n, err := t.lengths.next()
	if err != nil {
		return value{}, err
	}
	if n < 0 || n > int64(len(t.b)) || shared < 0 || shared > int64(len(t.last)) {
		return value{}, errTruncated
	}
	text := t.b[:n]
	t.b = t.b[n:]
	if t.shared != nil {
		// The text before is given no longer: what was given of it has been written.
		if shared+n > maxPage {
			return value{}, errors.New("a text is too long")
		}
		t.last = append(t.last[:shared], text...)
		text = t.last
	}
	if t.fixed > 0 && len(text) != t.fixed {
		return value{}, fmt.Errorf("a value of %d bytes where all have %d", len(text), t.fixed)
	}
	return value{bytes: text}, nil
}

// streams have the first bytes of all values, then the second ones, and so on (BYTE_STREAM_SPLIT).
type streams struct {
	b     []byte
	kind  int
	width int
	n, at int
	buf   []byte
}

func newStreams(b []byte, kind, length int) (*streams, error) {
	w := width(kind, length)
	if w == 0 || len(b)%w != 0 {
		return nil, errors.New("a page's values are not split as they should be")
	}
	return &streams{b: b, kind: kind, width: w, n: len(b) / w, buf: make([]byte, w)}, nil
}

func (s *streams) next() (value, error) {
	if s.at == s.n {
		return value{}, errTruncated
	}
	for i := range s.buf {
		s.buf[i] = s.b[i*s.n+s.at]
	}
	s.at++
	return ofBytes(s.buf, s.kind), nil
}
