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
	src := make([]float32, 256)
	for i := range src {
		src[i] = float32(math.Sin(float64(i)))
	}
	for typ, same := range map[gguf.Type]compute.Type{
		gguf.F32: compute.F32, gguf.F16: compute.F16, gguf.BF16: compute.BF16, gguf.Q8_0: compute.Q8_0,
		gguf.Q4_0: compute.Q4_0, gguf.Q4_K: compute.Q4_K, gguf.Q6_K: compute.Q6_K, gguf.Q4_1: compute.Q4_1, gguf.Q5_0: compute.Q5_0,
		gguf.Q5_1: compute.Q5_1, gguf.Q2_K: compute.Q2_K, gguf.Q3_K: compute.Q3_K, gguf.Q5_K: compute.Q5_K, gguf.IQ4_NL: compute.IQ4_NL,
		gguf.MXFP4: compute.MXFP4, gguf.IQ4_XS: compute.IQ4_XS,
	} {
		if back, ok := gguf.TypeOf(same); !ok || back != typ {
			t.Errorf("%s rests in files as %s, %t", same, back, ok)
		}
		got, want := make([]byte, same.RowBytes(256)), make([]byte, same.RowBytes(256))
		if err := errors.Join(gguf.Encode(got, typ, src), compute.Encode(want, same, src)); err != nil {
			t.Fatal(err)
		}
		values, wantValues := make([]float32, 256), make([]float32, 256)
		compute.Decode(wantValues, same, want)
		if err := gguf.Decode(values, typ, got); err != nil {
			t.Fatal(err)
		}
		if typ.String() != same.String() || !bytes.Equal(got, want) || !slices.Equal(values, wantValues) {
			t.Errorf("%s is not converted as %s", typ, same)
		}
	}
}

func TestATypeWithoutTwinIsRefusedWithThoseThatHaveOne(t *testing.T) {
	if _, err := gguf.IQ3_S.Compute(); err == nil || err.Error() != "IQ3_S is not supported: take a file in another type, or quantise the model again (supported: F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q6_K, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q5_K, IQ4_NL, MXFP4, IQ4_XS)" {
		t.Errorf("IQ3_S: %v", err)
	}
	if _, ok := gguf.TypeOf(compute.NF4); ok {
		t.Error("NF4 has a type in files")
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
		"type":            gguf.Decode(make([]float32, 256), gguf.TQ2_0, make([]byte, 66)),
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
		compared := 0
		for _, q := range golden.Quantised {
			f := open(t, shared.Path(t, "golden", "public", name, q.File))
			for typ, want := range q.Dequant {
				w, ok := f.Tensor(want.Tensor)
				if !ok || w.Type.String() != typ || len(want.First64) != 64 {
					t.Fatalf("%s: %s is %v, want %s", q.File, want.Tensor, w.Type, typ)
				}
				got := decode(t, w)
				for i, x := range want.First64 {
					if math.Float32bits(got[i]) != math.Float32bits(x) {
						t.Errorf("%s: %s[%d] = %v, want %v", q.File, want.Tensor, i, got[i], x)
					}
				}
				compared++
			}
		}
		if compared < 3 {
			t.Errorf("%s: only %d tensors to compare with", name, compared)
		}
	}
}

// What llama.cpp quantised, this package must quantise to the same bytes.
func TestEncodingMatchesTheReference(t *testing.T) {
	from := open(t, shared.Path(t, "golden", "public", "llama-gqa", "model-f32.gguf"))
	same := map[gguf.Type]int{}
	for _, file := range []string{"model-q8_0.gguf", "model-q4_0.gguf"} {
		for _, want := range open(t, shared.Path(t, "golden", "public", "llama-gqa", file)).Tensors() {
			w, ok := from.Tensor(want.Name)
			if !ok {
				t.Fatalf("no %s in float32", want.Name)
			}
			sameEncoding(t, want, decode(t, w))
			same[want.Type]++
		}
	}
	if same[gguf.Q8_0] < 15 || same[gguf.Q4_0] < 10 {
		t.Errorf("only %v tensors compared", same)
	}
}

// The same from a Hugging Face checkpoint, whose numbers these files were made from. The rows of q and k are in
// another order there.
func TestEncodingACheckpointMatchesTheReference(t *testing.T) {
	names := llamaNames()
	same := map[gguf.Type]int{}
	for file, folder := range map[string]string{
		"data/models/stories3M-q8_0.gguf":         "data/models/stories3M",
		"golden/public/llama-gqa/model-q8_0.gguf": "golden/public/llama-gqa/hf",
		"golden/public/llama-gqa/model-q4_0.gguf": "golden/public/llama-gqa/hf",
		"golden/public/llama-k/model-q8_0.gguf":   "golden/public/llama-k/hf",
		"golden/public/llama-k/model-q4_0.gguf":   "golden/public/llama-k/hf",
		"golden/public/llama-k/model-q4_k_m.gguf": "golden/public/llama-k/hf",
		"golden/public/llama-k/model-q6_k.gguf":   "golden/public/llama-k/hf",
	} {
		hf, err := safetensors.Open(shared.Path(t, filepath.FromSlash(folder)))
		if err != nil {
			t.Fatal(err)
		}
		defer hf.Close()
		to := open(t, shared.Path(t, filepath.FromSlash(file)))
		for _, name := range hf.Names() {
			want, ok := to.Tensor(names.Replace(name))
			if !ok || strings.Contains(name, "q_proj") || strings.Contains(name, "k_proj") {
				continue
			}
			w, _ := hf.Tensor(name)
			typ := map[string]gguf.Type{"F32": gguf.F32, "F16": gguf.F16}[w.DType]
			sameEncoding(t, want, decode(t, gguf.Tensor{Name: name, Type: typ, Shape: w.Shape, Data: w.Data}))
			same[want.Type]++
		}
	}
	for _, typ := range []gguf.Type{gguf.Q8_0, gguf.Q4_0, gguf.Q4_K, gguf.Q6_K} {
		if same[typ] < 5 {
			t.Errorf("only %d tensors in %s compared", same[typ], typ)
		}
	}
}

// sameEncoding holds the encoding of x to the tensor want.
func sameEncoding(t *testing.T, want gguf.Tensor, x []float32) {
	t.Helper()
	data := make([]byte, len(want.Data))
	if err := gguf.Encode(data, want.Type, x); err != nil {
		t.Fatalf("%s: %v", want.Name, err)
	}
	if !bytes.Equal(data, want.Data) {
		t.Errorf("%s in %s differs", want.Name, want.Type)
	}
}
