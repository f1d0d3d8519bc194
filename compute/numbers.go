package compute

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Conversion between float32 and numbers at rest, one value or whole rows at a time. It has its one home here, for
// files, for loading and for the plain kernels of a backend. compute/computetest decodes by itself, so that the two
// check each other.

// Decode sets dst to the values of whole rows resting in t. src holds exactly t.RowBytes(len(dst)) bytes,
// little-endian, and len(dst) is a multiple of t.Block(); other lengths panic. Every value is exact: for Q8_0 it is the scale times the
// byte, rounded once.
func Decode(dst []float32, t Type, src []byte) {
	checkRows(t, len(dst), len(src))
	switch t {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case F16:
		for i := range dst {
			dst[i] = F16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case BF16:
		for i := range dst {
			dst[i] = BF16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case Q8_0:
		for ; len(dst) > 0; dst, src = dst[q8Block:], src[q8Bytes:] {
			d := F16ToF32(binary.LittleEndian.Uint16(src))
			for i, q := range src[2:q8Bytes] {
				dst[i] = d * float32(int8(q))
			}
		}
	}
}

// Encode sets dst to whole rows of values resting in t. dst holds exactly t.RowBytes(len(src)) bytes and len(src) is
// a multiple of t.Block(); other lengths panic. F16 and BF16 round to the nearest, ties to even, and past their range
// to infinity. Q8_0 comes out bit for bit as llama.cpp's reference writes it.
//
// The one error is a value that a Q8_0 block cannot hold (infinite, not a number, or beyond 127·65504): its whole
// block would be lost. What stands in dst is then of no meaning.
func Encode(dst []byte, t Type, src []float32) error {
	checkRows(t, len(src), len(dst))
	switch t {
	case F32:
		for i, x := range src {
			binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(x))
		}
	case F16:
		for i, x := range src {
			binary.LittleEndian.PutUint16(dst[2*i:], F32ToF16(x))
		}
	case BF16:
		for i, x := range src {
			binary.LittleEndian.PutUint16(dst[2*i:], F32ToBF16(x))
		}
	case Q8_0:
		for at := 0; at < len(src); at += q8Block {
			if !encodeQ8Block(dst[at/q8Block*q8Bytes:], src[at:at+q8Block]) {
				return fmt.Errorf("encode %s: the block of values %d to %d holds one that is not finite or too large", t, at, at+q8Block-1)
			}
		}
	}
	return nil
}

// checkRows panics where values of type t do not take size bytes, which is a mistake in the program.
func checkRows(t Type, values, size int) {
	if values%t.Block() != 0 || size != t.RowBytes(values) {
		panic(fmt.Sprintf("compute: %d bytes for %d values in %s", size, values, t))
	}
}

// A Q8_0 block is a float16 scale d, then one signed byte q for each value; the value is d·q.
const (
	q8Block = 32
	q8Bytes = 2 + q8Block
)

// encodeQ8Block writes one block and returns whether its numbers can be held. The steps and their rounding are
// those of ggml's reference: d = max|x|/127 and x·(1/d), each rounded to float32, then to the nearest integer with
// halves away from zero. Only then d is rounded to float16.
func encodeQ8Block(dst []byte, src []float32) bool {
	var most float32
	for _, x := range src {
		if x != x {
			return false
		}
		most = max(most, float32(math.Abs(float64(x))))
	}
	d := most / 127
	scale := F32ToF16(d)
	if scale >= f16Infinity {
		return false
	}
	var id float32
	if d != 0 {
		id = 1 / d
	}
	if math.IsInf(float64(id), 0) {
		id = 0 // d is so small that float16 holds it as 0
	}
	binary.LittleEndian.PutUint16(dst, scale)
	for i, x := range src {
		// Adding a half in float64 is exact where it matters, so truncation then rounds halves away from zero.
		v := float64(float32(x * id))
		dst[2+i] = byte(int8(v + math.Copysign(0.5, v)))
	}
	return true
}

const f16Infinity = 0x7c00

// F16ToF32 is the value of a float16 (IEEE 754 binary16), exactly.
func F16ToF32(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp := uint32(h>>10) & 31
	mant := uint32(h & 0x3ff)
	switch exp {
	case 0: // subnormal: mant·2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(mant)*0x1p-24))
	case 31: // infinite, or not a number
		return math.Float32frombits(sign | 0x7f800000 | mant<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | mant<<13)
}

// F32ToF16 is the float16 nearest to x, ties to even, infinite from 65520 on. What is not a number stays so.
func F32ToF16(x float32) uint16 {
	b := math.Float32bits(x)
	sign := uint16(b >> 16 & 0x8000)
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000:
		return sign | 0x7e00 | uint16(b>>13&0x3ff)
	case b >= 0x477ff000: // 65520, half way past the largest
		return sign | f16Infinity
	case b < 0x38800000: // below 2^-14: adding 0.5 leaves the multiple of 2^-24 in the low bits, rounded
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-0x3f000000)
	}
	b += 0xfff + b>>13&1 // half of the last place, less one where that place is even
	return sign | uint16(b>>13-(127-15)<<10)
}

// BF16ToF32 is the value of a bfloat16, exactly: it is the upper half of a float32.
func BF16ToF32(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// F32ToBF16 is the bfloat16 nearest to x, ties to even. What is not a number stays so.
func F32ToBF16(x float32) uint16 {
	b := math.Float32bits(x)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
