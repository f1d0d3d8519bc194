package compute

import "encoding/binary"

// A Q6_K block holds 256 values of six bits as 16 groups of 16, each with a scale of a signed byte: 128 bytes of low
// four bits, 64 bytes of high two bits, 16 scales, then a float16 d. In each half of the block, 128 values, low-bits byte
// i of 64 holds values i and 64+i, and high-bits byte i of 32 holds values i, 32+i, 64+i and 96+i, from its lowest bits
// up. The value of a q is (d·scale)·(q-32).
const (
	q6kGroup  = 16
	q6kHigh   = kBlock / 2                  // where the high bits begin
	q6kScales = q6kHigh + kBlock/4          // where the scales begin
	q6kD      = q6kScales + kBlock/q6kGroup // where d is
	q6kBytes  = q6kD + 2
)

func decodeQ6K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[kBlock:], src[q6kBytes:] {
		d := F16ToF32(binary.LittleEndian.Uint16(src[q6kD:]))
		for half := range 2 {
			low, high := src[half*64:][:64], src[q6kHigh+half*32:][:32]
			scales := src[q6kScales+half*8:][:8]
			y := dst[half*128:][:128]
			for part := range 4 { // of 32 values
				bits := low[part%2*32:][:32]
				for i, h := range high {
					q := int(bits[i]>>(part/2*4)&15|h>>(2*part)&3<<4) - 32
					y[part*32+i] = d * float32(int8(scales[part*2+i/q6kGroup])) * float32(q)
				}
			}
		}
	}
}

// encodeQ6K writes one block and returns whether its numbers can be held.
func encodeQ6K(dst []byte, src, importance []float32, _ float32) bool {
	if !allWithin(src, 32*128*maxF16) {
		return false
	}
	const groups = kBlock / q6kGroup
	var scales [groups]float32
	var squares [q6kGroup]float32
	var q [kBlock]byte // plus 32
	var most, signed float32
	for g := range scales {
		x, weights := src[g*q6kGroup:][:q6kGroup], squares[:]
		if importance != nil {
			weights = importance[g*q6kGroup:][:q6kGroup] // alone, as ggml has it
		} else {
			square(squares[:], x)
		}
		scales[g] = fitSigned(x, weights, q[g*q6kGroup:][:q6kGroup], 32)
		if a := abs(scales[g]); a > most {
			most, signed = a, scales[g]
		}
	}
	clear(dst[:q6kBytes])
	if most < nothing {
		return true
	}
	inverse := -128 / signed // so that the largest scale is exactly -128
	d := F32ToF16(1 / inverse)
	if d&0x7fff >= f16Infinity {
		return false
	}
	binary.LittleEndian.PutUint16(dst[q6kD:], d)
	for g := range scales {
		s := nearest(inverse*scales[g], -128, 127)
		dst[q6kScales+g] = byte(int8(s))
		step := F16ToF32(d) * float32(s)
		if step == 0 {
			continue
		}
		for i := g * q6kGroup; i < (g+1)*q6kGroup; i++ {
			q[i] = byte(nearest(src[i]/step, -32, 31) + 32)
		}
	}
	for half := range 2 {
		low, high := dst[half*64:][:64], dst[q6kHigh+half*32:][:32]
		for i, v := range q[half*128:][:128] {
			part := i / 32
			low[i%64] |= v & 15 << (part / 2 * 4)
			high[i%32] |= v >> 4 << (2 * part)
		}
	}
	return true
}
