package model

import (
	"math"

	"github.com/cria-llm/cria/compute"
)

// decoderDefaults are what transformers takes for keys that a config.json lacks.
type decoderDefaults struct {
	heads, vocab int // 0 where a file has to say them
	kvHeads      int // 0 for as many as heads
	headDim      int // 0 for the model's width over its heads
	maxPos       int
	normEps      float64
	tied         bool
}

// decoder reads what most families call the same.
func (j *jsonConfig) decoder(c *Config, d decoderDefaults) {
	c.Hidden, c.Layers = j.needInt("hidden_size"), j.needInt("num_hidden_layers")
	c.Heads, c.FFN = j.needIntOr("num_attention_heads", d.heads), j.needInt("intermediate_size")
	c.Vocab = j.needIntOr("vocab_size", d.vocab)
	c.MaxPos = j.int("max_position_embeddings", d.maxPos)
	c.NormEps = float32(j.float("rms_norm_eps", d.normEps))
	c.Tied = j.bool("tie_word_embeddings", d.tied)
	c.KVHeads = j.unlessNull("num_key_value_heads", d.kvHeads)
	if c.KVHeads == 0 {
		c.KVHeads = c.Heads
	}
	if c.HeadDim = j.unlessNull("head_dim", d.headDim); c.HeadDim == 0 && c.Heads > 0 {
		c.HeadDim = c.Hidden / c.Heads
		if c.Hidden%c.Heads != 0 {
			j.fail("hidden_size %d is not a multiple of num_attention_heads %d", c.Hidden, c.Heads)
		}
	}
}

// needIntOr is a number that has to be there where there is none to take in its place.
func (j *jsonConfig) needIntOr(key string, absent int) int {
	if absent == 0 {
		return j.needInt(key)
	}
	return j.int(key, absent)
}

// unlessNull is a whole number, absent where the key is missing, and 0 where it is null: some families mean another thing
// by each.
func (j *jsonConfig) unlessNull(key string, absent int) int {
	return int(j.floatUnlessNull(key, float64(absent)))
}

func (j *jsonConfig) floatUnlessNull(key string, absent float64) float64 {
	if _, there := j.fields[key]; there && !j.has(key) {
		return 0
	}
	return j.float(key, absent)
}

// activation reads the function of the feed-forward.
func (j *jsonConfig) activation(c *Config, key, absent string) {
	switch act := j.string(key, absent); act {
	case "silu", "swish":
		c.Activation = compute.SiLU
	case "gelu_pytorch_tanh", "gelu_new", "gelu_fast":
		c.Activation = compute.GELUTanh
	case "gelu":
		c.Activation = compute.GELU
	default:
		j.fail("%s is %q, which is not supported (supported: silu, gelu, gelu_new, gelu_pytorch_tanh)", key, act)
	}
}

// layerTypes reads which layers have the window; absent says so where no list does.
func (j *jsonConfig) layerTypes(c *Config, absent func(l int) bool) {
	var types []string
	if !j.read("layer_types", &types, "a list of names") {
		c.eachLayer(&c.Windowed, absent)
		return
	}
	if len(types) < c.Layers {
		j.fail("layer_types is of %d layers, num_hidden_layers is %d", len(types), c.Layers)
		return
	}
	for l, t := range types {
		if t != "sliding_attention" && t != "full_attention" {
			j.fail("layer_types has %q for layer %d, which is not supported (supported: full_attention, sliding_attention)", clip([]byte(t)), l)
		}
	}
	c.eachLayer(&c.Windowed, func(l int) bool { return types[l] == "sliding_attention" })
}

// eachLayer fills a list of what differs between layers, where there are no more than a model may have.
func (c *Config) eachLayer(list *[]bool, is func(l int) bool) {
	if c.Layers < 1 || c.Layers > maxLayers {
		return // Check says so
	}
	*list = make([]bool, c.Layers)
	for l := range *list {
		(*list)[l] = is(l)
	}
}

// ropeFields finds the object that says how a model turns: rope_scaling, or rope_parameters, which holds the base as well in
// transformers 5, and there may be one for each kind of layer.
func (j *jsonConfig) ropeFields(kind string) (in jsonConfig, key string) {
	if key = "rope_scaling"; !j.has(key) {
		key = "rope_parameters"
	}
	j.read(key, &in.fields, "an object")
	if in.has("full_attention") || in.has("sliding_attention") {
		each := jsonConfig{}
		if in.read(kind, &each.fields, "an object"); in.err != nil {
			j.fail("%s: %w", key, in.err)
		}
		return each, key + "." + kind
	}
	if kind == "sliding_attention" {
		return jsonConfig{}, key
	}
	return in, key
}

