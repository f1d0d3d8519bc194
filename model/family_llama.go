package model

// llama is the family of Touvron et al. 2023 (arXiv 2302.13971) and what shares its block: RMSNorm before attention and
// feed-forward, rotary positions, grouped-query attention, SwiGLU, no biases unless asked for.
var llama = family{
	name:        "llama",
	modelTypes:  []string{"llama"},
	gguf:        "llama",
	fromHF:      llamaHF,
	fromGGUF:    llamaGGUF,
	names:       llamaNames,
	interleaved: true,
	// Old checkpoints store the rotary frequencies, which follow from the configuration.
	ignore: []string{"rotary_emb.inv_freq"},
}

func llamaHF(j *jsonConfig, c *Config) {
	j.decoder(c, decoderDefaults{maxPos: 2048, normEps: 1e-6})
	j.rope(c, 10000)
	j.activation(c, "hidden_act", "silu")
	bias := j.bool("attention_bias", false)
	c.Biases = Biases{QKV: bias, O: bias, MLP: j.bool("mlp_bias", false)}
}

// llamaGGUF is of Mistral too, whose files say that they are llamas.
func llamaGGUF(g *ggufConfig, c *Config) {
	g.decoder(c)
	c.Window = g.int("attention.sliding_window", 0)
}
