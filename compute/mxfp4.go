package compute

import "math"

// An MXFP4 block (OCP Microscaling Formats 1.0, E2M1 values with an E8M0 scale) is one byte e, then 16 bytes of halves in
// the order of Q4_0. The value of a half q is 2^(e-128)·mxfp4Levels[q], the levels being twice those of the standard.
const mxfp4Bytes = 1 + q4Block/2

var mxfp4Levels = [16]float32{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}

// MXFP4Levels is the 16 values that an MXFP4 block holds before they are scaled by 2^(e-128).
func MXFP4Levels() [16]float32 { return mxfp4Levels }

// mxfp4Scale is 2^(e-128), subnormal for 0 and 1.
func mxfp4Scale(e byte) float32 {
	if e < 2 {
		return math.Float32frombits(0x00200000 << e)
	}
	return math.Float32frombits(uint32(e-1) << 23)
}

func decodeMXFP4(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[q4Block:], src[mxfp4Bytes:] {
		d := mxfp4Scale(src[0])
		low, high := dst[:q4Block/2], dst[q4Block/2:q4Block]
		for i, q := range src[1:mxfp4Bytes] {
			low[i], high[i] = d*mxfp4Levels[q&15], d*mxfp4Levels[q>>4]
		}
	}
}

// encodeMXFP4 writes one block and returns whether its numbers can be held. The scale is the standard's: two binades under
// the largest value.
func encodeMXFP4(dst []byte, src, _ []float32, _ float32) bool {
	if !allWithin(src, maxFinite) {
		return false
	}
	var size float32
	for _, v := range src {
		size = max(size, abs(v))
	}
	var e byte
	if size > 0 {
		e = byte(max(0, math.Floor(float64(float32(math.Log2(float64(size)))))-2+127))
	}
	dst[0] = e
	d := mxfp4Scale(e)
	var q [q4Block]byte
	for i, v := range src {
		q[i] = mxfp4Nearest(v, d)
	}
	putHalves(dst[1:mxfp4Bytes], &q)
	return true
}

// mxfp4Nearest is the first of the levels nearest to x.
func mxfp4Nearest(x, d float32) byte {
	best, least := 0, abs(x)
	for i, l := range mxfp4Levels {
		if off := abs(float32(l*d) - x); off < least {
			best, least = i, off
		}
	}
	return byte(best)
}
