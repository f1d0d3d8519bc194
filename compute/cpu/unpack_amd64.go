//go:build amd64

package cpu

import "github.com/cria-llm/cria/compute"

//go:noescape
func dotF16x8(x *float32, w *byte, n int) float32

//go:noescape
func dotBF16x8(x *float32, w *byte, n int) float32

//go:noescape
func dotQ8(x *float32, w *byte, blocks int) float32

//go:noescape
func unpackF16x8(dst *float32, src *byte, n int)

//go:noescape
func unpackBF16x8(dst *float32, src *byte, n int)

//go:noescape
func unpackQ8(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ4(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ4K(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ6K(dst *float32, src *byte, blocks int)

//go:noescape
func unpackNF4(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ8x16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ4x16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ4Kx16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ6Kx16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackNF4x16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ41(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ41x16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ50(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ50x16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ51(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ51x16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ2K(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ2Kx16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ3K(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ3Kx16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ5K(dst *float32, src *byte, blocks int)

//go:noescape
func unpackQ5Kx16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackIQ4(dst *float32, src *byte, blocks int)

//go:noescape
func unpackIQ4x16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackMXFP4(dst *float32, src *byte, blocks int)

//go:noescape
func unpackMXFP4x16(dst *float32, src *byte, blocks int)

//go:noescape
func unpackIQ4XS(dst *float32, src *byte, blocks int)

//go:noescape
func unpackIQ4XSx16(dst *float32, src *byte, blocks int)

func avxDotRow(t compute.Type, x []float32, row []byte) float32    { return dotRow(t, x, row, false) }
func avx512DotRow(t compute.Type, x []float32, row []byte) float32 { return dotRow(t, x, row, true) }

// dotRow is x · row: in one pass for the types that have a kernel for it, else through pieces of the row unpacked.
func dotRow(t compute.Type, x []float32, row []byte, wide bool) float32 {
	row = row[:t.RowBytes(len(x))]
	n := len(x) &^ 7
	var s float32
	switch t {
	case compute.F16:
		if n > 0 {
			s = dotF16x8(&x[0], &row[0], n)
		}
	case compute.BF16:
		if n > 0 {
			s = dotBF16x8(&x[0], &row[0], n)
		}
	case compute.Q8_0:
		return dotQ8(&x[0], &row[0], len(x)/t.Block())
	default:
		var piece [blockMax]float32
		for len(x) > 0 {
			n := min(blockMax, len(x))
			size := t.RowBytes(n)
			if wide {
				avx512Unpack(t, piece[:n], row[:size])
			} else {
				avxUnpack(t, piece[:n], row[:size])
			}
			s += dot8(&x[0], &piece[0], n)
			x, row = x[n:], row[size:]
		}
		return s
	}
	if n < len(x) {
		s += plainDotRow(t, x[n:], row[2*n:])
	}
	return s
}

func avxUnpack(t compute.Type, dst []float32, src []byte) {
	if len(dst) == 0 {
		return
	}
	src = src[:t.RowBytes(len(dst))]
	blocks := len(dst) / t.Block()
	switch t {
	case compute.Q8_0:
		unpackQ8(&dst[0], &src[0], blocks)
	case compute.Q4_0:
		unpackQ4(&dst[0], &src[0], blocks)
	case compute.Q4_K:
		unpackQ4K(&dst[0], &src[0], blocks)
	case compute.Q6_K:
		unpackQ6K(&dst[0], &src[0], blocks)
	case compute.NF4:
		unpackNF4(&dst[0], &src[0], blocks)
	case compute.Q4_1:
		unpackQ41(&dst[0], &src[0], blocks)
	case compute.Q5_0:
		unpackQ50(&dst[0], &src[0], blocks)
	case compute.Q5_1:
		unpackQ51(&dst[0], &src[0], blocks)
	case compute.Q2_K:
		unpackQ2K(&dst[0], &src[0], blocks)
	case compute.Q3_K:
		unpackQ3K(&dst[0], &src[0], blocks)
	case compute.Q5_K:
		unpackQ5K(&dst[0], &src[0], blocks)
	case compute.IQ4_NL:
		unpackIQ4(&dst[0], &src[0], blocks)
	case compute.MXFP4:
		unpackMXFP4(&dst[0], &src[0], blocks)
	case compute.IQ4_XS:
		unpackIQ4XS(&dst[0], &src[0], blocks)
	default:
		n := len(dst) &^ 7
		if n > 0 && t == compute.F16 {
			unpackF16x8(&dst[0], &src[0], n)
		} else if n > 0 {
			unpackBF16x8(&dst[0], &src[0], n)
		}
		plainUnpack(t, dst[n:], src[2*n:])
	}
}

func avx512Unpack(t compute.Type, dst []float32, src []byte) {
	if len(dst) == 0 {
		return
	}
	src = src[:t.RowBytes(len(dst))]
	blocks := len(dst) / t.Block()
	switch t {
	case compute.Q8_0:
		unpackQ8x16(&dst[0], &src[0], blocks)
	case compute.Q4_0:
		unpackQ4x16(&dst[0], &src[0], blocks)
	case compute.Q4_K:
		unpackQ4Kx16(&dst[0], &src[0], blocks)
	case compute.Q6_K:
		unpackQ6Kx16(&dst[0], &src[0], blocks)
	case compute.NF4:
		unpackNF4x16(&dst[0], &src[0], blocks)
	case compute.Q4_1:
		unpackQ41x16(&dst[0], &src[0], blocks)
	case compute.Q5_0:
		unpackQ50x16(&dst[0], &src[0], blocks)
	case compute.Q5_1:
		unpackQ51x16(&dst[0], &src[0], blocks)
	case compute.Q2_K:
		unpackQ2Kx16(&dst[0], &src[0], blocks)
	case compute.Q3_K:
		unpackQ3Kx16(&dst[0], &src[0], blocks)
	case compute.Q5_K:
		unpackQ5Kx16(&dst[0], &src[0], blocks)
	case compute.IQ4_NL:
		unpackIQ4x16(&dst[0], &src[0], blocks)
	case compute.MXFP4:
		unpackMXFP4x16(&dst[0], &src[0], blocks)
	case compute.IQ4_XS:
		unpackIQ4XSx16(&dst[0], &src[0], blocks)
	default:
		avxUnpack(t, dst, src)
	}
}
