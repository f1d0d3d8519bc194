package compute

import (
	"encoding/binary"
	"math"
)

// A Q4_1 block is a float16 scale d, a float16 m, then 16 bytes of halves in the order of Q4_0. The value of a half q is
// d·q + m.
const q41Bytes = 2 + 2 + q4Block/2

func decodeQ41(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[q4Block:], src[q41Bytes:] {
		d, m := F16ToF32(binary.LittleEndian.Uint16(src)), F16ToF32(binary.LittleEndian.Uint16(src[2:]))
		low, high := dst[:q4Block/2], dst[q4Block/2:q4Block]
		for i, q := range src[4:q41Bytes] {
			low[i] = float32(d*float32(q&15)) + m // the product is exact
			high[i] = float32(d*float32(q>>4)) + m
		}
	}
}

// encodeQ41 writes one block and returns whether its numbers can be held.
func encodeQ41(dst []byte, src, importance []float32, mean float32) bool {
	var q [q4Block]byte
	d, m, ok := rangeSteps(q[:], src, importance, mean, 15)
	binary.LittleEndian.PutUint16(dst, d)
	binary.LittleEndian.PutUint16(dst[2:], m)
	putHalves(dst[4:q41Bytes], &q)
	return ok
}

// maxFinite is the largest float32.
const maxFinite = math.MaxFloat32

// rangeSteps sets q to a block's values in steps of d from m on, and returns d and m as float16 and whether they can be held.
// Without importance the steps go from the least value to the largest, as in ggml's reference, and halves round up.
func rangeSteps(q []byte, src, importance []float32, mean float32, most int) (d, m uint16, ok bool) {
	if !allWithin(src, maxFinite) {
		return 0, 0, false
	}
	var step, least float32
	if importance != nil {
		var weights [32]float32
		weigh(weights[:], src, importance, mean)
		step, least = fitRange(src, weights[:], q, rangeSearch{most: most, from: -0.9, by: 0.05, turns: 36})
		least = -least
	} else {
		lo, hi := src[0], src[0]
		for _, x := range src {
			lo, hi = min(lo, x), max(hi, x)
		}
		step, least = (hi-lo)/float32(most), lo
		id := inverse(step)
		for i, x := range src {
			q[i] = byte(min(float32(most), float32((x-least)*id)+0.5))
		}
	}
	d, m = F32ToF16(step), F32ToF16(least)
	return d, m, d&0x7fff < f16Infinity && m&0x7fff < f16Infinity
}
