package safetensors_test

import (
	"bytes"
	"encoding/json"
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

	"github.com/cria-llm/cria/format/safetensors"
)

func bytesTensor(name, data string) safetensors.Tensor {
	return safetensors.Tensor{Name: name, DType: "U8", Shape: []int{len(data)}, Data: []byte(data)}
}

func TestWrittenTensorsReadBack(t *testing.T) {
	want := []safetensors.Tensor{
		{Name: "z <&> \u00e9\n", DType: "F32", Shape: []int{1, 2}, Data: []byte("abcdefgh")},
		{Name: "a", DType: "I64", Shape: []int{}, Data: []byte("01234567")},
		{Name: "none", DType: "BF16", Shape: []int{3, 0}, Data: []byte{}},
	}
	metadata := map[string]string{"format": "pt", "a \"b\"": "<c>"}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := safetensors.Write(path, want, metadata); err != nil {
		t.Fatal(err)
	}
	raw := get(t, path)
	if head := raw[0]; head%8 != 0 {
		t.Errorf("the header has %d bytes, not a multiple of 8", head)
	}
	if !bytes.Contains(raw, []byte(`{"__metadata__":{"a \"b\"":"<c>","format":"pt"},"z <&> é\n":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"a":`)) {
		t.Errorf("header is not in the order given: %q", raw)
	}
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, w := range want {
		got, _ := f.Tensor(w.Name)
		if diff := cmp.Diff(w, got); diff != "" {
			t.Error(diff)
		}
	}
	if diff := cmp.Diff(metadata, f.Metadata()); diff != "" {
		t.Error(diff)
	}
}

func TestStreamStandsForData(t *testing.T) {
	dir := t.TempDir()
	plain, streamed := bytesTensor("a", "12345"), bytesTensor("a", "12345")
	streamed.Data = nil
	streamed.Stream = func(w io.Writer) error {
		for _, c := range "12345" {
			if _, err := fmt.Fprintf(w, "%c", c); err != nil {
				return err
			}
		}
		return nil
	}
	for name, w := range map[string]safetensors.Tensor{"plain": plain, "streamed": streamed} {
		if err := safetensors.Write(filepath.Join(dir, name), []safetensors.Tensor{w}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(get(t, filepath.Join(dir, "plain")), get(t, filepath.Join(dir, "streamed"))) {
		t.Error("a stream and the same data give different files")
	}
}

func TestBadTensorsAreNotWritten(t *testing.T) {
	short := bytesTensor("a", "1234")
	short.Stream = func(w io.Writer) error { _, err := io.WriteString(w, "123"); return err }
	long := bytesTensor("a", "1234")
	long.Stream = func(w io.Writer) error { _, err := io.WriteString(w, "12345"); return err }
	for want, tensors := range map[string][]safetensors.Tensor{
		"4 bytes of data, but F32 of shape [2] takes 8": {{Name: "a", DType: "F32", Shape: []int{2}, Data: []byte("1234")}},
		"unknown number format":                         {{Name: "a", DType: "Q8_0", Shape: []int{2}}},
		"negative length":                               {{Name: "a", DType: "U8", Shape: []int{-1}}},
		"more than can be addressed":                    {{Name: "a", DType: "F64", Shape: []int{math.MaxInt}}},
		"the name is taken":                             {bytesTensor("a", "1"), bytesTensor("a", "2")},
		`tensor "__metadata__"`:                         {bytesTensor("__metadata__", "1")},
		"not UTF-8":                                     {bytesTensor("a\xff", "1")},
		"wrote 3 bytes":                                 {short},
		"1 bytes too many":                              {long},
	} {
		dir := t.TempDir()
		err := safetensors.Write(filepath.Join(dir, "w.safetensors"), tensors, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
		wantFiles(t, dir)
	}
}

// A disk that fills up half way must leave neither the file nor a temporary one, and keep what was there before.
func TestFailedWriteLeavesNothing(t *testing.T) {
	full := bytesTensor("b", "56789")
	full.Stream = func(w io.Writer) error {
		if _, err := io.WriteString(w, "56"); err != nil {
			return err
		}
		return syscall.ENOSPC
	}
	tensors := []safetensors.Tensor{bytesTensor("a", "1234"), full}

	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	if err := safetensors.Write(path, tensors, nil); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), `tensor "b"`) {
		t.Errorf("error %v, want ENOSPC that names the tensor", err)
	}
	wantFiles(t, dir)
	put(t, path, []byte("before"))
	if err := safetensors.Write(path, tensors, nil); err == nil {
		t.Error("no error")
	}
	if got := get(t, path); string(got) != "before" {
		t.Errorf("the earlier file is now %q", got)
	}

	dir = t.TempDir()
	if err := safetensors.WriteSharded(dir, "model", tensors, 4, nil); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("sharded: error %v, want ENOSPC", err)
	}
	wantFiles(t, dir)

	if err := safetensors.Write(filepath.Join(dir, "no", "such", "folder"), nil, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent folder: %v", err)
	}
}

