package model

import (
	"cmp"
	"math"

	"github.com/cria-llm/cria/format/gguf"
)

// ggufKeys is the configuration in the keys of an architecture: what every fromGGUF reads.
func (c Config) ggufKeys(arch string) []gguf.KV {
	var list []gguf.KV
	put := func(key string, v gguf.Value) { list = append(list, gguf.KV{Key: arch + "." + key, Value: v}) }
	count := func(key string, n int) { put(key, gguf.Of(uint32(n))) }
	number := func(key string, x float64) { put(key, gguf.Of(float32(x))) }
	some := func(key string, x float64) {
		if x != 0 {
			number(key, x)
		}
	}
	count("vocab_size", c.Vocab)
	count("context_length", c.MaxPos)
	count("embedding_length", c.Hidden)
	count("block_count", c.Layers)
	count("feed_forward_length", c.FFN)
	count("attention.head_count", c.Heads)
	count("attention.head_count_kv", c.KVHeads)
	count("attention.key_length", c.HeadDim)
	count("attention.value_length", c.HeadDim)
	if c.Norms.Layer {
		number("attention.layer_norm_epsilon", float64(c.NormEps))
	} else {
		number("attention.layer_norm_rms_epsilon", float64(c.NormEps))
	}
	if !c.LearnedPositions {
		count("rope.dimension_count", c.turned())
		number("rope.freq_base", c.RopeTheta)
		some("rope.freq_base_swa", c.LocalTheta)
		c.ropeKeys(put, number, count)
	}
	if c.Window > 0 || arch == phi3.gguf { // which wants one, and takes 0 for none
		count("attention.sliding_window", c.Window)
	}
	some("attn_logit_softcapping", float64(c.AttnCap))
	some("final_logit_softcapping", float64(c.LogitCap))
	if arch == granite.gguf {
		number("attention.scale", cmp.Or(c.AttnScale, 1/math.Sqrt(float64(c.HeadDim))))
		number("embedding_scale", float64(orOne(c.EmbedScale)))
		number("residual_scale", float64(c.residual()))
		number("logit_scale", 1/float64(orOne(c.LogitScale)))
	}
	return list
}

// ropeKeys says how frequencies are stretched, where no tensors do.
func (c Config) ropeKeys(put func(string, gguf.Value), number func(string, float64), count func(string, int)) {
	switch s := c.RopeScaling; s.Kind {
	case "linear":
		put("rope.scaling.type", gguf.Of("linear"))
		number("rope.scaling.factor", s.Factor)
	case "yarn":
		put("rope.scaling.type", gguf.Of("yarn"))
		number("rope.scaling.factor", s.Factor)
		count("rope.scaling.original_context_length", s.OriginalMaxPos)
		if s.BetaFast != 0 {
			number("rope.scaling.yarn_beta_fast", s.BetaFast)
		}
		if s.BetaSlow != 0 {
			number("rope.scaling.yarn_beta_slow", s.BetaSlow)
		}
		// llama.cpp multiplies by what follows from the factor itself.
		if rest := s.factor() / (1 + 0.1*math.Log(max(s.Factor, 1))); math.Abs(rest-1) > 1e-6 {
			number("rope.scaling.attn_factor", rest)
		}
	case "longrope":
		count("rope.scaling.original_context_length", s.OriginalMaxPos)
		number("rope.scaling.attn_factor", s.factor())
	default:
		if c.Family == phi3.name {
			count("rope.scaling.original_context_length", c.MaxPos)
		}
	}
}

// divisorTensor is a tensor of what rotary frequencies are divided by.
type divisorTensor struct {
	name   string
	values []float32
}

// ggufDivisors is the tensors by which GGUF files say how frequencies are stretched, where no keys do.
func (c Config) ggufDivisors() []divisorTensor {
	switch s := c.RopeScaling; s.Kind {
	case "divisors":
		return []divisorTensor{{ropeFreqs, s.Divisors}}
	case "longrope":
		return []divisorTensor{{ropeLong, s.Long}, {ropeShort, s.Divisors}}
	case "llama3":
		d := plainFrequencies(c.RopeTheta, c.turned())
		values := make([]float32, len(d))
		for j, f := range c.frequencies(false) {
			values[j] = float32(d[j] / f)
		}
		return []divisorTensor{{ropeFreqs, values}}
	}
	return nil
}
