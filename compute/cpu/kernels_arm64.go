//go:build arm64

package cpu

// machineKernels is the sets that this processor runs, the best last.
func machineKernels() []kernels {
	return []kernels{plainKernels(), {
		name: string(ISANEON), tile: tile{6, 16, tile6x16},
		transpose: vecTranspose, spread: vecSpread,
		dot: vecDot, dotMul: vecDotMul, axpy: vecAxpy, dotRows: neonDotRows, sumRows: neonSumRows, mulScale: vecMulScale, addMulScale: vecAddMulScale,
		rope: vecRope, max: vecMax, sumSquares: vecSumSquares, expSum: vecExpSum,
		softCap: vecSoftCap, capSlope: vecCapSlope, sum: vecSum, subScale: vecSubScale,
		gate:     [activations]func(y, g, u []float32){vecSiLU, vecGELUTanh, vecGELU},
		gateBack: [activations]func(dg, du, dy, g, u []float32){vecSiLUBack, vecGELUTanhBack, vecGELUBack},
		adamw:    vecAdamW, dotRow: neonDotRow, unpack: neonUnpack,
		integers: neonIntegers(hasDotProduct()),
	}}
}
