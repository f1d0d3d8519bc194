package compute

import "encoding/binary"

// A Q3_K block holds 256 values of three bits as 16 groups of 16: 32 bytes of top bits, of which bit b of byte i is that of
// value 32·b+i, 64 bytes of low bits as in Q2_K, 12 bytes of scales of six bits (see q3kScale), a float16 d. The value of
// three bits q is (d·(scale-32))·(q-4).
const (
	q3kGroup  = 16
	q3kAt     = kBlock / 8 // where the low bits begin
	q3kScales = q3kAt + kBlock/4
	q3kD      = q3kScales + 12
	q3kBytes  = q3kD + 2
)

// q3kScale is group g's scale. The first eight of the 12 bytes hold low halves, of groups 0 to 7 in their low and 8 to 15 in
// their high halves; the last four hold two bits each of groups i, 4+i, 8+i and 12+i, from the lowest bits up.
func q3kScale(s []byte, g int) byte {
	return s[g%8]>>(g/8*4)&15 | s[8+g%4]>>(g/4*2)&3<<4
}

func decodeQ3K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[kBlock:], src[q3kBytes:] {
		d := F16ToF32(binary.LittleEndian.Uint16(src[q3kD:]))
		for g := range kBlock / q3kGroup {
			step := d * float32(int(q3kScale(src[q3kScales:q3kD], g))-32)
			y := dst[g*q3kGroup:][:q3kGroup]
			top, bit := src[g%2*16:][:16], g/2
			bits, shift := pairs(src[q3kAt:q3kScales], g)
			for i, q := range bits {
				y[i] = step * float32(int(q>>shift&3|top[i]>>bit&1<<2)-4)
			}
		}
	}
}

// encodeQ3K writes one block and returns whether its numbers can be held.
func encodeQ3K(dst []byte, src, importance []float32, _ float32) bool {
	if !allWithin(src, 4*32*maxF16) {
		return false
	}
	const groups = kBlock / q3kGroup
	var scales, sums [groups]float32
	var weights [q3kGroup]float32
	var q [kBlock]byte // plus 4
	mean := 2 * meanSquare(src)
	for g := range scales {
		x, to := src[g*q3kGroup:][:q3kGroup], q[g*q3kGroup:][:q3kGroup]
		if importance == nil {
			scales[g] = fitOneByOne(x, to, 4)
			continue
		}
		sums[g] = weigh(weights[:], x, importance[g*q3kGroup:], mean)
		scales[g] = fitSigned(x, weights[:], to, 4)
	}
	var steps [groups]byte // plus 32
	var d uint16
	if importance != nil {
		d = F32ToF16(fitSigned(scales[:], sums[:], steps[:], 32))
	} else {
		d = largestFirst(scales[:], steps[:])
	}
	if d&0x7fff >= f16Infinity {
		return false
	}
	binary.LittleEndian.PutUint16(dst[q3kD:], d)
	packed := dst[q3kScales:q3kD]
	clear(packed)
	for g, s := range steps {
		packed[g%8] |= s & 15 << (g / 8 * 4)
		packed[8+g%4] |= s >> 4 << (g / 4 * 2)
	}
	for g, s := range steps {
		step := F16ToF32(d) * float32(int(s)-32)
		if step == 0 {
			continue
		}
		for i := g * q3kGroup; i < (g+1)*q3kGroup; i++ {
			q[i] = byte(nearest(src[i]/step, -4, 3) + 4)
		}
	}
	top := dst[:q3kAt]
	clear(top)
	for i, v := range q {
		top[i%32] |= v >> 2 << (i / 32)
	}
	putPairs(dst[q3kAt:q3kScales], &q)
	return true
}

// largestFirst sets q to the scales in steps, plus 32, of which the one largest in size is exactly -32, and returns the
// step as float16.
func largestFirst(scales []float32, q []byte) uint16 {
	signed := largest(scales)
	if signed == 0 {
		clear(q)
		return 0
	}
	inverse := -32 / signed
	for g, s := range scales {
		q[g] = byte(nearest(inverse*s, -32, 31) + 32)
	}
	return F32ToF16(1 / inverse)
}
