package model

// gemma3 is the family of Kamath et al. 2025 (arXiv 2503.19786), its text part: Gemma with norms on both sides of a branch
// and of the heads of queries and keys, and five layers with a window and a rotary base of their own to one without.
var gemma3 = family{
	name:       "gemma3",
	modelTypes: []string{"gemma3_text"},
	gguf:       "gemma3",
	fromHF:     gemma3HF,
	fromGGUF:   gemma3GGUF,
	names:      llamaNames.with(gemmaPostNames),
	ignore:     []string{"rotary_emb.inv_freq"},
}

func gemma3HF(j *jsonConfig, c *Config) {
	j.decoder(c, decoderDefaults{heads: 8, vocab: 262208, kvHeads: 4, headDim: 256, maxPos: 131072, normEps: 1e-6, tied: true})
	j.rope(c, 1e6)
	j.gemma(c)
	c.QKNorm = HeadQKNorm
	c.AttnCap = float32(j.float("attn_logit_softcapping", 0))
	c.LogitCap = float32(j.float("final_logit_softcapping", 0))
	c.Window = j.unlessNull("sliding_window", 4096)
	pattern := j.int("sliding_window_pattern", j.int("_sliding_window_pattern", 6))
	j.layerTypes(c, func(l int) bool { return pattern > 0 && (l+1)%pattern != 0 })
	c.LocalTheta = j.localTheta(10000)
}

func gemma3GGUF(g *ggufConfig, c *Config) {
	g.decoder(c)
	c.gemma()
	c.Norms.Post, c.QKNorm = true, HeadQKNorm
	c.LogitCap = float32(g.float("final_logit_softcapping", 0))
	c.Window = g.int("attention.sliding_window", 0)
	g.windowed(c, func(l int) bool { return l%6 < 5 })
	c.LocalTheta = g.float("rope.freq_base_swa", 10000)
	c.gemmaScale(62)
}
