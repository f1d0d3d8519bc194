package parquet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	reference "github.com/parquet-go/parquet-go"
)

// Rows of every shape that datasets have. The names in JSON are those in the file.
type message struct {
	Role    string  `json:"role" parquet:"role,dict"`
	Content *string `json:"content" parquet:"content,optional"`
}

type row struct {
	Instruction string                `json:"instruction" parquet:"instruction"`
	Front       string                `json:"front" parquet:"front,delta"`
	Dict        string                `json:"dict" parquet:"dict,dict"`
	Maybe       *string               `json:"maybe" parquet:"maybe,optional"`
	Weight      float64               `json:"weight" parquet:"weight"`
	Small       float32               `json:"small" parquet:"small,split"`
	Repeat      int64                 `json:"repeat" parquet:"repeat,delta"`
	Short       int32                 `json:"short" parquet:"short,delta"`
	Label       bool                  `json:"label" parquet:"label"`
	Unsigned    uint64                `json:"unsigned" parquet:"unsigned"`
	Messages    []message             `json:"messages" parquet:"messages,list"`
	Names       []string              `json:"names" parquet:"names"` // repeated, without a list around it
	Lists       [][]int32             `json:"lists" parquet:"lists,list"`
	Tags        map[string]int64      `json:"tags" parquet:"tags"`
	Inner       struct{ A, B *int64 } `json:"inner" parquet:"inner"`
}

// some makes rows of chance.
func some(seed uint64, n int) []row {
	r := rand.New(rand.NewPCG(seed, 0))
	text := func() string {
		return strings.Repeat([]string{"a", "é", "\"\\\n\x01", "word ", "日本"}[r.IntN(5)], r.IntN(4)) + fmt.Sprint(r.IntN(20))
	}
	maybe := func() *string {
		if r.IntN(3) == 0 {
			return nil
		}
		s := text()
		return &s
	}
	out := make([]row, n)
	for i := range out {
		x := row{
			Instruction: text(), Front: "shared beginning " + text(), Dict: fmt.Sprint("word ", r.IntN(5)), Maybe: maybe(), Weight: r.NormFloat64(), Small: r.Float32(),
			Repeat: r.Int64() - r.Int64(), Short: int32(r.Uint32()), Label: r.IntN(2) == 0, Unsigned: r.Uint64(),
			Messages: []message{}, Names: []string{}, Lists: [][]int32{}, Tags: map[string]int64{},
		}
		for range r.IntN(4) {
			x.Messages = append(x.Messages, message{[]string{"user", "assistant"}[r.IntN(2)], maybe()})
			x.Names = append(x.Names, text())
			x.Tags[text()] = r.Int64()
			list := []int32{}
			for range r.IntN(3) {
				list = append(list, int32(r.IntN(100)))
			}
			x.Lists = append(x.Lists, list)
		}
		if r.IntN(2) == 0 {
			v := r.Int64()
			x.Inner.A = &v
		}
		out[i] = x
	}
	return out
}

// file is the rows as the reference writes them.
func file(t testing.TB, rows []row, options ...reference.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := reference.NewGenericWriter[row](&b, options...)
	for len(rows) > 0 {
		n := min(len(rows), 100)
		if _, err := w.Write(rows[:n]); err != nil {
			t.Fatal(err)
		}
		if len(rows) == 250 {
			if err := w.Flush(); err != nil { // which ends a row group
				t.Fatal(err)
			}
		}
		rows = rows[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read gives all rows, and stops at an error.
func read(b []byte) (rows []string, err error) {
	r, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	for {
		x, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, string(x))
	}
}

func TestRowsAreThoseThatWereWritten(t *testing.T) {
	rows := some(1, 350)
	for name, options := range map[string][]reference.WriterOption{
		"plain":            {},
		"snappy":           {reference.Compression(&reference.Snappy)},
		"gzip":             {reference.Compression(&reference.Gzip)},
		"zstd":             {reference.Compression(&reference.Zstd)},
		"version 1 pages":  {reference.DataPageVersion(1), reference.Compression(&reference.Zstd)},
		"many small pages": {reference.PageBufferSize(200), reference.Compression(&reference.Snappy)},
		"small, version 1": {reference.PageBufferSize(200), reference.DataPageVersion(1)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(file(t, rows, options...))
			if err != nil || len(got) != len(rows) {
				t.Fatalf("%d rows of %d: %v", len(got), len(rows), err)
			}
			for i, text := range got {
				var x row
				d := json.NewDecoder(strings.NewReader(text))
				d.DisallowUnknownFields()
				if err := d.Decode(&x); err != nil {
					t.Fatalf("row %d: %v: %s", i, err, text)
				}
				if !reflect.DeepEqual(x, rows[i]) {
					want, _ := json.Marshal(rows[i])
					t.Fatalf("row %d is\n%s, want\n%s", i, text, want)
				}
			}
		})
	}
}
