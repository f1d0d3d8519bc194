package compute

import "encoding/binary"

// A Q4_K block holds 256 values as eight groups of 32, each with a scale and a minimum of six bits: a float16 d, a
// float16 dmin, 12 bytes of scales and minima (see q4kScale), then 128 bytes in four runs of 32: the low halves of run r
// are group 2r, the high halves group 2r+1. The value of a half q is (d·scale)·q - (dmin·minimum).
const (
	kBlock   = 256 // of all types with K in their name
	q4kGroup = 32
	q4kAt    = 2 + 2 + 12 // where the halves begin
	q4kBytes = q4kAt + kBlock/2
)

// q4kScale is group g's scale and minimum. Of the 12 bytes the first four hold the low six bits of scales 0 to 3, the
// next four those of minima 0 to 3, and the last four the low four bits of scale and minimum 4 to 7, whose two high bits
// are the top bits of the first eight.
func q4kScale(s []byte, g int) (scale, least byte) {
	if g < 4 {
		return s[g] & 63, s[g+4] & 63
	}
	return s[g+4]&15 | s[g-4]>>6<<4, s[g+4]>>4 | s[g]>>6<<4
}

func decodeQ4K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[kBlock:], src[q4kBytes:] {
		d := F16ToF32(binary.LittleEndian.Uint16(src))
		dmin := F16ToF32(binary.LittleEndian.Uint16(src[2:]))
		for g := 0; g < kBlock/q4kGroup; g += 2 {
			run := src[q4kAt+g/2*q4kGroup:][:q4kGroup]
			s0, m0 := q4kScale(src[4:q4kAt], g)
			s1, m1 := q4kScale(src[4:q4kAt], g+1)
			d0, l0 := d*float32(s0), dmin*float32(m0)
			d1, l1 := d*float32(s1), dmin*float32(m1)
			low, high := dst[g*q4kGroup:][:q4kGroup], dst[(g+1)*q4kGroup:][:q4kGroup]
			for i, q := range run {
				low[i] = float32(d0*float32(q&15)) - l0 // rounded twice, never fused
				high[i] = float32(d1*float32(q>>4)) - l1
			}
		}
	}
}

// encodeQ4K writes one block and returns whether its numbers can be held.
func encodeQ4K(dst []byte, src, importance []float32, _ float32) bool {
	search := rangeSearch{most: 15, from: -1, by: 0.1, turns: 20}
	if importance != nil {
		search = rangeSearch{most: 15, from: -0.9, by: 0.05, turns: 36}
	}
	var q [kBlock]byte
	if !encodeGroups(dst[:q4kAt], src, importance, search, &q) {
		return false
	}
	for i := range kBlock / 2 {
		at := i/q4kGroup*2*q4kGroup + i%q4kGroup
		dst[q4kAt+i] = q[at] | q[at+q4kGroup]<<4
	}
	return true
}

// encodeGroups writes d, dmin and the packed scales and minima of a Q4_K or Q5_K block, sets q to its values in steps, and
// returns whether its numbers can be held.
func encodeGroups(head []byte, src, importance []float32, search rangeSearch, q *[kBlock]byte) bool {
	most := float32(search.most)
	if !allWithin(src, most*63*maxF16) {
		return false
	}
	const groups = kBlock / q4kGroup
	var scales, minima, sums [groups]float32
	var weights [q4kGroup]float32
	mean := 2 * meanSquare(src)
	for g := range scales {
		x := src[g*q4kGroup:][:q4kGroup]
		if importance != nil {
			sums[g] = weigh(weights[:], x, importance[g*q4kGroup:], mean)
		} else {
			rms := sqrt(meanSquare(x))
			for i, v := range x {
				weights[i] = rms + abs(v)
			}
		}
		scales[g], minima[g] = fitRange(x, weights[:], q[g*q4kGroup:][:q4kGroup], search)
	}
	var steps, leasts [groups]byte
	var d, dmin uint16
	if importance != nil {
		d = F32ToF16(fitPositive(scales[:], sums[:], steps[:], 63))
		dmin = F32ToF16(fitPositive(minima[:], sums[:], leasts[:], 63))
	} else {
		d, dmin = shareOut(scales[:], steps[:], 63), shareOut(minima[:], leasts[:], 63)
	}
	if d >= f16Infinity || dmin >= f16Infinity {
		return false
	}
	binary.LittleEndian.PutUint16(head, d)
	binary.LittleEndian.PutUint16(head[2:], dmin)
	packed := head[4:q4kAt]
	clear(packed)
	for g := range steps {
		s, m := steps[g], leasts[g]
		if g < 4 {
			packed[g], packed[g+4] = s, m
		} else {
			packed[g+4] = s&15 | m&15<<4
			packed[g-4] |= s >> 4 << 6
			packed[g] |= m >> 4 << 6
		}
	}
	// With the scales rounded, the values are rounded again.
	for g := range steps {
		step, least := F16ToF32(d)*float32(steps[g]), F16ToF32(dmin)*float32(leasts[g])
		if step == 0 {
			continue
		}
		for i := g * q4kGroup; i < (g+1)*q4kGroup; i++ {
			q[i] = byte(nearest((src[i]+least)/step, 0, most))
		}
	}
	return true
}
