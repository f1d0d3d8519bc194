package model

import "github.com/cria-llm/cria/compute"

// shapes are the named ones: sizes of models that people know, and what their family is.
var shapes = [...]struct {
	name      string
	dims      [6]int        // hidden, layers, heads, key-value heads, feed-forward, vocabulary
	positions int           // of a model whose head is its own; 0 for a tied one with 8192
	as        func(*Config) // what else it is, where it is no plain llama
}{
	{"smollm2-135m", [6]int{576, 30, 9, 3, 1536, 49152}, 0, nil},
	{"smollm2-360m", [6]int{960, 32, 15, 5, 2560, 49152}, 0, nil},
	{"llama-135m-256", [6]int{768, 16, 12, 4, 2048, 49152}, 0, nil}, // every row fits blocks of 256
	{"smollm2-1.7b", [6]int{2048, 24, 32, 32, 8192, 49152}, 0, nil},
	{"stories15m", [6]int{288, 6, 6, 6, 768, 32000}, 0, nil},
	{"tinyllama-1.1b", [6]int{2048, 22, 32, 4, 5632, 32000}, 2048, nil},
	{"llama-7b", [6]int{4096, 32, 32, 32, 11008, 32000}, 2048, nil}, // Touvron et al. 2023, table 2
	{"llama-13b", [6]int{5120, 40, 40, 40, 13824, 32000}, 2048, nil},
	{"llama-30b", [6]int{6656, 60, 52, 52, 17920, 32000}, 2048, nil},
	{"llama-65b", [6]int{8192, 80, 64, 64, 22016, 32000}, 2048, nil},
	{"llama-2-7b", [6]int{4096, 32, 32, 32, 11008, 32000}, 4096, nil},
	{"llama-2-13b", [6]int{5120, 40, 40, 40, 13824, 32000}, 4096, nil},
	{"llama-2-70b", [6]int{8192, 80, 64, 8, 28672, 32000}, 4096, nil},
	{"llama-3.1-8b", [6]int{4096, 32, 32, 8, 14336, 128256}, 131072, nil},
	{"llama-3.2-1b", [6]int{2048, 16, 32, 8, 8192, 128256}, 0, long(131072)},
	{"llama-3.2-3b", [6]int{3072, 28, 24, 8, 8192, 128256}, 0, long(131072)},
	{"mistral-7b-v0.1", [6]int{4096, 32, 32, 8, 14336, 32000}, 32768, func(c *Config) { c.Family, c.Window = "mistral", 4096 }},
	{"mistral-7b-v0.3", [6]int{4096, 32, 32, 8, 14336, 32768}, 32768, func(c *Config) { c.Family = "mistral" }},
	{"qwen2.5-0.5b", [6]int{896, 24, 14, 2, 4864, 151936}, 0, asQwen2},
	{"qwen2.5-1.5b", [6]int{1536, 28, 12, 2, 8960, 151936}, 0, asQwen2},
	{"qwen2.5-7b", [6]int{3584, 28, 28, 4, 18944, 152064}, 131072, asQwen2},
	{"qwen3-0.6b", [6]int{1024, 28, 16, 8, 3072, 151936}, 0, asQwen3},
	{"qwen3-1.7b", [6]int{2048, 28, 16, 8, 6144, 151936}, 0, asQwen3},
	{"qwen3-4b", [6]int{2560, 36, 32, 8, 9728, 151936}, 0, asQwen3},
	{"qwen3-8b", [6]int{4096, 36, 32, 8, 12288, 151936}, 40960, asQwen3},
	{"gemma-2-2b", [6]int{2304, 26, 8, 4, 9216, 256000}, 0, asGemma2},
	{"gemma-2-9b", [6]int{3584, 42, 16, 8, 14336, 256000}, 0, asGemma2},
	{"gemma-3-1b", [6]int{1152, 26, 4, 1, 6912, 262144}, 0, asGemma3(32768, 512)},
	{"gemma-3-4b", [6]int{2560, 34, 8, 4, 10240, 262208}, 0, asGemma3(131072, 1024)},
	{"phi-3.5-mini", [6]int{3072, 32, 32, 32, 8192, 32064}, 131072, asPhi3},
	{"phi-4-mini", [6]int{3072, 32, 24, 8, 8192, 200064}, 0, func(c *Config) { asPhi3(c); c.MaxPos, c.RopeDim = 131072, 96 }},
	{"gpt2", [6]int{768, 12, 12, 12, 3072, 50257}, 0, asGPT2},
	{"gpt2-medium", [6]int{1024, 24, 16, 16, 4096, 50257}, 0, asGPT2},
	{"smollm3-3b", [6]int{2048, 36, 16, 4, 11008, 128256}, 0, func(c *Config) {
		c.Family, c.MaxPos = "smollm3", 65536
		c.eachLayer(&c.NoRope, func(l int) bool { return l%4 == 3 })
	}},
	{"olmo-2-0425-1b", [6]int{2048, 16, 16, 16, 8192, 100352}, 4096, func(c *Config) { c.Family = "olmo2"; c.olmo2() }},
	{"starcoder2-3b", [6]int{3072, 30, 24, 2, 12288, 49152}, 0, func(c *Config) {
		c.Family, c.MaxPos, c.Window = "starcoder2", 16384, 4096
		c.Norms.Layer, c.Ungated, c.Activation, c.Biases = true, true, compute.GELUTanh, Biases{true, true, true}
	}},
	{"granite-3.1-2b", [6]int{2048, 40, 32, 8, 8192, 49155}, 0, func(c *Config) {
		c.Family, c.MaxPos = "granite", 131072
		c.EmbedScale, c.ResidualScale, c.AttnScale, c.LogitScale = 12, 0.22, 0.015625, 1.0/8
	}},
}

func long(positions int) func(*Config) { return func(c *Config) { c.MaxPos = positions } }

func asQwen2(c *Config) { c.Family, c.MaxPos, c.Biases.QKV = "qwen2", 32768, true }

func asQwen3(c *Config) { c.Family, c.MaxPos, c.HeadDim, c.QKNorm = "qwen3", 40960, 128, HeadQKNorm }

func asGemma2(c *Config) {
	c.Family, c.HeadDim, c.Window = "gemma2", 256, 4096
	c.gemma()
	c.Norms.Post, c.AttnCap, c.LogitCap = true, 50, 30
	c.eachLayer(&c.Windowed, evenLayer)
}

func asGemma3(positions, window int) func(*Config) {
	return func(c *Config) {
		c.Family, c.HeadDim, c.MaxPos, c.Window = "gemma3", 256, positions, window
		c.gemma()
		c.Norms.Post, c.QKNorm, c.RopeTheta, c.LocalTheta = true, HeadQKNorm, 1e6, 10000
		c.eachLayer(&c.Windowed, func(l int) bool { return l%6 < 5 })
	}
}

func asPhi3(c *Config) { c.Family, c.Fused = "phi3", true }

func asGPT2(c *Config) {
	c.Family, c.MaxPos, c.Activation = "gpt2", 1024, compute.GELUTanh
	c.gpt2()
}
