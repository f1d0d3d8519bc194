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
		to := safetensors.Tensor{Name: m.storedName(from.Name), DType: t.String(), Shape: from.Shape}
		turn := m.family.transposed && len(from.Shape) == 2 && m.family.partOf(from.Name).linear()
		if turn {
			to.Shape = []int{from.Shape[1], from.Shape[0]}
		}
		size, err := to.Size()
		if err != nil {
			return fmt.Errorf("tensor %q: %w", to.Name, err)
		}
		all += int64(size)
		c := conversion{same: from.Type == t && !from.Changed(), size: t.RowBytes, encode: func(dst []byte, src []float32) error { return compute.Encode(dst, t, src) }}
		to.Stream = func(w io.Writer) error {
			w = &counter{w, func(n int) { done += int64(n); o.Wrote(done, all) }}
			if turn {
				return from.transpose(ctx, w, c)
			}
			return from.writeTo(ctx, w, c)
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
	} else if err := m.writeTokenizer(dir); err != nil {
		return err
	}
	ends := map[string]any{"eos_token_id": oneOrList(o.Stop)}
	if tok, err := m.Tokenizer(); err == nil && m.metadata != nil {
		if id, ok := tok.BOS(); ok {
			ends["bos_token_id"] = id
		}
	}
	if err := m.editJSON(dir, "generation_config.json", ends, nil); err != nil {
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
	set := map[string]any{"torch_dtype": hfDTypes[t], "tie_word_embeddings": m.cfg.Tied}
	maps.Copy(set, ends)
	if m.metadata != nil {
		fields, err := m.cfg.hfFields()
		if err != nil {
			return err
		}
		maps.Copy(set, fields)
	}
	if err := m.editJSON(dir, "config.json", set, []string{"dtype", "quantization_config"}); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, "config.json"), err)
	}
	return nil
}
