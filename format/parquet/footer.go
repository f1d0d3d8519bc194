package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxFooter bounds the description at a file's end. Those of files with thousands of columns are of some megabytes.
const maxFooter = 64 << 20

// group is a row group: some of the rows, with a chunk of each column.
type group struct {
	rows   int64
	chunks []chunk
}

// chunk is a column's part of a row group.
type chunk struct {
	physical   int
	codec      int
	values     int64 // nulls and empty lists included
	start, end int64 // in the file
}

// footer is what the end of a file says.
type footer struct {
	rows   int64
	schema []element
	groups []group
}

// readFooter reads and checks it. size is the file's.
func readFooter(r io.ReaderAt, size int64) (*footer, error) {
	const magic = "PAR1"
	if size < 12 {
		return nil, errors.New("is too short for a Parquet file")
	}
	var head [4]byte
	var tail [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, err
	}
	if _, err := r.ReadAt(tail[:], size-8); err != nil {
		return nil, err
	}
	switch {
	case string(head[:]) == "PARE" || string(tail[4:]) == "PARE":
		return nil, errors.New("is encrypted, which is not supported")
	case string(head[:]) != magic:
		return nil, errors.New("is not a Parquet file: it does not begin with PAR1")
	case string(tail[4:]) != magic:
		return nil, errors.New("is not a whole Parquet file: it does not end with PAR1")
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if n > size-12 || n > maxFooter {
		return nil, fmt.Errorf("says that its footer has %d bytes, in a file of %d", n, size)
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, size-8-n); err != nil {
		return nil, err
	}
	t := &thrift{b: text}
	f := t.readFooter()
	if t.err != nil {
		return nil, fmt.Errorf("has a broken footer: %w", t.err)
	}
	return f, f.check(size - 8 - n)
}

func (t *thrift) readFooter() *footer {
	f := &footer{}
	t.fields(0, func(id int, kind byte) bool {
		switch {
		case id == 2 && kind == thriftList:
			t.list(func(byte) {
				if len(f.schema) >= maxFields {
					t.fail(fmt.Errorf("more than %d fields", maxFields))
					return
				}
				f.schema = append(f.schema, t.readElement())
			})
		case id == 4 && kind == thriftList:
			t.list(func(byte) { f.groups = append(f.groups, t.readGroup()) })
		default:
			return false
		}
		return true
	})
	return f
}

func (t *thrift) readGroup() group {
	var g group
	t.fields(1, func(id int, kind byte) bool {
		switch {
		case id == 1 && kind == thriftList:
			t.list(func(byte) { g.chunks = append(g.chunks, t.readChunk()) })
		case id == 3 && kind == thriftI64:
			g.rows = t.int()
		default:
			return false
		}
		return true
	})
	return g
}

// readChunk reads a ColumnChunk.
func (t *thrift) readChunk() chunk {
	c := chunk{physical: -1, start: -1}
	t.fields(2, func(id int, kind byte) bool {
		switch {
		case id == 1 && kind == thriftBinary:
			if len(t.binary()) > 0 {
				t.fail(errors.New("columns lie in other files, which is not supported"))
			}
		case id == 3 && kind == thriftStruct:
			t.readChunkData(&c)
		case id == 8 || id == 9:
			t.fail(errors.New("columns are encrypted, which is not supported"))
		default:
			return false
		}
		return true
	})
	return c
}

// readChunkData reads a ColumnMetaData.
func (t *thrift) readChunkData(c *chunk) {
	var dictionary, length int64
	t.fields(3, func(id int, kind byte) bool {
		switch {
		case id == 1 && kind == thriftI32:
			c.physical = int(t.int())
		case id == 4 && kind == thriftI32:
			c.codec = int(t.int())
		case id == 5 && kind == thriftI64:
			c.values = t.int()
		case id == 7 && kind == thriftI64:
			length = t.int()
		case id == 9 && kind == thriftI64:
			c.start = t.int()
		case id == 11 && kind == thriftI64:
			dictionary = t.int()
		default:
			return false
		}
		return true
	})
	// Some writers say 0 where there is no dictionary.
	if dictionary > 0 && dictionary < c.start {
		c.start = dictionary
	}
	if c.end = c.start + length; length < 0 || c.end < c.start {
		c.end = -1
	}
}

// check holds the row groups to the schema and to where the data ends.
func (f *footer) check(end int64) error {
	leaves := 0
	for _, e := range f.schema {
		if !e.group {
			leaves++
		}
	}
	var rows int64
	for i, g := range f.groups {
		if g.rows < 0 || rows+g.rows < rows {
			return fmt.Errorf("says that row group %d has %d rows", i+1, g.rows)
		}
		rows += g.rows
		if len(g.chunks) != leaves {
			return fmt.Errorf("has %d columns in row group %d and %d in its schema", len(g.chunks), i+1, leaves)
		}
		for k, c := range g.chunks {
			if c.start < 4 || c.end < c.start || c.end > end || c.values < 0 {
				return fmt.Errorf("says that column %d of row group %d lies outside of it", k+1, i+1)
			}
		}
	}
	f.rows = rows // whatever it says of itself
	return nil
}
