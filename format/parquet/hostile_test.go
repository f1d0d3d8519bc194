package parquet

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// compact writes Thrift's compact protocol, whatever it says.
type compact struct {
	b    []byte
	last int
}

func (c *compact) head(id int, kind byte) {
	c.b = append(c.b, byte(id-c.last)<<4|kind)
	c.last = id
}

func (c *compact) int(id int, kind byte, v int64) {
	c.head(id, kind)
	c.b = binary.AppendVarint(c.b, v)
}

func (c *compact) text(id int, s string) {
	c.head(id, thriftBinary)
	c.b = append(binary.AppendUvarint(c.b, uint64(len(s))), s...)
}

func (c *compact) list(id int, kind byte, n int, items ...[]byte) {
	c.head(id, thriftList)
	c.b = binary.AppendUvarint(append(c.b, 0xf0|kind), uint64(n))
	for _, x := range items {
		c.b = append(c.b, x...)
	}
}

func (c *compact) inner(id int, x []byte) {
	c.head(id, thriftStruct)
	c.b = append(c.b, x...)
}

// end closes a struct.
func (c *compact) end() []byte { return append(c.b, 0) }

// field is a SchemaElement: a group of children, or a text where there are none.
func field(name string, repeat, children int) []byte {
	c := &compact{}
	if children == 0 {
		c.int(1, thriftI32, typeBytes)
	}
	c.int(3, thriftI32, int64(repeat))
	c.text(4, name)
	if children > 0 {
		c.int(5, thriftI32, int64(children))
	} else {
		c.int(6, thriftI32, 0) // UTF8
	}
	return c.end()
}

// pageOf is a data page of version 1 with its header.
func pageOf(size int64, values int64, body []byte) []byte {
	d := &compact{}
	d.int(1, thriftI32, values)
	d.int(2, thriftI32, encPlain)
	d.int(3, thriftI32, encRLE)
	d.int(4, thriftI32, encRLE)
	c := &compact{}
	c.int(1, thriftI32, pageData)
	c.int(2, thriftI32, size)
	c.int(3, thriftI32, int64(len(body)))
	c.inner(5, d.end())
	return append(c.end(), body...)
}

// forged is a file of one row group, whose columns have the same page each.
func forged(schema [][]byte, columns int, codec int, rows, values int64, page []byte) []byte {
	b := []byte("PAR1")
	var chunks [][]byte
	for range columns {
		m := &compact{}
		m.int(1, thriftI32, typeBytes)
		m.int(4, thriftI32, int64(codec))
		m.int(5, thriftI64, values)
		m.int(7, thriftI64, int64(len(page)))
		m.int(9, thriftI64, int64(len(b)))
		c := &compact{}
		c.inner(3, m.end())
		chunks = append(chunks, c.end())
		b = append(b, page...)
	}
	g := &compact{}
	g.list(1, thriftStruct, len(chunks), chunks...)
	g.int(3, thriftI64, rows)
	f := &compact{}
	f.int(1, thriftI32, 1)
	f.list(2, thriftStruct, len(schema), schema...)
	f.int(3, thriftI64, rows)
	f.list(4, thriftStruct, 1, g.end())
	foot := f.end()
	b = append(b, foot...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(foot)))
	return append(b, "PAR1"...)
}

// footed is a file of a footer alone.
func footed(foot []byte) []byte {
	b := append([]byte("PAR1"), foot...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(foot)))
	return append(b, "PAR1"...)
}

func flat(columns int) [][]byte {
	list := [][]byte{field("root", required, columns)}
	for i := range columns {
		list = append(list, field(string(rune('a'+i)), required, 0))
	}
	return list
}

func TestForgedFilesAreRefusedWithinBounds(t *testing.T) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		t.Fatal(err)
	}
	zeros := z.EncodeAll(make([]byte, 100<<20), nil)
	nested := [][]byte{field("root", required, 1)}
	for range 1000 {
		nested = append(nested, field("x", repeated, 1))
	}
	nested = append(nested, field("leaf", required, 0))
	// A repeated field of 2^26 elements that are not there, in two runs of a few bytes.
	listed := [][]byte{field("root", required, 1), field("x", repeated, 1), field("y", optional, 0)}
	run := func(n uint64, v byte) []byte { return append(binary.AppendUvarint(nil, n<<1), v) }
	level := func(b []byte) []byte { return append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...) }
	reps, defs := append(run(1, 0), run(1<<26-1, 1)...), run(1<<26, 1)
	nulls := append(level(reps), level(defs)...)
	lists := &compact{}
	lists.list(2, thriftStruct, 1<<60)
	deep := &compact{}
	for range 100_000 {
		deep.head(deep.last+1, thriftStruct)
		deep.last = 0
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"a page of 2 GB":              {forged(flat(1), 1, codecZstd, 1, 1, pageOf(1<<31-1, 1, zeros)), "more than 128 MiB"},
		"a page beyond its codec":     {forged(flat(1), 1, codecSnappy, 1, 1, pageOf(100<<20, 1, []byte("xxxx"))), "which Snappy cannot do"},
		"a page of a negative size":   {forged(flat(1), 1, codecNone, 1, 1, pageOf(-1, 1, nil)), "a page"},
		"a page that is no such size": {forged(flat(1), 1, codecZstd, 1, 1, pageOf(1000, 1, zeros)), "column \"a\""},
		"five columns of 100 MB":      {forged(flat(5), 5, codecZstd, 1, 1, pageOf(100<<20, 1, zeros)), "more than 384 MiB together"},
		"a page of 2^31 values":       {forged(flat(1), 1, codecNone, 1, 1<<31, pageOf(8, 1<<31-1, make([]byte, 8))), "values: more than"},
		"a list without an end":       {forged(listed, 1, codecNone, 1, 1<<26, pageOf(int64(len(nulls)), 1<<26, nulls)), "longer than 64 MiB"},
		"fields a thousand deep":      {forged(nested, 1, codecNone, 0, 0, nil), "nested deeper than 32"},
		"a list of 2^60 fields":       {footed(lists.end()), "broken footer"},
		"structs 100,000 deep":        {footed(deep.b), "nested too deep"},
		"a footer beyond the file":    {[]byte("PAR1\xff\xff\xff\x7fPAR1"), "footer has 2147483647 bytes"},
		"more rows than values":       {forged(flat(1), 1, codecNone, 9, 1, pageOf(4, 1, make([]byte, 4))), "before the last row"},
		"fewer rows than values":      {forged(flat(1), 1, codecNone, 1, 2, pageOf(8, 2, make([]byte, 8))), "after the last row"},
		"columns missing":             {forged(flat(2), 1, codecNone, 1, 1, pageOf(4, 1, make([]byte, 4))), "1 columns in row group 1 and 2 in its schema"},
		"Brotli":                      {forged(flat(1), 1, 4, 1, 1, pageOf(4, 1, make([]byte, 4))), "compressed with Brotli"},
		"an encrypted file":           {[]byte("PARE12345678PARE"), "encrypted"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := read(c.file)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 900<<20 {
			t.Errorf("%s: %d MB were allocated", name, got>>20)
		}
	}
	// An honest file of the same making is read.
	if rows, err := read(forged(flat(1), 1, codecNone, 1, 1, pageOf(6, 1, []byte("\x02\x00\x00\x00ok")))); err != nil || !bytes.Equal([]byte(rows[0]), []byte(`{"a": "ok"}`)) {
		t.Errorf("%v, %v", rows, err)
	}
}
