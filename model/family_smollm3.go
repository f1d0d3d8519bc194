package model

// smollm3 is the family of SmolLM3 (Hugging Face 2025): a llama of which every fourth layer does not turn.
var smollm3 = family{
	name:        "smollm3",
	modelTypes:  []string{"smollm3"},
	gguf:        "smollm3",
	fromHF:      smollm3HF,
	fromGGUF:    smollm3GGUF,
	names:       llamaNames,
	interleaved: true,
}

func smollm3HF(j *jsonConfig, c *Config) {
	j.decoder(c, decoderDefaults{kvHeads: 4, maxPos: 32768, normEps: 1e-6, tied: true})
	j.rope(c, 2e6)
	j.activation(c, "hidden_act", "silu")
	bias := j.bool("attention_bias", false)
	c.Biases = Biases{QKV: bias, O: bias, MLP: j.bool("mlp_bias", false)}
	var turn []float64
	if j.read("no_rope_layers", &turn, "a list of 0 and 1") && len(turn) < c.Layers {
		j.fail("no_rope_layers is of %d layers, num_hidden_layers is %d", len(turn), c.Layers)
		return
	}
	every := j.int("no_rope_layer_interval", 4)
	c.eachLayer(&c.NoRope, func(l int) bool {
		if turn != nil {
			return turn[l] == 0
		}
		return every > 0 && (l+1)%every == 0
	})
	if j.bool("use_sliding_window", false) && j.has("sliding_window") {
		c.Window = j.int("sliding_window", 0)
		j.layerTypes(c, func(l int) bool { return c.NoRope[l] })
	}
}

func smollm3GGUF(g *ggufConfig, c *Config) {
	g.decoder(c)
	c.eachLayer(&c.NoRope, func(l int) bool { return (l+1)%4 == 0 }) // no key says so
}
