//go:build arm64

package cpu

import (
	xcpu "golang.org/x/sys/cpu"

	"github.com/cria-llm/cria/compute"
)

//go:noescape
func sdotQ8x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func sdotQ8x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func sdotQ4x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func sdotQ4x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func sdotQ4Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func sdotQ4Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func sdotQ6Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func sdotQ6Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func neonQ8x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func neonQ8x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func neonQ4x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func neonQ4x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func neonQ4Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func neonQ4Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func neonQ6Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func neonQ6Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

//go:noescape
func neonRound(dst *byte, step int, x *float32, groups int, offset int32, split uint32)

func neonRoundRow(dst []byte, step int, x []float32, offset int32, split bool) {
	groups := len(x) / groupSize
	if groups == 0 {
		return
	}
	_ = dst[(groups-1)*step+recordBytes-1]
	neonRound(&dst[0], step, &x[0], groups, offset, flag(split))
}

// neonHalfTile is an integer tile of height rows of x with half the rows of a panel.
type neonHalfTile = func(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)

func neonIntegers(dotProduct bool) integerKernels {
	tiles := [...][3]neonHalfTile{
		compute.Q8_0: {1: neonQ8x1, 2: neonQ8x2},
		compute.Q4_0: {1: neonQ4x1, 2: neonQ4x2},
		compute.Q4_K: {1: neonQ4Kx1, 2: neonQ4Kx2},
		compute.Q6_K: {1: neonQ6Kx1, 2: neonQ6Kx2},
	}
	if dotProduct {
		tiles = [...][3]neonHalfTile{
			compute.Q8_0: {1: sdotQ8x1, 2: sdotQ8x2},
			compute.Q4_0: {1: sdotQ4x1, 2: sdotQ4x2},
			compute.Q4_K: {1: sdotQ4Kx1, 2: sdotQ4Kx2},
			compute.Q6_K: {1: sdotQ6Kx1, 2: sdotQ6Kx2},
		}
	}
	return integerKernels{heights: []int{2, 1}, round: neonRoundRow, without: []compute.Type{compute.Q5_K, compute.Q5_1, compute.Q4_1},
		tile: func(t compute.Type, height int, panel, x []byte, groups int, y []float32, ldy int, alpha float32, acc bool) {
			it, _ := integer(t)
			_, _, _ = panel[it.panelBytes(groups*groupSize)-1], x[height*groups*recordBytes-1], y[(height-1)*ldy+panelRows-1]
			for half := range 2 {
				tiles[t][height](&panel[0], &x[0], groups, &y[half*panelRows/2], ldy, alpha, flag(acc), half)
			}
		},
	}
}

// hasDotProduct says whether the processor has SDOT.
func hasDotProduct() bool { return xcpu.ARM64.HasASIMDDP }
