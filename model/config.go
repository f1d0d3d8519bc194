package model

import (
	"fmt"
	"math"
)

// Config is the shape of a decoder: everything that the forward pass depends on besides the weights. A model family
// is one way to fill it. The zero value of a field that a family does not use means that the model has no such thing.
type Config struct {
	Family string // "llama"

	Hidden  int // width of the residual stream
	Layers  int
	Heads   int // query heads
	KVHeads int // key and value heads; divides Heads
	HeadDim int // width of a head; even
	FFN     int // inner width of the feed-forward
	Vocab   int // rows of the embedding, at least the tokenizer's tokens
	MaxPos  int // positions the model was made for

	NormEps float32 // inside the square root of RMSNorm

	RopeTheta   float64     // base of the rotary frequencies
	RopeScaling RopeScaling // how the frequencies are stretched for longer contexts

	Tied bool // the output head is the embedding
}

// RopeScaling stretches rotary frequencies. Kind "" leaves them alone. "linear" divides each by Factor. "llama3" divides
// the slow ones by Factor, leaves the fast ones, and blends between (Llama 3.1, transformers' modeling_rope_utils).
// "divisors" divides frequency j by Divisors[j], which is how GGUF files carry any of them.
type RopeScaling struct {
	Kind           string
	Factor         float64
	LowFreqFactor  float64
	HighFreqFactor float64
	OriginalMaxPos int
	Divisors       []float32
}

// Limits on what a configuration may ask for, far above any model that exists: a product of two of them fits 64 bits.
const (
	maxWidth     = 1 << 20
	maxLayers    = 1 << 12
	maxVocab     = 1 << 24
	maxPositions = 1 << 26
)

// Check says which field is wrong, or nil.
func (c Config) Check() error {
	for _, f := range []struct {
		name       string
		value, max int
	}{
		{"hidden size", c.Hidden, maxWidth},
		{"number of layers", c.Layers, maxLayers},
		{"number of attention heads", c.Heads, maxWidth},
		{"number of key-value heads", c.KVHeads, maxWidth},
		{"head dimension", c.HeadDim, maxWidth},
		{"feed-forward size", c.FFN, maxWidth},
		{"vocabulary size", c.Vocab, maxVocab},
		{"number of positions", c.MaxPos, maxPositions},
	} {
		if f.value < 1 || f.value > f.max {
			return fmt.Errorf("%s is %d, outside 1..%d", f.name, f.value, f.max)
		}
	}
	switch {
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("%d attention heads do not divide into %d key-value heads", c.Heads, c.KVHeads)
	case c.HeadDim%2 != 0:
		return fmt.Errorf("head dimension %d is odd, rotary embedding turns pairs", c.HeadDim)
	case c.HeadDim > maxWidth/c.Heads:
		return fmt.Errorf("%d heads of %d are wider than %d", c.Heads, c.HeadDim, maxWidth)
	case !(c.NormEps >= 0 && c.NormEps < 1):
		return fmt.Errorf("norm epsilon is %g, outside 0..1", c.NormEps)
	case !(c.RopeTheta > 0) || math.IsInf(c.RopeTheta, 0):
		return fmt.Errorf("rotary base is %g, not a positive number", c.RopeTheta)
	}
	return c.RopeScaling.check(c.HeadDim / 2)
}

func (s RopeScaling) check(pairs int) error {
	positive := func(x float64) bool { return x > 0 && !math.IsInf(x, 0) }
	switch s.Kind {
	case "":
	case "linear":
		if !positive(s.Factor) {
			return fmt.Errorf("rope scaling factor is %g, not a positive number", s.Factor)
		}
	case "llama3":
		if !positive(s.Factor) || !positive(s.LowFreqFactor) || !positive(s.HighFreqFactor) || s.OriginalMaxPos < 1 {
			return fmt.Errorf("llama3 rope scaling needs positive factor, low_freq_factor, high_freq_factor and original_max_position_embeddings, found %g, %g, %g, %d",
				s.Factor, s.LowFreqFactor, s.HighFreqFactor, s.OriginalMaxPos)
		}
		if s.HighFreqFactor <= s.LowFreqFactor {
			return fmt.Errorf("llama3 rope scaling has high_freq_factor %g, not above low_freq_factor %g", s.HighFreqFactor, s.LowFreqFactor)
		}
	case "divisors":
		if len(s.Divisors) != pairs {
			return fmt.Errorf("%d rotary divisors for %d frequencies", len(s.Divisors), pairs)
		}
		for j, d := range s.Divisors {
			if !positive(float64(d)) {
				return fmt.Errorf("rotary divisor %d is %g, not a positive number", j, d)
			}
		}
	default:
		return fmt.Errorf("rope scaling %q is not supported (supported: none, linear, llama3)", s.Kind)
	}
	return nil
}

// qDim and kvDim are the widths of all query heads and of all key heads together.
func (c Config) qDim() int  { return c.Heads * c.HeadDim }
func (c Config) kvDim() int { return c.KVHeads * c.HeadDim }

// Params is the number of weights, a tied head counted once.
func (c Config) Params() int {
	block := 2*c.Hidden + 2*c.Hidden*c.qDim() + 2*c.Hidden*c.kvDim() + 3*c.Hidden*c.FFN
	n := c.Layers*block + c.Hidden + c.Vocab*c.Hidden
	if !c.Tied {
		n += c.Vocab * c.Hidden
	}
	return n
}

// frequencies is the angle by which each pair of a head turns per position, in float64.
func (c Config) frequencies() []float64 {
	f := make([]float64, c.HeadDim/2)
	s := c.RopeScaling
	for j := range f {
		f[j] = math.Pow(c.RopeTheta, -2*float64(j)/float64(c.HeadDim))
		switch s.Kind {
		case "linear":
			f[j] /= s.Factor
		case "llama3":
			f[j] = s.llama3(f[j])
		case "divisors":
			f[j] /= float64(s.Divisors[j])
		}
	}
	return f
}

// llama3 scales one frequency: wavelengths up to OriginalMaxPos/HighFreqFactor stay, those past
// OriginalMaxPos/LowFreqFactor are divided by Factor, and between them the two are blended.
func (s RopeScaling) llama3(f float64) float64 {
	turns := float64(s.OriginalMaxPos) * f / (2 * math.Pi)
	switch {
	case turns > s.HighFreqFactor:
		return f
	case turns < s.LowFreqFactor:
		return f / s.Factor
	}
	smooth := (turns - s.LowFreqFactor) / (s.HighFreqFactor - s.LowFreqFactor)
	return (1-smooth)*f/s.Factor + smooth*f
}
