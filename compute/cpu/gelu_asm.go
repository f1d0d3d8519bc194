//go:build amd64 || arm64

package cpu

//go:noescape
func geluTanh8(y, gate, u *float32, n int)

//go:noescape
func geluTanhBack8(dg, du, dy, gate, u *float32, n int)

//go:noescape
func gelu8(y, gate, u *float32, n int)

//go:noescape
func geluBack8(dg, du, dy, gate, u *float32, n int)

//go:noescape
func softCap8(y *float32, n int, limit, twice float32)

func vecGELUTanh(y, g, u []float32) {
	g, u = g[:len(y)], u[:len(y)]
	n := len(y) &^ 7
	if n > 0 {
		geluTanh8(&y[0], &g[0], &u[0], n)
	}
	plainGELUTanh(y[n:], g[n:], u[n:])
}

func vecGELUTanhBack(dg, du, dy, g, u []float32) {
	du, dy, g, u = du[:len(dg)], dy[:len(dg)], g[:len(dg)], u[:len(dg)]
	n := len(dg) &^ 7
	if n > 0 {
		geluTanhBack8(&dg[0], &du[0], &dy[0], &g[0], &u[0], n)
	}
	plainGELUTanhBack(dg[n:], du[n:], dy[n:], g[n:], u[n:])
}

func vecGELU(y, g, u []float32) {
	g, u = g[:len(y)], u[:len(y)]
	n := len(y) &^ 7
	if n > 0 {
		gelu8(&y[0], &g[0], &u[0], n)
	}
	plainGELU(y[n:], g[n:], u[n:])
}

func vecGELUBack(dg, du, dy, g, u []float32) {
	du, dy, g, u = du[:len(dg)], dy[:len(dg)], g[:len(dg)], u[:len(dg)]
	n := len(dg) &^ 7
	if n > 0 {
		geluBack8(&dg[0], &du[0], &dy[0], &g[0], &u[0], n)
	}
	plainGELUBack(dg[n:], du[n:], dy[n:], g[n:], u[n:])
}

func vecSoftCap(y []float32, limit float32) {
	n := len(y) &^ 7
	if n > 0 {
		softCap8(&y[0], n, limit, 2/limit)
	}
	plainSoftCap(y[n:], limit)
}
