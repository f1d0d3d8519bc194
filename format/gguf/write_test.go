package gguf_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cria-llm/cria/format/gguf"
)

// sameContent holds two files to the same metadata, bit for bit, and the same tensors in the same order.
func sameContent(t *testing.T, want, got *gguf.File) {
	t.Helper()
	if diff := cmp.Diff(want.Keys(), got.Keys()); diff != "" {
		t.Error(diff)
	}
	for i, kv := range got.Metadata() {
		w := want.Metadata()[i].Value
		// Printed with %x, floats show their bits, but for what is not a number.
		if a, b := fmt.Sprintf("%T %x", w.Any(), w.Any()), fmt.Sprintf("%T %x", kv.Value.Any(), kv.Value.Any()); a != b {
			t.Errorf("%s: %s, want %s", kv.Key, b, a)
		}
	}
	a, b := want.Tensors(), got.Tensors()
	if len(a) != len(b) {
		t.Fatalf("%d tensors, want %d", len(b), len(a))
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].Type != b[i].Type || !cmp.Equal(a[i].Shape, b[i].Shape) || !bytes.Equal(a[i].Data, b[i].Data) {
			t.Errorf("tensor %q %v %v is now %q %v %v, data equal: %v", a[i].Name, a[i].Type, a[i].Shape, b[i].Name, b[i].Type, b[i].Shape, bytes.Equal(a[i].Data, b[i].Data))
		}
	}
}

func TestWrittenFilesReadBack(t *testing.T) {
	metadata := []gguf.KV{
		{Key: "general.architecture", Value: gguf.Of("llama")},
		{Key: "u8", Value: gguf.Of(uint8(math.MaxUint8))},
		{Key: "i8", Value: gguf.Of(int8(math.MinInt8))},
		{Key: "u16", Value: gguf.Of(uint16(math.MaxUint16))},
		{Key: "i16", Value: gguf.Of(int16(math.MinInt16))},
		{Key: "u32", Value: gguf.Of(uint32(math.MaxUint32))},
		{Key: "i32", Value: gguf.Of(int32(math.MinInt32))},
		{Key: "u64", Value: gguf.Of(uint64(math.MaxUint64))},
		{Key: "i64", Value: gguf.Of(int64(math.MinInt64))},
		{Key: "f32", Value: gguf.Of(float32(1e-5))},
		{Key: "f64", Value: gguf.Of(math.Pi)},
		{Key: "no", Value: gguf.Of(false)},
		{Key: "tokens", Value: gguf.ArrayOf([]string{"<s>", "", "\xff\x00"})},
		{Key: "scores", Value: gguf.ArrayOf([]float32{0, -1.5})},
		{Key: "flags", Value: gguf.ArrayOf([]bool{true, false})},
		{Key: "types", Value: gguf.ArrayOf([]int32{1, -3})},
		{Key: "empty", Value: gguf.ArrayOf([]uint64{})},
	}
	tensors := []gguf.Tensor{
		{Name: "norm", Type: gguf.F32, Shape: []int{3}, Data: []byte("0123456789ab")},
		{Name: "q", Type: gguf.Q8_0, Shape: []int{2, 32}, Data: bytes.Repeat([]byte("ab"), 34)},
		{Name: "half", Type: gguf.F16, Shape: []int{1, 2, 1, 2}, Data: []byte("abcdefgh")},
	}
	path := filepath.Join(t.TempDir(), "w.gguf")
	if err := gguf.Write(path, metadata, tensors); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, kv := range f.Metadata() {
		if kv.Key != metadata[i].Key || !cmp.Equal(kv.Value.Any(), metadata[i].Value.Any()) {
			t.Errorf("%s: %v, want %s: %v", kv.Key, kv.Value, metadata[i].Key, metadata[i].Value)
		}
	}
	if diff := cmp.Diff(tensors, f.Tensors()); diff != "" {
		t.Error(diff)
	}
	if info, _ := os.Stat(path); info.Size()%32 != 0 {
		t.Errorf("%d bytes: the last tensor is not padded", info.Size())
	}

	// Streamed, and aligned otherwise.
	for i := range tensors {
		data := tensors[i].Data
		tensors[i].Data, tensors[i].Stream = nil, func(w io.Writer) error {
			for _, c := range data {
				if _, err := w.Write([]byte{c}); err != nil {
					return err
				}
			}
			return nil
		}
	}
	streamed := filepath.Join(t.TempDir(), "s.gguf")
	if err := gguf.Write(streamed, metadata, tensors); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(get(t, path), get(t, streamed)) {
		t.Error("streams and the same data give different files")
	}
	metadata = append(metadata, gguf.KV{Key: "general.alignment", Value: gguf.Of(uint32(256))})
	if err := gguf.Write(streamed, metadata, tensors); err != nil {
		t.Fatal(err)
	}
	g, err := gguf.Open(streamed)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if q, _ := g.Tensor("q"); g.Alignment() != 256 || !bytes.Equal(q.Data, bytes.Repeat([]byte("ab"), 34)) {
		t.Errorf("alignment %d, q %q", g.Alignment(), q.Data)
	}
}

