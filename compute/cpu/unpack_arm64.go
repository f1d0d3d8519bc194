//go:build arm64

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
func unpackNF4(dst *float32, src *byte, blocks int, levels *[16]float32)

func neonDotRow(t compute.Type, x []float32, row []byte) float32 {
	row = row[:t.RowBytes(len(x))]
	n := len(x) &^ 7
	var s float32
	switch t {
	case compute.Q8_0:
		return dotQ8(&x[0], &row[0], len(x)/t.Block())
	case compute.F16:
		if n > 0 {
			s = dotF16x8(&x[0], &row[0], n)
		}
	case compute.BF16:
		if n > 0 {
			s = dotBF16x8(&x[0], &row[0], n)
		}
	default:
		var values [blockMax]float32
		for len(x) > 0 {
			n := min(len(x), len(values))
			size := t.RowBytes(n)
			neonUnpack(t, values[:n], row[:size])
			s += dot8(&x[0], &values[0], n)
			x, row = x[n:], row[size:]
		}
		return s
	}
	if n < len(x) {
		s += plainDotRow(t, x[n:], row[2*n:])
	}
	return s
}

func neonUnpack(t compute.Type, dst []float32, src []byte) {
	if len(dst) == 0 {
		return
	}
	src = src[:t.RowBytes(len(dst))]
	blocks, n := len(dst)/t.Block(), len(dst)&^7
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
		levels := compute.NF4Levels()
		unpackNF4(&dst[0], &src[0], blocks, &levels)
	case compute.F16:
		if n > 0 {
			unpackF16x8(&dst[0], &src[0], n)
		}
		plainUnpack(t, dst[n:], src[2*n:])
	case compute.BF16:
		if n > 0 {
			unpackBF16x8(&dst[0], &src[0], n)
		}
		plainUnpack(t, dst[n:], src[2*n:])
	default:
		plainUnpack(t, dst, src)
	}
}
