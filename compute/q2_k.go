package compute

import "encoding/binary"

// A Q2_K block holds 256 values of two bits as 16 groups of 16: 16 bytes with a group's scale in the low half and its
// minimum in the high half, 64 bytes of values (see putPairs), a float16 d, a float16 dmin. The value of two bits q is
// (d·scale)·q - dmin·minimum.
const (
	q2kGroup = 16
	q2kAt    = kBlock / q2kGroup // where the values begin
	q2kD     = q2kAt + kBlock/4
	q2kBytes = q2kD + 2 + 2
)

func decodeQ2K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[kBlock:], src[q2kBytes:] {
		d, dmin := F16ToF32(binary.LittleEndian.Uint16(src[q2kD:])), F16ToF32(binary.LittleEndian.Uint16(src[q2kD+2:]))
		for g := range kBlock / q2kGroup {
			step, least := d*float32(src[g]&15), dmin*float32(src[g]>>4)
			y := dst[g*q2kGroup:][:q2kGroup]
			bits, shift := pairs(src[q2kAt:q2kD], g)
			for i, q := range bits {
				y[i] = float32(step*float32(q>>shift&3)) - least // the product is exact
			}
		}
	}
}

// encodeQ2K writes one block and returns whether its numbers can be held.
func encodeQ2K(dst []byte, src, importance []float32, _ float32) bool {
	if !allWithin(src, 3*15*maxF16) {
		return false
	}
	const groups = kBlock / q2kGroup
	var scales, minima, sums [groups]float32
	var weights [q2kGroup]float32
	var q [kBlock]byte
	search := rangeSearch{most: 3, from: -0.5, by: 0.1, turns: 15, absolute: true}
	if importance != nil {
		search = rangeSearch{most: 3, from: -0.9, by: 0.05, turns: 36}
	}
	mean := meanSquare(src)
	for g := range scales {
		x := src[g*q2kGroup:][:q2kGroup]
		if importance != nil {
			sums[g] = weigh(weights[:], x, importance[g*q2kGroup:], mean)
		} else {
			for i, v := range x {
				weights[i] = abs(v)
			}
		}
		scales[g], minima[g] = fitRange(x, weights[:], q[g*q2kGroup:][:q2kGroup], search)
	}
	var steps, leasts [groups]byte
	var d, dmin uint16
	if importance != nil {
		d = F32ToF16(fitPositive(scales[:], sums[:], steps[:], 15))
		dmin = F32ToF16(fitPositive(minima[:], sums[:], leasts[:], 15))
	} else {
		d, dmin = shareOut(scales[:], steps[:], 15), shareOut(minima[:], leasts[:], 15)
	}
	if d >= f16Infinity || dmin >= f16Infinity {
		return false
	}
	binary.LittleEndian.PutUint16(dst[q2kD:], d)
	binary.LittleEndian.PutUint16(dst[q2kD+2:], dmin)
	for g := range steps {
		dst[g] = steps[g] | leasts[g]<<4
		step, least := F16ToF32(d)*float32(steps[g]), F16ToF32(dmin)*float32(leasts[g])
		if step == 0 {
			continue
		}
		for i := g * q2kGroup; i < (g+1)*q2kGroup; i++ {
			q[i] = byte(nearest((src[i]+least)/step, 0, 3))
		}
	}
	putPairs(dst[q2kAt:q2kD], &q)
	return true
}

// putPairs writes 256 values of two bits into 64 bytes: in each half of the block, 128 values, byte i of 32 holds values i,
// 32+i, 64+i and 96+i, from its lowest bits up.
func putPairs(dst []byte, q *[kBlock]byte) {
	clear(dst)
	for i, v := range q {
		dst[i/128*32+i%32] |= v & 3 << (i % 128 / 32 * 2)
	}
}

// pairs is where putPairs wrote group g of 16: the bytes, and how far up in them.
func pairs(src []byte, g int) (bits []byte, shift int) {
	return src[g/8*32+g%2*16:][:16], g % 8 / 2 * 2
}
