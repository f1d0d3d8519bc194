package compute

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

// The code books are those of bitsandbytes, bit for bit: of NF4 its 16 values, of the dynamic code (create_dynamic_map with
// its defaults) the values that torch prints for it, each of which names one float32. The negatives mirror them.
func TestCodeBooksAreThoseOfBitsandbytes(t *testing.T) {
	nf4 := [16]float32{-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
		-0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634,
		0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0}
	if NF4Levels() != nf4 {
		t.Errorf("levels %v", NF4Levels())
	}
	code := MomentCode(true)
	for place, want := range map[byte]float32{
		127: 0, 128: 5.500000384017767e-07, 129: 3.250000190746505e-06, 130: 7.749999895168003e-06, 131: 2.1249998098937795e-05,
		134: 8.874999912222847e-05, 135: 0.00015625001105945557, 137: 0.0003812500217463821, 142: 0.0009437500848434865,
		143: 0.001281249918974936, 152: 0.006343749817460775, 158: 0.009718749672174454, 159: 0.011406250298023224,
		171: 0.04515625163912773, 190: 0.09859374910593033, 191: 0.10703125596046448, 207: 0.33203125, 217: 0.47265625,
		218: 0.48671871423721313, 220: 0.5148437023162842, 229: 0.6414062976837158, 234: 0.7117187976837158,
		253: 0.9789062738418579, 254: 0.992968738079071, 255: 1,
	} {
		if got := code.Value(place); got != want {
			t.Errorf("value %d of the dynamic code is %v, want %v", place, got, want)
		}
		if place > 127 && place < 255 && code.Value(254-place) != -want {
			t.Errorf("value %d of the dynamic code is %v, want %v", 254-place, code.Value(254-place), -want)
		}
	}
}

// A block by hand. Its largest size is 2, so that the values over it are 1, -1, 0.5, 0.1, -0.05 and 0. Half-way between
// levels lie 0.5016634 (0.4407 and 0.5626), 0.1202552 (0.0796 and 0.1609), 0.0397901 and -0.0455250: they fall to 1,
// -1, 0.44070983, 0.07958030, -0.09105004 and 0.
func TestAnNF4BlockByHand(t *testing.T) {
	x := make([]float32, 64)
	copy(x, []float32{2, -2, 1, 0.2, -0.1})
	data, got := make([]byte, 36), make([]float32, 64)
	if err := Encode(data, NF4, x); err != nil {
		t.Fatal(err)
	}
	Decode(got, NF4, data)
	for i, want := range []float32{2, -2, 2 * 0.44070982933044434, 2 * 0.07958029955625534, 2 * -0.09105003625154495, 0} {
		if got[i] != want {
			t.Errorf("value %d is %v, want %v", i, got[i], want)
		}
	}
	if size := math.Float32frombits(binary.LittleEndian.Uint32(data)); size != 2 || data[4]&15 != 15 || data[5]&15 != 0 || data[6]&15 != 12 || data[7]&15 != 8 || data[8]&15 != 6 || data[9] != 0x77 {
		t.Errorf("block % x", data)
	}
}

// Scales by hand: those of four blocks are 1, 2, 3 and 6, their mean is 3, and less it they are -2, -1, 0 and 3. Over 3
// these are -2/3, -1/3, 0 and 1: the places of the nearest values -0.66953123, -0.33203125, 0 and 1 of the dynamic code,
// 23, 47, 127 and 255. Times 3 and with the mean they are 0.9914063, 2.0039062, 3 and 6.
func TestDoubleQuantisationByHand(t *testing.T) {
	x := make([]float32, 4*64)
	for b, scale := range []float32{1, 2, 3, 6} {
		x[b*64], x[b*64+1] = scale, -scale
	}
	data := make([]byte, NF4DQ.Size(len(x)))
	if err := Encode(data, NF4DQ, x); err != nil {
		t.Fatal(err)
	}
	if len(data) != 4*33+4+4 {
		t.Fatalf("4 blocks take %d bytes", len(data))
	}
	got := make([]float32, len(x))
	Decode(got, NF4DQ, data)
	low := float32(-0.6695312261581421)
	for b, want := range []struct {
		place byte
		scale float32
	}{{23, float32(low*3) + 3}, {47, -0.33203125*3 + 3}, {127, 3}, {255, 6}} {
		if data[b*33] != want.place || got[b*64] != want.scale || got[b*64+1] != -want.scale || got[b*64+2] != 0 {
			t.Errorf("block %d: place %d, scale %v; want %d and %v", b, data[b*33], got[b*64], want.place, want.scale)
		}
	}
	if most, mean := math.Float32frombits(binary.LittleEndian.Uint32(data[132:])), math.Float32frombits(binary.LittleEndian.Uint32(data[136:])); most != 3 || mean != 3 {
		t.Errorf("largest size %v and mean %v, want 3 and 3", most, mean)
	}
}

// Of any number of blocks, also across groups, the halves are NF4's, a scale is off by at most half the widest step of the
// code over its group's largest, and what is unnested from any block on is the same.
func TestNestedScalesAreNear(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, blocks := range []int{1, 2, 255, 256, 257, 511, 512, 513, 1000} {
		x := make([]float32, blocks*64)
		for i := range x {
			x[i] = float32(rng.NormFloat64() * (1 + float64(i/64%3)))
		}
		plain, nested := make([]byte, NF4.Size(len(x))), make([]byte, NF4DQ.Size(len(x)))
		if err := Encode(plain, NF4, x); err != nil {
			t.Fatal(err)
		}
		if err := Encode(nested, NF4DQ, x); err != nil {
			t.Fatal(err)
		}
		if got := nf4dqBlocks(len(nested)); got != blocks {
			t.Fatalf("%d bytes are %d blocks, want %d", len(nested), got, blocks)
		}
		again := make([]byte, len(plain))
		UnnestNF4(again, nested, 0)
		part := make([]byte, 36)
		for b := range blocks {
			if string(again[b*36+4:(b+1)*36]) != string(plain[b*36+4:(b+1)*36]) {
				t.Fatalf("%d blocks: the halves of block %d changed", blocks, b)
			}
			was, is := math.Float32frombits(binary.LittleEndian.Uint32(plain[b*36:])), math.Float32frombits(binary.LittleEndian.Uint32(again[b*36:]))
			most := math.Float32frombits(binary.LittleEndian.Uint32(nested[blocks*33+b/256*4:]))
			if d := math.Abs(float64(was - is)); d > 0.00704*float64(most)+1e-6 {
				t.Errorf("%d blocks: scale %v became %v, in a group of %v", blocks, was, is, most)
			}
			UnnestNF4(part, nested, b)
			if string(part) != string(again[b*36:(b+1)*36]) {
				t.Fatalf("block %d alone is another", b)
			}
		}
	}
	if err := CheckWeight(NF4DQ, 3, 64, 3*33+8); err != nil {
		t.Error(err)
	}
	if err := CheckWeight(NF4DQ, 3, 64, 3*33); err == nil {
		t.Error("a matrix without its groups passes")
	}
	if err := Encode(make([]byte, NF4DQ.Size(64)), NF4DQ, append(make([]float32, 63), float32(math.NaN()))); err == nil {
		t.Error("NaN is encoded")
	}
}
