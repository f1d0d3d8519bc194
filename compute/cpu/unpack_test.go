package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// Rows come out of every instruction set with the bits that package compute gives them, whatever the bytes say, from
// and to any address, and nothing is written past them.
func TestUnpackedRowsHaveTheBitsOfTheirDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, k := range machineKernels() {
		for _, typ := range compute.Types()[1:] {
			n := 5 * typ.Block()
			if typ.Block() == 1 {
				n = 77
			}
			for range 100 {
				data := make([]byte, 1+typ.RowBytes(n))[1:]
				for i := range data {
					data[i] = byte(rng.IntN(256))
				}
				got, want := make([]float32, n+9)[1:], make([]float32, n)
				got[n] = 1
				k.unpack(typ, got[:n], data)
				compute.Decode(want, typ, data)
				for i, w := range want {
					if g := got[i]; math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
						t.Fatalf("%s: %s[%d] = %v (%#x), want %v (%#x)", k.name, typ, i, g, math.Float32bits(g), w, math.Float32bits(w))
					}
				}
				if got[n] != 1 {
					t.Fatalf("%s: %s wrote past the row", k.name, typ)
				}
			}
		}
	}
}

func TestProductsWithARestingRowAreThoseWithItsValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, k := range machineKernels() {
		for _, typ := range compute.Types()[1:] {
			for _, n := range []int{256, 512, 768} {
				row, x, values := make([]byte, typ.RowBytes(n)), make([]float32, n), make([]float32, n)
				for i := range x {
					x[i], values[i] = float32(rng.NormFloat64()), float32(rng.NormFloat64())
				}
				if err := compute.Encode(row, typ, values); err != nil {
					t.Fatal(err)
				}
				compute.Decode(values, typ, row)
				var want float64
				for i, v := range values {
					want += float64(x[i]) * float64(v)
				}
				if got := k.dotRow(typ, x, row); math.Abs(float64(got)-want) > 2e-6*float64(n) {
					t.Errorf("%s: %s of %d values: %v, want %v", k.name, typ, n, got, want)
				}
			}
		}
	}
	for _, k := range machineKernels() {
		for _, typ := range compute.Types()[1:] {
			row, x := make([]byte, typ.RowBytes(512)), make([]float32, 512)
			if n := testing.AllocsPerRun(10, func() { k.dotRow(typ, x, row); k.unpack(typ, x, row) }); n != 0 {
				t.Errorf("%s: %s allocates %v times a row", k.name, typ, n)
			}
		}
	}
}

// BenchmarkUnpack is a row of 4096 values out of the first cache level.
func BenchmarkUnpack(b *testing.B) {
	const n = 4096
	for _, k := range machineKernels() {
		for _, typ := range compute.Types()[1:] {
			src, dst := make([]byte, typ.RowBytes(n)), make([]float32, n)
			b.Run(fmt.Sprintf("%s/%s", k.name, typ), func(b *testing.B) {
				for b.Loop() {
					k.unpack(typ, dst, src)
				}
				b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds()/1e9, "Gvalues/s")
			})
		}
	}
}
