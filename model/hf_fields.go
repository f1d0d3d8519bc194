package model

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/cria-llm/cria/compute"
)

// hfArchitectures are the classes of transformers that write text, by family.
var hfArchitectures = map[string]string{
	"llama": "LlamaForCausalLM", "mistral": "MistralForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM",
	"gemma": "GemmaForCausalLM", "gemma2": "Gemma2ForCausalLM", "gemma3": "Gemma3ForCausalLM", "phi3": "Phi3ForCausalLM",
	"gpt2": "GPT2LMHeadModel", "smollm3": "SmolLM3ForCausalLM", "olmo2": "Olmo2ForCausalLM", "starcoder2": "Starcoder2ForCausalLM",
	"granite": "GraniteForCausalLM",
}

// hfFields is the configuration in the words of a config.json of its family: what every fromHF reads. It is an error where
// the family's words cannot say it.
func (c Config) hfFields() (map[string]any, error) {
	if c.Family == "llama" && c.Window > 0 {
		c.Family = "mistral" // whose GGUF files say llama
	}
	fam, err := familyNamed(c.Family)
	if err != nil {
		return nil, err
	}
	f := map[string]any{
		"architectures": []string{hfArchitectures[fam.name]}, "model_type": fam.modelTypes[0],
		"vocab_size": c.Vocab, "tie_word_embeddings": c.Tied,
	}
	if fam == &gpt2 {
		c.gpt2Fields(f)
	} else {
		if err := c.decoderFields(fam, f); err != nil {
			return nil, err
		}
	}
	return f, c.sayable(f)
}

// sayable reads the fields again and says in what they are another configuration.
func (c Config) sayable(fields map[string]any) error {
	raw := map[string]json.RawMessage{}
	for key, v := range fields {
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		raw[key] = text
	}
	_, again, err := hfConfig(&jsonConfig{fields: raw})
	if err != nil {
		return fmt.Errorf("a config.json of a %s model cannot say what this model is: %w", c.Family, err)
	}
	for _, d := range c.Differences(again) {
		return fmt.Errorf("a config.json of a %s model cannot say that %s is %s: it would be %s", c.Family, d.Field, d.A, d.B)
	}
	return nil
}

func (c Config) gpt2Fields(f map[string]any) {
	f["n_embd"], f["n_layer"], f["n_head"], f["n_inner"] = c.Hidden, c.Layers, c.Heads, c.FFN
	f["n_positions"], f["n_ctx"], f["layer_norm_epsilon"] = c.MaxPos, c.MaxPos, c.NormEps
	f["activation_function"] = c.hfActivation("gelu_new")
	f["scale_attn_weights"] = c.AttnScale == 0
}

func (c Config) hfActivation(tanh string) string {
	switch c.Activation {
	case compute.GELUTanh:
		return tanh
	case compute.GELU:
		return "gelu"
	}
	return "silu"
}

// decoderFields are of all families but GPT-2, with those that one alone has.
func (c Config) decoderFields(fam *family, f map[string]any) error {
	f["hidden_size"], f["num_hidden_layers"], f["intermediate_size"] = c.Hidden, c.Layers, c.FFN
	f["num_attention_heads"], f["num_key_value_heads"], f["head_dim"] = c.Heads, c.KVHeads, c.HeadDim
	f["max_position_embeddings"], f["rms_norm_eps"], f["rope_theta"] = c.MaxPos, c.NormEps, c.RopeTheta
	f["hidden_act"] = c.hfActivation("gelu_pytorch_tanh")
	if c.RopeDim > 0 {
		f["partial_rotary_factor"] = float64(c.RopeDim) / float64(c.HeadDim)
	}
	if err := c.ropeFields(fam, f); err != nil {
		return err
	}
	var window any // null for none
	if c.Window > 0 {
		window = c.Window
	}
	types := func() {
		if c.Windowed == nil {
			return
		}
		names := make([]string, c.Layers)
		for l := range names {
			names[l] = "full_attention"
			if c.Windowed[l] {
				names[l] = "sliding_attention"
			}
		}
		f["layer_types"] = names
	}
	switch fam {
	case &llama, &granite:
		f["attention_bias"], f["mlp_bias"] = c.Biases.QKV, c.Biases.MLP
	case &qwen3, &olmo2:
		f["attention_bias"] = c.Biases.QKV
	}
	switch fam {
	case &mistral, &phi3:
		f["sliding_window"] = window
	case &qwen2, &qwen3:
		f["sliding_window"], f["use_sliding_window"] = window, c.Window > 0
		if c.Window > 0 && c.Windowed == nil {
			f["max_window_layers"] = 0
		}
		types()
	case &gemma, &gemma2, &gemma3:
		f["attention_bias"] = c.Biases.QKV
		f["hidden_activation"] = "gelu_pytorch_tanh"
		if fam == &gemma {
			break
		}
		f["sliding_window"], f["query_pre_attn_scalar"] = window, c.HeadDim
		if c.AttnScale != 0 {
			f["query_pre_attn_scalar"] = math.Round(1 / (c.AttnScale * c.AttnScale))
		}
		f["attn_logit_softcapping"], f["final_logit_softcapping"] = orNull(c.AttnCap), orNull(c.LogitCap)
		if fam == &gemma3 {
			f["rope_local_base_freq"] = c.LocalTheta
		}
		types()
	case &smollm3:
		turn := make([]int, c.Layers)
		for l := range turn {
			if c.turns(l) {
				turn[l] = 1
			}
		}
		f["no_rope_layers"], f["attention_bias"], f["mlp_bias"] = turn, c.Biases.QKV, c.Biases.MLP
		f["sliding_window"], f["use_sliding_window"] = window, c.Window > 0
		types()
	case &starcoder2:
		f["use_bias"], f["norm_epsilon"], f["sliding_window"] = c.Biases.QKV, c.NormEps, window
		delete(f, "rms_norm_eps")
	case &granite:
		f["attention_multiplier"] = c.AttnScale
		if c.AttnScale == 0 {
			f["attention_multiplier"] = 1 / math.Sqrt(float64(c.HeadDim))
		}
		f["embedding_multiplier"], f["residual_multiplier"] = orOne(c.EmbedScale), c.residual()
		f["logits_scaling"] = 1 / float64(orOne(c.LogitScale))
	}
	return nil
}

