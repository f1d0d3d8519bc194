package compute

import "encoding/binary"

// A Q5_0 block is a float16 scale d, four bytes whose bit i is the top bit of value i, then 16 bytes of low halves in the
// order of Q4_0. The value of five bits q is d·(q-16).
const q50Bytes = 2 + 4 + q4Block/2

func decodeQ50(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[q4Block:], src[q50Bytes:] {
		d := F16ToF32(binary.LittleEndian.Uint16(src))
		top := binary.LittleEndian.Uint32(src[2:])
		low, high := dst[:q4Block/2], dst[q4Block/2:q4Block]
		for i, q := range src[6:q50Bytes] {
			low[i] = d * float32(int(uint32(q&15)|top>>i&1<<4)-16)
			high[i] = d * float32(int(uint32(q>>4)|top>>(16+i)&1<<4)-16)
		}
	}
}

// encodeQ50 writes one block and returns whether its numbers can be held.
func encodeQ50(dst []byte, src, importance []float32, mean float32) bool {
	var q [q4Block]byte
	d, ok := signedSteps(q[:], src, importance, mean, 16)
	binary.LittleEndian.PutUint16(dst, d)
	putTops(dst[2:], &q)
	putHalves(dst[6:q50Bytes], &q)
	return ok
}

// putTops writes the fifth bits of 32 values.
func putTops(dst []byte, q *[32]byte) {
	var top uint32
	for i, v := range q {
		top |= uint32(v>>4) << i
	}
	binary.LittleEndian.PutUint32(dst, top)
}
