package model

import (
	"encoding/binary"
	"math"

	"github.com/cria-llm/cria/compute"
)

// Conversion between the bytes of a tensor at rest and float32, for loading, hashing, full fine-tuning and random
// models. Nothing here runs within a step.

// decodeRows writes the values of whole rows to dst. data holds exactly those rows.
func decodeRows(dst []float32, t compute.Type, data []byte) {
	switch t {
	case compute.F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	case compute.F16:
		for i := range dst {
			dst[i] = halfToFloat(binary.LittleEndian.Uint16(data[2*i:]))
		}
	case compute.BF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*i:])) << 16)
		}
	case compute.Q8_0:
		for b := 0; b*32 < len(dst); b++ {
			block := data[b*34 : b*34+34]
			d := halfToFloat(binary.LittleEndian.Uint16(block))
			for i, q := range block[2:] {
				dst[b*32+i] = d * float32(int8(q))
			}
		}
	}
}

// appendRow appends one row in the given type, rounding to nearest, ties to even.
func appendRow(data []byte, t compute.Type, row []float32) []byte {
	switch t {
	case compute.F32:
		for _, x := range row {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
		}
	case compute.F16:
		for _, x := range row {
			data = binary.LittleEndian.AppendUint16(data, floatToHalf(x))
		}
	case compute.BF16:
		for _, x := range row {
			u := math.Float32bits(x)
			data = binary.LittleEndian.AppendUint16(data, uint16((u+0x7fff+u>>16&1)>>16))
		}
	case compute.Q8_0:
		for ; len(row) >= 32; row = row[32:] {
			var top float32
			for _, x := range row[:32] {
				top = max(top, float32(math.Abs(float64(x))))
			}
			h := floatToHalf(top / 127)
			data = binary.LittleEndian.AppendUint16(data, h)
			d := halfToFloat(h)
			for _, x := range row[:32] {
				q := 0.0
				if d != 0 {
					q = math.RoundToEven(float64(x / d))
				}
				data = append(data, byte(int8(max(-127, min(127, q)))))
			}
		}
	}
	return data
}

// halfToFloat is the value of an IEEE 754 binary16.
func halfToFloat(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exp, frac := uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0: // zero or subnormal: frac · 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*(1.0/(1<<24))))
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// floatToHalf rounds to the nearest binary16, ties to even.
func floatToHalf(x float32) uint16 {
	u := math.Float32bits(x)
	sign := uint16(u >> 16 & 0x8000)
	u &= 0x7fffffff
	switch {
	case u > 0x7f800000: // NaN
		return sign | 0x7e00
	case u >= 0x477ff000: // rounds past the largest
		return sign | 0x7c00
	case u < 0x38800000: // subnormal: a count of 2^-24, which math rounds for us
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(u))*(1<<24)))
	}
	u += 0xfff + u>>13&1
	return sign | uint16(u>>13-112<<10)
}
