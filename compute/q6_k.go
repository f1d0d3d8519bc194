package compute

import (
	"encoding/binary"
	"math"
)

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
func encodeQ6K(dst []byte, src []float32) bool {
	if !allWithin(src, 32*128*maxF16) {
		return false
	}
	const groups = kBlock / q6kGroup
	var scales [groups]float32
	var q [kBlock]byte // plus 32
	var most, signed float32
	for g := range scales {
		scales[g] = fitSigned(src[g*q6kGroup:][:q6kGroup], q[g*q6kGroup:][:q6kGroup])
		if a := float32(math.Abs(float64(scales[g]))); a > most {
			most, signed = a, scales[g]
		}
	}
	clear(dst[:q6kBytes])
	if most < q6kNothing {
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

// q6kNothing is the size below which a group of Q6_K counts as zeros, as in ggml.
const q6kNothing = 1e-15

// fitSigned finds the scale with which q[i]-32 = -32..31 makes scale·(q-32) near to x, and those q. As ggml does, it tries
// 19 widths of a step around that which makes the value largest in size -32, of each takes the best scale by least
// squares weighted with x², and keeps the best.
func fitSigned(x []float32, q []byte) float32 {
	const most, turns = 32, 9
	var size, signed float32
	for _, v := range x {
		if a := float32(math.Abs(float64(v))); a > size {
			size, signed = a, v
		}
	}
	if size < q6kNothing {
		clear(q)
		return 0
	}
	// sums is Σ w·x·l and Σ w·l² over the rounded values l.
	sums := func(inverse float32) (xl, l2 float32) {
		for _, v := range x {
			l := float32(nearest(inverse*v, -most, most-1))
			w := float32(v * v)
			xl += float32(float32(w*v) * l)
			l2 += float32(float32(w*l) * l)
		}
		return xl, l2
	}
	keep := func(inverse float32) {
		for i, v := range x {
			q[i] = byte(nearest(inverse*v, -most, most-1) + most)
		}
	}
	inverse := -most / signed
	keep(inverse)
	xl, l2 := sums(inverse)
	var scale float32
	if l2 != 0 {
		scale = xl / l2
	}
	best := scale * xl
	for turn := -turns; turn <= turns; turn++ {
		if turn == 0 {
			continue
		}
		inverse = -(most + float32(0.1*float32(turn))) / signed
		if xl, l2 = sums(inverse); l2 > 0 && float32(xl*xl) > float32(best*l2) {
			keep(inverse)
			scale = xl / l2
			best = scale * xl
		}
	}
	return scale
}
