package cpu

//go:noescape
func expSum16(dst, src *float32, n int, sub float32) float32

//go:noescape
func silu16(y, gate, u *float32, n int)

//go:noescape
func siluBack16(dg, du, dy, gate, u *float32, n int)

func avx512ExpSum(dst, src []float32, sub float32) float32 {
	src = src[:len(dst)]
	if len(dst) == 0 {
		return 0
	}
	return expSum16(&dst[0], &src[0], len(dst), sub)
}

func avx512SiLU(y, g, u []float32) {
	g, u = g[:len(y)], u[:len(y)]
	if len(y) > 0 {
		silu16(&y[0], &g[0], &u[0], len(y))
	}
}

func avx512SiLUBack(dg, du, dy, g, u []float32) {
	du, dy, g, u = du[:len(dg)], dy[:len(dg)], g[:len(dg)], u[:len(dg)]
	if len(dg) > 0 {
		siluBack16(&dg[0], &du[0], &dy[0], &g[0], &u[0], len(dg))
	}
}
