package compute

import "encoding/binary"

// An IQ4_NL block is a float16 scale d, then 16 bytes of halves in the order of Q4_0. The value of a half q is
// d·iq4Levels[q].
const iq4Bytes = 2 + q4Block/2

// iq4Levels lie denser near zero, where most weights are.
var iq4Levels = [16]float32{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// IQ4Levels is the 16 values that an IQ4_NL block holds before they are scaled, in rising order.
func IQ4Levels() [16]float32 { return iq4Levels }

func decodeIQ4(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[q4Block:], src[iq4Bytes:] {
		d := F16ToF32(binary.LittleEndian.Uint16(src))
		low, high := dst[:q4Block/2], dst[q4Block/2:q4Block]
		for i, q := range src[2:iq4Bytes] {
			low[i], high[i] = d*iq4Levels[q&15], d*iq4Levels[q>>4]
		}
	}
}

// encodeIQ4 writes one block and returns whether its numbers can be held.
func encodeIQ4(dst []byte, src, importance []float32, _ float32) bool {
	if !allWithin(src, 127*maxF16) {
		return false
	}
	var weights [q4Block]float32
	if importance != nil {
		weigh(weights[:], src, importance, 2*meanSquare(src))
	} else {
		square(weights[:], src)
	}
	d := fitLevels(src, weights[:])
	half := F32ToF16(d)
	if half&0x7fff >= f16Infinity {
		return false
	}
	binary.LittleEndian.PutUint16(dst, half)
	id := inverse(d)
	var q [q4Block]byte
	for i, v := range src {
		q[i] = iq4Nearest(id * v)
	}
	putHalves(dst[2:iq4Bytes], &q)
	return true
}

// fitLevels finds the scale with which the levels of IQ4_NL are near to x, and 0 where x is nothing. It tries 15 widths of a
// step around that which puts the largest value on the outermost level, of each takes the best scale by least squares, and
// keeps the best.
func fitLevels(x, weights []float32) float32 {
	const turns = 7
	signed := largest(x)
	if abs(signed) < nothing {
		return 0
	}
	sums := func(inverse float32) (xl, l2 float32) {
		for i, v := range x {
			l, w := iq4Levels[iq4Nearest(inverse*v)], weights[i]
			xl += float32(float32(w*l) * v)
			l2 += float32(float32(w*l) * l)
		}
		return xl, l2
	}
	d := -signed / iq4Levels[0]
	xl, l2 := sums(1 / d)
	d = 0
	if l2 > 0 {
		d = xl / l2
	}
	best := d * xl
	for turn := -turns; turn <= turns; turn++ {
		xl, l2 = sums((float32(turn) + iq4Levels[0]) / signed)
		if l2 > 0 && float32(xl*xl) > float32(best*l2) {
			d = xl / l2
			best = d * xl
		}
	}
	return d
}

// iq4Nearest is the level nearest to x, the upper one where two are equally near: the number of levels' sums of neighbours
// that 2x reaches, which are integers.
func iq4Nearest(x float32) byte {
	twice := float64(x) * 2
	switch {
	case twice >= 202:
		return 15
	case twice < -231:
		return 0
	}
	return iq4Place[int(twice+256)]
}

// iq4Place is the level of 2x+256, of which the fraction does not matter: 25 to 457.
var iq4Place = func() (place [458]byte) {
	for i := range place {
		for q := 1; q < len(iq4Levels) && float32(i-256) >= iq4Levels[q-1]+iq4Levels[q]; q++ {
			place[i] = byte(q)
		}
	}
	return place
}()
