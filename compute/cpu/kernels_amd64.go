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
		name: string(ISAAVX2), tile: tile{6, 16, tile6x16}, dots: dots{2, avx2Dots},
		transpose: vecTranspose, spread: vecSpread,
		dot: vecDot, dotMul: vecDotMul, axpy: vecAxpy, dotRows: avxDotRows, sumRows: avxSumRows, mulScale: vecMulScale, addMulScale: vecAddMulScale,
		rope: vecRope, max: vecMax, sumSquares: vecSumSquares, expSum: vecExpSum,
		softCap: vecSoftCap, capSlope: vecCapSlope, sum: vecSum, subScale: vecSubScale,
		gate:     [activations]func(y, g, u []float32){vecSiLU, vecGELUTanh, vecGELU},
		gateBack: [activations]func(dg, du, dy, g, u []float32){vecSiLUBack, vecGELUTanhBack, vecGELUBack},
		adamw:    vecAdamW, dotRow: avxDotRow, unpack: avxUnpack,
		integers: avx2Integers(),
	}
	if xcpu.X86.HasAVXVNNI {
		avx2.integers = avxVNNIIntegers()
	}
	sets = append(sets, avx2)
	if xcpu.X86.HasAVX512F && xcpu.X86.HasAVX512DQ && xcpu.X86.HasAVX512VL && xcpu.X86.HasBMI2 {
		wide := avx2
		wide.name = string(ISAAVX512)
		wide.unpack, wide.dotRow = avx512Unpack, avx512DotRow
		wide.tile, wide.thin = tile{12, 32, avx512Tile}, tile{24, 16, avx512ThinTile}
		wide.dots = dots{4, avx512Dots}
		wide.expSum, wide.softCap = avx512ExpSum, avx512SoftCap
		wide.gate = [activations]func(y, g, u []float32){avx512SiLU, avx512GELUTanh, avx512GELU}
		wide.gateBack = [activations]func(dg, du, dy, g, u []float32){avx512SiLUBack, avx512GELUTanhBack, avx512GELUBack}
		if xcpu.X86.HasAVX512VNNI {
			wide.integers = avx512Integers()
		}
		sets = append(sets, wide)
	}
	return sets
}