func orNull(x float32) any {
	if x == 0 {
		return nil
	}
	return x
}

// ropeFields says how frequencies are stretched.
func (c Config) ropeFields(fam *family, f map[string]any) error {
	s := c.RopeScaling
	switch s.Kind {
	case "divisors":
		found, err := c.llama3Of(s.Divisors)
		if err != nil {
			return err
		}
		s = found
		fallthrough
	case "llama3":
		f["rope_scaling"] = map[string]any{"rope_type": "llama3", "factor": s.Factor, "low_freq_factor": s.LowFreqFactor,
			"high_freq_factor": s.HighFreqFactor, "original_max_position_embeddings": s.OriginalMaxPos}
	case "linear":
		f["rope_scaling"] = map[string]any{"rope_type": "linear", "factor": s.Factor}
	case "yarn":
		r := map[string]any{"rope_type": "yarn", "factor": s.Factor, "original_max_position_embeddings": s.OriginalMaxPos, "attention_factor": s.factor()}
		if s.BetaFast != 0 {
			r["beta_fast"] = s.BetaFast
		}
		if s.BetaSlow != 0 {
			r["beta_slow"] = s.BetaSlow
		}
		if s.Untruncated {
			r["truncate"] = false
		}
		f["rope_scaling"] = r
	case "longrope":
		r := map[string]any{"type": "longrope", "short_factor": s.Divisors, "long_factor": s.Long}
		if fam == &phi3 {
			f["original_max_position_embeddings"] = s.OriginalMaxPos
		} else {
			r["original_max_position_embeddings"], r["factor"] = s.OriginalMaxPos, float64(c.MaxPos)/float64(s.OriginalMaxPos)
		}
		// What follows from the lengths is left out: transformers takes exactly three fields of Phi-3's.
		usual := 1.0
		if longer := float64(c.MaxPos) / float64(s.OriginalMaxPos); longer > 1 && s.OriginalMaxPos > 1 {
			usual = math.Sqrt(1 + math.Log(longer)/math.Log(float64(s.OriginalMaxPos)))
		}
		if math.Abs(s.factor()-usual) > 1e-6 {
			r["attention_factor"] = s.factor()
		}
		f["rope_scaling"] = r
	}
	return nil
}

// llama3Of finds the llama3 scaling that gives these divisors. Its four numbers say three things, so that the length that the
// model was trained with first is taken to be 8192, as of all Llamas that have one.
func (c Config) llama3Of(divisors []float32) (RopeScaling, error) {
	s := RopeScaling{Kind: "llama3", OriginalMaxPos: 8192, Factor: float64(divisors[len(divisors)-1])}
	plain := plainFrequencies(c.RopeTheta, c.turned())
	// Between, the share that is left as it is grows along a line in the turns within that length.
	var turns, share []float64
	above, below := math.Inf(1), 0.0 // the fewest turns that are left as they are, and the most that are divided whole
	for j, d := range divisors {
		t := float64(s.OriginalMaxPos) * plain[j] / (2 * math.Pi)
		switch {
		case d == 1:
			above = min(above, t)
		case math.Abs(float64(d)/s.Factor-1) < 1e-6:
			below = max(below, t)
		default:
			turns, share = append(turns, t), append(share, (1/float64(d)-1/s.Factor)/(1-1/s.Factor))
		}
	}
	switch n := len(turns); {
	case n >= 2:
		slope := (share[0] - share[n-1]) / (turns[0] - turns[n-1])
		s.LowFreqFactor = turns[0] - share[0]/slope
		s.HighFreqFactor = s.LowFreqFactor + 1/slope
	case n == 1: // the line begins anywhere between the frequencies on both sides
		s.LowFreqFactor = max(below, turns[0]-share[0]*(above-turns[0])/(1-share[0])*0.5)
		s.HighFreqFactor = s.LowFreqFactor + (turns[0]-s.LowFreqFactor)/share[0]
	case math.IsInf(above, 0):
		s.LowFreqFactor, s.HighFreqFactor = below+1, below+2
	default:
		s.LowFreqFactor, s.HighFreqFactor = below+(above-below)/3, below+(above-below)*2/3
	}
	for _, x := range []*float64{&s.LowFreqFactor, &s.HighFreqFactor} {
		if near := math.Round(*x); math.Abs(*x-near) < 1e-3 {
			*x = near
		}
	}
	again := c
	again.RopeScaling = s
	if s.LowFreqFactor <= 0 || s.HighFreqFactor <= s.LowFreqFactor {
		return s, fmt.Errorf("no rope scaling that config.json can say divides the frequencies as the file's tensor does")
	}
	for j, f := range again.frequencies(false) {
		if d := plain[j] / f; math.Abs(d/float64(divisors[j])-1) > 1e-5 {
			return s, fmt.Errorf("no rope scaling that config.json can say divides the frequencies as the file's tensor does: frequency %d by %g", j, divisors[j])
		}
	}
	return s, nil
}
