package compute_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cria-llm/cria/compute"
)

// f16 is the value of a float16 by the definition in IEEE 754, for finite ones.
func f16(h uint16) float64 {
	exp, mant := int(h>>10&31), float64(h&0x3ff)
	x := math.Ldexp(1+mant/1024, exp-15)
	if exp == 0 {
		x = math.Ldexp(mant/1024, -14)
	}
	if h&0x8000 != 0 {
		x = -x
	}
	return x
}

func TestEveryFloat16IsDecodedAndEncodedExactly(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		got := compute.F16ToF32(h)
		switch {
		case h&0x7fff > 0x7c00:
			if got == got || compute.F32ToF16(got) != h|0x200 {
				t.Fatalf("%#04x: %v, back %#04x", h, got, compute.F32ToF16(got))
			}
			continue
		case h&0x7fff == 0x7c00:
			if !math.IsInf(float64(got), 1-2*int(h>>15)) {
				t.Fatalf("%#04x: %v", h, got)
			}
		case float64(got) != f16(h) || math.Signbit(float64(got)) != (h&0x8000 != 0):
			t.Fatalf("%#04x: %v, want %v", h, got, f16(h))
		}
		if back := compute.F32ToF16(got); back != h {
			t.Fatalf("%#04x: back %#04x", h, back)
		}
	}
}

func TestFloat16RoundsToNearestAndTiesToEven(t *testing.T) {
	for i := range uint16(0x7bff) {
		lo, hi := f16(i), f16(i+1)
		middle := float32((lo + hi) / 2) // exact: one more bit than a float16 has
		even := i + i&1
		for x, want := range map[float32]uint16{
			middle:                        even,
			math.Nextafter32(middle, 0):   i,
			math.Nextafter32(middle, 1e9): i + 1,
		} {
			if got := compute.F32ToF16(x); got != want {
				t.Fatalf("%v: %#04x, want %#04x", x, got, want)
			}
			if got := compute.F32ToF16(-x); got != want|0x8000 {
				t.Fatalf("%v: %#04x, want %#04x", -x, got, want|0x8000)
			}
		}
	}
	for x, want := range map[float32]uint16{
		65519: 0x7bff, 65519.996: 0x7bff, 65520: 0x7c00, math.MaxFloat32: 0x7c00, float32(math.Inf(1)): 0x7c00,
		math.SmallestNonzeroFloat32: 0, 0x1p-25: 0, 0x1.000002p-25: 1, 0x3p-26: 1,
		1 + 1.0/2048: 0x3c00, 1 + 3.0/2048: 0x3c02,
	} {
		if got := compute.F32ToF16(x); got != want {
			t.Errorf("%v: %#04x, want %#04x", x, got, want)
		}
	}
}

func TestBfloat16RoundsToNearestAndTiesToEven(t *testing.T) {
	for bits, want := range map[uint32]uint16{
		0x3f800000: 0x3f80, 0x3f807fff: 0x3f80, 0x3f808000: 0x3f80, 0x3f808001: 0x3f81, 0x3f818000: 0x3f82,
		0xbf818000: 0xbf82, 0x7f7fffff: 0x7f80, 0x7f800000: 0x7f80, 0xff800000: 0xff80, 0x00000001: 0, 0x7f800001: 0x7fc0,
	} {
		if got := compute.F32ToBF16(math.Float32frombits(bits)); got != want {
			t.Errorf("%#08x: %#04x, want %#04x", bits, got, want)
		}
	}
	for i := range 1 << 16 {
		h := uint16(i)
		x := compute.BF16ToF32(h)
		if math.Float32bits(x) != uint32(h)<<16 {
			t.Fatalf("%#04x: %v", h, x)
		}
		if back := compute.F32ToBF16(x); back != h && x == x {
			t.Fatalf("%#04x: back %#04x", h, back)
		}
	}
}

func TestRowsComeBackAsNearAsTheirTypeIsFine(t *testing.T) {
	row := make([]float32, 256)
	for i := range row {
		row[i] = float32(i%64-20) / 7
	}
	for _, typ := range compute.Types() {
		data, got := make([]byte, typ.RowBytes(256)), make([]float32, 256)
		if err := compute.Encode(data, typ, row); err != nil {
			t.Fatal(err)
		}
		compute.Decode(got, typ, data)
		tolerance := map[compute.Type]float64{compute.F32: 0, compute.F16: 4e-3, compute.BF16: 0.04, compute.Q8_0: 0.03,
			compute.Q4_0: 0.45, compute.Q4_K: 0.2, compute.Q6_K: 0.11, compute.NF4: 1,
			compute.Q4_1: 0.16, compute.Q5_0: 0.3, compute.Q5_1: 0.08, compute.Q2_K: 0.95, compute.Q3_K: 0.9, compute.Q5_K: 0.12,
			compute.IQ4_NL: 0.6, compute.MXFP4: 1, compute.IQ4_XS: 0.6}[typ]
		for i, x := range row {
			if d := math.Abs(float64(got[i]) - float64(x)); d > tolerance {
				t.Errorf("%s: %v became %v", typ, x, got[i])
			}
		}
	}
}

