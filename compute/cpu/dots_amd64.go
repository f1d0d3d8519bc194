package cpu

import "github.com/cria-llm/cria/compute"

//go:noescape
func dots4x4F32(w *byte, wRow int, x *float32, xRow, n int, y *float32, yRow, groups, ahead int, alpha float32, acc uint32)

//go:noescape
func dots4x4F16(w *byte, wRow int, x *float32, xRow, n int, y *float32, yRow, groups, ahead int, alpha float32, acc uint32)

//go:noescape
func dots4x4BF16(w *byte, wRow int, x *float32, xRow, n int, y *float32, yRow, groups, ahead int, alpha float32, acc uint32)

//go:noescape
func dots2x4F32(w *byte, wRow int, x *float32, xRow, n int, y *float32, yRow, groups, ahead int, alpha float32, acc uint32)

//go:noescape
func dots2x4F16(w *byte, wRow int, x *float32, xRow, n int, y *float32, yRow, groups, ahead int, alpha float32, acc uint32)

//go:noescape
func dots2x4BF16(w *byte, wRow int, x *float32, xRow, n int, y *float32, yRow, groups, ahead int, alpha float32, acc uint32)

func avx512Dots(b *dotBlock) {
	b.check(4)
	whole := b.n &^ 15
	if whole > 0 {
		switch b.t {
		case compute.F32:
			dots4x4F32(&b.w[0], b.wRow, &b.x[0], b.xRow, whole, &b.y[0], b.yRow, b.groups, b.ahead, b.alpha, flag(b.acc))
		case compute.F16:
			dots4x4F16(&b.w[0], b.wRow, &b.x[0], b.xRow, whole, &b.y[0], b.yRow, b.groups, b.ahead, b.alpha, flag(b.acc))
		case compute.BF16:
			dots4x4BF16(&b.w[0], b.wRow, &b.x[0], b.xRow, whole, &b.y[0], b.yRow, b.groups, b.ahead, b.alpha, flag(b.acc))
		}
	}
	b.rest(4, whole)
}

func avx2Dots(b *dotBlock) {
	b.check(2)
	whole := b.n &^ 7
	if whole > 0 {
		switch b.t {
		case compute.F32:
			dots2x4F32(&b.w[0], b.wRow, &b.x[0], b.xRow, whole, &b.y[0], b.yRow, b.groups, b.ahead, b.alpha, flag(b.acc))
		case compute.F16:
			dots2x4F16(&b.w[0], b.wRow, &b.x[0], b.xRow, whole, &b.y[0], b.yRow, b.groups, b.ahead, b.alpha, flag(b.acc))
		case compute.BF16:
			dots2x4BF16(&b.w[0], b.wRow, &b.x[0], b.xRow, whole, &b.y[0], b.yRow, b.groups, b.ahead, b.alpha, flag(b.acc))
		}
	}
	b.rest(2, whole)
}
