package parquet

import (
	"errors"
	"fmt"
)

// The types of Thrift's compact protocol that are told apart here.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// maxNesting bounds how deep what is skipped may be.
const maxNesting = 32

// errShort is that of a text that ends within a value: there may be more of it.
var errShort = errors.New("it ends within a value")

// thrift reads a text of Thrift's compact protocol. After the first error all that is read is zero.
type thrift struct {
	b   []byte
	at  int
	err error
}

func (t *thrift) fail(err error) {
	if t.err == nil {
		t.err = err
	}
	t.at = len(t.b)
}

func (t *thrift) byte() byte {
	if t.at >= len(t.b) {
		t.fail(errShort)
		return 0
	}
	t.at++
	return t.b[t.at-1]
}

func (t *thrift) varint() uint64 {
	var x uint64
	for shift := 0; shift < 64; shift += 7 {
		c := t.byte()
		x |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return x
		}
	}
	t.fail(errors.New("a number is too long"))
	return 0
}

func (t *thrift) int() int64 {
	x := t.varint()
	return int64(x>>1) ^ -int64(x&1)
}

// count is how many items or bytes follow: each takes a byte at least.
func (t *thrift) count(n uint64) int {
	if n > uint64(len(t.b)-t.at) {
		t.fail(errShort)
		return 0
	}
	return int(n)
}

func (t *thrift) binary() []byte {
	n := t.count(t.varint())
	b := t.b[t.at : t.at+n]
	t.at += n
	return b
}

// fields calls read for each field of a struct. read takes the field's value off, or says that it has not.
func (t *thrift) fields(depth int, read func(id int, kind byte) bool) {
	id := 0
	for t.err == nil {
		head := t.byte()
		if t.err != nil || head == 0 {
			return
		}
		if delta := int(head >> 4); delta > 0 {
			id += delta
		} else {
			id = int(int16(t.int()))
		}
		if !read(id, head&15) {
			t.skip(head&15, depth+1)
		}
	}
}

// list calls read for each element.
func (t *thrift) list(read func(kind byte)) {
	head := t.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = t.varint()
	}
	for range t.count(n) {
		if t.err != nil {
			return
		}
		read(head & 15)
	}
}

// skip takes a value off. Within a list a truth value is a byte.
func (t *thrift) skip(kind byte, depth int) {
	if depth > maxNesting {
		t.fail(errors.New("it is nested too deep"))
		return
	}
	switch kind {
	case thriftTrue, thriftFalse:
	case thriftByte:
		t.byte()
	case thriftI16, thriftI32, thriftI64:
		t.varint()
	case thriftDouble:
		t.at += t.count(8)
	case thriftBinary:
		t.binary()
	case thriftList, thriftSet:
		t.list(func(kind byte) {
			if kind == thriftTrue || kind == thriftFalse {
				t.byte()
				return
			}
			t.skip(kind, depth+1)
		})
	case thriftMap:
		n := t.count(t.varint())
		if n == 0 {
			return
		}
		kinds := t.byte()
		for range n {
			if t.err != nil {
				return
			}
			t.skip(kinds>>4, depth+1)
			t.skip(kinds&15, depth+1)
		}
	case thriftStruct:
		t.fields(depth, func(int, byte) bool { return false })
	default:
		t.fail(fmt.Errorf("a field has the unknown type %d", kind))
	}
}
