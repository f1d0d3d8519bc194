package gguf_test

import (
	"testing"

	"github.com/cria-llm/cria/format/gguf"
)

// The bits per number are those that llama.cpp's documentation of its quantisations gives.
func TestBlocksHaveTheirBitsPerNumber(t *testing.T) {
	for typ, want := range map[gguf.Type]float64{
		gguf.F64: 64, gguf.F32: 32, gguf.F16: 16, gguf.BF16: 16, gguf.I8: 8, gguf.I16: 16, gguf.I32: 32, gguf.I64: 64,
		gguf.Q4_0: 4.5, gguf.Q4_1: 5, gguf.Q5_0: 5.5, gguf.Q5_1: 6, gguf.Q8_0: 8.5, gguf.Q8_1: 9,
		gguf.Q2_K: 2.625, gguf.Q3_K: 3.4375, gguf.Q4_K: 4.5, gguf.Q5_K: 5.5, gguf.Q6_K: 6.5625, gguf.Q8_K: 9.125,
		gguf.IQ1_S: 1.5625, gguf.IQ1_M: 1.75, gguf.IQ2_XXS: 2.0625, gguf.IQ2_XS: 2.3125, gguf.IQ2_S: 2.5625,
		gguf.IQ3_XXS: 3.0625, gguf.IQ3_S: 3.4375, gguf.IQ4_NL: 4.5, gguf.IQ4_XS: 4.25,
		gguf.TQ1_0: 1.6875, gguf.TQ2_0: 2.0625, gguf.MXFP4: 4.25, gguf.NVFP4: 4.5, gguf.Q1_0: 1.125,
	} {
		if !typ.Known() {
			t.Errorf("%v is not known", typ)
			continue
		}
		if got := 8 * float64(typ.BlockBytes()) / float64(typ.Block()); got != want {
			t.Errorf("%v: %g bits a number, want %g", typ, got, want)
		}
	}
	if gguf.Type(4).Known() || gguf.Type(33).Known() || gguf.Type(1000).Known() {
		t.Error("a number that is no format is known")
	}
	if s := gguf.Q4_K.String() + " " + gguf.Type(1000).String(); s != "Q4_K type 1000" {
		t.Error(s)
	}
}
