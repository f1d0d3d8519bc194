//go:build amd64

package cpu

import "github.com/cria-llm/cria/compute"

//go:noescape
func expSum8(dst, src *float32, n int, sub float32) float32

//go:noescape
func silu8(y, gate, u *float32, n int)

//go:noescape
func siluBack8(dg, du, dy, gate, u *float32, n int)

//go:noescape
func dot8(a, b *float32, n int) float32

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
func axpy8(y, x *float32, n int, alpha float32)

//go:noescape
func mulScale8(y, x, w *float32, n int, alpha float32)

//go:noescape
func addMulScale8(y, x, w *float32, n int, alpha float32)

//go:noescape
func dotMul8(a, b, c *float32, n int) float32

//go:noescape
func rope8(a, b, cos, sin *float32, n int, sign float32)

//go:noescape
func max8(x *float32, n int) float32

//go:noescape
func sumSquares8(x *float32, n int) float64

//go:noescape
func adamw8(p, grad, m, v *float32, n int, k *adamK)

//go:noescape
func pause(n int)

// The wrappers: whole groups of 8 in assembly, the tail by the plain twin. Slices are cut to the length of the
// first before their pointers are taken, so that a short one panics here and not in assembly.

func avxDot(a, b []float32) float32 {
	b = b[:len(a)]
	n := len(a) &^ 7
	var s float32
	if n > 0 {
		s = dot8(&a[0], &b[0], n)
	}
	if n < len(a) {
		s += plainDot(a[n:], b[n:])
	}
	return s
}

func avxDotMul(a, b, c []float32) float32 {
	b, c = b[:len(a)], c[:len(a)]
	n := len(a) &^ 7
	var s float32
	if n > 0 {
		s = dotMul8(&a[0], &b[0], &c[0], n)
	}
	if n < len(a) {
		s += plainDotMul(a[n:], b[n:], c[n:])
	}
	return s
}

func avxAxpy(y, x []float32, alpha float32) {
	x = x[:len(y)]
	n := len(y) &^ 7
	if n > 0 {
		axpy8(&y[0], &x[0], n, alpha)
	}
	plainAxpy(y[n:], x[n:], alpha)
}

func avxMulScale(y, x, w []float32, alpha float32) {
	x, w = x[:len(y)], w[:len(y)]
	n := len(y) &^ 7
	if n > 0 {
		mulScale8(&y[0], &x[0], &w[0], n, alpha)
	}
	plainMulScale(y[n:], x[n:], w[n:], alpha)
}

func avxAddMulScale(y, x, w []float32, alpha float32) {
	x, w = x[:len(y)], w[:len(y)]
	n := len(y) &^ 7
	if n > 0 {
		addMulScale8(&y[0], &x[0], &w[0], n, alpha)
	}
	plainAddMulScale(y[n:], x[n:], w[n:], alpha)
}

func avxRope(a, b, cos, sin []float32, sign float32) {
	b, cos, sin = b[:len(a)], cos[:len(a)], sin[:len(a)]
	n := len(a) &^ 7
	if n > 0 {
		rope8(&a[0], &b[0], &cos[0], &sin[0], n, sign)
	}
	plainRope(a[n:], b[n:], cos[n:], sin[n:], sign)
}

func avxMax(x []float32) float32 {
	n := len(x) &^ 7
	if n == 0 {
		return plainMax(x)
	}
	m := max8(&x[0], n)
	if n < len(x) {
		m = max(m, plainMax(x[n:]))
	}
	return m
}

func avxSumSquares(x []float32) float64 {
	n := len(x) &^ 7
	var s float64
	if n > 0 {
		s = sumSquares8(&x[0], n)
	}
	return s + plainSumSquares(x[n:])
}

func avxExpSum(dst, src []float32, sub float32) float32 {
	src = src[:len(dst)]
	n := len(dst) &^ 7
	var s float32
	if n > 0 {
		s = expSum8(&dst[0], &src[0], n, sub)
	}
	if n < len(dst) {
		s += plainExpSum(dst[n:], src[n:], sub)
	}
	return s
}

func avxSiLU(y, g, u []float32) {
	g, u = g[:len(y)], u[:len(y)]
	n := len(y) &^ 7
	if n > 0 {
		silu8(&y[0], &g[0], &u[0], n)
	}
	plainSiLU(y[n:], g[n:], u[n:])
}

func avxSiLUBack(dg, du, dy, g, u []float32) {
	du, dy, g, u = du[:len(dg)], dy[:len(dg)], g[:len(dg)], u[:len(dg)]
	n := len(dg) &^ 7
	if n > 0 {
		siluBack8(&dg[0], &du[0], &dy[0], &g[0], &u[0], n)
	}
	plainSiLUBack(dg[n:], du[n:], dy[n:], g[n:], u[n:])
}

func avxAdamW(p, g, m, v []float32, k *adamK) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	n := len(p) &^ 7
	if n > 0 {
		adamw8(&p[0], &g[0], &m[0], &v[0], n, k)
	}
	plainAdamW(p[n:], g[n:], m[n:], v[n:], k)
}

func avxDotRow(t compute.Type, x []float32, row []byte) float32 {
	row = row[:t.RowBytes(len(x))]
	if t == compute.Q8_0 {
		return dotQ8(&x[0], &row[0], len(x)/q8Block)
	}
	n := len(x) &^ 7
	var s float32
	if n > 0 {
		switch t {
		case compute.F16:
			s = dotF16x8(&x[0], &row[0], n)
		case compute.BF16:
			s = dotBF16x8(&x[0], &row[0], n)
		}
	}
	if n < len(x) {
		s += plainDotRow(t, x[n:], row[2*n:])
	}
	return s
}

func avxUnpack(t compute.Type, dst []float32, src []byte) {
	src = src[:t.RowBytes(len(dst))]
	if t == compute.Q8_0 {
		unpackQ8(&dst[0], &src[0], len(dst)/q8Block)
		return
	}
	n := len(dst) &^ 7
	if n > 0 {
		switch t {
		case compute.F16:
			unpackF16x8(&dst[0], &src[0], n)
		case compute.BF16:
			unpackBF16x8(&dst[0], &src[0], n)
		}
	}
	if n < len(dst) {
		plainUnpack(t, dst[n:], src[2*n:])
	}
}
