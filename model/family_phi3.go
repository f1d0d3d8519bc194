package model

// phi3 is the family of Abdin et al. 2024 (arXiv 2404.14219), Phi-3 to Phi-4-mini: a llama with q, k and v in one matrix and
// gate and up in another, a window in some, and longrope in those for long contexts.
var phi3 = family{
	name:       "phi3",
	modelTypes: []string{"phi3"},
	gguf:       "phi3",
	fromHF:     phi3HF,
	fromGGUF:   phi3GGUF,
	names:      llamaNames,
	ignore:     []string{"rotary_emb.inv_freq"},
}

func phi3HF(j *jsonConfig, c *Config) {
	j.decoder(c, decoderDefaults{maxPos: 4096, normEps: 1e-5})
	j.originalMaxPos = j.int("original_max_position_embeddings", 4096)
	j.rope(c, 10000)
	j.activation(c, "hidden_act", "silu")
	c.Fused = true
	c.Window = j.unlessNull("sliding_window", 0)
}

func phi3GGUF(g *ggufConfig, c *Config) {
	g.decoder(c)
	c.Fused = true
	window := 0
	if c.MaxPos == 4096 && (c.Layers == 32 || c.Layers == 40) {
		window = 2047 // the first files of Phi-3 mini and medium do not say theirs
	}
	c.Window = g.int("attention.sliding_window", window)
}
