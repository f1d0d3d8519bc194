package cpu

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cria-llm/cria/compute"
)

var integerTypes = []compute.Type{compute.Q8_0, compute.Q4_0, compute.Q5_1, compute.Q4_K, compute.Q5_K, compute.Q6_K}

// awkwardRow is n values in groups of very different sizes, with zeros, ties and what is too small to be divided by.
func awkwardRow(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for at := 0; at < n; at += groupSize {
		size := math.Exp2(float64(rng.IntN(40) - 20))
		for i := at; i < at+groupSize; i++ {
			x[i] = float32(rng.NormFloat64() * size)
		}
		switch rng.IntN(8) {
		case 0:
			clear(x[at : at+groupSize])
			x[at+rng.IntN(groupSize)] = float32(math.Copysign(0, -1))
		case 1:
			for i := at; i < at+groupSize; i++ {
				x[i] *= 1e-38
			}
		case 2: // halves are ties
			for i := at; i < at+groupSize; i++ {
				x[i] = float32(rng.IntN(509)-254) / 2
			}
			x[at] = 127
		}
	}
	return x
}

// Every instruction set rounds a row to the very bytes that plain Go does.
func TestRoundingMatchesItsPlainTwin(t *testing.T) {
	for _, k := range machineKernels()[1:] {
		if k.integers.round != nil {
			roundsAsPlain(t, k.name, k.integers)
		}
	}
}

// Every tile of every instruction set has the bits of plain Go's.
func TestIntegerTilesMatchTheirPlainTwin(t *testing.T) {
	for _, k := range machineKernels()[1:] {
		if k.integers.tile != nil {
			multipliesAsPlain(t, k.name, k.integers)
		}
	}
}

func roundsAsPlain(t *testing.T, name string, k integerKernels) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		groups, step := 1+rng.IntN(9), recordBytes*(1+rng.IntN(3))
		x := awkwardRow(rng, groups*groupSize)
		if rng.IntN(5) == 0 {
			x[rng.IntN(len(x))] = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}[rng.IntN(3)]
		}
		offset, split := []int32{0, 8, 32, 128}[rng.IntN(4)], rng.IntN(2) == 0
		got, want := make([]byte, groups*step), make([]byte, groups*step)
		k.round(got, step, x, offset, split)
		plainRound(want, step, x, offset, split)
		for g := range groups { // not a number has many spellings
			for _, at := range []int{32, 44} {
				if a, b := floatAt(got[g*step+at:]), floatAt(want[g*step+at:]); a != a && b != b {
					copy(got[g*step+at:][:4], want[g*step+at:])
				}
			}
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%s: records of %v, offset %d, split %t:\n%v\nplain\n%v", name, x, offset, split, got, want)
		}
	}
}

func multipliesAsPlain(t *testing.T, name string, k integerKernels) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, typ := range integerTypes {
		if slices.Contains(k.without, typ) {
			continue
		}
		for range 8 {
			cols := typ.Block() * (1 + rng.IntN(5))
			laid := repackedPanel(t, rng, typ, cols)
			it, _ := integer(typ)
			groups := cols / groupSize
			for _, h := range k.heights {
				x := make([]byte, h*groups*recordBytes)
				for i := range h {
					plainRound(x[i*recordBytes:], h*recordBytes, awkwardRow(rng, cols), it.offset, it.split)
				}
				const ldy = panelRows + 3
				got := make([]float32, h*ldy)
				for i := range got {
					got[i] = float32(rng.NormFloat64())
				}
				want := slices.Clone(got)
				acc, alpha := rng.IntN(2) == 0, []float32{1, -0.3}[rng.IntN(2)]
				k.tile(typ, h, laid, x, groups, got, ldy, alpha, acc)
				plainIntegerTile(typ, h, laid, x, groups, want, ldy, alpha, acc)
				for i := range want {
					if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
						t.Fatalf("%s %s, %d rows of %d values: y[%d,%d] = %v, plain %v", name, typ, h, cols, i/ldy, i%ldy, got[i], want[i])
					}
				}
			}
		}
	}
}

// repackedPanel is 32 rows of random blocks.
func repackedPanel(t *testing.T, rng *rand.Rand, typ compute.Type, cols int) []byte {
	data := make([]byte, panelRows*typ.RowBytes(cols))
	for i := range data {
		data[i] = byte(rng.IntN(256)) & 0xbf // no exponent is all ones: neither Inf nor NaN
	}
	if typ == compute.Q8_0 { // all bytes, and those that are hardest on words often
		for i := range data {
			if i%34 > 1 {
				data[i] = byte([]int{rng.IntN(256), 128, 127, 129}[rng.IntN(4)])
			}
		}
	}
	be := open(t, Options{Threads: 1})
	w, err := be.NewWeight(typ, panelRows, cols, data)
	if err != nil {
		t.Fatal(err)
	}
	laid, _ := be.Repack(w)
	return laid.Repacked()
}

// differences are the types whose values are a product less or more a minimum.
var differences = []compute.Type{compute.Q4_1, compute.Q5_1, compute.Q4_K, compute.Q5_K}

// What was repacked are the values that it was: a product with rows of one value each, of which nothing is rounded.
func TestRepackKeepsEveryValue(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	be := open(t, Options{Threads: 2})
	for _, typ := range append([]compute.Type{compute.Q5_0, compute.Q4_1, compute.IQ4_NL, compute.Q3_K}, integerTypes...) {
		if slices.Contains(be.kernels.integers.without, typ) {
			continue
		}
		rows, cols := 37, 2*typ.Block()
		data := make([]byte, rows*typ.RowBytes(cols))
		for i := range data {
			data[i] = byte(rng.IntN(256)) & 0xbf
		}
		w, err := be.NewWeight(typ, rows, cols, data)
		if err != nil {
			t.Fatal(err)
		}
		laid, _ := be.Repack(w)
		want := make([]float32, rows*cols)
		compute.Decode(want, typ, data)
		x, y := be.Alloc(cols*cols), be.Alloc(cols*rows)
		for i := range cols {
			x.Host()[i*cols+i] = 127 // d is 1
		}
		be.MatMul(y, x, laid, cols, 1, false)
		for i := range cols {
			for r := range rows {
				got, exact := float64(y.Host()[i*rows+r])/127, float64(want[r*cols+i])
				if math.Abs(got-exact) > 1e-4*(math.Abs(exact)+1) && !slices.Contains(differences, typ) || math.Abs(got-exact) > 1e-3*(math.Abs(exact)+1) {
					t.Fatalf("%s: value [%d,%d] is %v, and was %v", typ, r, i, got, exact)
				}
			}
		}
	}
}

// A warm product allocates nothing.
func TestIntegerProductsAllocateNothing(t *testing.T) {
	be := open(t, Options{Threads: 2})
	w, err := be.NewWeight(compute.Q8_0, 200, 64, make([]byte, 200*68))
	if err != nil {
		t.Fatal(err)
	}
	w, _ = be.Repack(w)
	x, y := be.Alloc(50*64), be.Alloc(50*200)
	for _, n := range []int{1, 50} {
		if allocs := testing.AllocsPerRun(20, func() { be.MatMul(y, x, w, n, 1, false) }); allocs != 0 {
			t.Errorf("a product of %d rows allocates %v times", n, allocs)
		}
	}
}
