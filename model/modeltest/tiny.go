// Package modeltest makes models for tests: small enough to train in milliseconds, and whole, with a tokenizer and all
// files of a Hugging Face folder. It is for tests alone.
//
//	dir := modeltest.Tiny(t, 1)
package modeltest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/format/safetensors"
)

// The shape of a tiny model: two layers, grouped heads, a tied head, and a token for each byte and two controls.
const (
	Hidden  = 32
	Layers  = 2
	Heads   = 4
	KVHeads = 2
	FFN     = 48
	Vocab   = 258
	BOS     = 256
	EOS     = 257
	MaxPos  = 256
)

// Tiny writes a Llama of random weights into a new folder and returns its path. Another seed is another model.
func Tiny(t testing.TB, seed uint64) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), fmt.Sprintf("tiny-%d", seed))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	writeJSON(t, filepath.Join(dir, "config.json"), map[string]any{
		"architectures": []string{"LlamaForCausalLM"}, "model_type": "llama", "hidden_act": "silu",
		"hidden_size": Hidden, "num_hidden_layers": Layers, "num_attention_heads": Heads, "num_key_value_heads": KVHeads,
		"intermediate_size": FFN, "vocab_size": Vocab, "max_position_embeddings": MaxPos, "rms_norm_eps": 1e-5,
		"rope_theta": 10000.0, "tie_word_embeddings": true, "bos_token_id": BOS, "eos_token_id": EOS, "torch_dtype": "float32",
	})
	writeTokenizer(t, dir)
	rng := rand.New(rand.NewPCG(seed, 0))
	tensor := func(name string, shape ...int) safetensors.Tensor {
		n := 1
		for _, d := range shape {
			n *= d
		}
		data := make([]byte, 4*n)
		for i := range n {
			v := float32(rng.NormFloat64() * 0.08)
			if len(shape) == 1 {
				v = 1
			}
			binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
		}
		return safetensors.Tensor{Name: name, DType: "F32", Shape: shape, Data: data}
	}
	const head = Hidden / Heads
	list := []safetensors.Tensor{tensor("model.embed_tokens.weight", Vocab, Hidden), tensor("model.norm.weight", Hidden)}
	for l := range Layers {
		at := fmt.Sprintf("model.layers.%d.", l)
		list = append(list,
			tensor(at+"input_layernorm.weight", Hidden), tensor(at+"post_attention_layernorm.weight", Hidden),
			tensor(at+"self_attn.q_proj.weight", Hidden, Hidden), tensor(at+"self_attn.k_proj.weight", KVHeads*head, Hidden),
			tensor(at+"self_attn.v_proj.weight", KVHeads*head, Hidden), tensor(at+"self_attn.o_proj.weight", Hidden, Hidden),
			tensor(at+"mlp.gate_proj.weight", FFN, Hidden), tensor(at+"mlp.up_proj.weight", FFN, Hidden),
			tensor(at+"mlp.down_proj.weight", Hidden, FFN))
	}
	if err := safetensors.Write(filepath.Join(dir, "model.safetensors"), list, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// writeTokenizer writes a byte-level tokenizer without merges: a token is a byte.
func writeTokenizer(t testing.TB, dir string) {
	vocab := map[string]int{}
	next := 0x100 // where bytes without a printable character of their own are put, in order
	for b := range 256 {
		r := rune(b)
		if !(b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae) {
			r = rune(next)
			next++
		}
		vocab[string(r)] = b
	}
	control := func(id int, text string) map[string]any {
		return map[string]any{"id": id, "content": text, "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}
	}
	level := map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}
	writeJSON(t, filepath.Join(dir, "tokenizer.json"), map[string]any{
		"version": "1.0", "added_tokens": []any{control(BOS, "<s>"), control(EOS, "</s>")},
		"normalizer": nil, "pre_tokenizer": level, "decoder": level, "post_processor": nil,
		"model": map[string]any{"type": "BPE", "vocab": vocab, "merges": []string{}, "unk_token": nil},
	})
	writeJSON(t, filepath.Join(dir, "tokenizer_config.json"), map[string]any{
		"tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": true, "bos_token": "<s>", "eos_token": "</s>",
	})
}

func writeJSON(t testing.TB, path string, v any) {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}
