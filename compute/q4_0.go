package compute

import (
	"encoding/binary"
	"math"
)

// A Q4_0 block is a float16 scale d, then 16 bytes: the low half of byte i is value i, the high half value 16+i. The
// value of a half q is d·(q-8).
const (
	q4Block = 32
	q4Bytes = 2 + q4Block/2
)

func decodeQ4(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[q4Block:], src[q4Bytes:] {
		d := F16ToF32(binary.LittleEndian.Uint16(src))
		low, high := dst[:q4Block/2], dst[q4Block/2:q4Block]
		for i, q := range src[2:q4Bytes] {
			low[i] = d * float32(int(q&15)-8)
			high[i] = d * float32(int(q>>4)-8)
		}
	}
}

// encodeQ4 writes one block and returns whether its numbers can be held. As in ggml's reference, the value largest in
// size, of which the first counts, becomes exactly -8: d = x/-8, so that its side of zero has the eighth step. Halves
// round up.
func encodeQ4(dst []byte, src []float32) bool {
	var most, signed float32
	for _, x := range src {
		if x != x {
			return false
		}
		if a := float32(math.Abs(float64(x))); a > most {
			most, signed = a, x
		}
	}
	d := signed / -8
	scale := F32ToF16(d)
	if scale&0x7fff >= f16Infinity {
		return false
	}
	id := inverse(d)
	binary.LittleEndian.PutUint16(dst, scale)
	step := func(x float32) byte { return byte(min(15, int(float32(x*id)+8.5))) }
	for i := range q4Block / 2 {
		dst[2+i] = step(src[i]) | step(src[q4Block/2+i])<<4
	}
	return true
}
