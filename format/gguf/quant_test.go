package gguf_test

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/internal/shared"
)

// f16 is the value of a float16 by the definition in IEEE 754, for finite ones.
func f16(h uint16) float64 {
	exp, mant := int(h>>10&31), float64(h&0x3ff)
	x := math.Ldexp(1+mant/1024, exp-15)
	if exp == 0 {
		x = math.Ldexp(mant/1024, -14)
	}
	if h&0x8000 != 0 {
		x = -x
	}
	return x
}

func TestEveryFloat16IsDecodedAndEncodedExactly(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		got := gguf.F16ToF32(h)
		switch {
		case h&0x7fff > 0x7c00:
			if got == got || gguf.F32ToF16(got) != h|0x200 {
				t.Fatalf("%#04x: %v, back %#04x", h, got, gguf.F32ToF16(got))
			}
			continue
		case h&0x7fff == 0x7c00:
			if !math.IsInf(float64(got), 1-2*int(h>>15)) {
				t.Fatalf("%#04x: %v", h, got)
			}
		case float64(got) != f16(h) || math.Signbit(float64(got)) != (h&0x8000 != 0):
			t.Fatalf("%#04x: %v, want %v", h, got, f16(h))
		}
		if back := gguf.F32ToF16(got); back != h {
			t.Fatalf("%#04x: back %#04x", h, back)
		}
	}
}

func TestFloat16RoundsToNearestAndTiesToEven(t *testing.T) {
	for i := range uint16(0x7bff) {
		lo, hi := f16(i), f16(i+1)
		middle := float32((lo + hi) / 2) // exact: one more bit than a float16 has
		even := i + i&1
		for x, want := range map[float32]uint16{
			middle:                        even,
			math.Nextafter32(middle, 0):   i,
			math.Nextafter32(middle, 1e9): i + 1,
		} {
			if got := gguf.F32ToF16(x); got != want {
				t.Fatalf("%v: %#04x, want %#04x", x, got, want)
			}
			if got := gguf.F32ToF16(-x); got != want|0x8000 {
				t.Fatalf("%v: %#04x, want %#04x", -x, got, want|0x8000)
			}
		}
	}
	for x, want := range map[float32]uint16{
		65519.996: 0x7bff, 65520: 0x7c00, math.MaxFloat32: 0x7c00, float32(math.Inf(1)): 0x7c00,
		math.SmallestNonzeroFloat32: 0, 0x1p-25: 0, 0x1.000002p-25: 1,
	} {
		if got := gguf.F32ToF16(x); got != want {
			t.Errorf("%v: %#04x, want %#04x", x, got, want)
		}
	}
}

func TestBfloat16RoundsToNearestAndTiesToEven(t *testing.T) {
	for bits, want := range map[uint32]uint16{
		0x3f800000: 0x3f80, 0x3f807fff: 0x3f80, 0x3f808000: 0x3f80, 0x3f808001: 0x3f81, 0x3f818000: 0x3f82,
		0xbf818000: 0xbf82, 0x7f7fffff: 0x7f80, 0x7f800000: 0x7f80, 0xff800000: 0xff80, 0x00000001: 0, 0x7f800001: 0x7fc0,
	} {
		if got := gguf.F32ToBF16(math.Float32frombits(bits)); got != want {
			t.Errorf("%#08x: %#04x, want %#04x", bits, got, want)
		}
	}
	for i := range 1 << 16 {
		h := uint16(i)
		x := gguf.BF16ToF32(h)
		if math.Float32bits(x) != uint32(h)<<16 {
			t.Fatalf("%#04x: %v", h, x)
		}
		if back := gguf.F32ToBF16(x); back != h && x == x {
			t.Fatalf("%#04x: back %#04x", h, back)
		}
	}
}

func TestQ8IsWithinHalfAStepAndStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOfN(rapid.Float32Range(-1000, 1000), 64, 64).Draw(t, "src")
		data, out := make([]byte, 68), make([]float32, 64)
		if err := gguf.Encode(data, gguf.Q8_0, src); err != nil {
			t.Fatal(err)
		}
		if err := gguf.Decode(out, gguf.Q8_0, data); err != nil {
			t.Fatal(err)
		}
		for b := 0; b < 64; b += 32 {
			var most float64
			for _, x := range src[b : b+32] {
				most = max(most, math.Abs(float64(x)))
			}
			// Half a step, and the rounding of the scale to float16: relative 2^-11, absolute 2^-25, times up to 127.
			limit := most/127/2 + most*0x1p-11 + 127*0x1p-25
			for i := b; i < b+32; i++ {
				if off := math.Abs(float64(src[i]) - float64(out[i])); off > limit*1.0001 {
					t.Fatalf("value %d: %v became %v, off by %g, more than %g", i, src[i], out[i], off, limit)
				}
			}
		}
	})
}

func TestQ8RoundsHalvesAwayFromZero(t *testing.T) {
	src := make([]float32, 32)
	src[0], src[1], src[2], src[3], src[4] = 127, 0.5, -0.5, 2.5, 0.49999997 // a step of exactly 1
	data := make([]byte, 34)
	if err := gguf.Encode(data, gguf.Q8_0, src); err != nil {
		t.Fatal(err)
	}
	if want := []byte{0, 0x3c, 127, 1, 255, 3, 0}; !bytes.Equal(data[:7], want) {
		t.Errorf("%v, want %v", data[:7], want)
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
