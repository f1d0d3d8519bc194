//go:build amd64 || arm64

package cpu

//go:noescape
func expSum8(dst, src *float32, n int, sub float32) float32

//go:noescape
func silu8(y, gate, u *float32, n int)

//go:noescape
func siluBack8(dg, du, dy, gate, u *float32, n int)

//go:noescape
func dot8(a, b *float32, n int) float32

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
func sum8(x *float32, n int) float64

//go:noescape
func subScale8(y, x *float32, n int, sub, alpha float32)

//go:noescape
func capSlope8(y, capped *float32, n int, inverse float32)

//go:noescape
func adamw8(p, grad, m, v *float32, n int, k *adamK)

//go:noescape
func pause(n int)

// The wrappers: whole groups of 8 in assembly, the tail by the plain twin. Slices are cut to the length of the
// first before their pointers are taken, so that a short one panics here and not in assembly.

func vecDot(a, b []float32) float32 {
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

func vecDotMul(a, b, c []float32) float32 {
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

func vecAxpy(y, x []float32, alpha float32) {
	x = x[:len(y)]
	n := len(y) &^ 7
	if n > 0 {
		axpy8(&y[0], &x[0], n, alpha)
	}
	plainAxpy(y[n:], x[n:], alpha)
}

func vecMulScale(y, x, w []float32, alpha float32) {
	x, w = x[:len(y)], w[:len(y)]
	n := len(y) &^ 7
	if n > 0 {
		mulScale8(&y[0], &x[0], &w[0], n, alpha)
	}
	plainMulScale(y[n:], x[n:], w[n:], alpha)
}

func vecAddMulScale(y, x, w []float32, alpha float32) {
	x, w = x[:len(y)], w[:len(y)]
	n := len(y) &^ 7
	if n > 0 {
		addMulScale8(&y[0], &x[0], &w[0], n, alpha)
	}
	plainAddMulScale(y[n:], x[n:], w[n:], alpha)
}

func vecRope(a, b, cos, sin []float32, sign float32) {
	b, cos, sin = b[:len(a)], cos[:len(a)], sin[:len(a)]
	n := len(a) &^ 7
	if n > 0 {
		rope8(&a[0], &b[0], &cos[0], &sin[0], n, sign)
	}
	plainRope(a[n:], b[n:], cos[n:], sin[n:], sign)
}

func vecMax(x []float32) float32 {
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

func vecSumSquares(x []float32) float64 {
	n := len(x) &^ 7
	var s float64
	if n > 0 {
		s = sumSquares8(&x[0], n)
	}
	return s + plainSumSquares(x[n:])
}

func vecSum(x []float32) float64 {
	n := len(x) &^ 7
	var s float64
	if n > 0 {
		s = sum8(&x[0], n)
	}
	return s + plainSum(x[n:])
}

func vecSubScale(y, x []float32, sub, alpha float32) {
	x = x[:len(y)]
	n := len(y) &^ 7
	if n > 0 {
		subScale8(&y[0], &x[0], n, sub, alpha)
	}
	plainSubScale(y[n:], x[n:], sub, alpha)
}

func vecCapSlope(y, capped []float32, inverse float32) {
	capped = capped[:len(y)]
	n := len(y) &^ 7
	if n > 0 {
		capSlope8(&y[0], &capped[0], n, inverse)
	}
	plainCapSlope(y[n:], capped[n:], inverse)
}

func vecExpSum(dst, src []float32, sub float32) float32 {
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

func vecSiLU(y, g, u []float32) {
	g, u = g[:len(y)], u[:len(y)]
	n := len(y) &^ 7
	if n > 0 {
		silu8(&y[0], &g[0], &u[0], n)
	}
	plainSiLU(y[n:], g[n:], u[n:])
}

func vecSiLUBack(dg, du, dy, g, u []float32) {
	du, dy, g, u = du[:len(dg)], dy[:len(dg)], g[:len(dg)], u[:len(dg)]
	n := len(dg) &^ 7
	if n > 0 {
		siluBack8(&dg[0], &du[0], &dy[0], &g[0], &u[0], n)
	}
	plainSiLUBack(dg[n:], du[n:], dy[n:], g[n:], u[n:])
}

func vecAdamW(p, g, m, v []float32, k *adamK) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	n := len(p) &^ 7
	if n > 0 {
		adamw8(&p[0], &g[0], &m[0], &v[0], n, k)
	}
	plainAdamW(p[n:], g[n:], m[n:], v[n:], k)
}
