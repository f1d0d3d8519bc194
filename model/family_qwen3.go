package model

// qwen3 is the family of Yang et al. 2025 (arXiv 2505.09388): a llama whose heads of queries and keys are normed before they
// turn, with a width of their own.
var qwen3 = family{
	name:       "qwen3",
	modelTypes: []string{"qwen3"},
	gguf:       "qwen3",
	fromHF:     qwen3HF,
	fromGGUF: func(g *ggufConfig, c *Config) {
		g.decoder(c)
		c.QKNorm = HeadQKNorm
	},
	names: llamaNames,
}

func qwen3HF(j *jsonConfig, c *Config) {
	j.decoder(c, decoderDefaults{kvHeads: 32, headDim: 128, maxPos: 32768, normEps: 1e-6})
	j.rope(c, 10000)
	j.activation(c, "hidden_act", "silu")
	c.QKNorm = HeadQKNorm
	bias := j.bool("attention_bias", false)
	c.Biases = Biases{QKV: bias, O: bias}
	j.upperWindows(c)
}
