package model

import "github.com/cria-llm/cria/compute"

// gpt2 is the family of Radford et al. 2019: LayerNorm, biases everywhere, an embedding of positions, q, k and v in one
// matrix, a feed-forward without a gate, and a head that is the embedding. Its files hold the matrices of the blocks as
// [in, out], and the masks of its attention as tensors.
var gpt2 = family{
	name:       "gpt2",
	modelTypes: []string{"gpt2"},
	gguf:       "gpt2",
	fromHF:     gpt2HF,
	fromGGUF:   gpt2GGUF,
	names: moduleNames{
		embedding:  {"transformer.wte", "token_embd"},
		positions:  {"transformer.wpe", "position_embd"},
		attnNorm:   {"transformer.h.%d.ln_1", "blk.%d.attn_norm"},
		qkvProj:    {"transformer.h.%d.attn.c_attn", "blk.%d.attn_qkv"},
		oProj:      {"transformer.h.%d.attn.c_proj", "blk.%d.attn_output"},
		mlpNorm:    {"transformer.h.%d.ln_2", "blk.%d.ffn_norm"},
		upProj:     {"transformer.h.%d.mlp.c_fc", "blk.%d.ffn_up"},
		downProj:   {"transformer.h.%d.mlp.c_proj", "blk.%d.ffn_down"},
		finalNorm:  {"transformer.ln_f", "output_norm"},
		outputHead: {"lm_head", "output"},
	},
	transposed: true,
	prefix:     "transformer.",
	ignore:     []string{".attn.bias", ".attn.masked_bias"},
}

func gpt2HF(j *jsonConfig, c *Config) {
	c.Hidden, c.Layers, c.Heads = j.needInt("n_embd"), j.needInt("n_layer"), j.needInt("n_head")
	c.Vocab = j.needInt("vocab_size")
	c.FFN = j.int("n_inner", 4*c.Hidden)
	c.MaxPos = j.int("n_positions", j.int("n_ctx", 1024))
	c.NormEps = float32(j.float("layer_norm_epsilon", 1e-5))
	c.Tied = j.bool("tie_word_embeddings", true)
	c.gpt2()
	j.activation(c, "activation_function", "gelu_new")
	if c.Heads > 0 && c.Hidden%c.Heads != 0 {
		j.fail("n_embd %d is not a multiple of n_head %d", c.Hidden, c.Heads)
	}
	if !j.bool("scale_attn_weights", true) {
		c.AttnScale = 1
	}
	for _, key := range []string{"scale_attn_by_inverse_layer_idx", "add_cross_attention"} {
		if j.bool(key, false) {
			j.fail("%s is true, which is not supported in a gpt2 model", key)
		}
	}
}

func gpt2GGUF(g *ggufConfig, c *Config) {
	g.decoder(c)
	c.NormEps = float32(g.float("attention.layer_norm_epsilon", 1e-5))
	c.gpt2()
	c.Activation = compute.GELUTanh
}

// gpt2 is what follows from the family.
func (c *Config) gpt2() {
	c.KVHeads = c.Heads
	if c.Heads > 0 {
		c.HeadDim = c.Hidden / c.Heads
	}
	c.Norms.Layer, c.Fused, c.Ungated, c.LearnedPositions = true, true, true, true
	c.Biases = Biases{QKV: true, O: true, MLP: true}
	c.RopeTheta, c.RopeScaling = 0, RopeScaling{}
}