func TestBadContentIsNotWritten(t *testing.T) {
	good := gguf.Tensor{Name: "t", Type: gguf.F32, Shape: []int{1}, Data: []byte("1234")}
	with := func(change func(*gguf.Tensor)) []gguf.Tensor {
		w := good
		change(&w)
		return []gguf.Tensor{w}
	}
	stream := func(s string) []gguf.Tensor {
		return with(func(w *gguf.Tensor) {
			w.Stream = func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
		})
	}
	for _, c := range []struct {
		want     string
		metadata []gguf.KV
		tensors  []gguf.Tensor
	}{
		{"4 bytes of data, but F32 of shape [2] takes 8", nil, with(func(w *gguf.Tensor) { w.Shape = []int{2} })},
		{"rows of 1 do not fit Q4_K", nil, with(func(w *gguf.Tensor) { w.Type = gguf.Q4_K })},
		{"unknown type 99", nil, with(func(w *gguf.Tensor) { w.Type = 99 })},
		{"negative length", nil, with(func(w *gguf.Tensor) { w.Shape = []int{-1} })},
		{"5 dimensions", nil, with(func(w *gguf.Tensor) { w.Shape = []int{1, 1, 1, 1, 1} })},
		{"name has 64 bytes", nil, with(func(w *gguf.Tensor) { w.Name = strings.Repeat("n", 64) })},
		{"name has 0 bytes", nil, with(func(w *gguf.Tensor) { w.Name = "" })},
		{"the name is taken", nil, []gguf.Tensor{good, good}},
		{"wrote 3 bytes", nil, stream("123")},
		{"1 bytes too many", nil, stream("12345")},
		{`"k" occurs twice`, []gguf.KV{{Key: "k", Value: gguf.Of(true)}, {Key: "k", Value: gguf.Of(true)}}, nil},
		{`metadata "k": no value`, []gguf.KV{{Key: "k"}}, nil},
		{"metadata key has 0 bytes", []gguf.KV{{Value: gguf.Of(true)}}, nil},
		{"power of two", []gguf.KV{{Key: "general.alignment", Value: gguf.Of(uint32(3))}}, nil},
	} {
		dir := t.TempDir()
		err := gguf.Write(filepath.Join(dir, "w.gguf"), c.metadata, c.tensors)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
		wantFiles(t, dir)
	}
}

// A disk that fills up half way must leave neither the file nor a temporary one, and keep what was there before.
func TestFailedWriteLeavesNothing(t *testing.T) {
	tensors := []gguf.Tensor{
		{Name: "a", Type: gguf.F32, Shape: []int{1}, Data: []byte("1234")},
		{Name: "b", Type: gguf.F32, Shape: []int{1}, Stream: func(w io.Writer) error {
			if _, err := io.WriteString(w, "56"); err != nil {
				return err
			}
			return syscall.ENOSPC
		}},
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "w.gguf")
	if err := gguf.Write(path, nil, tensors); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), `tensor "b"`) {
		t.Errorf("error %v, want ENOSPC that names the tensor", err)
	}
	wantFiles(t, dir)
	if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := gguf.Write(path, nil, tensors); err == nil {
		t.Error("no error")
	}
	if got := get(t, path); string(got) != "before" {
		t.Errorf("the earlier file is now %q", got)
	}
	wantFiles(t, dir, "w.gguf")
}

func get(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files in the folder: %s", diff)
	}
}
