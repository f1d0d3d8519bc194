package modeltest

import (
	"math"
)

// turn rotates pairs (j, j+half) of the first values of a head.
func turn(x, cos, sin []float64) {
	half := len(cos)
	for j := range half {
		a, b := x[j], x[j+half]
		x[j], x[j+half] = a*cos[j]-b*sin[j], b*cos[j]+a*sin[j]
	}
}

// angles are cos and sin of each position for layer l of a sequence, nil where it does not turn.
func (tw *Twin) angles(length, l, dim int) (cos, sin [][]float64) {
	if !tw.turns(l) {
		return nil, nil
	}
	freq, factor := tw.frequencies(length, l, dim)
	for i := range length {
		c, s := make([]float64, len(freq)), make([]float64, len(freq))
		for j, f := range freq {
			c[j], s[j] = math.Cos(float64(i)*f)*factor, math.Sin(float64(i)*f)*factor
		}
		cos, sin = append(cos, c), append(sin, s)
	}
	return cos, sin
}

// frequencies follows transformers' modeling_rope_utils.
func (tw *Twin) frequencies(length, l, dim int) ([]float64, float64) {
	theta := tw.or("rope_theta", map[string]float64{"smollm3": 2e6, "gemma3_text": 1e6}[tw.kind])
	if theta == 0 {
		theta = 10000
	}
	scaling, _ := tw.c["rope_scaling"].(map[string]any)
	if p, ok := tw.c["rope_parameters"].(map[string]any); ok {
		scaling = p
		if full, ok := p["full_attention"].(map[string]any); ok {
			if scaling = full; tw.kind == "gemma3_text" && tw.local(l) {
				scaling = p["sliding_attention"].(map[string]any)
			}
		}
	} else if tw.kind == "gemma3_text" && tw.local(l) {
		scaling, theta = nil, tw.or("rope_local_base_freq", 10000)
	}
	in := Settings(scaling)
	get := func(key string, absent float64) float64 {
		if x, ok := in.number(key); ok {
			return x
		}
		return absent
	}
	theta = get("rope_theta", theta)
	dim = int(float64(dim) * get("partial_rotary_factor", tw.or("partial_rotary_factor", 1)))
	freq := make([]float64, dim/2)
	for j := range freq {
		freq[j] = 1 / math.Pow(theta, float64(2*j)/float64(dim))
	}
	kind, _ := in["rope_type"].(string)
	if kind == "" {
		kind, _ = in["type"].(string)
	}
	positions := tw.or("max_position_embeddings", 0)
	original := get("original_max_position_embeddings", tw.or("original_max_position_embeddings", positions))
	factor := get("factor", positions/original)
	switch kind {
	case "linear":
		scale(freq, 1/factor)
	case "llama3":
		low, high := original/get("low_freq_factor", 1), original/get("high_freq_factor", 4)
		for j, f := range freq {
			wavelength := 2 * math.Pi / f
			switch {
			case wavelength > low:
				freq[j] = f / factor
			case wavelength >= high:
				smooth := (original/wavelength - get("low_freq_factor", 1)) / (get("high_freq_factor", 4) - get("low_freq_factor", 1))
				freq[j] = (1-smooth)*f/factor + smooth*f
			}
		}
	case "yarn":
		at := func(rotations float64) float64 {
			return float64(dim) * math.Log(original/(rotations*2*math.Pi)) / (2 * math.Log(theta))
		}
		low, high := at(get("beta_fast", 32)), at(get("beta_slow", 1))
		if in.bool("truncate", true) {
			low, high = math.Floor(low), math.Ceil(high)
		}
		low, high = math.Max(low, 0), math.Min(high, float64(dim-1))
		if low == high {
			high += 0.001
		}
		for j, f := range freq {
			keep := 1 - math.Min(math.Max((float64(j)-low)/(high-low), 0), 1)
			freq[j] = f/factor*(1-keep) + f*keep
		}
		return freq, get("attention_factor", 0.1*math.Log(factor)+1)
	case "longrope", "su":
		list, _ := scaling["short_factor"].([]any)
		if float64(length) > original {
			list, _ = scaling["long_factor"].([]any)
		}
		for j := range freq {
			freq[j] /= list[j].(float64)
		}
		longer := positions / original
		return freq, get("attention_factor", math.Sqrt(1+math.Log(longer)/math.Log(original)))
	}
	return freq, 1
}
