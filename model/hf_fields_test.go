package model

import (
	"math"
	"testing"
)

// The numbers of Llama 3's scaling come back from what GGUF files divide by, of the released models exactly.
func TestLlama3ScalingIsFoundInItsDivisors(t *testing.T) {
	for _, c := range []struct {
		dim   int
		theta float64
		s     RopeScaling
		exact bool
	}{
		{128, 500000, RopeScaling{Kind: "llama3", Factor: 8, LowFreqFactor: 1, HighFreqFactor: 4, OriginalMaxPos: 8192}, true},
		{64, 500000, RopeScaling{Kind: "llama3", Factor: 32, LowFreqFactor: 1, HighFreqFactor: 4, OriginalMaxPos: 8192}, true},
		{8, 10000, RopeScaling{Kind: "llama3", Factor: 4, LowFreqFactor: 1, HighFreqFactor: 4, OriginalMaxPos: 32}, false},
		{16, 10000, RopeScaling{Kind: "llama3", Factor: 2, LowFreqFactor: 1, HighFreqFactor: 8, OriginalMaxPos: 128}, false},
		{8, 500, RopeScaling{Kind: "llama3", Factor: 8, LowFreqFactor: 1, HighFreqFactor: 1.5, OriginalMaxPos: 64}, false},
	} {
		cfg := Config{HeadDim: c.dim, Heads: 1, RopeTheta: c.theta, RopeScaling: c.s}
		divisors := cfg.ggufDivisors()[0].values
		found, err := cfg.llama3Of(divisors)
		if err != nil {
			t.Errorf("%+v: %v", c.s, err)
			continue
		}
		if c.exact && (found.LowFreqFactor != c.s.LowFreqFactor || found.HighFreqFactor != c.s.HighFreqFactor || found.Factor != c.s.Factor) {
			t.Errorf("%+v, want %+v", found, c.s)
		}
		again := cfg
		again.RopeScaling = found
		want, got := cfg.frequencies(false), again.frequencies(false)
		for j := range want {
			if math.Abs(got[j]/want[j]-1) > 1e-5 {
				t.Errorf("%+v: frequency %d is %g, want %g", c.s, j, got[j], want[j])
			}
		}
	}
	odd := Config{HeadDim: 8, Heads: 1, RopeTheta: 10000}
	if found, err := odd.llama3Of([]float32{1, 3, 2, 4}); err == nil {
		t.Errorf("divisors of no scaling are found to be %+v", found)
	}
}
