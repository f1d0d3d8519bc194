package compute

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Conversion between float32 and numbers at rest, one value or whole rows at a time. It has its one home here, for
// files, for loading and for the plain kernels of a backend. compute/computetest decodes by itself, so that the two
// check each other.

// Decode sets dst to the values of whole rows resting in t, of NF4DQ all of them. src holds exactly t.Size(len(dst)) bytes,
// little-endian, and len(dst) is a multiple of t.Block(); other lengths panic. Every value has the
// bits that its definition gives: the products and the difference, each rounded to float32.
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
		decodeQ8(dst, src)
	case Q4_0:
		decodeQ4(dst, src)
	case Q4_K:
		decodeQ4K(dst, src)
	case Q6_K:
		decodeQ6K(dst, src)
	case NF4:
		decodeNF4(dst, src)
	case NF4DQ:
		decodeNF4DQ(dst, src)
	case Q4_1:
		decodeQ41(dst, src)
	case Q5_0:
		decodeQ50(dst, src)
	case Q5_1:
		decodeQ51(dst, src)
	case Q2_K:
		decodeQ2K(dst, src)
	case Q3_K:
		decodeQ3K(dst, src)
	case Q5_K:
		decodeQ5K(dst, src)
	case IQ4_NL:
		decodeIQ4(dst, src)
	case MXFP4:
		decodeMXFP4(dst, src)
	case IQ4_XS:
		decodeIQ4XS(dst, src)
	}
}

// Encode sets dst to whole rows of values resting in t, of NF4DQ all of them. dst holds exactly t.Size(len(src)) bytes and len(src) is
// a multiple of t.Block(); other lengths panic. F16 and BF16 round to the nearest, ties to even, and past their range
// to infinity. The types of GGUF come out as llama.cpp's reference writes them.
//
// The one error is a value that a block cannot hold (infinite, not a number, or so large that the block's scale has no
// float16; for NF4 and MXFP4 only the first two): its whole block would be lost. What stands in dst is then of no meaning.
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
	case NF4DQ:
		return encodeNF4DQ(dst, src)
	default:
		return encodeBlocks(dst, t, src, nil)
	}
	return nil
}

// EncodeWeighted is Encode of one row whose columns do not count alike: what a block errs in column i counts
// importance[i], which is not negative, as llama.cpp does it with the mean squares of a layer's input. F32, F16, BF16,
// Q8_0, MXFP4 and NF4 have no choice to make, and come out as of Encode.
func EncodeWeighted(dst []byte, t Type, row, importance []float32) error {
	checkRows(t, len(row), len(dst))
	if len(importance) != len(row) {
		panic(fmt.Sprintf("compute: %d values of importance for a row of %d", len(importance), len(row)))
	}
	if encoder(t) == nil {
		return Encode(dst, t, row)
	}
	return encodeBlocks(dst, t, row, importance)
}

// encodeBlock writes one block and returns whether its numbers can be held. importance is nil where all columns count
// alike; mean is the mean square of the row's values where it is not.
type encodeBlock func(dst []byte, src, importance []float32, mean float32) bool

// encoder is nil for types without blocks that stand alone.
func encoder(t Type) encodeBlock {
	switch t {
	case Q8_0:
		return encodeQ8
	case Q4_0:
		return encodeQ4
	case Q4_1:
		return encodeQ41
	case Q5_0:
		return encodeQ50
	case Q5_1:
		return encodeQ51
	case Q2_K:
		return encodeQ2K
	case Q3_K:
		return encodeQ3K
	case Q4_K:
		return encodeQ4K
	case Q5_K:
		return encodeQ5K
	case Q6_K:
		return encodeQ6K
	case IQ4_NL:
		return encodeIQ4
	case MXFP4:
		return encodeMXFP4
	case IQ4_XS:
		return encodeIQ4XS
	case NF4:
		return encodeNF4
	}
	return nil
}

// encodeBlocks encodes block by block, of one row where there is an importance.
func encodeBlocks(dst []byte, t Type, src, importance []float32) error {
	n, size := t.Block(), t.RowBytes(t.Block())
	encode := encoder(t)
	var mean float32
	if importance != nil {
		mean = meanSquare(src)
	}
	var part []float32
	for at := 0; at < len(src); at += n {
		if importance != nil {
			part = importance[at : at+n]
		}
		if !encode(dst[at/n*size:][:size], src[at:at+n], part, mean) {
			return fmt.Errorf("encode %s: the block of values %d to %d holds one that is not finite or too large", t, at, at+n-1)
		}
	}
	return nil
}

// checkRows panics where values of type t do not take size bytes, which is a mistake in the program.
func checkRows(t Type, values, size int) {
	if values%t.Block() != 0 || size != t.Size(values) {
		panic(fmt.Sprintf("compute: %d bytes for %d values in %s", size, values, t))
	}
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