func TestTypesAreFoundByName(t *testing.T) {
	for i, name := range compute.TypeNames() {
		if typ, err := compute.ParseType(name); err != nil || typ != compute.Types()[i] {
			t.Errorf("%s: %s, %v", name, typ, err)
		}
	}
	if _, err := compute.ParseType("q7_k"); err == nil || !strings.Contains(err.Error(), "want f32, f16, bf16, q8_0") {
		t.Errorf("q7_k: %v", err)
	}
}

func TestQ8IsWithinHalfAStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOfN(rapid.Float32Range(-1000, 1000), 64, 64).Draw(t, "src")
		data, out := make([]byte, 68), make([]float32, 64)
		if err := compute.Encode(data, compute.Q8_0, src); err != nil {
			t.Fatal(err)
		}
		compute.Decode(out, compute.Q8_0, data)
		for b := 0; b < 64; b += 32 {
			var most float64
			for _, x := range src[b : b+32] {
				most = max(most, math.Abs(float64(x)))
			}
			// Half a step, and the rounding of the scale to float16: relative 2^-11, absolute 2^-25, times up to 127.
			limit := most/127/2 + most*0x1p-11 + 127*0x1p-25
			for i := b; i < b+32; i++ {
				if off := math.Abs(float64(src[i]) - float64(out[i])); off > limit*1.0001 {
					t.Fatalf("value %d: %v became %v, off by %g, more than %g", i, src[i], out[i], off, limit)
				}
			}
		}
	})
}

func TestQ8RoundsHalvesAwayFromZero(t *testing.T) {
	src := make([]float32, 32)
	src[0], src[1], src[2], src[3], src[4] = 127, 0.5, -0.5, 2.5, 0.49999997 // a step of exactly 1
	data := make([]byte, 34)
	if err := compute.Encode(data, compute.Q8_0, src); err != nil {
		t.Fatal(err)
	}
	if want := []byte{0, 0x3c, 127, 1, 255, 3, 0}; !bytes.Equal(data[:7], want) {
		t.Errorf("%v, want %v", data[:7], want)
	}
}

func TestBlocksRefuseWhatTheyCannotHold(t *testing.T) {
	for typ, largest := range map[compute.Type]float32{
		compute.Q8_0: 8.3e6, compute.Q4_0: 5.2e5, compute.Q4_K: 4.1e6, compute.Q6_K: 2.6e8, compute.NF4: math.MaxFloat32,
		compute.Q4_1: 6.5e4, compute.Q5_0: 1.04e6, compute.Q5_1: 6.5e4, compute.Q2_K: 9.8e5, compute.Q3_K: 8.3e6, compute.Q5_K: 4.1e6,
		compute.IQ4_NL: 7.3e6, compute.MXFP4: math.MaxFloat32, compute.IQ4_XS: 2.3e8,
	} {
		n := typ.Block()
		encode := func(x float32) error {
			row := make([]float32, 2*n)
			row[n+7] = x
			return compute.Encode(make([]byte, typ.RowBytes(2*n)), typ, row)
		}
		refused := []float32{float32(math.NaN()), float32(math.Inf(-1)), float32(math.Inf(1))}
		if typ != compute.NF4 && typ != compute.MXFP4 {
			refused = append(refused, -largest*1.1, math.MaxFloat32) // Q4_K holds larger ones above zero
		}
		for _, x := range refused {
			if err := encode(x); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("values %d to %d", n, 2*n-1)) {
				t.Errorf("%s of %v: error %v, want one that names the block", typ, x, err)
			}
		}
		for _, x := range []float32{0, math.SmallestNonzeroFloat32, 1e-38, -1e-20, largest, -largest} {
			if err := encode(x); err != nil {
				t.Errorf("%s of %v: %v", typ, x, err)
			}
		}
	}
}