// rope reads the base of the rotary frequencies and how they are stretched.
func (j *jsonConfig) rope(c *Config, theta float64) {
	in, key := j.ropeFields("full_attention")
	c.RopeTheta = in.float("rope_theta", j.float("rope_theta", theta))
	if part := in.float("partial_rotary_factor", j.float("partial_rotary_factor", 1)); part != 1 {
		if c.RopeDim = int(float64(c.HeadDim) * part); !(part > 0 && part < 1) || c.RopeDim < 2 {
			j.fail("partial_rotary_factor is %g, not a share of a head of %d", part, c.HeadDim)
		}
	}
	kind := in.string("rope_type", in.string("type", "default"))
	if kind == "yarn" && j.originalMaxPos > 0 {
		kind = "longrope" // the first Phi-3s say so
	}
	original := in.int("original_max_position_embeddings", j.originalMaxPos)
	if original == 0 {
		original = c.MaxPos
	}
	longer := float64(c.MaxPos) / float64(max(original, 1))
	switch kind {
	case "default":
	case "linear":
		c.RopeScaling = RopeScaling{Kind: kind, Factor: in.float("factor", 0)}
	case "llama3":
		c.RopeScaling = RopeScaling{Kind: kind, Factor: in.float("factor", 0), LowFreqFactor: in.float("low_freq_factor", 0),
			HighFreqFactor: in.float("high_freq_factor", 0), OriginalMaxPos: in.int("original_max_position_embeddings", 0)}
	case "yarn":
		s := RopeScaling{Kind: kind, Factor: in.float("factor", longer), OriginalMaxPos: original, Untruncated: !in.bool("truncate", true),
			BetaFast: in.float("beta_fast", 0), BetaSlow: in.float("beta_slow", 0)}
		sharper := func(m float64) float64 {
			if s.Factor <= 1 {
				return 1
			}
			return 0.1*m*math.Log(s.Factor) + 1
		}
		s.AttnFactor = sharper(1)
		if one, all := in.float("mscale", 0), in.float("mscale_all_dim", 0); one != 0 && all != 0 {
			s.AttnFactor = sharper(one) / sharper(all)
		}
		s.AttnFactor = in.float("attention_factor", s.AttnFactor)
		c.RopeScaling = s
	case "longrope", "su":
		factor := in.float("factor", longer)
		if j.originalMaxPos > 0 {
			factor = longer
		}
		s := RopeScaling{Kind: "longrope", OriginalMaxPos: original, AttnFactor: 1}
		if factor > 1 && original > 1 {
			s.AttnFactor = math.Sqrt(1 + math.Log(factor)/math.Log(float64(original)))
		}
		s.AttnFactor = in.float("attention_factor", s.AttnFactor)
		in.read("short_factor", &s.Divisors, "a list of numbers")
		in.read("long_factor", &s.Long, "a list of numbers")
		c.RopeScaling = s
	case "dynamic":
		in.fail("rope_type %q changes the frequencies as a text grows, which is not supported (supported: default, linear, llama3, yarn, longrope)", kind)
	default:
		in.fail("rope_type %q is not supported (supported: default, linear, llama3, yarn, longrope)", kind)
	}
	if in.err != nil {
		j.fail("%s: %w", key, in.err)
	}
}

// localTheta is the rotary base of the layers with a window, in either of transformers' spellings.
func (j *jsonConfig) localTheta(absent float64) float64 {
	in, key := j.ropeFields("sliding_attention")
	theta := in.float("rope_theta", j.float("rope_local_base_freq", absent))
	if kind := in.string("rope_type", "default"); kind != "default" {
		in.fail("rope_type %q is not supported of layers with a window", kind)
	}
	if in.err != nil {
		j.fail("%s: %w", key, in.err)
	}
	return theta
}

// normalise brings a configuration to the one form among those that mean the same computation.
func (c *Config) normalise() {
	if c.Window >= c.MaxPos && c.LocalTheta == 0 {
		c.Window = 0
	}
	all, none := true, true
	for _, w := range c.Windowed {
		all, none = all && w, none && !w
	}
	switch {
	case c.Windowed == nil:
	case none || c.Window == 0:
		c.Window, c.Windowed, c.LocalTheta = 0, nil, 0
	case all:
		c.Windowed = nil
	}
	none = true
	for _, n := range c.NoRope {
		none = none && !n
	}
	if none {
		c.NoRope = nil
	}
	if c.RopeDim == c.HeadDim {
		c.RopeDim = 0
	}
	if c.HeadDim > 0 && float32(c.AttnScale) == float32(1/math.Sqrt(float64(c.HeadDim))) {
		c.AttnScale = 0
	}
	for _, scale := range []*float32{&c.EmbedScale, &c.ResidualScale, &c.LogitScale} {
		if *scale == 1 {
			*scale = 0
		}
	}
}
