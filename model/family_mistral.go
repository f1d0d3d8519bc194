package model

// mistral is the family of Jiang et al. 2023 (arXiv 2310.06825): a llama whose queries see a window of keys. GGUF files of it
// say llama, and most say nothing of the window.
var mistral = family{
	name:        "mistral",
	modelTypes:  []string{"mistral"},
	gguf:        "llama",
	fromHF:      mistralHF,
	names:       llamaNames,
	interleaved: true,
	ignore:      []string{"rotary_emb.inv_freq"},
}

func mistralHF(j *jsonConfig, c *Config) {
	j.decoder(c, decoderDefaults{kvHeads: 8, maxPos: 131072, normEps: 1e-6})
	j.rope(c, 10000)
	j.activation(c, "hidden_act", "silu")
	c.Window = j.unlessNull("sliding_window", 4096)
}
