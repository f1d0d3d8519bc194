package model

// olmo2 is the family of OLMo et al. 2025 (arXiv 2501.00656): a llama whose norms stand behind attention and feed-forward,
// not before, and which norms queries and keys as a whole.
var olmo2 = family{
	name:       "olmo2",
	modelTypes: []string{"olmo2"},
	gguf:       "olmo2",
	fromHF:     olmo2HF,
	fromGGUF: func(g *ggufConfig, c *Config) {
		g.decoder(c)
		c.olmo2()
		if n := g.int("attention.sliding_window", 0); n > 0 {
			g.fail("attention.sliding_window is %d: this is an OLMo 3, which is not supported", n)
		}
	},
	names: llamaNames.with(moduleNames{
		attnPost: {"model.layers.%d.post_attention_layernorm", "blk.%d.post_attention_norm"},
		mlpPost:  {"model.layers.%d.post_feedforward_layernorm", "blk.%d.post_ffw_norm"},
	}),
	ignore: []string{"rotary_emb.inv_freq"},
}

func olmo2HF(j *jsonConfig, c *Config) {
	j.decoder(c, decoderDefaults{maxPos: 2048, normEps: 1e-5})
	j.rope(c, 10000)
	j.activation(c, "hidden_act", "silu")
	c.olmo2()
	if j.bool("attention_bias", false) {
		c.Biases = Biases{QKV: true, O: true}
	}
}

func (c *Config) olmo2() {
	c.Norms.NoPre, c.Norms.Post = true, true
	c.QKNorm = FullQKNorm
}
