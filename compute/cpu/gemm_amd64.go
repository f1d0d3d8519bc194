//go:build amd64

package cpu

//go:noescape
func gemm12x32(kc int, a *float32, aLane, aStep int, b *float32, bStep int, c *float32, ldc int, alpha float32, acc uint32)

//go:noescape
func gemm24x16(kc int, a *float32, aLane, aStep int, b *float32, bStep int, c *float32, ldc int, alpha float32, acc uint32)

// cpuHasF16C says whether the processor converts half-precision floats (CPUID leaf 1, ECX bit 29).
func cpuHasF16C() bool

func avx512Tile(kc int, a []float32, aLane, aStep int, b []float32, bStep int, c []float32, ldc int, alpha float32, acc bool) {
	_, _, _ = a[11*aLane+(kc-1)*aStep], b[(kc-1)*bStep+31], c[11*ldc+31]
	gemm12x32(kc, &a[0], aLane, aStep, &b[0], bStep, &c[0], ldc, alpha, flag(acc))
}

func avx512ThinTile(kc int, a []float32, aLane, aStep int, b []float32, bStep int, c []float32, ldc int, alpha float32, acc bool) {
	_, _, _ = a[23*aLane+(kc-1)*aStep], b[(kc-1)*bStep+15], c[23*ldc+15]
	gemm24x16(kc, &a[0], aLane, aStep, &b[0], bStep, &c[0], ldc, alpha, flag(acc))
}
