package cpu

import (
	"math"
)

// The plain twins: what every vector kernel computes, in Go. They run where there is no assembly, finish the tails
// where there is, and are what the assembly is tested against.

func plainDot(a, b []float32) float32 {
	var s float32
	b = b[:len(a)]
	for i, x := range a {
		s += x * b[i]
	}
	return s
}

func plainDotMul(a, b, c []float32) float32 {
	var s float32
	b, c = b[:len(a)], c[:len(a)]
	for i, x := range a {
		s += x * b[i] * c[i]
	}
	return s
}

func plainAxpy(y, x []float32, alpha float32) {
	x = x[:len(y)]
	for i := range y {
		y[i] += alpha * x[i]
	}
}

func plainDotRows(dst, q, k []float32, stride int, scale float32) {
	for j := range dst {
		dst[j] = scale * plainDot(q, k[j*stride:][:len(q)])
	}
}

func plainSumRows(y, p, v []float32, stride int) {
	for j, x := range p {
		plainAxpy(y, v[j*stride:][:len(y)], x)
	}
}

func plainMulScale(y, x, w []float32, alpha float32) {
	x, w = x[:len(y)], w[:len(y)]
	for i := range y {
		y[i] = alpha * x[i] * w[i]
	}
}

func plainAddMulScale(y, x, w []float32, alpha float32) {
	x, w = x[:len(y)], w[:len(y)]
	for i := range y {
		y[i] += alpha * x[i] * w[i]
	}
}

func plainRope(a, b, cos, sin []float32, sign float32) {
	b, cos, sin = b[:len(a)], cos[:len(a)], sin[:len(a)]
	for i, x := range a {
		s := sign * sin[i]
		a[i], b[i] = x*cos[i]-b[i]*s, b[i]*cos[i]+x*s
	}
}

func plainMax(x []float32) float32 {
	m := x[0]
	for _, v := range x[1:] {
		m = max(m, v)
	}
	return m
}

func plainSumSquares(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	return s
}

func exp32(x float32) float32 { return float32(math.Exp(float64(x))) }

// plainExpSum sets dst = e^(src-sub) and returns the sum.
func plainExpSum(dst, src []float32, sub float32) float32 {
	var s float32
	src = src[:len(dst)]
	for i := range dst {
		e := exp32(src[i] - sub)
		dst[i] = e
		s += e
	}
	return s
}

func plainSiLU(y, g, u []float32) {
	g, u = g[:len(y)], u[:len(y)]
	for i := range y {
		y[i] = g[i] * u[i] / (1 + exp32(-g[i]))
	}
}

func plainSiLUBack(dg, du, dy, g, u []float32) {
	du, dy, g, u = du[:len(dg)], dy[:len(dg)], g[:len(dg)], u[:len(dg)]
	for i := range dg {
		s := 1 / (1 + exp32(-g[i]))
		d, z, w := dy[i]*s, g[i], u[i]
		dg[i], du[i] = d*w*(1+z*(1-s)), d*z
	}
}

// plainGELUTanh: with v = 2·√(2/π)·(z + 0.044715·z³), ½·(1 + tanh(v/2)) is 1/(1+e^-v).
func plainGELUTanh(y, g, u []float32) {
	g, u = g[:len(y)], u[:len(y)]
	for i := range y {
		s, _ := tanhGate(g[i])
		y[i] = float32(float64(g[i]) * s * float64(u[i]))
	}
}

func plainGELUTanhBack(dg, du, dy, g, u []float32) {
	du, dy, g, u = du[:len(dg)], dy[:len(dg)], g[:len(dg)], u[:len(dg)]
	for i := range dg {
		s, slope := tanhGate(g[i])
		d, z, w := float64(dy[i]), float64(g[i]), float64(u[i])
		dg[i], du[i] = float32(d*w*slope), float32(d*z*s)
	}
}

// gateEnd is where the gates of GELU are 0 and 1 in float32: beyond, their argument may overflow.
const gateEnd = 13

