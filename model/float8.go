package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/safetensors"
)

// A checkpoint's matrices may rest in eight bits (Micikevicius et al. 2022): F8_E4M3 has no infinities and ends at ±448,
// F8_E5M2 is the upper half of a float16. Nothing multiplies by them here; they are brought to BF16, which holds all their
// values, or to float32 where a scale multiplies them.

// scaleNames are what the scales of a matrix NAME.weight are called. All of them multiply: the last is the inverse of what
// the values were multiplied with.
var scaleNames = [...]string{".weight_scale", ".weight_scale_inv"}

// scaleOf is the tensor with the scales of a matrix in eight bits, where the checkpoint has one.
func scaleOf(f *safetensors.File, name string) (safetensors.Tensor, bool) {
	stem, ok := strings.CutSuffix(name, ".weight")
	if !ok {
		return safetensors.Tensor{}, false
	}
	for _, end := range scaleNames {
		if t, ok := f.Tensor(stem + end); ok {
			return t, true
		}
	}
	return safetensors.Tensor{}, false
}

// fromFloat8 brings a tensor in eight bits to a type that is multiplied. scale may be a single number, one for each row, or
// one for each block of block[0] rows and block[1] columns; a scale without a shape is none.
func fromFloat8(t, scale safetensors.Tensor, block [2]int) (rawTensor, error) {
	values := float8Values(t.DType)
	if scale.Data == nil {
		data := make([]byte, 2*len(t.Data))
		for i, b := range t.Data {
			h := compute.F32ToBF16(values[b])
			data[2*i], data[2*i+1] = byte(h), byte(h>>8)
		}
		return rawTensor{typ: compute.BF16, shape: t.Shape, data: data}, nil
	}
	scales, err := plainFloats(scale)
	if err != nil {
		return rawTensor{}, err
	}
	rows, cols := 1, len(t.Data)
	if len(t.Shape) == 2 {
		rows, cols = t.Shape[0], t.Shape[1]
	}
	high, wide := block[0], block[1]
	switch n := len(scales); {
	case n == 1:
		high, wide = max(rows, 1), max(cols, 1)
	case len(t.Shape) == 2 && n == rows && (len(scale.Shape) == 1 || slices.Equal(scale.Shape, []int{rows, 1})):
		high, wide = 1, max(cols, 1)
	case len(t.Shape) == 2 && high > 0 && wide > 0 && slices.Equal(scale.Shape, []int{(rows + high - 1) / high, (cols + wide - 1) / wide}):
	default:
		return rawTensor{}, fmt.Errorf("tensor %q: scales of shape %s for a matrix of shape %s: want one, one for each row, or one for each block of weight_block_size",
			scale.Name, dims(scale.Shape), dims(t.Shape))
	}
	across := (cols + wide - 1) / wide
	data := make([]byte, 4*len(t.Data))
	row := make([]float32, cols)
	for r := range rows {
		for c := range row {
			row[c] = values[t.Data[r*cols+c]] * scales[r/high*across+c/wide]
		}
		if err := compute.Encode(data[4*r*cols:4*(r+1)*cols], compute.F32, row); err != nil {
			return rawTensor{}, err
		}
	}
	return rawTensor{typ: compute.F32, shape: t.Shape, data: data}, nil
}

// quantisation is what a configuration says of how the weights rest, without fields where it says nothing.
func quantisation(j *jsonConfig) *jsonConfig {
	q := &jsonConfig{}
	if j.has("quantization_config") {
		j.read("quantization_config", &q.fields, "an object")
	}
	return q
}

// plainFloat8 says whether the weights rest in eight-bit floats that only a scale multiplies, so that they can be read as
// numbers.
func (j *jsonConfig) plainFloat8() bool {
	method := j.string("quant_method", "")
	return method == "fp8" || method == "compressed-tensors" && j.string("format", "") == "float-quantized"
}

// float8Blocks is the rows and columns of a matrix in eight bits that share a scale, zeros where the configuration does not say.
func float8Blocks(j *jsonConfig) [2]int {
	var block []int
	if q := quantisation(j); q.has("weight_block_size") {
		q.read("weight_block_size", &block, "a list of two numbers")
	}
	if len(block) != 2 || block[0] <= 0 || block[1] <= 0 {
		return [2]int{}
	}
	return [2]int(block)
}

// plainFloats is the values of a small tensor in F32, F16 or BF16.
func plainFloats(t safetensors.Tensor) ([]float32, error) {
	for _, typ := range []compute.Type{compute.F32, compute.F16, compute.BF16} {
		if t.DType == typ.String() {
			x := make([]float32, product(t.Shape))
			compute.Decode(x, typ, t.Data)
			return x, nil
		}
	}
	return nil, fmt.Errorf("tensor %q is in %s, want F32, F16 or BF16", t.Name, t.DType)
}

// isFloat8 says whether a number format is one of eight bits.
func isFloat8(dtype string) bool { return dtype == "F8_E4M3" || dtype == "F8_E5M2" }

// float8Values is the value of every byte of a format of eight bits.
func float8Values(dtype string) *[256]float32 {
	var values [256]float32
	for i := range values {
		b := uint16(i)
		if dtype == "F8_E5M2" {
			values[i] = compute.F16ToF32(b << 8)
			continue
		}
		// Put where a float16 has its exponent and fraction, the value is 2^-8 of what it should be, and exact.
		values[i] = compute.F16ToF32(b&0x80<<8|b&0x7f<<7) * 256
		if b&0x7f == 0x7f {
			values[i] = compute.F16ToF32(0x7e00)
		}
	}
	return &values
}
