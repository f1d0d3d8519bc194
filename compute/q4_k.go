package compute

import (
	"encoding/binary"
	"math"
)

// A Q4_K block holds 256 values as eight groups of 32, each with a scale and a minimum of six bits: a float16 d, a
// float16 dmin, 12 bytes of scales and minima (see q4kScale), then 128 bytes in four runs of 32: the low halves of run r
// are group 2r, the high halves group 2r+1. The value of a half q is (d·scale)·q - (dmin·minimum).
const (
	kBlock   = 256 // of Q4_K and Q6_K alike
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
func encodeQ4K(dst []byte, src []float32) bool {
	if !allWithin(src, 15*63*maxF16) {
		return false
	}
	var scales, minima [kBlock / q4kGroup]float32
	var q [kBlock]byte
	var mostScale, mostMin float32
	for g := range scales {
		scales[g], minima[g] = fitRange(src[g*q4kGroup:][:q4kGroup], q[g*q4kGroup:][:q4kGroup])
		mostScale, mostMin = max(mostScale, scales[g]), max(mostMin, minima[g])
	}
	d, dmin := F32ToF16(mostScale/63), F32ToF16(mostMin/63)
	if d >= f16Infinity || dmin >= f16Infinity {
		return false
	}
	binary.LittleEndian.PutUint16(dst, d)
	binary.LittleEndian.PutUint16(dst[2:], dmin)
	var toScale, toMin float32
	if mostScale > 0 {
		toScale = 63 / mostScale
	}
	if mostMin > 0 {
		toMin = 63 / mostMin
	}
	packed := dst[4:q4kAt]
	clear(packed)
	for g := range scales {
		s, m := nearest(toScale*scales[g], 0, 63), nearest(toMin*minima[g], 0, 63)
		if g < 4 {
			packed[g], packed[g+4] = byte(s), byte(m)
		} else {
			packed[g+4] = byte(s&15 | m&15<<4)
			packed[g-4] |= byte(s >> 4 << 6)
			packed[g] |= byte(m >> 4 << 6)
		}
	}
	// With the scales rounded, the values are rounded again.
	for g := range scales {
		s, m := q4kScale(packed, g)
		step, least := F16ToF32(d)*float32(s), F16ToF32(dmin)*float32(m)
		if step == 0 {
			continue
		}
		for i := g * q4kGroup; i < (g+1)*q4kGroup; i++ {
			q[i] = byte(nearest((src[i]+least)/step, 0, 15))
		}
	}
	for i := range kBlock / 2 {
		at := i/q4kGroup*2*q4kGroup + i%q4kGroup
		dst[q4kAt+i] = q[at] | q[at+q4kGroup]<<4
	}
	return true
}

// fitRange finds scale and minimum with which q[i] = 0..15 makes scale·q - minimum near to x, minimum ≥ 0, and those q.
// As ggml does, it tries 21 widths of a step, of each takes the best scale and minimum by weighted least squares, and
// keeps what errs least. A value's weight is its size plus the root mean square of all.
func fitRange(x []float32, q []byte) (scale, minimum float32) {
	const most, turns = 15, 20
	var weights [q4kGroup]float32
	var squares float32
	for _, v := range x {
		squares += float32(v * v)
	}
	rms := float32(math.Sqrt(float64(squares / q4kGroup)))
	lo, hi := x[0], x[0]
	var sumW, sumX float32
	for i, v := range x {
		w := rms + float32(math.Abs(float64(v)))
		weights[i] = w
		lo, hi = min(lo, v), max(hi, v)
		sumW += w
		sumX += float32(w * v)
	}
	lo = min(lo, 0)
	if hi == lo {
		clear(q)
		return 0, -lo
	}
	inverse := most / (hi - lo)
	scale = 1 / inverse
	for i, v := range x {
		q[i] = byte(nearest(inverse*(v-lo), 0, most))
	}
	best := fitError(x, weights[:], q, scale, lo)
	var try [q4kGroup]byte
	for turn := range turns + 1 {
		inverse = (-1 + float32(0.1*float32(turn)) + most) / (hi - lo)
		var sumL, sumL2, sumXL float32
		for i, v := range x {
			l := nearest(inverse*(v-lo), 0, most)
			try[i] = byte(l)
			wl := weights[i] * float32(l)
			sumL += wl
			sumL2 += float32(wl * float32(l))
			sumXL += float32(wl * v)
		}
		det := float32(sumW*sumL2) - float32(sumL*sumL)
		if det <= 0 {
			continue
		}
		s := (float32(sumW*sumXL) - float32(sumX*sumL)) / det
		m := (float32(sumL2*sumX) - float32(sumL*sumXL)) / det
		if m > 0 {
			m, s = 0, sumXL/sumL2
		}
		if e := fitError(x, weights[:], try[:], s, m); e < best {
			copy(q, try[:])
			best, scale, lo = e, s, m // later turns start from this minimum, as ggml's do
		}
	}
	return scale, -lo
}

// fitError is the weighted squared error of scale·q + least.
func fitError(x, weights []float32, q []byte, scale, least float32) float32 {
	var sum float32
	for i, v := range x {
		off := float32(scale*float32(q[i])) + least - v
		sum += float32(weights[i] * float32(off*off))
	}
	return sum
}

// nearest is v rounded to the nearest integer, ties to even, and held between lo and hi.
func nearest(v, lo, hi float32) int {
	if v >= hi {
		return int(hi)
	}
	if !(v > lo) {
		return int(lo)
	}
	const shift = 3 << 22 // there a float32's last place is 1
	return int(math.Float32bits(v+shift)&(1<<23-1)) - 1<<22
}

// maxF16 is the largest finite float16.
const maxF16 = 65504

// allWithin says whether no value is larger in size than limit, nor not a number.
func allWithin(x []float32, limit float32) bool {
	for _, v := range x {
		if !(v >= -limit && v <= limit) {
			return false
		}
	}
	return true
}
