package gguf_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cria-llm/cria/format/gguf"
)

// weights is rows of random weights of one size.
func weights(n int) []float32 {
	rng := rand.New(rand.NewPCG(3, 4))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64() * 0.02)
	}
	return x
}

func TestQuantisingIsTheSameForAnyNumberOfWorkers(t *testing.T) {
	const rows, cols = 11, 512
	src := weights(rows * cols)
	importance := make([]float32, cols)
	for i := range importance {
		importance[i] = float32(i%7 + 1)
	}
	for _, typ := range []gguf.Type{gguf.F16, gguf.Q8_0, gguf.Q4_0, gguf.Q4_K, gguf.Q3_K} {
		size := rows * cols / typ.Block() * typ.BlockBytes()
		plain, one, three := make([]byte, size), make([]byte, size), make([]byte, size)
		if err := gguf.Encode(plain, typ, src); err != nil {
			t.Fatal(err)
		}
		if err := gguf.Quantize(one, typ, src, cols, nil, 1); err != nil || !bytes.Equal(one, plain) {
			t.Errorf("%s: not the bytes of Encode (%v)", typ, err)
		}
		if err := gguf.Quantize(one, typ, src, cols, importance, 1); err != nil {
			t.Fatal(err)
		}
		if err := gguf.Quantize(three, typ, src, cols, importance, 3); err != nil || !bytes.Equal(one, three) {
			t.Errorf("%s: other bytes with three workers (%v)", typ, err)
		}
	}
}

// The weighted error with importance is below that without, for every type that has a choice.
func TestImportanceLowersTheErrorThatItWeighs(t *testing.T) {
	const rows, cols = 8, 512
	src := weights(rows * cols)
	rng := rand.New(rand.NewPCG(5, 6))
	importance := make([]float32, cols)
	for i := range importance {
		importance[i] = float32(math.Exp(2 * rng.NormFloat64()))
	}
	for _, typ := range []gguf.Type{gguf.Q4_0, gguf.Q4_1, gguf.Q5_0, gguf.Q5_1, gguf.Q2_K, gguf.Q3_K, gguf.Q4_K, gguf.Q5_K, gguf.Q6_K, gguf.IQ4_NL} {
		miss := func(importanceGiven []float32) (sum float64) {
			data, back := make([]byte, rows*cols/typ.Block()*typ.BlockBytes()), make([]float32, len(src))
			if err := gguf.Quantize(data, typ, src, cols, importanceGiven, 2); err != nil {
				t.Fatal(err)
			}
			if err := gguf.Decode(back, typ, data); err != nil {
				t.Fatal(err)
			}
			for i, x := range src {
				sum += float64(importance[i%cols]) * math.Pow(float64(x-back[i]), 2)
			}
			return sum
		}
		with, without := miss(importance), miss(nil)
		if with > 0.95*without {
			t.Errorf("%s: weighted error %.3g with importance, %.3g without", typ, with, without)
		}
	}
}

func TestQuantisingRefusesWhatIsNoMatrix(t *testing.T) {
	row := make([]float32, 512)
	row[300] = float32(math.Inf(1))
	for want, err := range map[string]error{
		"row 1: encode Q8_0: the block of values 32 to 63": gguf.Quantize(make([]byte, 544), gguf.Q8_0, row, 256, nil, 2),
		"are not rows of 100":                              gguf.Quantize(make([]byte, 544), gguf.Q8_0, row, 100, nil, 1),
		"importance of 5 columns":                          gguf.Quantize(make([]byte, 544), gguf.Q8_0, row, 256, row[:5], 1),
		"IQ1_S is not supported: take a file":              gguf.Quantize(make([]byte, 544), gguf.IQ1_S, row, 256, nil, 1),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
