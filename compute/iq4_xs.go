package compute

import "encoding/binary"

// An IQ4_XS block holds 256 values as eight groups of 32 like those of IQ4_NL: a float16 d, two bytes of which bits 2g and
// 2g+1 are the high bits of group g's scale, four bytes of low halves of scales, two groups each, then 128 bytes of halves,
// 16 a group. The value of a half q is (d·(scale-32))·iq4Levels[q].
const (
	iq4xsLow   = 2 + 2
	iq4xsAt    = iq4xsLow + 4 // where the halves begin
	iq4xsBytes = iq4xsAt + kBlock/2
)

func decodeIQ4XS(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[kBlock:], src[iq4xsBytes:] {
		d, high := F16ToF32(binary.LittleEndian.Uint16(src)), binary.LittleEndian.Uint16(src[2:])
		for g := range kBlock / q4Block {
			scale := src[iq4xsLow+g/2]>>(g%2*4)&15 | byte(high>>(2*g)&3)<<4
			step := d * float32(int(scale)-32)
			low, high := dst[g*q4Block:][:16], dst[g*q4Block+16:][:16]
			for i, q := range src[iq4xsAt+16*g:][:16] {
				low[i], high[i] = step*iq4Levels[q&15], step*iq4Levels[q>>4]
			}
		}
	}
}

// encodeIQ4XS writes one block and returns whether its numbers can be held.
func encodeIQ4XS(dst []byte, src, importance []float32, _ float32) bool {
	if !allWithin(src, 127*32*maxF16) {
		return false
	}
	const groups = kBlock / q4Block
	var scales [groups]float32
	var weights [q4Block]float32
	mean := 2 * meanSquare(src)
	var size, signed float32
	for g := range scales {
		x := src[g*q4Block:][:q4Block]
		if importance != nil {
			weigh(weights[:], x, importance[g*q4Block:], mean)
		} else {
			square(weights[:], x)
		}
		scales[g] = fitLevels(x, weights[:])
		if a := abs(scales[g]); a > size {
			size, signed = a, scales[g]
		}
	}
	d := -signed / 32
	half := F32ToF16(d)
	if half&0x7fff >= f16Infinity {
		return false
	}
	clear(dst[:iq4xsAt])
	binary.LittleEndian.PutUint16(dst, half)
	id := inverse(d)
	var top uint16
	for g := range scales {
		s := nearest(float32(id*scales[g]), -32, 31)
		step := d * float32(s)
		back := inverse(step)
		var q [q4Block]byte
		for i, v := range src[g*q4Block:][:q4Block] {
			q[i] = iq4Nearest(back * v)
		}
		putHalves(dst[iq4xsAt+16*g:][:16], &q)
		dst[iq4xsLow+g/2] |= byte(s+32) & 15 << (g % 2 * 4)
		top |= uint16(s+32) >> 4 << (2 * g)
	}
	binary.LittleEndian.PutUint16(dst[2:], top)
	return true
}
