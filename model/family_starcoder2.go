package model

import "github.com/cria-llm/cria/compute"

// starcoder2 is the family of Lozhkov et al. 2024 (arXiv 2402.19173): LayerNorm, biases everywhere, a feed-forward without a
// gate, grouped queries that turn, and a window.
var starcoder2 = family{
	name:       "starcoder2",
	modelTypes: []string{"starcoder2"},
	gguf:       "starcoder2",
	fromHF:     starcoder2HF,
	fromGGUF:   starcoder2GGUF,
	names: llamaNames.with(moduleNames{
		upProj:   {"model.layers.%d.mlp.c_fc", "blk.%d.ffn_up"},
		downProj: {"model.layers.%d.mlp.c_proj", "blk.%d.ffn_down"},
	}),
	ignore: []string{"rotary_emb.inv_freq"},
}

func starcoder2HF(j *jsonConfig, c *Config) {
	j.decoder(c, decoderDefaults{kvHeads: 2, maxPos: 4096, tied: true})
	c.NormEps = float32(j.float("norm_epsilon", 1e-5))
	j.rope(c, 10000)
	j.activation(c, "hidden_act", "gelu_pytorch_tanh")
	c.Norms.Layer, c.Ungated = true, true
	bias := j.bool("use_bias", true)
	c.Biases = Biases{QKV: bias, O: bias, MLP: bias}
	c.Window = j.unlessNull("sliding_window", 0)
}

func starcoder2GGUF(g *ggufConfig, c *Config) {
	g.decoder(c)
	c.NormEps = float32(g.float("attention.layer_norm_epsilon", 1e-5))
	c.Norms.Layer, c.Ungated, c.Activation = true, true, compute.GELUTanh
	c.Window = g.int("attention.sliding_window", 0)
}
