package cpu

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// Rows of blocks unpack to the bits of the plain twin, and no further.
func TestNEONUnpacksToTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, typ := range compute.Types()[1:] {
		for blocks := 1; blocks <= 20; blocks++ {
			n := blocks * typ.Block()
			row := make([]byte, typ.RowBytes(n))
			for i := range row {
				row[i] = byte(rng.IntN(256))
			}
			want, got := make([]float32, n), make([]float32, n+8)
			plainUnpack(typ, want, row)
			for i := range got {
				got[i] = 7
			}
			neonUnpack(typ, got[:n], row)
			for i, w := range want {
				if math.Float32bits(got[i]) != math.Float32bits(w) && !(got[i] != got[i] && w != w) {
					t.Fatalf("%s, %d values: [%d] = %v, plain %v", typ, n, i, got[i], w)
				}
			}
			for i, g := range got[n:] {
				if g != 7 {
					t.Fatalf("%s, %d values: wrote %d past the end", typ, n, i+1)
				}
			}
		}
	}
}

// The tile gives the same bits wherever A's values lie and whether it adds or a caller does, and writes nothing else.
func TestNEONTileReadsInAnyOrder(t *testing.T) {
	const mr, nr, ldc = 6, 16, 21
	rng := rand.New(rand.NewPCG(5, 6))
	for kc := 1; kc <= 21; kc++ {
		x, y := make([]float32, mr*kc), make([]float32, nr*kc)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		for i := range y {
			y[i] = float32(rng.NormFloat64())
		}
		run := func(lane, step, bStep int, start float32, acc bool) []float32 {
			a, b := make([]float32, (mr-1)*lane+(kc-1)*step+1), make([]float32, (kc-1)*bStep+nr)
			for s := range kc {
				for r := range mr {
					a[r*lane+s*step] = x[r*kc+s]
				}
				copy(b[s*bStep:], y[s*nr:(s+1)*nr])
			}
			c := make([]float32, mr*ldc)
			for i := range c {
				c[i] = start
			}
			tile6x16(kc, a, lane, step, b, bStep, c[:(mr-1)*ldc+nr], ldc, 0.3, acc)
			return c
		}
		want := run(1, mr, nr, 9, false)
		for r := range mr {
			for j := range ldc {
				sum := 9.0
				if j < nr {
					sum = 0
					for s := range kc {
						sum += float64(x[r*kc+s]) * float64(y[s*nr+j])
					}
					sum *= 0.3
				}
				if got := want[r*ldc+j]; math.Abs(float64(got)-sum) > 1e-5 {
					t.Fatalf("%d steps: c[%d,%d] = %v, want %v", kc, r, j, got, sum)
				}
			}
		}
		for _, at := range [][3]int{{kc, 1, nr}, {kc + 3, 1, nr + 5}, {1, mr + 5, nr}, {2, 2 * mr, nr}, {3*kc + 1, 3, 40}} {
			for i, got := range run(at[0], at[1], at[2], 9, false) {
				if got != want[i] {
					t.Fatalf("%d steps at %v: c[%d] = %v, want the bits of packed panels, %v", kc, at, i, got, want[i])
				}
			}
			for i, got := range run(at[0], at[1], at[2], 2, true) {
				if inside := i%ldc < nr; inside && got != want[i]+2 || !inside && got != 2 {
					t.Fatalf("%d steps at %v: c[%d] = %v, want what was there plus %v", kc, at, i, got, want[i])
				}
			}
		}
	}
}

// Integer tiles have the bits of the plain twin with SDOT and without.
func TestNEONIntegerTilesWithAndWithoutSDOT(t *testing.T) {
	be := open(t, Options{Threads: 1, ISA: ISANEON})
	for _, dot := range []bool{false, true} {
		if dot && !hasDotProduct() {
			t.Log("this processor has no SDOT")
			continue
		}
		rng := rand.New(rand.NewPCG(7, 8))
		k := neonIntegers(dot)
		for _, typ := range integerTypes {
			if slices.Contains(k.without, typ) {
				continue
			}
			for blocks := 1; blocks <= 3; blocks++ {
				cols := blocks * typ.Block()
				data := make([]byte, panelRows*typ.RowBytes(cols))
				for i := range data {
					data[i] = byte(rng.IntN(256)) & 0xbf // no scale is infinite
				}
				if typ == compute.Q8_0 && blocks == 2 { // the largest sums there are
					for i := range data {
						if i%34 > 1 {
							data[i] = 0x80
						}
					}
				}
				w, err := be.NewWeight(typ, panelRows, cols, data)
				if err != nil {
					t.Fatal(err)
				}
				w, _ = be.Repack(w)
				it, _ := integer(typ)
				groups := cols / groupSize
				for _, h := range k.heights {
					x := make([]byte, h*groups*recordBytes)
					row := make([]float32, cols)
					for i := range h {
						for j := range row {
							row[j] = -127
							if blocks != 2 {
								row[j] = float32(rng.NormFloat64())
							}
						}
						plainRound(x[i*recordBytes:], h*recordBytes, row, it.offset, it.split)
					}
					got, want := make([]float32, h*panelRows), make([]float32, h*panelRows)
					k.tile(typ, h, w.Repacked(), x, groups, got, panelRows, 0.7, false)
					plainIntegerTile(typ, h, w.Repacked(), x, groups, want, panelRows, 0.7, false)
					for i := range want {
						if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
							t.Fatalf("%s, SDOT %t, %d rows of %d values: [%d] = %v, plain %v", typ, dot, h, cols, i, got[i], want[i])
						}
					}
				}
			}
		}
	}
}