// tanhGate is what GELUTanh multiplies z by, and the slope of its product with z.
func tanhGate(at float32) (s, slope float64) {
	const a, twice = 0.044715, 2 * 0.79788456080286535588 // √(2/π)
	z := float64(max(-gateEnd, min(gateEnd, at)))
	s = 1 / (1 + math.Exp(-twice*z*(1+a*z*z)))
	return s, s + z*s*(1-s)*twice*(1+3*a*z*z)
}

func plainGELU(y, g, u []float32) {
	g, u = g[:len(y)], u[:len(y)]
	for i := range y {
		s, _ := erfGate(g[i])
		y[i] = float32(float64(g[i]) * s * float64(u[i]))
	}
}

func plainGELUBack(dg, du, dy, g, u []float32) {
	du, dy, g, u = du[:len(dg)], dy[:len(dg)], g[:len(dg)], u[:len(dg)]
	for i := range dg {
		s, slope := erfGate(g[i])
		d, z, w := float64(dy[i]), float64(g[i]), float64(u[i])
		dg[i], du[i] = float32(d*w*slope), float32(d*z*s)
	}
}

// erfGate is what GELU multiplies z by, the normal distribution's Φ(z), and the slope of its product with z, Φ(z) + z·φ(z).
func erfGate(at float32) (s, slope float64) {
	z := float64(max(-gateEnd, min(gateEnd, at)))
	s = math.Erfc(-z*math.Sqrt2/2) / 2
	return s, s + z*math.Exp(-z*z/2)/(math.SqrtPi*math.Sqrt2)
}

func plainSoftCap(y []float32, limit float32) {
	for i, v := range y {
		y[i] = float32(float64(limit) * math.Tanh(float64(v)/float64(limit)))
	}
}

func plainSum(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += float64(v)
	}
	return s
}

func plainSubScale(y, x []float32, sub, alpha float32) {
	x = x[:len(y)]
	for i := range y {
		y[i] = (x[i] - sub) * alpha
	}
}

// plainCapSlope: with capped = limit·tanh(x/limit) and inverse = 1/limit, the factor is the slope of capped by x.
func plainCapSlope(y, capped []float32, inverse float32) {
	capped = capped[:len(y)]
	for i := range y {
		t := capped[i] * inverse
		y[i] *= 1 - t*t
	}
}

// adamK is the constants of a step in the order that the assembly reads them.
type adamK struct {
	gradScale, beta1, oneBeta1, beta2, oneBeta2, rate, correct2, eps, keep float32
}

func plainAdamW(p, g, m, v []float32, k *adamK) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	for i := range p {
		d := g[i] * k.gradScale
		m[i] = m[i]*k.beta1 + d*k.oneBeta1
		v[i] = v[i]*k.beta2 + d*d*k.oneBeta2
		root := float32(math.Sqrt(float64(v[i])))
		p[i] = p[i]*k.keep - m[i]*k.rate/(root*k.correct2+k.eps)
	}
}

// plainTile is the register tile of the matrix product, 4×4.
func plainTile(kc int, a []float32, aLane, aStep int, b []float32, bStep int, c []float32, ldc int, alpha float32, acc bool) {
	var t [4][4]float32
	for k := range kc {
		y := b[k*bStep : k*bStep+4]
		for i := range t {
			x := a[i*aLane+k*aStep]
			t[i][0] += x * y[0]
			t[i][1] += x * y[1]
			t[i][2] += x * y[2]
			t[i][3] += x * y[3]
		}
	}
	for i := range t {
		row := c[i*ldc : i*ldc+4]
		for j, v := range t[i] {
			v = float32(v * alpha) // rounded, so that an edge tile, added elsewhere, has the same bits
			if acc {
				v += row[j]
			}
			row[j] = v
		}
	}
}

// plainSpread copies the whole runs of width values in src to places in dst that lie stride apart.
func plainSpread(dst []float32, stride, width int, src []float32) {
	for at := 0; len(src) >= width; at += stride {
		copy(dst[at:at+width], src[:width])
		src = src[width:]
	}
}

// plainTranspose writes 8 rows of n values as n runs of 8, stride apart.
func plainTranspose(dst []float32, stride int, rows *[8][]float32, n int) {
	for k := range n {
		run := dst[k*stride : k*stride+8]
		for r, row := range rows {
			run[r] = row[k]
		}
	}
}
