package model

// granite is the family of IBM's Granite 3: a llama with four multipliers, of embeddings, of scores, of what a branch adds
// and of logits.
var granite = family{
	name:        "granite",
	modelTypes:  []string{"granite"},
	gguf:        "granite",
	fromHF:      graniteHF,
	fromGGUF:    graniteGGUF,
	names:       llamaNames,
	interleaved: true,
	ignore:      []string{"rotary_emb.inv_freq"},
}

func graniteHF(j *jsonConfig, c *Config) {
	llamaHF(j, c)
	c.EmbedScale = float32(j.float("embedding_multiplier", 1))
	c.ResidualScale = float32(j.float("residual_multiplier", 1))
	c.AttnScale = j.float("attention_multiplier", 1)
	c.scaleLogits(j.float("logits_scaling", 1), j.fail)
}

func graniteGGUF(g *ggufConfig, c *Config) {
	llamaGGUF(g, c)
	c.EmbedScale = float32(g.float("embedding_scale", 0))
	c.ResidualScale = float32(g.float("residual_scale", 0))
	c.AttnScale = g.float("attention.scale", 0)
	c.scaleLogits(g.float("logit_scale", 1), g.fail)
}

// scaleLogits is of files that say what logits are divided by.
func (c *Config) scaleLogits(divisor float64, fail func(string, ...any)) {
	if !(divisor > 0) {
		fail("logits are divided by %g: want a positive number", divisor)
		return
	}
	c.LogitScale = float32(1 / divisor)
}
