package model

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/safetensors"
)

// shardBytes is the most of one file of a folder, as Hugging Face's libraries write them.
const shardBytes = 5_000_000_000

// hfDTypes are the names of types in config.json.
var hfDTypes = map[compute.Type]string{compute.F32: "float32", compute.F16: "float16", compute.BF16: "bfloat16"}

// WriteHF writes the model as it computes, adapters beneath merged in, as a Hugging Face folder with its tensors in type t
// (F32, F16 or BF16) and stop as the tokens that end an answer. A tensor that is in the type already and that no adapter
// changes keeps its bytes. wrote is told of every piece that was written, in bytes of all of them.
func (m *Model) WriteHF(ctx context.Context, dir string, t compute.Type, stop []int32, wrote func(n, of int64)) error {
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
			return from.writeTo(ctx, &counter{w, func(n int) { done += int64(n); wrote(done, all) }}, 0, t.RowBytes,
				from.Type == t && !from.Changed(), func(dst []byte, src []float32) error { return compute.Encode(dst, t, src) })
		}
		tensors = append(tensors, to)
	}
	if err := safetensors.WriteSharded(dir, "model", tensors, shardBytes, map[string]string{"format": "pt"}); err != nil {
		return err
	}
	if err := copyThere(dir, m.path, companions); err != nil {
		return err
	}
	if err := m.editJSON(dir, "generation_config.json", map[string]any{"eos_token_id": oneOrList(stop)}, nil); err != nil {
		return err
	}
	set := map[string]any{"eos_token_id": oneOrList(stop), "torch_dtype": hfDTypes[t], "tie_word_embeddings": m.cfg.Tied}
	if err := m.editJSON(dir, "config.json", set, []string{"dtype", "quantization_config"}); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, "config.json"), err)
	}
	return nil
}