// What is encoded again after decoding stays within a step, and blocks of one value are exact in every type that can
// hold it.
func TestBlocksOfOneValueAreNear(t *testing.T) {
	for _, typ := range compute.Types() {
		for _, x := range []float32{0, 1, -1, 0.25, -3, 1000} {
			n := typ.Block()
			row, data := slices.Repeat([]float32{x}, n), make([]byte, typ.RowBytes(n))
			if err := compute.Encode(data, typ, row); err != nil {
				t.Fatal(err)
			}
			compute.Decode(row, typ, data)
			limit := math.Abs(float64(x)) / 100
			if typ == compute.MXFP4 {
				limit *= 25 // of 1000, between 768 and 1024 of the next binade
			}
			for i, y := range row {
				if math.Abs(float64(y-x)) > limit {
					t.Errorf("%s: %v became %v at %d", typ, x, y, i)
					break
				}
			}
		}
	}
}

// The error of random weights, over their root mean square, is what the type's bits allow.
func TestTypesErrAsTheirBitsAllow(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	row := make([]float32, 64*256)
	for i := range row {
		row[i] = float32(rng.NormFloat64() * 0.02)
	}
	for typ, want := range map[compute.Type]float64{
		compute.Q8_0: 0.006, compute.Q6_K: 0.018, compute.Q4_K: 0.075, compute.Q4_0: 0.09, compute.NF4: 0.095,
		compute.Q4_1: 0.08, compute.Q5_0: 0.045, compute.Q5_1: 0.04, compute.Q2_K: 0.33, compute.Q3_K: 0.18, compute.Q5_K: 0.04,
		compute.IQ4_NL: 0.085, compute.MXFP4: 0.13, compute.IQ4_XS: 0.085,
	} {
		data, back := make([]byte, typ.RowBytes(len(row))), make([]float32, len(row))
		if err := compute.Encode(data, typ, row); err != nil {
			t.Fatal(err)
		}
		compute.Decode(back, typ, data)
		var off, all float64
		for i, x := range row {
			off += math.Pow(float64(x-back[i]), 2)
			all += math.Pow(float64(x), 2)
		}
		if e := math.Sqrt(off / all); e > want || e < want*0.8 {
			t.Errorf("%s errs by %.4f of the weights' size, want about %g", typ, e, want*0.95)
		}
	}
}

// The code book is that of the paper's appendix E: 8 values from the quantiles of the normal distribution below zero,
// 9 above, zero shared, scaled to end at -1 and 1.
func TestNF4LevelsAreQuantilesOfTheNormalDistribution(t *testing.T) {
	quantile := func(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
	const offset = 0.9677083 // as in bitsandbytes: between 1-1/(2·15) and 1-1/(2·16), the mean
	levels := compute.NF4Levels()
	for i := range 8 {
		below := -quantile(offset-float64(i)*(offset-0.5)/7) / quantile(offset)
		above := quantile(0.5+float64(i+1)*(offset-0.5)/8) / quantile(offset)
		if got := float64(levels[i]); math.Abs(got-below) > 1e-6 {
			t.Errorf("level %d is %.9g, want %.9g", i, got, below)
		}
		if got := float64(levels[8+i]); math.Abs(got-above) > 1e-6 {
			t.Errorf("level %d is %.9g, want %.9g", 8+i, got, above)
		}
	}
}

func TestNF4TakesTheNearestLevel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOfN(rapid.Float32Range(-1000, 1000), 64, 64).Draw(t, "src")
		data, out := make([]byte, 36), make([]float32, 64)
		if err := compute.Encode(data, compute.NF4, src); err != nil {
			t.Fatal(err)
		}
		compute.Decode(out, compute.NF4, data)
		var most float32
		for _, x := range src {
			most = max(most, x, -x)
		}
		for i, x := range src {
			best := math.Inf(1)
			for _, l := range compute.NF4Levels() {
				best = min(best, math.Abs(float64(x)-float64(l*most)))
			}
			if off := math.Abs(float64(x) - float64(out[i])); off > best+1e-6*float64(most) {
				t.Fatalf("%v became %v, off by %g, the nearest level by %g", x, out[i], off, best)
			}
		}
	})
}

func TestWrongLengthsPanic(t *testing.T) {
	values, data := make([]float32, 64), bytes.Repeat([]byte{1}, 68)
	for name, f := range map[string]func(){
		"decode part of a block":  func() { compute.Decode(values[:31], compute.Q8_0, data[:34]) },
		"decode short bytes":      func() { compute.Decode(values[:4], compute.F16, data[:7]) },
		"decode more bytes":       func() { compute.Decode(values[:4], compute.F16, data[:10]) },
		"encode part of a block":  func() { _ = compute.Encode(data[:34], compute.Q8_0, values[:31]) },
		"encode into short bytes": func() { _ = compute.Encode(data[:15], compute.F32, values[:4]) },
		"unknown type":            func() { compute.Decode(values, 99, data) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
