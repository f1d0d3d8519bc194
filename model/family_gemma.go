package model

import (
	"math"

	"github.com/cria-llm/cria/compute"
)

// gemma is the family of Mesnard et al. 2024 (arXiv 2403.08295): a llama with GELU in its gates, norms of 1+w, and
// embeddings times the root of their width.
var gemma = family{
	name:       "gemma",
	modelTypes: []string{"gemma"},
	gguf:       "gemma",
	fromHF:     gemmaHF,
	fromGGUF: func(g *ggufConfig, c *Config) {
		g.decoder(c)
		c.gemma()
	},
	names:  llamaNames,
	ignore: []string{"rotary_emb.inv_freq"},
}

func gemmaHF(j *jsonConfig, c *Config) {
	j.decoder(c, decoderDefaults{kvHeads: 16, headDim: 256, maxPos: 8192, normEps: 1e-6, tied: true})
	j.rope(c, 10000)
	// The first files say "gelu" and were trained with its approximation, which all implementations take.
	if act := j.string("hidden_activation", j.string("hidden_act", "gelu")); act != "gelu" && act != "gelu_pytorch_tanh" {
		j.fail("hidden_activation is %q, a gemma model is supported with \"gelu_pytorch_tanh\"", act)
	}
	if j.bool("attention_bias", false) {
		c.Biases = Biases{QKV: true, O: true}
	}
	c.gemma()
}

// gemma is what all Gemmas have.
func (c *Config) gemma() {
	c.Norms.Offset = true
	c.Activation = compute.GELUTanh
	c.EmbedScale = float32(math.Sqrt(float64(c.Hidden)))
}

// gemmaPostNames are the norms of Gemma 2 and 3, which stand on both sides of a branch.
var gemmaPostNames = moduleNames{
	attnPost: {"model.layers.%d.post_attention_layernorm", "blk.%d.post_attention_norm"},
	mlpNorm:  {"model.layers.%d.pre_feedforward_layernorm", "blk.%d.ffn_norm"},
	mlpPost:  {"model.layers.%d.post_feedforward_layernorm", "blk.%d.post_ffw_norm"},
}
