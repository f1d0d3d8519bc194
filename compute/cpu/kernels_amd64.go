//go:build amd64

package cpu

import xcpu "golang.org/x/sys/cpu"

// machineKernels is the sets that this processor runs, the best last.
func machineKernels() []kernels {
	sets := []kernels{plainKernels()}
	if !xcpu.X86.HasAVX2 || !xcpu.X86.HasFMA || !cpuHasF16C() {
		return sets
	}
	avx2 := kernels{
		name: string(ISAAVX2), mr: 6, nr: 16,
		tile: avxTile, transpose: avxTranspose, spread: avxSpread,
		dot: avxDot, dotMul: avxDotMul, axpy: avxAxpy, mulScale: avxMulScale, addMulScale: avxAddMulScale,
		rope: avxRope, max: avxMax, sumSquares: avxSumSquares, expSum: avxExpSum,
		silu: avxSiLU, siluBack: avxSiLUBack, adamw: avxAdamW, dotRow: avxDotRow, unpack: avxUnpack,
	}
	sets = append(sets, avx2)
	if xcpu.X86.HasAVX512F && xcpu.X86.HasAVX512DQ && xcpu.X86.HasAVX512VL {
		wide := avx2
		wide.name, wide.mr, wide.nr, wide.tile = string(ISAAVX512), 12, 32, avx512Tile
		sets = append(sets, wide)
	}
	return sets
}
