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
	if f, _ := familyNamed(cfg.Family); f != &llama {
		return fmt.Errorf("random model: written of a llama alone, not of %s", cfg.Family)
	}
	rests, ok := gguf.TypeOf(t)
	if !ok {
		return fmt.Errorf("random model: %s rests in memory only, GGUF files have no such type", t)
	}
	src := &randomSource{t: t, seed: seed}
	if err := src.fits(cfg.Hidden, cfg.qDim(), cfg.FFN); err != nil {
		return fmt.Errorf("random model: %w", err)
	}
	var tensors []gguf.Tensor
	cfg.tensors(func(w tensorSpec) {
		tensor := gguf.Tensor{Name: llama.ggufName(w.name), Type: gguf.F32, Shape: w.shape}
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
			if llama.interleaves(w.part) {
				raw.data = interleave(raw.data, w.shape[0], cfg.HeadDim)
			}
			_, err = to.Write(raw.data)
			return err
		}
		tensors = append(tensors, tensor)
	})
	return gguf.Write(path, randomMetadata(cfg, rests), tensors)
}

// randomMetadata is what llama.cpp needs to load a llama without a vocabulary.
func randomMetadata(c Config, t gguf.Type) []gguf.KV {
	count := func(key string, n int) gguf.KV { return gguf.KV{Key: key, Value: gguf.Of(uint32(n))} }
	list := append([]gguf.KV{
		{Key: "general.architecture", Value: gguf.Of("llama")},
		{Key: "general.name", Value: gguf.Of(randomName(c))},
	}, c.ggufKeys("llama")...)
	list = append(list, gguf.KV{Key: "tokenizer.ggml.model", Value: gguf.Of("none")})
	if n, ok := ggufFileTypes[t]; ok {
		list = append(list, count("general.file_type", n))
	}
	return append(list, count("general.quantization_version", 2))
}

// ggufFileTypes are the numbers by which general.file_type says what most matrices of a file rest in.
var ggufFileTypes = map[gguf.Type]int{
	gguf.F32: 0, gguf.F16: 1, gguf.Q4_0: 2, gguf.Q4_1: 3, gguf.Q8_0: 7, gguf.Q5_0: 8, gguf.Q5_1: 9, gguf.Q2_K: 10, gguf.Q3_K: 11,
	gguf.Q4_K: 14, gguf.Q5_K: 16, gguf.Q6_K: 18, gguf.IQ4_NL: 25, gguf.BF16: 32,
}
