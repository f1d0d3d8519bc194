package compute

import (
	"encoding/binary"
	"math"
)

// A Q8_0 block is a float16 scale d, then one signed byte q for each of 32 values; the value is d·q.
const (
	q8Block = 32
	q8Bytes = 2 + q8Block
)

func decodeQ8(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[q8Block:], src[q8Bytes:] {
		d := F16ToF32(binary.LittleEndian.Uint16(src))
		for i, q := range src[2:q8Bytes] {
			dst[i] = d * float32(int8(q))
		}
	}
}

// encodeQ8 writes one block and returns whether its numbers can be held. The steps and their rounding are
// those of ggml's reference: d = max|x|/127 and x·(1/d), each rounded to float32, then to the nearest integer with
// halves away from zero. Only then d is rounded to float16.
func encodeQ8(dst []byte, src, _ []float32, _ float32) bool {
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
	id := inverse(d)
	binary.LittleEndian.PutUint16(dst, scale)
	for i, x := range src {
		// Adding a half in float64 is exact where it matters, so truncation then rounds halves away from zero.
		v := float64(float32(x * id))
		dst[2+i] = byte(int8(v + math.Copysign(0.5, v)))
	}
	return true
}

// inverse is 1/d, or 0 where d is so small that float16 holds it as 0 anyway.
func inverse(d float32) float32 {
	if d == 0 {
		return 0
	}
	if id := 1 / d; !math.IsInf(float64(id), 0) {
		return id
	}
	return 0
}
