package model

// qwen2 is the family of Yang et al. 2024 (arXiv 2407.10671), Qwen2 and Qwen2.5: a llama with biases of q, k and v. A window
// is there for the upper layers; the released models leave it off, and llama.cpp knows none.
var qwen2 = family{
	name:       "qwen2",
	modelTypes: []string{"qwen2"},
	gguf:       "qwen2",
	fromHF:     qwen2HF,
	fromGGUF:   (*ggufConfig).decoder,
	names:      llamaNames,
	ignore:     []string{"rotary_emb.inv_freq"},
}

func qwen2HF(j *jsonConfig, c *Config) {
	j.decoder(c, decoderDefaults{kvHeads: 32, maxPos: 32768, normEps: 1e-6})
	j.rope(c, 10000)
	j.activation(c, "hidden_act", "silu")
	c.Biases.QKV = true
	j.upperWindows(c)
}

// upperWindows reads the window of Qwen: of the layers from max_window_layers on, where it is used.
func (j *jsonConfig) upperWindows(c *Config) {
	if !j.bool("use_sliding_window", false) {
		return
	}
	from := j.int("max_window_layers", 28)
	c.Window = j.unlessNull("sliding_window", 4096)
	j.layerTypes(c, func(l int) bool { return l >= from })
}
