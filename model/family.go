package model

import (
	"fmt"
	"slices"
	"strings"
)

// family is one architecture: how its configuration reads and what its modules are called in each format. The block
// itself is the same for all.
type family struct {
	name       string
	modelTypes []string // of Hugging Face's config.json
	gguf       string   // general.architecture, also the prefix of its keys; of several families with the same the first reads it
	fromHF     func(*jsonConfig, *Config)
	fromGGUF   func(*ggufConfig, *Config)
	names      moduleNames

	interleaved bool     // llama.cpp's conversion lays rows of q and k out in the pairs that turn together
	transposed  bool     // matrices of the blocks are [in, out] in Hugging Face's files
	prefix      string   // that names in Hugging Face's files may lack
	ignore      []string // suffixes of tensor names that carry nothing
}

// moduleNames are by part; empty where the family has no such part.
type moduleNames [parts]moduleName

// moduleName is a module in Hugging Face's and in GGUF's words; %d is the layer.
type moduleName struct{ hf, gguf string }

// llamaNames are the modules of llama and of most that came after it.
var llamaNames = moduleNames{
	embedding:  {"model.embed_tokens", "token_embd"},
	attnNorm:   {"model.layers.%d.input_layernorm", "blk.%d.attn_norm"},
	qProj:      {"model.layers.%d.self_attn.q_proj", "blk.%d.attn_q"},
	kProj:      {"model.layers.%d.self_attn.k_proj", "blk.%d.attn_k"},
	vProj:      {"model.layers.%d.self_attn.v_proj", "blk.%d.attn_v"},
	qkvProj:    {"model.layers.%d.self_attn.qkv_proj", "blk.%d.attn_qkv"},
	qNorm:      {"model.layers.%d.self_attn.q_norm", "blk.%d.attn_q_norm"},
	kNorm:      {"model.layers.%d.self_attn.k_norm", "blk.%d.attn_k_norm"},
	oProj:      {"model.layers.%d.self_attn.o_proj", "blk.%d.attn_output"},
	mlpNorm:    {"model.layers.%d.post_attention_layernorm", "blk.%d.ffn_norm"},
	gateProj:   {"model.layers.%d.mlp.gate_proj", "blk.%d.ffn_gate"},
	upProj:     {"model.layers.%d.mlp.up_proj", "blk.%d.ffn_up"},
	gateUpProj: {"model.layers.%d.mlp.gate_up_proj", "blk.%d.ffn_up"},
	downProj:   {"model.layers.%d.mlp.down_proj", "blk.%d.ffn_down"},
	finalNorm:  {"model.norm", "output_norm"},
	outputHead: {"lm_head", "output"},
}

// with is the names with some of them replaced.
func (n moduleNames) with(other moduleNames) moduleNames {
	for p, name := range other {
		if name != (moduleName{}) {
			n[p] = name
		}
	}
	return n
}

func families() []*family {
	return []*family{&llama, &mistral, &qwen2, &qwen3, &gemma, &gemma2, &gemma3, &phi3, &gpt2, &smollm3, &olmo2, &starcoder2, &granite}
}

// familyNamed finds a family by the name that a [Config] has.
func familyNamed(name string) (*family, error) {
	if name == "" {
		return &llama, nil
	}
	for _, f := range families() {
		if f.name == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("family %q is not supported", name)
}

func familyOfHF(modelType string) (*family, error) {
	for _, f := range families() {
		if slices.Contains(f.modelTypes, modelType) {
			return f, nil
		}
	}
	return nil, refuseArchitecture(modelType, func(f *family) []string { return f.modelTypes })
}

func familyOfGGUF(arch string) (*family, error) {
	for _, f := range families() {
		if f.gguf == arch {
			return f, nil
		}
	}
	return nil, refuseArchitecture(arch, func(f *family) []string { return []string{f.gguf} })
}

// refuseArchitecture says what an architecture is that is not supported, where that is known, and which supported one is
// nearest.
func refuseArchitecture(name string, of func(*family) []string) error {
	var known []string
	for _, f := range families() {
		for _, k := range of(f) {
			if !slices.Contains(known, k) {
				known = append(known, k)
			}
		}
	}
	for _, r := range refused {
		if slices.Contains(strings.Fields(r.names), name) {
			return fmt.Errorf("architecture %q is %s, which is not supported; nearest supported: %s (supported: %s)", name, r.what, r.nearest, join(known))
		}
	}
	name = clip([]byte(name))
	nearest, best := "", 1<<30
	for _, k := range known {
		if d := edits(name, k); d < best {
			nearest, best = k, d
		}
	}
	return fmt.Errorf("architecture %q is not supported; nearest supported: %s (supported: %s)", name, nearest, join(known))
}

// refused are architectures that people come with, by what sets them apart.
var refused = []struct{ names, what, nearest string }{
	{"mixtral", "a mixture of experts", "mistral"},
	{"qwen2_moe qwen2moe", "a mixture of experts", "qwen2"},
	{"qwen3_moe qwen3moe qwen3_vl_moe qwen3vlmoe", "a mixture of experts", "qwen3"},
	{"qwen3_next qwen3next qwen3_5 qwen35 qwen3_5_moe qwen35moe", "a hybrid of attention and a recurrence", "qwen3"},
	{"qwen qwen2_vl qwen2vl qwen2_5_vl qwen3_vl qwen3vl qwen2_audio", "another model than its text part", "qwen2"},
	{"deepseek_v2 deepseek_v3 deepseek2 deepseek", "a mixture of experts with latent attention", "llama"},
	{"phimoe", "a mixture of experts", "phi3"},
	{"phi phi2 phi-msft", "a block with attention and feed-forward side by side", "phi3"},
	{"phi4_multimodal phi4mm phi3_v", "a model of pictures or sound too", "phi3"},
	{"granitemoe granitemoehybrid granitemoeshared granitehybrid", "a mixture of experts", "granite"},
	{"olmoe", "a mixture of experts", "olmo2"},
	{"olmo olmo_1124", "a block with norms that have no weights", "olmo2"},
	{"gpt_oss gpt-oss", "a mixture of experts with attention sinks", "llama"},
	{"llama4 llama4_text", "a mixture of experts", "llama"},
	{"mllama llava llava_next idefics3 smolvlm", "a model of pictures too", "llama"},
	{"gemma3n gemma3n_text gemma4 gemma4_text recurrent_gemma paligemma", "another block than Gemma 3's", "gemma3"},
	{"falcon gpt_neox gptneox gptj codegen stablelm", "a block with attention and feed-forward side by side", "llama"},
	{"falcon_h1 falcon-h1 jamba mamba mamba2 rwkv rwkv6 rwkv7 zamba2 bamba nemotron_h", "a recurrence", "llama"},
	{"bloom mpt baichuan", "attention with linear biases (ALiBi)", "gpt2"},
	{"gpt_bigcode opt gpt_neo", "another block than GPT-2's", "gpt2"},
	{"starcoder", "another block than StarCoder 2's", "starcoder2"},
	{"cohere cohere2 command-r", "a block with attention and feed-forward side by side", "llama"},
	{"bert roberta distilbert modernbert deberta deberta-v2 electra nomic_bert nomic-bert", "an encoder, which writes no text", "llama"},
	{"t5 mt5 bart mbart pegasus whisper marian", "an encoder with a decoder", "llama"},
}

// edits is the number of letters to put in, take out or replace to turn a into b (Levenshtein 1966).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
