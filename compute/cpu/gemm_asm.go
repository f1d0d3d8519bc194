//go:build amd64 || arm64

package cpu

//go:noescape
func gemm6x16(kc int, a *float32, aLane, aStep int, b *float32, bStep int, c *float32, ldc int, alpha float32, acc uint32)

//go:noescape
func transpose8(dst *float32, dstStride int, rows *[8]*float32, groups int)

//go:noescape
func spread4(dst *float32, stride int, src *float32, panels, fours int)

func tile6x16(kc int, a []float32, aLane, aStep int, b []float32, bStep int, c []float32, ldc int, alpha float32, acc bool) {
	_, _, _ = a[5*aLane+(kc-1)*aStep], b[(kc-1)*bStep+15], c[5*ldc+15]
	gemm6x16(kc, &a[0], aLane, aStep, &b[0], bStep, &c[0], ldc, alpha, flag(acc))
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

func vecSpread(dst []float32, stride, width int, src []float32) {
	panels := len(src) / width
	if panels == 0 || width%4 != 0 {
		plainSpread(dst, stride, width, src)
		return
	}
	_ = dst[(panels-1)*stride+width-1]
	spread4(&dst[0], stride, &src[0], panels, width/4)
}

func vecTranspose(dst []float32, stride int, rows *[8][]float32, n int) {
	groups := n / 8
	if groups > 0 {
		_ = dst[(groups*8-1)*stride+7]
		var ptr [8]*float32
		for r := range rows {
			_ = rows[r][groups*8-1]
			ptr[r] = &rows[r][0]
		}
		transpose8(&dst[0], stride, &ptr, groups)
	}
	if k := groups * 8; k < n {
		var rest [8][]float32
		for r := range rows {
			rest[r] = rows[r][k:]
		}
		plainTranspose(dst[k*stride:], stride, &rest, n-k)
	}
}
