package cpu

//go:noescape
func dotRows8(dst, q, k *float32, n, dim, stride int, scale float32)

//go:noescape
func sumRows8(y, p, v *float32, n, dim, stride int)

func avxDotRows(dst, q, k []float32, stride int, scale float32) {
	n, dim := len(dst), len(q)
	if n == 0 || dim == 0 || dim%8 != 0 {
		plainDotRows(dst, q, k, stride, scale)
		return
	}
	_ = k[(n-1)*stride+dim-1]
	dotRows8(&dst[0], &q[0], &k[0], n, dim, stride, scale)
}

func avxSumRows(y, p, v []float32, stride int) {
	n, dim := len(p), len(y)
	if n == 0 || dim == 0 || dim%8 != 0 {
		plainSumRows(y, p, v, stride)
		return
	}
	_ = v[(n-1)*stride+dim-1]
	sumRows8(&y[0], &p[0], &v[0], n, dim, stride)
}
