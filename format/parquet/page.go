package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The bounds of pages: of one, of all that are held at a time, of what stands before a page, and of the values in one.
const (
	maxPage   = 128 << 20
	maxHeld   = 384 << 20
	maxHeader = 1 << 20
	maxValues = 1 << 26
)

// The kinds of pages, and of encodings.
const (
	pageData       = 0
	pageIndex      = 1
	pageDictionary = 2
	pageDataV2     = 3

	encPlain      = 0
	encPlainDict  = 2
	encRLE        = 3
	encDelta      = 5
	encDeltaBytes = 6
	encDeltaFront = 7
	encDict       = 8
	encSplit      = 9
)

// header is what stands before a page.
type header struct {
	kind                  int
	size, compressed      int64
	values                int64
	encoding              int
	repEncoding           int
	defEncoding           int
	repBytes, defBytes    int64 // of version 2, whose levels are not compressed
	valuesAreCompressed   bool
	length                int // of the header itself
	hasValues, hasValues2 bool
}

// readHeader reads a PageHeader.
func (t *thrift) readHeader() header {
	h := header{kind: -1, valuesAreCompressed: true}
	t.fields(0, func(id int, kind byte) bool {
		switch {
		case id == 1 && kind == thriftI32:
			h.kind = int(t.int())
		case id == 2 && kind == thriftI32:
			h.size = t.int()
		case id == 3 && kind == thriftI32:
			h.compressed = t.int()
		case (id == 5 || id == 7) && kind == thriftStruct: // DataPageHeader, DictionaryPageHeader
			h.hasValues = true
			t.fields(1, func(id int, kind byte) bool {
				switch {
				case id == 1 && kind == thriftI32:
					h.values = t.int()
				case id == 2 && kind == thriftI32:
					h.encoding = int(t.int())
				case id == 3 && kind == thriftI32:
					h.defEncoding = int(t.int())
				case id == 4 && kind == thriftI32:
					h.repEncoding = int(t.int())
				default:
					return false
				}
				return true
			})
		case id == 8 && kind == thriftStruct: // DataPageHeaderV2
			h.hasValues2 = true
			t.fields(1, func(id int, kind byte) bool {
				switch {
				case id == 1 && kind == thriftI32:
					h.values = t.int()
				case id == 4 && kind == thriftI32:
					h.encoding = int(t.int())
				case id == 5 && kind == thriftI32:
					h.defBytes = t.int()
				case id == 6 && kind == thriftI32:
					h.repBytes = t.int()
				case id == 7 && kind == thriftFalse:
					h.valuesAreCompressed = false
				default:
					return false
				}
				return true
			})
		default:
			return false
		}
		return true
	})
	h.length = t.at
	return h
}

// column reads a column's chunk, page after page.
type column struct {
	r    *Reader
	leaf *node
	chunk
	at int64 // of the next page in the file

	left int // values of the page that are still to come, nulls included
	rep  hybrid
	def  hybrid
	vals values

	page, dict []byte // as they are held
	dictionary *dictionary

	peeked       bool
	repAt, defAt int // of the value that is next
}

// hold makes a buffer of a size, within the bound for all of them.
func (r *Reader) hold(buf []byte, n int64) ([]byte, error) {
	if int64(cap(buf)) >= n {
		return buf[:n], nil
	}
	if r.held-int64(cap(buf))+n > maxHeld {
		return nil, fmt.Errorf("its pages take more than %d MiB together", maxHeld>>20)
	}
	r.held += n - int64(cap(buf))
	return make([]byte, n), nil
}

// readPageHeader reads what stands at c.at.
func (c *column) readPageHeader() (header, error) {
	for n := int64(512); ; n *= 8 {
		n = min(n, c.end-c.at)
		buf, err := c.r.hold(c.r.head, n)
		if err != nil {
			return header{}, err
		}
		c.r.head = buf
		if _, err := c.r.file.ReadAt(buf, c.at); err != nil && !errors.Is(err, io.EOF) {
			return header{}, err
		}
		t := &thrift{b: buf}
		h := t.readHeader()
		switch {
		case t.err == nil:
			return h, h.check(c)
		case !errors.Is(t.err, errShort) || n == c.end-c.at || n > maxHeader:
			return header{}, fmt.Errorf("a page has a broken header: %w", t.err)
		}
	}
}

