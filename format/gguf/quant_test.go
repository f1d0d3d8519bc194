package gguf_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/internal/shared"
)

// What the types hold is tested in compute; here, that each type of a file is the one of that name there.
func TestConversionsAreThoseOfTheSameName(t *testing.T) {
	src := make([]float32, 64)
	for i := range src {
		src[i] = float32(math.Sin(float64(i)))
	}
	for typ, same := range map[gguf.Type]compute.Type{
		gguf.F32: compute.F32, gguf.F16: compute.F16, gguf.BF16: compute.BF16, gguf.Q8_0: compute.Q8_0,
	} {
		got, want := make([]byte, same.RowBytes(64)), make([]byte, same.RowBytes(64))
		if err := errors.Join(gguf.Encode(got, typ, src), compute.Encode(want, same, src)); err != nil {
			t.Fatal(err)
		}
		values, wantValues := make([]float32, 64), make([]float32, 64)
		compute.Decode(wantValues, same, want)
		if err := gguf.Decode(values, typ, got); err != nil {
			t.Fatal(err)
		}
		if typ.String() != same.String() || !bytes.Equal(got, want) || !slices.Equal(values, wantValues) {
			t.Errorf("%s is not converted as %s", typ, same)
		}
	}
}

func TestConversionsRefuseWhatTheyCannotDo(t *testing.T) {
	row := func(x float32) []float32 { r := make([]float32, 32); r[7] = x; return r }
	for _, x := range []float32{float32(math.NaN()), float32(math.Inf(-1)), 9e6} {
		if err := gguf.Encode(make([]byte, 34), gguf.Q8_0, row(x)); err == nil || !strings.Contains(err.Error(), "not finite or too large") {
			t.Errorf("%v: %v", x, err)
		}
	}
	for _, x := range []float32{0, math.SmallestNonzeroFloat32, 1e-38, 8.3e6} {
		if err := gguf.Encode(make([]byte, 34), gguf.Q8_0, row(x)); err != nil {
			t.Errorf("%v: %v", x, err)
		}
	}
	for name, err := range map[string]error{
		"part of a block": gguf.Encode(make([]byte, 34), gguf.Q8_0, make([]float32, 31)),
		"short bytes":     gguf.Encode(make([]byte, 33), gguf.Q8_0, make([]float32, 32)),
		"odd bytes":       gguf.Decode(make([]float32, 1), gguf.F16, make([]byte, 3)),
		"more bytes":      gguf.Decode(make([]float32, 1), gguf.F32, make([]byte, 8)),
		"type":            gguf.Decode(make([]float32, 32), gguf.Q4_0, make([]byte, 18)),
		"unknown type":    gguf.Decode(make([]float32, 32), 99, make([]byte, 18)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// decode is a tensor's numbers.
func decode(t *testing.T, w gguf.Tensor) []float32 {
	t.Helper()
	n := 1
	for _, d := range w.Shape {
		n *= d
	}
	out := make([]float32, n)
	if err := gguf.Decode(out, w.Type, w.Data); err != nil {
		t.Fatalf("%s: %v", w.Name, err)
	}
	return out
}

// The expected values come from numpy and from llama.cpp, which agreed in all bits.
func TestDecodingMatchesTheReference(t *testing.T) {
	for _, name := range []string{"llama-gqa", "llama-k"} {
		var golden struct {
			Quantised map[string]struct {
				File    string
				Dequant map[string]struct {
					Tensor  string
					First64 []float32
				}
			}
		}
		if err := json.Unmarshal(get(t, shared.Path(t, "golden", "public", name, "golden.json")), &golden); err != nil {
			t.Fatal(err)
		}
		q := golden.Quantised["q8_0"]
		f := open(t, shared.Path(t, "golden", "public", name, q.File))
		for typ, want := range q.Dequant {
			w, ok := f.Tensor(want.Tensor)
			if !ok || w.Type.String() != typ || len(want.First64) != 64 {
				t.Fatalf("%s: %s is %v, want %s", name, want.Tensor, w.Type, typ)
			}
			got := decode(t, w)
			for i, x := range want.First64 {
				if math.Float32bits(got[i]) != math.Float32bits(x) {
					t.Errorf("%s: %s[%d] = %v, want %v", name, want.Tensor, i, got[i], x)
				}
			}
		}
		if len(q.Dequant) == 0 {
			t.Errorf("%s: no values to compare with", name)
		}
	}
}

// What llama.cpp quantised, this package must quantise to the same bytes.
func TestEncodingMatchesTheReference(t *testing.T) {
	from := open(t, shared.Path(t, "golden", "public", "llama-gqa", "model-f32.gguf"))
	to := open(t, shared.Path(t, "golden", "public", "llama-gqa", "model-q8_0.gguf"))
	same := 0
	for _, want := range to.Tensors() {
		w, ok := from.Tensor(want.Name)
		if !ok {
			t.Fatalf("no %s in float32", want.Name)
		}
		same += sameEncoding(t, want, decode(t, w))
	}
	if same < 15 {
		t.Errorf("only %d Q8_0 tensors compared", same)
	}
}

// The same from a Hugging Face checkpoint, whose numbers these files were made from. The rows of q and k are in
// another order there.
func TestEncodingACheckpointMatchesTheReference(t *testing.T) {
	names := llamaNames()
	for folder, file := range map[string]string{
		"data/models/stories3M":      "data/models/stories3M-q8_0.gguf",
		"golden/public/llama-k/hf":   "golden/public/llama-k/model-q8_0.gguf",
		"golden/public/llama-gqa/hf": "golden/public/llama-gqa/model-q8_0.gguf",
	} {
		hf, err := safetensors.Open(shared.Path(t, filepath.FromSlash(folder)))
		if err != nil {
			t.Fatal(err)
		}
		defer hf.Close()
		to := open(t, shared.Path(t, filepath.FromSlash(file)))
		same := 0
		for _, name := range hf.Names() {
			want, ok := to.Tensor(names.Replace(name))
			if !ok || strings.Contains(name, "q_proj") || strings.Contains(name, "k_proj") {
				continue
			}
			w, _ := hf.Tensor(name)
			typ := map[string]gguf.Type{"F32": gguf.F32, "F16": gguf.F16}[w.DType]
			same += sameEncoding(t, want, decode(t, gguf.Tensor{Name: name, Type: typ, Shape: w.Shape, Data: w.Data}))
		}
		if same < 5 {
			t.Errorf("%s: only %d Q8_0 tensors compared", file, same)
		}
	}
}

// sameEncoding holds the encoding of x to the tensor want, and counts it where it is Q8_0.
func sameEncoding(t *testing.T, want gguf.Tensor, x []float32) int {
	t.Helper()
	data := make([]byte, len(want.Data))
	if err := gguf.Encode(data, want.Type, x); err != nil {
		t.Fatalf("%s: %v", want.Name, err)
	}
	if !bytes.Equal(data, want.Data) {
		t.Errorf("%s in %s differs", want.Name, want.Type)
	}
	if want.Type == gguf.Q8_0 {
		return 1
	}
	return 0
}

func BenchmarkEncodeQ8(b *testing.B) {
	src := make([]float32, 1<<16)
	for i := range src {
		src[i] = float32(math.Sin(float64(i)))
	}
	dst := make([]byte, len(src)/32*34)
	b.SetBytes(int64(4 * len(src)))
	for b.Loop() {
		if err := gguf.Encode(dst, gguf.Q8_0, src); err != nil {
			b.Fatal(err)
		}
	}
}
