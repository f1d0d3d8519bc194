package model

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/internal/atomicfile"
)

// New is a model of that shape with the weights that a pretraining begins with: norms of 1 and matrices of N(0, std²) in
// float32, where those that add to the residual stream have a deviation of std/√(2·layers), so that its variance does not
// grow with depth (Radford et al. 2019, section 2.3). The same seed gives the same weights.
func New(be compute.Backend, cfg Config, std float64, seed uint64) (*Model, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("new model: %w", err)
	}
	m, err := build(be, cfg, &randomSource{t: compute.F32, seed: seed, offset: cfg.Norms.Offset, std: func(p part) float64 {
		if p == oProj || p == downProj {
			return std / math.Sqrt(2*float64(cfg.Layers))
		}
		return std
	}})
	if err != nil {
		return nil, fmt.Errorf("new model: %w", err)
	}
	m.name = "a new model"
	return m, nil
}

// SaveNew writes a model that came from no files into a folder as Hugging Face has it: matrices in type t (F32, F16 or
// BF16), norms in float32 as they are small, the tokenizer's files from where they are (a folder, or its tokenizer.json),
// and begin and end as the tokens that begin and end a text.
func (m *Model) SaveNew(dir string, t compute.Type, tokenizer string, begin, end int32) error {
	if err := m.saveNew(dir, t, tokenizer, begin, end); err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	return nil
}

// tokenizerFiles are what a tokenizer consists of besides tokenizer.json.
var tokenizerFiles = []string{"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"}

func (m *Model) saveNew(dir string, t compute.Type, tokenizer string, begin, end int32) error {
	if t != compute.F32 && t != compute.F16 && t != compute.BF16 {
		return fmt.Errorf("type %s: must be F32, F16 or BF16", t)
	}
	if info, err := os.Stat(tokenizer); err == nil && info.IsDir() {
		tokenizer = filepath.Join(tokenizer, "tokenizer.json")
	}
	text, err := os.ReadFile(tokenizer)
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, "tokenizer.json"), text); err != nil {
		return err
	}
	if err := copyThere(dir, filepath.Dir(tokenizer), tokenizerFiles); err != nil {
		return err
	}

	var tensors []safetensors.Tensor
	for _, p := range m.tensors {
		rests := t
		if len(p.Shape) == 1 {
			rests = compute.F32
		}
		tensors = append(tensors, safetensors.Tensor{Name: p.Name, DType: rests.String(), Shape: p.Shape,
			Stream: func(w io.Writer) error { return m.writeAs(w, rests, p) }})
	}
	if err := safetensors.Write(filepath.Join(dir, "model.safetensors"), tensors, map[string]string{"format": "pt"}); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(dir, "generation_config.json"), map[string]any{"bos_token_id": begin, "eos_token_id": end}); err != nil {
		return err
	}
	// Last, for the folder is a model once it has this.
	fields, err := m.cfg.hfFields()
	if err != nil {
		return err
	}
	fields["bos_token_id"], fields["eos_token_id"], fields["torch_dtype"] = begin, end, hfDTypes[t]
	return writeJSON(filepath.Join(dir, "config.json"), fields)
}

// writeAs writes a tensor's values in a type, a piece at a time.
func (m *Model) writeAs(w io.Writer, t compute.Type, p tensorAt) error {
	b := p.value
	if t == compute.F32 {
		return compute.WriteValues(w, m.be, b)
	}
	const piece = 1 << 16
	x, raw := make([]float32, piece), make([]byte, t.RowBytes(piece))
	for at := 0; at < b.Len(); at += piece {
		n := min(piece, b.Len()-at)
		m.be.Read(x[:n], b.Slice(at, at+n))
		if err := compute.Encode(raw[:t.RowBytes(n)], t, x[:n]); err != nil {
			return fmt.Errorf("tensor %q: %w", p.Name, err)
		}
		if _, err := w.Write(raw[:t.RowBytes(n)]); err != nil {
			return err
		}
	}
	return nil
}
