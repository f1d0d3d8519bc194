package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/safetensors"
)

// all256 is a tensor of every byte.
func all256(dtype string, shape ...int) safetensors.Tensor {
	data := make([]byte, 256)
	for i := range data {
		data[i] = byte(i)
	}
	return safetensors.Tensor{Name: "m.weight", DType: dtype, Shape: shape, Data: data}
}

// float8 is a value by the definition: a sign, bits of exponent with that bias, and the rest.
func float8(b, fractionBits, bias int) float64 {
	exponent, fraction := b&0x7f>>fractionBits, float64(b&(1<<fractionBits-1))/float64(int(1)<<fractionBits)
	x := math.Ldexp(1+fraction, exponent-bias)
	if exponent == 0 {
		x = math.Ldexp(fraction, 1-bias)
	}
	if b >= 128 {
		return -x
	}
	return x
}

func TestEveryFloat8IsExactInBF16(t *testing.T) {
	for dtype, of := range map[string][2]int{"F8_E4M3": {3, 7}, "F8_E5M2": {2, 15}} {
		raw, err := fromFloat8(all256(dtype, 16, 16), safetensors.Tensor{}, [2]int{})
		if err != nil || raw.typ != compute.BF16 {
			t.Fatal(raw.typ, err)
		}
		got := Tensor{Type: raw.typ, Shape: raw.shape, Data: raw.data}.Floats()
		for b := range 256 {
			want := float8(b, of[0], of[1])
			switch {
			case dtype == "F8_E4M3" && b&0x7f == 0x7f, dtype == "F8_E5M2" && b&0x7f > 0x7c:
				want = math.NaN()
			case dtype == "F8_E5M2" && b&0x7f == 0x7c:
				want = math.Inf(1 - b>>7*2)
			}
			if g := float64(got[b]); g != want && (g == g || want == want) {
				t.Errorf("%s %#02x: %v, want %v", dtype, b, g, want)
			}
		}
	}
}

func TestScalesOfFloat8MultiplyTheirPart(t *testing.T) {
	scale := func(shape []int, values ...float32) safetensors.Tensor {
		data := make([]byte, 4*len(values))
		if err := compute.Encode(data, compute.F32, values); err != nil {
			t.Fatal(err)
		}
		return safetensors.Tensor{Name: "m.weight_scale", DType: "F32", Shape: shape, Data: data}
	}
	plain, _ := fromFloat8(all256("F8_E4M3", 4, 64), safetensors.Tensor{}, [2]int{})
	base := Tensor{Type: plain.typ, Shape: plain.shape, Data: plain.data}.Floats()
	for _, c := range []struct {
		scale safetensors.Tensor
		block [2]int
		at    func(r, c int) float32
	}{
		{scale(nil, 3), [2]int{}, func(int, int) float32 { return 3 }},
		{scale([]int{1}, 3), [2]int{}, func(int, int) float32 { return 3 }},
		{scale([]int{4, 1}, 1, 2, 3, 4), [2]int{}, func(r, _ int) float32 { return float32(r + 1) }},
		{scale([]int{2, 2}, 1, 2, 3, 4), [2]int{3, 48}, func(r, c int) float32 { return float32(r/3*2 + c/48 + 1) }},
	} {
		raw, err := fromFloat8(all256("F8_E4M3", 4, 64), c.scale, c.block)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range (Tensor{Type: raw.typ, Shape: raw.shape, Data: raw.data}).Floats() {
			if want := base[i] * c.at(i/64, i%64); got != want && want == want {
				t.Errorf("scales %v: value %d is %v, want %v", c.scale.Shape, i, got, want)
			}
		}
	}
	if _, err := fromFloat8(all256("F8_E4M3", 4, 64), scale([]int{3}, 1, 2, 3), [2]int{}); err == nil ||
		!strings.Contains(err.Error(), `tensor "m.weight_scale": scales of shape [3] for a matrix of shape [4 64]`) {
		t.Errorf("three scales for four rows: %v", err)
	}
}

// A checkpoint in eight bits with scales for blocks is the model whose matrices are those products.
func TestACheckpointInFloat8IsRead(t *testing.T) {
	const q = "model.layers.1.self_attn.q_proj.weight"
	var want []float32
	dir := writeHF(t, func(c map[string]any, x map[string]safetensors.Tensor) {
		c["quantization_config"] = map[string]any{"quant_method": "fp8", "weight_block_size": []int{16, 16}}
		w := x[q]
		rows, cols := w.Shape[0], w.Shape[1]
		data, scales := make([]byte, rows*cols), []float32{}
		for i := range data {
			data[i] = byte(i*7%120 + i%2*128)
		}
		for i := range (rows + 15) / 16 * ((cols + 15) / 16) {
			scales = append(scales, float32(i+1)/64)
		}
		for i, b := range data {
			want = append(want, float32(float8(int(b), 3, 7))*scales[i/cols/16*((cols+15)/16)+i%cols/16])
		}
		w.DType, w.Data = "F8_E4M3", data
		x[q] = w
		s := make([]byte, 4*len(scales))
		if err := compute.Encode(s, compute.F32, scales); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(q, ".weight") + ".weight_scale_inv"
		x[name] = safetensors.Tensor{Name: name, DType: "F32", Shape: []int{(rows + 15) / 16, (cols + 15) / 16}, Data: s}
	})
	m := openPlain(t, dir)
	for _, x := range m.Tensors() {
		if x.Name == q && !slices.Equal(x.Floats(), want) {
			t.Errorf("%s has other values", q)
		}
	}
}
