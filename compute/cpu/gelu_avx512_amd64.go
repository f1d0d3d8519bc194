package cpu

//go:noescape
func geluTanh16(y, gate, u *float32, n int)

//go:noescape
func geluTanhBack16(dg, du, dy, gate, u *float32, n int)

//go:noescape
func gelu16(y, gate, u *float32, n int)

//go:noescape
func geluBack16(dg, du, dy, gate, u *float32, n int)

//go:noescape
func softCap16(y *float32, n int, limit, twice float32)

func avx512GELUTanh(y, g, u []float32) {
	g, u = g[:len(y)], u[:len(y)]
	if len(y) > 0 {
		geluTanh16(&y[0], &g[0], &u[0], len(y))
	}
}

func avx512GELUTanhBack(dg, du, dy, g, u []float32) {
	du, dy, g, u = du[:len(dg)], dy[:len(dg)], g[:len(dg)], u[:len(dg)]
	if len(dg) > 0 {
		geluTanhBack16(&dg[0], &du[0], &dy[0], &g[0], &u[0], len(dg))
	}
}

func avx512GELU(y, g, u []float32) {
	g, u = g[:len(y)], u[:len(y)]
	if len(y) > 0 {
		gelu16(&y[0], &g[0], &u[0], len(y))
	}
}

func avx512GELUBack(dg, du, dy, g, u []float32) {
	du, dy, g, u = du[:len(dg)], dy[:len(dg)], g[:len(dg)], u[:len(dg)]
	if len(dg) > 0 {
		geluBack16(&dg[0], &du[0], &dy[0], &g[0], &u[0], len(dg))
	}
}

func avx512SoftCap(y []float32, limit float32) {
	if len(y) > 0 {
		softCap16(&y[0], len(y), limit, 2/limit)
	}
}
