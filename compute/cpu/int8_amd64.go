package cpu

import "github.com/cria-llm/cria/compute"

//go:noescape
func avx512Q8x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q8x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q8x4(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q8x6(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q4x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q4x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q4x4(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q4x6(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q4Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q4Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q4Kx4(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q4Kx6(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q51x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q51x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q51x4(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q51x6(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q5Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q5Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q5Kx4(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q5Kx6(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q6Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q6Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q6Kx4(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx512Q6Kx6(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)

//go:noescape
func avx2Q8x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avx2Q8x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avx2Q4x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avx2Q4x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avx2Q4Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avx2Q4Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avx2Q51x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avx2Q51x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avx2Q5Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avx2Q5Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avx2Q6Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avx2Q6Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avxVNNIQ8x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avxVNNIQ8x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avxVNNIQ4x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avxVNNIQ4x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avxVNNIQ4Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avxVNNIQ4Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avxVNNIQ51x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avxVNNIQ51x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avxVNNIQ5Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avxVNNIQ5Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avxVNNIQ6Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avxVNNIQ6Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func avx2Round(dst *byte, step int, x *float32, groups int, offset, split int32)

func avx2RoundRow(dst []byte, step int, x []float32, offset int32, split bool) {
	groups := len(x) / groupSize
	if groups == 0 {
		return
	}
	_ = dst[(groups-1)*step+recordBytes-1]
	avx2Round(&dst[0], step, &x[0], groups, offset, int32(flag(split)))
}

// avx512Integers needs VNNI besides what the other kernels of the set need.
func avx512Integers() integerKernels {
	tiles := [...][7]func(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32){
		compute.Q8_0: {1: avx512Q8x1, 2: avx512Q8x2, 4: avx512Q8x4, 6: avx512Q8x6},
		compute.Q4_0: {1: avx512Q4x1, 2: avx512Q4x2, 4: avx512Q4x4, 6: avx512Q4x6},
		compute.Q4_K: {1: avx512Q4Kx1, 2: avx512Q4Kx2, 4: avx512Q4Kx4, 6: avx512Q4Kx6},
		compute.Q5_1: {1: avx512Q51x1, 2: avx512Q51x2, 4: avx512Q51x4, 6: avx512Q51x6},
		compute.Q5_K: {1: avx512Q5Kx1, 2: avx512Q5Kx2, 4: avx512Q5Kx4, 6: avx512Q5Kx6},
		compute.Q6_K: {1: avx512Q6Kx1, 2: avx512Q6Kx2, 4: avx512Q6Kx4, 6: avx512Q6Kx6},
	}
	return integerKernels{heights: []int{6, 4, 2, 1}, round: avx2RoundRow,
		tile: func(t compute.Type, height int, panel, x []byte, groups int, y []float32, ldy int, alpha float32, acc bool) {
			checkTile(t, height, panel, x, groups, y, ldy)
			tiles[t][height](&panel[0], &x[0], groups, &y[0], ldy, alpha, flag(acc))
		},
	}
}

// halfTile is a kernel of half a panel.
type halfTile = func(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

func avx2Integers() integerKernels {
	return halves([...][3]halfTile{
		compute.Q8_0: {1: avx2Q8x1, 2: avx2Q8x2},
		compute.Q4_0: {1: avx2Q4x1, 2: avx2Q4x2},
		compute.Q4_K: {1: avx2Q4Kx1, 2: avx2Q4Kx2},
		compute.Q5_1: {1: avx2Q51x1, 2: avx2Q51x2},
		compute.Q5_K: {1: avx2Q5Kx1, 2: avx2Q5Kx2},
		compute.Q6_K: {1: avx2Q6Kx1, 2: avx2Q6Kx2},
	})
}

// avxVNNIIntegers is for processors of AVX2 with AVX-VNNI.
func avxVNNIIntegers() integerKernels {
	return halves([...][3]halfTile{
		compute.Q8_0: {1: avxVNNIQ8x1, 2: avxVNNIQ8x2},
		compute.Q4_0: {1: avxVNNIQ4x1, 2: avxVNNIQ4x2},
		compute.Q4_K: {1: avxVNNIQ4Kx1, 2: avxVNNIQ4Kx2},
		compute.Q5_1: {1: avxVNNIQ51x1, 2: avxVNNIQ51x2},
		compute.Q5_K: {1: avxVNNIQ5Kx1, 2: avxVNNIQ5Kx2},
		compute.Q6_K: {1: avxVNNIQ6Kx1, 2: avxVNNIQ6Kx2},
	})
}

func halves(tiles [compute.Q5_K + 1][3]halfTile) integerKernels {
	return integerKernels{heights: []int{2, 1}, round: avx2RoundRow,
		tile: func(t compute.Type, height int, panel, x []byte, groups int, y []float32, ldy int, alpha float32, acc bool) {
			checkTile(t, height, panel, x, groups, y, ldy)
			for half := range 2 {
				tiles[t][height](&panel[0], &x[0], groups, &y[half*panelRows/2], ldy, alpha, flag(acc), half)
			}
		},
	}
}

// checkTile panics where a tile would go past the end of something.
func checkTile(t compute.Type, height int, panel, x []byte, groups int, y []float32, ldy int) {
	it, _ := integer(t)
	_, _, _ = panel[it.panelBytes(groups*groupSize)-1], x[height*groups*recordBytes-1], y[(height-1)*ldy+panelRows-1]
}
