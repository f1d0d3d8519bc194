package model

import (
	"context"
	"fmt"
	"io"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/gguf"
)

// WriteRandom writes the model that [Random] makes of the same arguments as a GGUF file, which llama.cpp reads too, so
// that both can be timed on the same bytes. It has no tokenizer. At most one tensor is held in memory.
func WriteRandom(ctx context.Context, path string, cfg Config, t compute.Type, seed uint64) error {
	if err := cfg.Check(); err != nil {
		return fmt.Errorf("random model: %w", err)
	}
	fam, err := familyNamed(cfg.Family)
	if err != nil {
		return fmt.Errorf("random model: %w", err)
	}
	rests, ok := gguf.TypeOf(t)
	if !ok {
		return fmt.Errorf("random model: %s rests in memory only, GGUF files have no such type", t)
	}
	src := &randomSource{t: t, seed: seed, offset: cfg.Norms.Offset}
	if err := src.fits(cfg.Hidden, cfg.qDim(), cfg.FFN); err != nil {
		return fmt.Errorf("random model: %w", err)
	}
	var tensors []gguf.Tensor
	cfg.tensors(func(w tensorSpec) {
		tensor := gguf.Tensor{Name: fam.ggufName(w.name), Type: gguf.F32, Shape: w.shape}
		if len(w.shape) == 2 {
			tensor.Type = rests
		}
		tensor.Stream = func(to io.Writer) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			raw, err := src.tensor(w)
			if err != nil {
				return fmt.Errorf("tensor %q: %w", w.name, err)
			}
			t, err := cfg.ToGGUF(Tensor{Name: w.name, Type: raw.typ, Shape: raw.shape, Data: raw.data})
			if err != nil {
				return err
			}
			_, err = to.Write(t.Data)
			return err
		}
		tensors = append(tensors, tensor)
		if w.part == embedding && cfg.Tied && cfg.LearnedPositions { // llama.cpp wants GPT-2's twice
			tensor.Name = ggufHead
			tensors = append(tensors, tensor)
		}
	})
	for _, d := range cfg.ggufDivisors() {
		data := make([]byte, compute.F32.RowBytes(len(d.values)))
		if err := compute.Encode(data, compute.F32, d.values); err != nil {
			return fmt.Errorf("random model: %w", err)
		}
		tensors = append(tensors, gguf.Tensor{Name: d.name, Type: gguf.F32, Shape: []int{len(d.values)}, Data: data})
	}
	return gguf.Write(path, randomMetadata(cfg, fam.gguf, rests), tensors)
}

// randomMetadata is what llama.cpp needs to load a model without a vocabulary.
func randomMetadata(c Config, arch string, t gguf.Type) []gguf.KV {
	count := func(key string, n int) gguf.KV { return gguf.KV{Key: key, Value: gguf.Of(uint32(n))} }
	list := append([]gguf.KV{
		{Key: "general.architecture", Value: gguf.Of(arch)},
		{Key: "general.name", Value: gguf.Of(randomName(c))},
	}, c.ggufKeys(arch)...)
	list = append(list, gguf.KV{Key: "tokenizer.ggml.model", Value: gguf.Of("none")})
	if n, ok := ggufFileTypes[t]; ok {
		list = append(list, count("general.file_type", n))
	}
	return append(list, count("general.quantization_version", 2))
}

// ggufFileTypes are the numbers by which general.file_type says what most matrices of a file rest in.
var ggufFileTypes = map[gguf.Type]int{
	gguf.F32: 0, gguf.F16: 1, gguf.Q4_0: 2, gguf.Q4_1: 3, gguf.Q8_0: 7, gguf.Q5_0: 8, gguf.Q5_1: 9, gguf.Q2_K: 10, gguf.Q3_K: 11,
	gguf.Q4_K: 14, gguf.Q5_K: 16, gguf.Q6_K: 18, gguf.IQ4_NL: 25, gguf.IQ4_XS: 30, gguf.BF16: 32,
}
