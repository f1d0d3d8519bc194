package modeltest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/format/safetensors"
)

// Settings are keys of a config.json.
type Settings map[string]any

// Families lists the model types that [Family] writes.
func Families() []string {
	return []string{"llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "phi3", "gpt2", "smollm3", "olmo2", "starcoder2", "granite"}
}

// settings are what a tiny model of the type has in its config.json besides the sizes.
var settings = map[string]Settings{
	"llama":       {"rms_norm_eps": 1e-5, "tie_word_embeddings": true},
	"mistral":     {"rms_norm_eps": 1e-5, "sliding_window": 5},
	"qwen2":       {"rms_norm_eps": 1e-6, "tie_word_embeddings": true, "rope_theta": 1e6},
	"qwen3":       {"rms_norm_eps": 1e-6, "tie_word_embeddings": true, "rope_theta": 1e6, "head_dim": 12},
	"gemma":       {"rms_norm_eps": 1e-6, "head_dim": 12, "hidden_act": "gelu"},
	"gemma2":      {"rms_norm_eps": 1e-6, "head_dim": 12, "query_pre_attn_scalar": 20, "sliding_window": 5, "attn_logit_softcapping": 4.0, "final_logit_softcapping": 6.0},
	"gemma3_text": {"rms_norm_eps": 1e-6, "head_dim": 12, "query_pre_attn_scalar": 12, "sliding_window": 5, "sliding_window_pattern": 3, "rope_theta": 1e6},
	"phi3":        {"rms_norm_eps": 1e-5, "sliding_window": 5, "original_max_position_embeddings": 64},
	"gpt2":        {"layer_norm_epsilon": 1e-5},
	"smollm3":     {"rms_norm_eps": 1e-6, "no_rope_layer_interval": 2, "rope_theta": 5e5, "tie_word_embeddings": true},
	"olmo2":       {"rms_norm_eps": 1e-6, "rope_theta": 5e5},
	"starcoder2":  {"norm_epsilon": 1e-5, "sliding_window": 5, "rope_theta": 1e5},
	"granite": {"rms_norm_eps": 1e-5, "embedding_multiplier": 6.0, "residual_multiplier": 0.3, "attention_multiplier": 0.2,
		"logits_scaling": 3.0, "tie_word_embeddings": true},
}

// Family writes a tiny model of random weights of a model type (see [Families]) into a new folder and returns its path, with
// the tokenizer of [Tiny]. extra keys are put into its config.json, or over what is there.
func Family(t testing.TB, modelType string, extra Settings, seed uint64) string {
	t.Helper()
	c := Settings{"model_type": modelType, "vocab_size": Vocab, "bos_token_id": BOS, "eos_token_id": EOS, "torch_dtype": "float32"}
	if modelType == "gpt2" {
		maps.Copy(c, Settings{"n_embd": Hidden, "n_layer": 3, "n_head": Heads, "n_positions": MaxPos})
	} else {
		maps.Copy(c, Settings{"hidden_size": Hidden, "num_hidden_layers": 3, "num_attention_heads": Heads, "num_key_value_heads": KVHeads,
			"intermediate_size": FFN, "max_position_embeddings": MaxPos})
	}
	maps.Copy(c, settings[modelType])
	maps.Copy(c, extra)
	dir := filepath.Join(t.TempDir(), fmt.Sprintf("%s-%d", modelType, seed))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	prefix, _ := c["test_prefix"].(string)
	delete(c, "test_prefix")
	writeJSON(t, filepath.Join(dir, "config.json"), c)
	writeTokenizer(t, dir)
	rng := rand.New(rand.NewPCG(seed, 0))
	var list []safetensors.Tensor
	shapes := tensorShapes(c)
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		list = append(list, randomTensor(rng, prefix+name, shapes[name], modelType))
	}
	if err := safetensors.Write(filepath.Join(dir, "model.safetensors"), list, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// WithPictures writes the model of a folder as the text part of a model of pictures of another type, its tensors under the
// names that rename gives them.
func WithPictures(t testing.TB, dir, modelType string, rename func(string) string) string {
	t.Helper()
	var text Settings
	raw, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err == nil {
		err = json.Unmarshal(raw, &text)
	}
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	writeJSON(t, filepath.Join(to, "config.json"), Settings{"model_type": modelType, "text_config": text, "vision_config": Settings{}, "eos_token_id": EOS})
	writeTokenizer(t, to)
	file, err := safetensors.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	list := []safetensors.Tensor{{Name: "vision_tower.patch.weight", DType: "F32", Shape: []int{1}, Data: make([]byte, 4)}}
	for _, name := range file.Names() {
		x, _ := file.Tensor(name)
		x.Name = rename(name)
		list = append(list, x)
	}
	if err := safetensors.Write(filepath.Join(to, "model.safetensors"), list, nil); err != nil {
		t.Fatal(err)
	}
	return to
}

// randomTensor has norms near 1, or near 0 where they are of 1+w, and weights large enough that every part of the model
// matters.
func randomTensor(rng *rand.Rand, name string, shape []int, modelType string) safetensors.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	data := make([]byte, 4*n)
	for i := range n {
		v := rng.NormFloat64()
		switch {
		case len(shape) == 2:
			v *= 0.25
		case isNorm(name) && !strings.HasSuffix(name, ".bias") && !strings.HasPrefix(modelType, "gemma"):
			v = 1 + 0.2*v
		default:
			v *= 0.2
		}
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(float32(v)))
	}
	return safetensors.Tensor{Name: name, DType: "F32", Shape: shape, Data: data}
}

