package model

// llama is the family of Touvron et al. 2023 (arXiv 2302.13971) and what shares its block: RMSNorm before attention and
// feed-forward, rotary positions, grouped-query attention, SwiGLU, no biases. Mistral without a sliding window is the
// same computation.
var llama = family{
	name:       "llama",
	modelTypes: []string{"llama", "mistral"},
	gguf:       "llama",
	fromHF:     llamaHF,
	fromGGUF:   llamaGGUF,
	tensors: []tensorName{
		{"model.embed_tokens.weight", "token_embd.weight"},
		{"model.norm.weight", "output_norm.weight"},
		{"lm_head.weight", "output.weight"},
		{"model.layers.%d.input_layernorm.weight", "blk.%d.attn_norm.weight"},
		{"model.layers.%d.self_attn.q_proj.weight", "blk.%d.attn_q.weight"},
		{"model.layers.%d.self_attn.k_proj.weight", "blk.%d.attn_k.weight"},
		{"model.layers.%d.self_attn.v_proj.weight", "blk.%d.attn_v.weight"},
		{"model.layers.%d.self_attn.o_proj.weight", "blk.%d.attn_output.weight"},
		{"model.layers.%d.post_attention_layernorm.weight", "blk.%d.ffn_norm.weight"},
		{"model.layers.%d.mlp.gate_proj.weight", "blk.%d.ffn_gate.weight"},
		{"model.layers.%d.mlp.up_proj.weight", "blk.%d.ffn_up.weight"},
		{"model.layers.%d.mlp.down_proj.weight", "blk.%d.ffn_down.weight"},
	},
	// Old checkpoints store the rotary frequencies, which follow from the configuration.
	ignore: []string{"rotary_emb.inv_freq"},
}

func llamaHF(j *jsonConfig) (Config, error) {
	c := Config{
		Family:  "llama",
		Hidden:  j.needInt("hidden_size"),
		Layers:  j.needInt("num_hidden_layers"),
		Heads:   j.needInt("num_attention_heads"),
		FFN:     j.needInt("intermediate_size"),
		Vocab:   j.needInt("vocab_size"),
		MaxPos:  j.int("max_position_embeddings", 2048),
		NormEps: float32(j.float("rms_norm_eps", 1e-6)),
		Tied:    j.bool("tie_word_embeddings", false),
	}
	c.KVHeads = j.int("num_key_value_heads", c.Heads)
	if c.Heads > 0 {
		c.HeadDim = j.int("head_dim", c.Hidden/c.Heads)
		if !j.has("head_dim") && c.Hidden%c.Heads != 0 {
			j.fail("hidden_size %d is not a multiple of num_attention_heads %d", c.Hidden, c.Heads)
		}
	}
	j.rope(&c)

	for _, key := range []string{"attention_bias", "mlp_bias"} {
		if j.bool(key, false) {
			j.fail("%s is true, and biases are not supported in a llama model", key)
		}
	}
	if act := j.string("hidden_act", "silu"); act != "silu" && act != "swish" {
		j.fail("hidden_act is %q, a llama model is supported with \"silu\"", act)
	}
	if w := j.int("sliding_window", 0); w > 0 && w < c.MaxPos {
		j.fail("sliding_window is %d, below max_position_embeddings %d: attention windows are not supported", w, c.MaxPos)
	}
	return c, j.err
}

func llamaGGUF(g *ggufConfig) (Config, error) {
	c := Config{
		Family:    "llama",
		Hidden:    g.needInt("embedding_length"),
		Layers:    g.needInt("block_count"),
		Heads:     g.needInt("attention.head_count"),
		FFN:       g.needInt("feed_forward_length"),
		MaxPos:    g.needInt("context_length"),
		NormEps:   float32(g.float("attention.layer_norm_rms_epsilon", 1e-5)),
		RopeTheta: g.float("rope.freq_base", 10000),
	}
	c.KVHeads = g.int("attention.head_count_kv", c.Heads)
	if c.Heads > 0 {
		c.HeadDim = g.int("attention.key_length", c.Hidden/c.Heads)
	}
	if n := g.int("attention.value_length", c.HeadDim); n != c.HeadDim {
		g.fail("attention.value_length is %d and attention.key_length %d: they must be equal", n, c.HeadDim)
	}
	if n := g.int("rope.dimension_count", c.HeadDim); n != c.HeadDim {
		g.fail("rope.dimension_count is %d, a llama model is supported with the head's %d", n, c.HeadDim)
	}
	if n := g.int("expert_count", 0); n > 0 {
		g.fail("expert_count is %d: mixtures of experts are not supported", n)
	}
	if n := g.int("attention.sliding_window", 0); n > 0 && n < c.MaxPos {
		g.fail("attention.sliding_window is %d: attention windows are not supported", n)
	}
	switch kind := g.string("rope.scaling.type", "none"); kind {
	case "none":
	case "linear":
		c.RopeScaling = RopeScaling{Kind: "linear", Factor: g.float("rope.scaling.factor", 1)}
	default:
		g.fail("rope.scaling.type is %q, which is not supported (supported: none, linear, and rope_freqs.weight)", kind)
	}
	return c, g.err
}
