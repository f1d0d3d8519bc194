package gguf_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/cria-llm/cria/format/gguf"
)

const referenceRows, referenceCols = 32, 768

// referenceMatrix is a matrix and an importance of its columns, of sums and products that are exact on every machine: a bell
// of weights, some rows of them with outliers, of one sign, sparse, tiny, or zeros.
func referenceMatrix() (x, importance []float32) {
	rng := rand.New(rand.NewPCG(11, 12))
	bell := func() float32 {
		var sum int
		for range 8 {
			sum += rng.IntN(1 << 12)
		}
		return float32(sum-1<<14) / (1 << 18)
	}
	x, importance = make([]float32, referenceRows*referenceCols), make([]float32, referenceCols)
	for i := range x {
		v := bell()
		switch i / referenceCols % 8 {
		case 1:
			if rng.IntN(40) == 0 {
				v *= 16
			}
		case 2:
			v = max(v, -v) + 1.0/128
		case 3:
			if rng.IntN(3) > 0 || i%referenceCols < 300 {
				v = 0
			}
		case 4:
			v *= 0x1p-20
		case 5:
			v = -max(v, -v)
		}
		x[i] = v
	}
	for i := range importance {
		importance[i] = float32(1+rng.IntN(1<<10)) / float32(int(1)<<rng.IntN(8))
	}
	return x, importance
}

// The hashes are those of what llama.cpp's quantize_* functions (commit c392e5094) made of the same matrix, without and with
// importance, and of the numbers that its dequantize_row_* made of the former.
func TestBlocksAreThoseOfTheReference(t *testing.T) {
	x, importance := referenceMatrix()
	for typ, want := range map[gguf.Type][3]string{
		gguf.Q4_0:   {"ee6e74d8a770", "6617f2a81f0e", "526d5ed87146"},
		gguf.Q4_1:   {"0f1840691507", "4f46f511f7cc", "e7468a1e06e3"},
		gguf.Q5_0:   {"cad75d620391", "9c75387fb9de", "17a6ba8e4de8"},
		gguf.Q5_1:   {"d428bdf65733", "9ca4ebcd5858", "82c14002b5c0"},
		gguf.Q8_0:   {"2a8e0b3b6a27", "2a8e0b3b6a27", "2b878ffad977"},
		gguf.Q2_K:   {"3ae7e3ca1345", "311a386c4658", "af59423ba7ae"},
		gguf.Q3_K:   {"83996e383035", "cd4c6abef44d", "cbd784c7bbfc"},
		gguf.Q4_K:   {"11c94e329ed2", "922c9aa2af90", "cebe6212211e"},
		gguf.Q5_K:   {"a185c2523ae6", "4a6ed489ebfd", "fbdd8d62ca42"},
		gguf.Q6_K:   {"8eac48070e2b", "9950169fbd20", "43c62654a010"},
		gguf.IQ4_NL: {"9b3dab9d09fa", "231a99ee6e2d", "7f372e0ba567"},
		gguf.IQ4_XS: {"c2a2fb10c8df", "35da629e9c52", "449bd9ee0ca1"},
	} {
		for i, columns := range [][]float32{nil, importance} {
			data := make([]byte, len(x)/typ.Block()*typ.BlockBytes())
			if err := gguf.Quantize(data, typ, x, referenceCols, columns, 2); err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(data)
			if got := hex.EncodeToString(sum[:6]); got != want[i] {
				t.Errorf("%s, importance %t: %s, want %s", typ, columns != nil, got, want[i])
			}
			if columns != nil {
				continue
			}
			values, numbers := make([]float32, len(x)), make([]byte, 0, 4*len(x))
			if err := gguf.Decode(values, typ, data); err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				numbers = binary.LittleEndian.AppendUint32(numbers, math.Float32bits(v))
			}
			sum = sha256.Sum256(numbers)
			if got := hex.EncodeToString(sum[:6]); got != want[2] {
				t.Errorf("%s decoded: %s, want %s", typ, got, want[2])
			}
		}
	}
}
