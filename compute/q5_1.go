package compute

import "encoding/binary"

// A Q5_1 block is a float16 scale d, a float16 m, then the top bits and the halves of Q5_0. The value of five bits q is
// d·q + m.
const q51Bytes = 2 + 2 + 4 + q4Block/2

func decodeQ51(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[q4Block:], src[q51Bytes:] {
		d, m := F16ToF32(binary.LittleEndian.Uint16(src)), F16ToF32(binary.LittleEndian.Uint16(src[2:]))
		top := binary.LittleEndian.Uint32(src[4:])
		low, high := dst[:q4Block/2], dst[q4Block/2:q4Block]
		for i, q := range src[8:q51Bytes] {
			low[i] = float32(d*float32(uint32(q&15)|top>>i&1<<4)) + m // the product is exact
			high[i] = float32(d*float32(uint32(q>>4)|top>>(16+i)&1<<4)) + m
		}
	}
}

// encodeQ51 writes one block and returns whether its numbers can be held.
func encodeQ51(dst []byte, src, importance []float32, mean float32) bool {
	var q [q4Block]byte
	d, m, ok := rangeSteps(q[:], src, importance, mean, 31)
	binary.LittleEndian.PutUint16(dst, d)
	binary.LittleEndian.PutUint16(dst[2:], m)
	putTops(dst[4:], &q)
	putHalves(dst[8:q51Bytes], &q)
	return ok
}
