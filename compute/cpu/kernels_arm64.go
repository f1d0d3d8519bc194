//go:build arm64

package cpu

// machineKernels is the sets that this processor runs, the best last.
func machineKernels() []kernels {
	return []kernels{plainKernels(), {
		name: string(ISANEON), tile: tile{6, 16, tile6x16},
		transpose: vecTranspose, spread: vecSpread,
		dot: vecDot, dotMul: vecDotMul, axpy: vecAxpy, dotRows: neonDotRows, sumRows: neonSumRows, mulScale: vecMulScale, addMulScale: vecAddMulScale,
		rope: vecRope, max: vecMax, sumSquares: vecSumSquares, expSum: vecExpSum,
		silu: vecSiLU, siluBack: vecSiLUBack, adamw: vecAdamW, dotRow: neonDotRow, unpack: neonUnpack,
		integers: neonIntegers(hasDotProduct()),
	}}
}
