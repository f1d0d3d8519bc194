package gguf_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cria-llm/cria/format/gguf"
)

// parts writes a model of three tensors in three parts, changed by change, and returns the path of the first.
func parts(t *testing.T, change func(part int, kvs []gguf.KV) []gguf.KV) string {
	t.Helper()
	dir := t.TempDir()
	for part := range 3 {
		kvs := []gguf.KV{
			{Key: "split.no", Value: gguf.Of(uint16(part))}, {Key: "split.count", Value: gguf.Of(uint16(3))},
			{Key: "split.tensors.count", Value: gguf.Of(int32(3))},
		}
		if part == 0 {
			kvs = append(kvs, gguf.KV{Key: "general.architecture", Value: gguf.Of("llama")})
		}
		if change != nil {
			kvs = change(part, kvs)
		}
		tensor := gguf.Tensor{Name: fmt.Sprintf("t%d", part), Type: gguf.F32, Shape: []int{2}, Data: bytes.Repeat([]byte{byte(part)}, 8)}
		if err := gguf.Write(filepath.Join(dir, fmt.Sprintf("m-%05d-of-00003.gguf", part+1)), kvs, []gguf.Tensor{tensor}); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "m-00001-of-00003.gguf")
}

func TestASplitModelIsAsOneFile(t *testing.T) {
	f := open(t, parts(t, nil))
	if diff := cmp.Diff([]string{"general.architecture"}, f.Keys()); diff != "" {
		t.Error(diff)
	}
	for part, name := range []string{"t0", "t1", "t2"} {
		w, ok := f.Tensor(name)
		if !ok || !bytes.Equal(w.Data, bytes.Repeat([]byte{byte(part)}, 8)) {
			t.Errorf("%s: %v %v", name, w.Data, ok)
		}
		f.Release(w.Data)
	}
	if n := len(f.Tensors()); n != 3 {
		t.Errorf("%d tensors", n)
	}
}

func TestASplitModelThatIsNotWholeIsRefused(t *testing.T) {
	set := func(part int, key string, value gguf.Value) func(int, []gguf.KV) []gguf.KV {
		return func(p int, kvs []gguf.KV) []gguf.KV {
			for i := range kvs {
				if p == part && kvs[i].Key == key {
					kvs[i].Value = value
				}
			}
			return kvs
		}
	}
	whole := parts(t, nil)
	second := strings.Replace(whole, "00001-of", "00002-of", 1)
	renamed := filepath.Join(filepath.Dir(whole), "other.gguf")
	if err := os.Rename(second, renamed); err != nil {
		t.Fatal(err)
	}
	third := strings.Replace(whole, "00001-of", "00003-of", 1)
	for want, path := range map[string]string{
		"m-00002-of-00003.gguf: part 2 of 3 is missing beside the first":                                              whole,
		"m-00003-of-00003.gguf is part 3 of 3: open m-00001-of-00003.gguf":                                            third,
		"other.gguf is part 2 of 3: open the first":                                                                   renamed,
		"m-00003-of-00003.gguf says that it is part 2 of 3: want part 3 of 3":                                         parts(t, set(2, "split.no", gguf.Of(uint16(1)))),
		"m-00002-of-00003.gguf says that it is part 2 of 4":                                                           parts(t, set(1, "split.count", gguf.Of(uint16(4)))),
		"the 3 parts hold 3 tensors, but split.tensors.count is 5":                                                    parts(t, set(0, "split.tensors.count", gguf.Of(int32(5)))),
		"metadata split.count is 100000, more than 65536":                                                             parts(t, set(0, "split.count", gguf.Of(uint32(100000)))),
		"is the first of 7 parts, which cannot be found by its name: name it and them like model-00001-of-00007.gguf": parts(t, set(0, "split.count", gguf.Of(uint16(7)))),
	} {
		f, err := gguf.Open(path)
		if err == nil {
			f.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