func (h header) check(c *column) error {
	rest := c.end - c.at - int64(h.length)
	switch {
	case h.size < 0 || h.compressed < 0 || h.compressed > rest:
		return fmt.Errorf("a page says that it has %d bytes in the file, where %d are left", h.compressed, rest)
	case h.size > maxPage || h.compressed > maxPage:
		return fmt.Errorf("a page of %d bytes: more than %d MiB", h.size, maxPage>>20)
	case h.size > h.compressed*expansion(c.codec)+1024:
		return fmt.Errorf("a page says that its %d bytes become %d, which %s cannot do", h.compressed, h.size, codecName(c.codec))
	case h.values < 0 || h.values > maxValues:
		return fmt.Errorf("a page of %d values: more than %d", h.values, maxValues)
	case h.repBytes < 0 || h.defBytes < 0 || h.repBytes+h.defBytes > min(h.size, h.compressed):
		return errors.New("a page's levels are longer than it")
	case h.kind == pageDataV2 != h.hasValues2, (h.kind == pageData || h.kind == pageDictionary) && !h.hasValues:
		return errors.New("a page does not say what it holds")
	}
	return nil
}

// load reads pages until there is one with values.
func (c *column) load() error {
	for c.left == 0 {
		if c.at >= c.end {
			return errTruncated
		}
		h, err := c.readPageHeader()
		if err != nil {
			return err
		}
		body := c.at + int64(h.length)
		c.at = body + h.compressed
		if h.kind == pageIndex {
			continue
		}
		raw, err := c.r.hold(c.r.raw, h.compressed)
		if err != nil {
			return err
		}
		c.r.raw = raw
		if n, err := c.r.file.ReadAt(raw, body); n < len(raw) {
			return err
		}
		if err := c.accept(h, raw); err != nil {
			return err
		}
	}
	return nil
}

// accept takes a page.
func (c *column) accept(h header, raw []byte) (err error) {
	switch h.kind {
	case pageDictionary:
		if c.dictionary != nil {
			return errors.New("it has two dictionaries")
		}
		if c.dict, err = c.r.hold(c.dict, h.size); err != nil {
			return err
		}
		if err = c.r.expand(c.codec, c.dict, raw); err != nil {
			return err
		}
		c.dictionary, err = c.newDictionary(c.dict, int(h.values), h.encoding)
		return err
	case pageData:
		if c.page, err = c.r.hold(c.page, h.size); err != nil {
			return err
		}
		if err = c.r.expand(c.codec, c.page, raw); err != nil {
			return err
		}
		rest := c.page
		if c.rep, rest, err = prefixed(rest, c.leaf.maxRep, h.repEncoding); err != nil {
			return err
		}
		if c.def, rest, err = prefixed(rest, c.leaf.maxDef, h.defEncoding); err != nil {
			return err
		}
		c.left = int(h.values)
		return c.begin(rest, h)
	case pageDataV2:
		levels := h.repBytes + h.defBytes
		if c.page, err = c.r.hold(c.page, h.size); err != nil {
			return err
		}
		copy(c.page, raw[:levels])
		codec := c.codec
		if !h.valuesAreCompressed {
			codec = codecNone
		}
		if h.size > levels { // where all are null there is nothing, not even compressed
			if err = c.r.expand(codec, c.page[levels:], raw[levels:]); err != nil {
				return err
			}
		}
		c.rep = newHybrid(c.page[:h.repBytes], levelWidth(c.leaf.maxRep))
		c.def = newHybrid(c.page[h.repBytes:levels], levelWidth(c.leaf.maxDef))
		c.left = int(h.values)
		return c.begin(c.page[levels:], h)
	}
	return fmt.Errorf("it has a page of the unknown kind %d", h.kind)
}

// prefixed takes levels off that say their own length.
func prefixed(b []byte, most, encoding int) (hybrid, []byte, error) {
	if most == 0 {
		return hybrid{}, b, nil
	}
	if encoding != encRLE {
		return hybrid{}, nil, fmt.Errorf("its levels are in the retired encoding %d", encoding)
	}
	if len(b) < 4 {
		return hybrid{}, nil, errTruncated
	}
	n := binary.LittleEndian.Uint32(b)
	b = b[4:]
	if uint64(n) > uint64(len(b)) {
		return hybrid{}, nil, errTruncated
	}
	return newHybrid(b[:n], levelWidth(most)), b[n:], nil
}

// peek finds the levels of the next value. At the chunk's end ok is false.
func (c *column) peek() (rep, def int, ok bool, err error) {
	if c.peeked {
		return c.repAt, c.defAt, true, nil
	}
	if c.left == 0 {
		if c.values == 0 {
			return 0, 0, false, nil
		}
		if err := c.load(); err != nil {
			return 0, 0, false, err
		}
	}
	if c.values == 0 {
		return 0, 0, false, errors.New("it has more values than it says")
	}
	r, err := c.rep.next()
	if err != nil {
		return 0, 0, false, err
	}
	d, err := c.def.next()
	if err != nil {
		return 0, 0, false, err
	}
	if int(r) > c.leaf.maxRep || int(d) > c.leaf.maxDef {
		return 0, 0, false, errors.New("a level is higher than its schema has")
	}
	c.left--
	c.values--
	c.peeked, c.repAt, c.defAt = true, int(r), int(d)
	return c.repAt, c.defAt, true, nil
}
