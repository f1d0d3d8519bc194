package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// Every kernel of every instruction set computes what its plain twin does, at every length around a vector's.
func TestKernelsMatchTheirPlainTwins(t *testing.T) {
	plain := plainKernels()
	for _, k := range machineKernels()[1:] {
		t.Run(k.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			draw := func(n int) []float32 {
				x := make([]float32, n)
				for i := range x {
					x[i] = float32(rng.NormFloat64() * 3)
				}
				return x
			}
			near := func(what string, n int, got, want []float32) {
				t.Helper()
				for i := range want {
					tol := 1e-5 * (1 + math.Abs(float64(want[i]))) * math.Sqrt(float64(n))
					if !(math.Abs(float64(got[i]-want[i])) <= tol) && !(got[i] != got[i] && want[i] != want[i]) {
						t.Fatalf("%s of %d values: [%d] = %v, plain %v", what, n, i, got[i], want[i])
					}
				}
			}
			for n := 1; n <= 100; n++ {
				a, b, c, d := draw(n), draw(n), draw(n), draw(n)
				both := func(what string, f func(k *kernels, x, y []float32)) {
					t.Helper()
					x, y := append([]float32(nil), a...), append([]float32(nil), b...)
					px, py := append([]float32(nil), a...), append([]float32(nil), b...)
					f(&k, x, y)
					f(&plain, px, py)
					near(what, n, x, px)
					near(what, n, y, py)
				}
				both("dot", func(k *kernels, x, y []float32) { x[0] = k.dot(x, y) })
				both("dotMul", func(k *kernels, x, y []float32) { x[0] = k.dotMul(x, y, c) })
				both("axpy", func(k *kernels, x, y []float32) { k.axpy(x, y, 0.7) })
				both("mulScale", func(k *kernels, x, y []float32) { k.mulScale(x, y, c, 0.7) })
				both("addMulScale", func(k *kernels, x, y []float32) { k.addMulScale(x, y, c, 0.7) })
				both("rope", func(k *kernels, x, y []float32) { k.rope(x, y, c, d, -1) })
				both("max", func(k *kernels, x, _ []float32) { x[0] = k.max(x) })
				both("sumSquares", func(k *kernels, x, _ []float32) { x[0] = float32(k.sumSquares(x)) })
				both("expSum", func(k *kernels, x, y []float32) { y[0] = k.expSum(x, x, 2) })
				for act := range activations {
					both(fmt.Sprint("gate ", act), func(k *kernels, x, y []float32) { k.gate[act](x, x, y) })
					both(fmt.Sprint("gateBack ", act), func(k *kernels, x, y []float32) { k.gateBack[act](x, y, c, x, y) })
				}
				both("softCap", func(k *kernels, x, _ []float32) { k.softCap(x, 5) })
				both("capSlope", func(k *kernels, x, y []float32) { k.capSlope(x, y, 0.1) })
				both("sum", func(k *kernels, x, _ []float32) { x[0] = float32(k.sum(x)) })
				both("subScale", func(k *kernels, x, y []float32) { k.subScale(x, y, 0.3, 0.7) })
				both("adamw", func(k *kernels, x, y []float32) {
					v := make([]float32, n)
					k.adamw(x, y, append([]float32(nil), c...), v, &adamK{1, .9, .1, .99, .01, .01, 2, 1e-8, .999})
				})
				for _, dim := range []int{8, 24, 40, 64, 12} {
					stride := dim + 3
					q, rows := draw(dim), draw(n*stride)
					both("dotRows", func(k *kernels, x, _ []float32) { k.dotRows(x, q, rows, stride, 0.3) })
					y, z := append([]float32(nil), q...), append([]float32(nil), q...)
					k.sumRows(y, a, rows, stride)
					plain.sumRows(z, a, rows, stride)
					near("sumRows", n*dim, y, z)
				}
				for _, width := range []int{k.tile.nr, k.tile.mr, 4, 20} {
					stride := width*3 + 5
					x, y := make([]float32, n*stride), make([]float32, n*stride)
					k.spread(x, stride, width, a)
					plain.spread(y, stride, width, a)
					near("spread", n, x, y)
				}
				for _, typ := range compute.Types()[1:] {
					if n%typ.Block() != 0 {
						continue
					}
					row := make([]byte, typ.RowBytes(n))
					for i := range row {
						row[i] = byte(rng.IntN(256)) & 0xbf // no exponent is all ones: neither Inf nor NaN
					}
					both("unpack "+typ.String(), func(k *kernels, x, _ []float32) { k.unpack(typ, x, row) })
					x := make([]float32, n)
					plain.unpack(typ, x, row)
					size := math.Sqrt(plainSumSquares(x) * plainSumSquares(a))
					if got, want := k.dotRow(typ, a, row), plain.dotRow(typ, a, row); math.Abs(float64(got-want)) > 1e-5*size {
						t.Fatalf("dotRow %s of %d values = %v, plain %v", typ, n, got, want)
					}
				}
			}
		})
	}
}

// A NaN anywhere in the input comes out again, whatever lane it falls into; e^x meets the ends of its range.
func TestExponentialMeetsItsEnds(t *testing.T) {
	for _, k := range machineKernels() {
		for i := range 11 {
			x := make([]float32, 11)
			x[i] = float32(math.NaN())
			if s := k.expSum(x, x, 0); s == s || x[i] == x[i] {
				t.Errorf("%s: NaN at %d vanished: sum %v, value %v", k.name, i, s, x[i])
			}
		}
		x := []float32{0, -1000, -87, 1, 20, -20, 88, float32(math.Inf(-1))}
		y := make([]float32, len(x))
		k.expSum(y, x, 0)
		for i, v := range x {
			want := math.Exp(float64(v))
			if math.Abs(float64(y[i])-want) > 2e-7*want+2e-38 {
				t.Errorf("%s: e^%v = %v, want %v", k.name, v, y[i], want)
			}
		}
	}
}

// The kernels for blocks of dot products compute what their twin does.
func TestDotsMatchTheirTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, k := range machineKernels() {
		if k.dots.run == nil {
			continue
		}
		for _, typ := range []compute.Type{compute.F32, compute.F16, compute.BF16} {
			for n := 1; n < 70; n++ {
				const groups = 3
				w, x := make([]float32, k.dots.rows*(n+3)), make([]float32, groups*dotTokens*(n+5))
				start := make([]float32, groups*dotTokens*(k.dots.rows+1))
				for _, list := range [][]float32{w, x, start} {
					for i := range list {
						list[i] = float32(rng.NormFloat64())
					}
				}
				row := typ.RowBytes(n + 3)
				data := make([]byte, k.dots.rows*row)
				if err := compute.Encode(data, typ, w); err != nil {
					t.Fatal(err)
				}
				b := dotBlock{t: typ, w: data[:len(data)-typ.RowBytes(3)], wRow: row, x: x[:len(x)-5], xRow: n + 5, yRow: k.dots.rows + 1,
					n: n, groups: groups, alpha: 0.5, acc: n%2 == 0}
				got, want := append([]float32(nil), start...), append([]float32(nil), start...)
				b.y = got[:len(got)-1]
				k.dots.run(&b)
				b.y = want[:len(want)-1]
				b.rest(k.dots.rows, 0) // in Go
				for i, v := range want {
					if math.Abs(float64(got[i]-v)) > 2e-6*float64(n+10) {
						t.Fatalf("%s %s of %d values: [%d] = %v, plain %v", k.name, typ, n, i, got[i], v)
					}
				}
			}
		}
	}
}
