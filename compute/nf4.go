package compute

import (
	"encoding/binary"
	"math"
)

// An NF4 block is the largest size of its 64 values as float32, then 32 bytes: the low half of byte i is value i, the
// high half value 32+i. The value of a half q is that size times nf4Levels[q].
//
// The levels, the length of a block and the float32 scale are those of bitsandbytes without its double quantisation, so
// that a base trained on here has the values it would have there. The order of the halves is our own: the type rests in
// no file, and in this order they unpack into two whole runs.
const (
	nf4Block = 64
	nf4Bytes = 4 + nf4Block/2
)

// nf4Levels divide the standard normal distribution, scaled to [-1, 1], into parts of equal probability, with an exact
// zero (Dettmers et al. 2023, "QLoRA", appendix E).
var nf4Levels = [16]float32{
	-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453,
	-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0,
	0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
	0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
}

// NF4Levels is the 16 values that an NF4 block holds before they are scaled, in rising order.
func NF4Levels() [16]float32 { return nf4Levels }

func decodeNF4(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[nf4Block:], src[nf4Bytes:] {
		d := math.Float32frombits(binary.LittleEndian.Uint32(src))
		low, high := dst[:nf4Block/2], dst[nf4Block/2:nf4Block]
		for i, q := range src[4:nf4Bytes] {
			low[i] = d * nf4Levels[q&15]
			high[i] = d * nf4Levels[q>>4]
		}
	}
}

// encodeNF4 writes one block and returns whether its numbers are finite.
func encodeNF4(dst []byte, src, _ []float32, _ float32) bool {
	var most float32
	for _, x := range src {
		if x != x {
			return false
		}
		most = max(most, float32(math.Abs(float64(x))))
	}
	if math.IsInf(float64(most), 0) {
		return false
	}
	id := inverse(most)
	binary.LittleEndian.PutUint32(dst, math.Float32bits(most))
	for i := range nf4Block / 2 {
		dst[4+i] = nf4Nearest(src[i]*id) | nf4Nearest(src[nf4Block/2+i]*id)<<4
	}
	return true
}

// nf4Nearest is the level nearest to x, the lower one where two are equally near.
func nf4Nearest(x float32) byte {
	var q byte
	for step := byte(8); step > 0; step /= 2 {
		if x > (nf4Levels[q+step-1]+nf4Levels[q+step])/2 {
			q += step
		}
	}
	return q
}