func TestShardsAreNamedAndIndexedAsHuggingFaceDoes(t *testing.T) {
	dir := t.TempDir()
	want := []safetensors.Tensor{
		bytesTensor("d", "1234"), bytesTensor("c", "56"), bytesTensor("large", "abcdefghij"), bytesTensor("a", "7"), bytesTensor("b", "89"),
	}
	if err := safetensors.WriteSharded(dir, "model", want, 6, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors", "model.safetensors.index.json")
	const index = `{
  "metadata": {
    "total_size": 19
  },
  "weight_map": {
    "a": "model-00003-of-00003.safetensors",
    "b": "model-00003-of-00003.safetensors",
    "c": "model-00001-of-00003.safetensors",
    "d": "model-00001-of-00003.safetensors",
    "large": "model-00002-of-00003.safetensors"
  }
}
`
	if diff := cmp.Diff(index, string(get(t, filepath.Join(dir, "model.safetensors.index.json")))); diff != "" {
		t.Error(diff)
	}
	for _, path := range []string{dir, filepath.Join(dir, "model.safetensors.index.json")} {
		f, err := safetensors.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			got, _ := f.Tensor(w.Name)
			if diff := cmp.Diff(w, got); diff != "" {
				t.Error(diff)
			}
		}
		if f.Metadata()["format"] != "pt" || len(f.Names()) != 5 {
			t.Errorf("metadata %v, names %v", f.Metadata(), f.Names())
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "model-00002-of-00003.safetensors")); err != nil {
		t.Fatal(err)
	}
	if _, err := safetensors.Open(dir); err == nil || !strings.Contains(err.Error(), "shard model-00002-of-00003.safetensors is missing") {
		t.Errorf("missing shard: %v", err)
	}
}

func TestOneShardNeedsNoIndex(t *testing.T) {
	dir := t.TempDir()
	if err := safetensors.WriteSharded(dir, "model", []safetensors.Tensor{bytesTensor("a", "12")}, 100, nil); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, "model.safetensors")
}

func TestShardsAreNotMixedWithAnotherCheckpoint(t *testing.T) {
	dir := t.TempDir()
	tensors := []safetensors.Tensor{bytesTensor("a", "12"), bytesTensor("b", "34")}
	put(t, filepath.Join(dir, "model.safetensors"), []byte("old"))
	put(t, filepath.Join(dir, "adapter_model.safetensors"), []byte("another base"))
	err := safetensors.WriteSharded(dir, "model", tensors, 2, nil)
	if err == nil || !strings.Contains(err.Error(), "model.safetensors is there already") {
		t.Errorf("error %v", err)
	}
	wantFiles(t, dir, "adapter_model.safetensors", "model.safetensors")
	if err := safetensors.WriteSharded(dir, "model", tensors, 4, nil); err != nil {
		t.Errorf("replacing the file itself: %v", err)
	}
	for _, base := range []string{"", "../model", "a/b"} {
		if err := safetensors.WriteSharded(dir, base, tensors, 4, nil); err == nil {
			t.Errorf("base %q was taken", base)
		}
	}
	if err := safetensors.WriteSharded(dir, "model", tensors, 0, nil); err == nil {
		t.Error("shards of 0 bytes were taken")
	}
	twice := []safetensors.Tensor{bytesTensor("a", "12"), bytesTensor("a", "34")}
	if err := safetensors.WriteSharded(t.TempDir(), "model", twice, 2, nil); err == nil || !strings.Contains(err.Error(), "the name is taken") {
		t.Errorf("one name in two shards: %v", err)
	}
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

func FuzzParse(f *testing.F) {
	f.Add(file(`{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}`, "xxxxxxxx"))
	f.Add(file(`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}`, "xxxxxx"))
	f.Add(file(`{"a":{"dtype":"F64","shape":[9223372036854775807,2],"data_offsets":[0,16]}}`, ""))
	f.Add(file(`{"n":{"dtype":"F4","shape":[3],"data_offsets":[0,2]},"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[2,3]}}`, "xyz"))
	f.Add(file(`{"a":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[9223372036854775807,9223372036854775807]}}`, ""))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0x80, '{', '}'})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, '{', '}'})
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := safetensors.Parse(data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		// What parses can be written, and reads back as the same.
		var tensors []safetensors.Tensor
		for _, name := range got.Names() {
			w, _ := got.Tensor(name)
			if _, known := safetensors.ItemSize(w.DType); !known {
				return // read alone
			}
			if size, err := w.Size(); err != nil || size != len(w.Data) {
				t.Fatalf("%q: %d bytes, size %d, %v", name, len(w.Data), size, err)
			}
			tensors = append(tensors, w)
		}
		path := filepath.Join(t.TempDir(), "w.safetensors")
		if err := safetensors.Write(path, tensors, got.Metadata()); err != nil {
			t.Fatal(err)
		}
		again, err := safetensors.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if diff := cmp.Diff(got.Names(), again.Names()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(got.Metadata(), again.Metadata()); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":2},"weight_map":{"a":"one.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"a":"../one.safetensors"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		dir := t.TempDir()
		put(t, filepath.Join(dir, "model.safetensors.index.json"), text)
		put(t, filepath.Join(dir, "one.safetensors"), file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, "xx"))
		if f, err := safetensors.Open(dir); err == nil {
			f.Close()
		}
	})
}
