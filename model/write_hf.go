package model

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/internal/atomicfile"
)

// shardBytes is the most of one file of a folder, as Hugging Face's libraries write them.
const shardBytes = 5_000_000_000

// hfDTypes are the names of types in config.json.
var hfDTypes = map[compute.Type]string{compute.F32: "float32", compute.F16: "float16", compute.BF16: "bfloat16"}

// HFOptions say how [Model.WriteHF] writes.
type HFOptions struct {
	Type compute.Type // of the tensors: F32, F16 or BF16
	Stop []int32      // the tokens that end an answer
	// ChatTemplate is the Jinja text that conversations are written by; empty for none but what the model's files have.
	ChatTemplate string
	// Wrote is told of every piece that was written, in bytes of all of them.
	Wrote func(n, of int64)
}

// WriteHF writes the model as it computes, adapters beneath merged in, as a Hugging Face folder. A tensor that is in the
// type already and that no adapter changes keeps its bytes.
func (m *Model) WriteHF(ctx context.Context, dir string, o HFOptions) error {
	t := o.Type
	if hfDTypes[t] == "" {
		return fmt.Errorf("a Hugging Face folder is written in F32, F16 or BF16, not %s", t)
	}
	var tensors []safetensors.Tensor
	var all, done int64
	for _, from := range m.Merged() {
		to := safetensors.Tensor{Name: from.Name, DType: t.String(), Shape: from.Shape}
		size, err := to.Size()
		if err != nil {
			return fmt.Errorf("tensor %q: %w", to.Name, err)
		}
		all += int64(size)
		to.Stream = func(w io.Writer) error {
			return from.writeTo(ctx, &counter{w, func(n int) { done += int64(n); o.Wrote(done, all) }}, 0, t.RowBytes,
				from.Type == t && !from.Changed(), func(dst []byte, src []float32) error { return compute.Encode(dst, t, src) })
		}
		tensors = append(tensors, to)
	}
	if err := safetensors.WriteSharded(dir, "model", tensors, shardBytes, map[string]string{"format": "pt"}); err != nil {
		return err
	}
	if m.metadata == nil {
		if err := copyThere(dir, m.path, companions); err != nil {
			return err
		}
	}
	if err := m.editJSON(dir, "generation_config.json", map[string]any{"eos_token_id": oneOrList(o.Stop)}, nil); err != nil {
		return err
	}
	if o.ChatTemplate != "" {
		if err := m.editJSON(dir, "tokenizer_config.json", map[string]any{"chat_template": o.ChatTemplate}, nil); err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(filepath.Join(dir, "chat_template.jinja"), []byte(o.ChatTemplate)); err != nil {
			return err
		}
	}
	// Last, for the folder is a model once it has this.
	set := map[string]any{"eos_token_id": oneOrList(o.Stop), "torch_dtype": hfDTypes[t], "tie_word_embeddings": m.cfg.Tied}
	if m.metadata != nil {
		maps.Copy(set, m.cfg.hfFields())
	}
	if err := m.editJSON(dir, "config.json", set, []string{"dtype", "quantization_config"}); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, "config.json"), err)
	}
	return nil
}

// hfFields is the shape in the words of a config.json.
func (c Config) hfFields() map[string]any {
	fields := map[string]any{
		"architectures": []string{"LlamaForCausalLM"}, "model_type": "llama",
		"hidden_size": c.Hidden, "num_hidden_layers": c.Layers, "num_attention_heads": c.Heads, "num_key_value_heads": c.KVHeads,
		"head_dim": c.HeadDim, "intermediate_size": c.FFN, "vocab_size": c.Vocab, "max_position_embeddings": c.MaxPos,
		"rms_norm_eps": c.NormEps, "rope_theta": c.RopeTheta, "tie_word_embeddings": c.Tied,
		"hidden_act": "silu", "attention_bias": false, "mlp_bias": false,
	}
	return fields
}
