package compute

import "encoding/binary"

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

// encodeQ4 writes one block and returns whether its numbers can be held.
func encodeQ4(dst []byte, src, importance []float32, mean float32) bool {
	var q [q4Block]byte
	d, ok := signedSteps(q[:], src, importance, mean, 8)
	binary.LittleEndian.PutUint16(dst, d)
	putHalves(dst[2:q4Bytes], &q)
	return ok
}

// signedSteps sets q to a block's values in steps of d, plus most, and returns d as float16 and whether it can be held. As
// in ggml's reference, without importance the value largest in size, of which the first counts, becomes exactly -most, so
// that its side of zero has the last step, and halves round up.
func signedSteps(q []byte, src, importance []float32, mean float32, most int) (d uint16, ok bool) {
	var size, signed float32
	for _, x := range src {
		if x != x {
			return 0, false
		}
		if a := abs(x); a > size {
			size, signed = a, x
		}
	}
	if importance != nil {
		var weights [32]float32
		weigh(weights[:], src, importance, mean)
		d = F32ToF16(fitSigned(src, weights[:], q, most))
		return d, size <= maxFinite && d&0x7fff < f16Infinity
	}
	step := signed / float32(-most)
	d = F32ToF16(step)
	if d&0x7fff >= f16Infinity {
		return 0, false
	}
	id := inverse(step)
	for i, x := range src {
		q[i] = byte(min(2*most-1, int(float32(x*id)+(float32(most)+0.5))))
	}
	return d, true
}

// putHalves writes 32 values of four bits, the low halves of the bytes before all high halves.
func putHalves(dst []byte, q *[32]byte) {
	for i := range 16 {
		dst[i] = q[i]&15 | q[16+i]<<4
	}
}