func isNorm(name string) bool {
	return strings.Contains(name, "norm") || strings.Contains(name, "ln_")
}

// tensorShapes are the tensors of a model of that config.json, as transformers would save it.
func tensorShapes(c Settings) map[string][]int {
	if c["model_type"] == "gpt2" {
		return gpt2Shapes(c)
	}
	s := map[string][]int{}
	h, f, heads, kv, vocab := c.int("hidden_size"), c.int("intermediate_size"), c.int("num_attention_heads"), c.int("num_key_value_heads"), c.int("vocab_size")
	hd := c.headDim()
	kind := c["model_type"].(string)
	linear := func(name string, out, in int, bias bool) {
		if s[name+".weight"] = []int{out, in}; bias {
			s[name+".bias"] = []int{out}
		}
	}
	norm := func(name string, n int) {
		if s[name+".weight"] = []int{n}; kind == "starcoder2" {
			s[name+".bias"] = []int{n}
		}
	}
	all := kind == "starcoder2" && c.bool("use_bias", true)
	attn := all || c.bool("attention_bias", false)
	mlp := all || c.bool("mlp_bias", false)
	s["model.embed_tokens.weight"] = []int{vocab, h}
	norm("model.norm", h)
	if !c.tied() {
		s["lm_head.weight"] = []int{vocab, h}
	}
	for l := range c.int("num_hidden_layers") {
		at := fmt.Sprintf("model.layers.%d.", l)
		if kind == "phi3" {
			linear(at+"self_attn.qkv_proj", (heads+2*kv)*hd, h, false)
			linear(at+"mlp.gate_up_proj", 2*f, h, false)
			linear(at+"mlp.down_proj", h, f, false)
		} else {
			qkv := attn || kind == "qwen2"
			linear(at+"self_attn.q_proj", heads*hd, h, qkv)
			linear(at+"self_attn.k_proj", kv*hd, h, qkv)
			linear(at+"self_attn.v_proj", kv*hd, h, qkv)
			if kind == "starcoder2" {
				linear(at+"mlp.c_fc", f, h, mlp)
				linear(at+"mlp.c_proj", h, f, mlp)
			} else {
				linear(at+"mlp.gate_proj", f, h, mlp)
				linear(at+"mlp.up_proj", f, h, mlp)
				linear(at+"mlp.down_proj", h, f, mlp)
			}
		}
		linear(at+"self_attn.o_proj", h, heads*hd, attn)
		norm(at+"post_attention_layernorm", h)
		switch kind {
		case "gemma2", "gemma3_text":
			norm(at+"pre_feedforward_layernorm", h)
			norm(at+"post_feedforward_layernorm", h)
		case "olmo2":
			norm(at+"post_feedforward_layernorm", h)
			norm(at+"self_attn.q_norm", heads*hd)
			norm(at+"self_attn.k_norm", kv*hd)
		}
		if kind != "olmo2" {
			norm(at+"input_layernorm", h)
		}
		if kind == "qwen3" || kind == "gemma3_text" {
			norm(at+"self_attn.q_norm", hd)
			norm(at+"self_attn.k_norm", hd)
		}
	}
	return s
}

func gpt2Shapes(c Settings) map[string][]int {
	h, vocab := c.int("n_embd"), c.int("vocab_size")
	f := 4 * h
	if c["n_inner"] != nil {
		f = c.int("n_inner")
	}
	s := map[string][]int{"wte.weight": {vocab, h}, "wpe.weight": {c.int("n_positions"), h}, "ln_f.weight": {h}, "ln_f.bias": {h}}
	for l := range c.int("n_layer") {
		at := fmt.Sprintf("h.%d.", l)
		for name, shape := range map[string][2]int{"attn.c_attn": {h, 3 * h}, "attn.c_proj": {h, h}, "mlp.c_fc": {h, f}, "mlp.c_proj": {f, h}} {
			s[at+name+".weight"], s[at+name+".bias"] = shape[:], []int{shape[1]}
		}
		for _, name := range []string{"ln_1", "ln_2"} {
			s[at+name+".weight"], s[at+name+".bias"] = []int{h}, []int{h}
		}
	}
	return s
}

func (c Settings) int(key string) int {
	x, _ := c.number(key)
	return int(x)
}

func (c Settings) number(key string) (float64, bool) {
	switch x := c[key].(type) {
	case int:
		return float64(x), true
	case float64:
		return x, true
	}
	return 0, false
}

func (c Settings) bool(key string, absent bool) bool {
	if x, ok := c[key].(bool); ok {
		return x
	}
	return absent
}

func (c Settings) headDim() int {
	if n := c.int("head_dim"); n > 0 {
		return n
	}
	return c.int("hidden_size") / c.int("num_attention_heads")
}

// tied is transformers' default for each type where the key is missing.
func (c Settings) tied() bool {
	kind, _ := c["model_type"].(string)
	return c.bool("tie_word_embeddings", slices.Contains([]string{"gemma", "gemma2", "gemma3_text", "gpt2", "smollm3", "starcoder2"}, kind))
}
