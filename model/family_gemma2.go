package model

import "math"

// gemma2 is the family of Riviere et al. 2024 (arXiv 2408.00118): Gemma with norms on both sides of a branch, capped scores
// and logits, and a window on every other layer.
var gemma2 = family{
	name:       "gemma2",
	modelTypes: []string{"gemma2"},
	gguf:       "gemma2",
	fromHF:     gemma2HF,
	fromGGUF:   gemma2GGUF,
	names:      llamaNames.with(gemmaPostNames),
	ignore:     []string{"rotary_emb.inv_freq"},
}

func gemma2HF(j *jsonConfig, c *Config) {
	j.decoder(c, decoderDefaults{kvHeads: 4, headDim: 256, maxPos: 8192, normEps: 1e-6, tied: true})
	j.rope(c, 10000)
	j.gemma(c)
	c.AttnCap = float32(j.floatUnlessNull("attn_logit_softcapping", 50))
	c.LogitCap = float32(j.floatUnlessNull("final_logit_softcapping", 30))
	c.Window = j.unlessNull("sliding_window", 4096)
	j.layerTypes(c, evenLayer)
}

func evenLayer(l int) bool { return l%2 == 0 }

// gemma reads what Gemma 2 and 3 share.
func (j *jsonConfig) gemma(c *Config) {
	c.gemma()
	c.Norms.Post = true
	if act := j.string("hidden_activation", "gelu_pytorch_tanh"); act != "gelu_pytorch_tanh" {
		j.fail("hidden_activation is %q, a %s model is supported with \"gelu_pytorch_tanh\"", act, c.Family)
	}
	if j.bool("attention_bias", false) {
		c.Biases = Biases{QKV: true, O: true}
	}
	c.AttnScale = 1 / math.Sqrt(j.float("query_pre_attn_scalar", 256))
	if j.bool("use_bidirectional_attention", false) {
		j.fail("use_bidirectional_attention is true: want a model that writes from left to right")
	}
}

func gemma2GGUF(g *ggufConfig, c *Config) {
	g.decoder(c)
	c.gemma()
	c.Norms.Post = true
	c.AttnCap = float32(g.float("attn_logit_softcapping", 50))
	c.LogitCap = float32(g.float("final_logit_softcapping", 30))
	c.Window = g.int("attention.sliding_window", 4096)
	g.windowed(c, evenLayer)
	c.gemmaScale(46)
}

// gemmaScale is of the 27B of Gemma 2 and of Gemma 3, the only ones with so many layers: their query_pre_attn_scalar is the
// model's width over its heads and not that of a head, which GGUF files do not say.
func (c *Config) gemmaScale(layers int) {
	if c.Layers == layers && c.Heads > 0 {
		c.AttnScale = 1 / math.Sqrt(float64(c.Hidden/c.Heads))
	}
}
