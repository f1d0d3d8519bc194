package cpu

func neonDotRows(dst, q, k []float32, stride int, scale float32) {
	for j := range dst {
		dst[j] = scale * vecDot(q, k[j*stride:][:len(q)])
	}
}

func neonSumRows(y, p, v []float32, stride int) {
	for j, x := range p {
		vecAxpy(y, v[j*stride:][:len(y)], x)
	}
}
