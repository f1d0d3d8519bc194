package parquet

import (
	"bytes"
	"encoding/json"
	"runtime"
	"testing"

	reference "github.com/parquet-go/parquet-go"
)

// FuzzReader feeds the reader files that are nearly right. It must not panic, must not take memory that the file does not
// account for, and what it gives must be JSON.
func FuzzReader(f *testing.F) {
	rows := some(2, 3)
	for _, options := range [][]reference.WriterOption{
		{reference.DataPageVersion(1)},
		{reference.Compression(&reference.Snappy)},
		{reference.Compression(&reference.Gzip), reference.PageBufferSize(50)},
		{reference.Compression(&reference.Zstd)},
	} {
		f.Add(file(f, rows, options...))
	}
	f.Add(forged(flat(2), 2, codecNone, 1, 1, pageOf(6, 1, []byte("\x02\x00\x00\x00ok"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := Open(bytes.NewReader(b), int64(len(b)))
		if err == nil {
			for range 1000 {
				text, err := r.Next()
				if err != nil {
					break
				}
				if bytes.ContainsFunc(text, func(c rune) bool { return c == '\ufffd' }) {
					continue // not UTF-8, which is for who reads it to find
				}
				if !json.Valid(text) {
					t.Fatalf("not JSON: %.200s", text)
				}
			}
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 1<<30 {
			t.Fatalf("%d bytes allocated for a file of %d", got, len(b))
		}
	})
}
