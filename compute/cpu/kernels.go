package cpu

import (
	"fmt"

	"github.com/cria-llm/cria/compute"
)

// kernels is one instruction set's inner loops. Every set computes what the plain one does, within rounding;
// kernels_test.go holds them together.
type kernels struct {
	name string

	// The register tile of the matrix product, and one of the same bits for a last panel of no more than thin.nr
	// columns, of height 0 where there is none.
	tile, thin tile

	// Dot products of a few rows of x with a weight.
	dots dots

	// transpose writes 8 rows of n values as n runs of 8, stride apart; where runs overlap, the later wins.
	transpose func(dst []float32, stride int, rows *[8][]float32, n int)

	// spread copies the whole runs of width values in src to places in dst that lie stride apart.
	spread func(dst []float32, stride, width int, src []float32)

	dot         func(a, b []float32) float32
	dotMul      func(a, b, c []float32) float32 // Σ a ⊙ b ⊙ c
	axpy        func(y, x []float32, alpha float32)
	dotRows     func(dst, q, k []float32, stride int, scale float32) // dst[j] = scale · q·k[j·stride:]
	sumRows     func(y, p, v []float32, stride int)                  // y += Σ p[j] · v[j·stride:]
	mulScale    func(y, x, w []float32, alpha float32)               // y = alpha · x ⊙ w
	addMulScale func(y, x, w []float32, alpha float32)               // y += alpha · x ⊙ w
	rope        func(a, b, cos, sin []float32, sign float32)
	max         func(x []float32) float32 // a NaN may be passed over; expSum brings it out
	sumSquares  func(x []float32) float64
	expSum      func(dst, src []float32, sub float32) float32
	softCap     func(y []float32, limit float32)           // y = limit · tanh(y/limit)
	capSlope    func(y, capped []float32, inverse float32) // y *= 1 - (capped·inverse)²
	sum         func(x []float32) float64
	subScale    func(y, x []float32, sub, alpha float32) // y = (x - sub) · alpha
	gate        [activations]func(y, g, u []float32)
	gateBack    [activations]func(dg, du, dy, g, u []float32)
	adamw       func(p, g, m, v []float32, k *adamK)
	dotRow      func(t compute.Type, x []float32, row []byte) float32
	unpack      func(t compute.Type, dst []float32, src []byte)

	integers integerKernels // of products with repacked weights; the zero value where there are none
}

// activations is how many a gate may have.
const activations = compute.GELU + 1

// ISA names an instruction set.
type ISA string

// The instruction sets that have kernels. ISAPlain runs everywhere.
const (
	ISAPlain  ISA = "plain"
	ISAAVX2   ISA = "avx2"
	ISAAVX512 ISA = "avx512"
	ISANEON   ISA = "neon"
)

func plainKernels() kernels {
	return kernels{
		name: string(ISAPlain), tile: tile{4, 4, plainTile},
		transpose: plainTranspose, spread: plainSpread,
		dot: plainDot, dotMul: plainDotMul, axpy: plainAxpy, dotRows: plainDotRows, sumRows: plainSumRows, mulScale: plainMulScale, addMulScale: plainAddMulScale,
		rope: plainRope, max: plainMax, sumSquares: plainSumSquares, expSum: plainExpSum,
		softCap: plainSoftCap, capSlope: plainCapSlope, sum: plainSum, subScale: plainSubScale,
		gate:     [activations]func(y, g, u []float32){plainSiLU, plainGELUTanh, plainGELU},
		gateBack: [activations]func(dg, du, dy, g, u []float32){plainSiLUBack, plainGELUTanhBack, plainGELUBack},
		adamw:    plainAdamW, dotRow: plainDotRow, unpack: plainUnpack,
		integers: plainIntegers(),
	}
}

// kernelsFor is the set that the options ask for, or the best of this machine where they do not.
func kernelsFor(isa ISA) (kernels, error) {
	sets := machineKernels()
	if isa == "" {
		return sets[len(sets)-1], nil
	}
	for _, k := range sets {
		if k.name == string(isa) {
			return k, nil
		}
	}
	return kernels{}, fmt.Errorf("this processor has no %q kernels; it runs %v", isa, ISAs())
}

// ISAs lists the instruction sets that this machine runs, the slowest first.
func ISAs() []ISA {
	var names []ISA
	for _, k := range machineKernels() {
		names = append(names, ISA(k.name))
	}
	return names
}
