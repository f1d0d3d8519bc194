package model

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/gguf"
)

// WriteRandom writes the model that [Random] makes of the same arguments as a GGUF file, which llama.cpp reads too, so
// that both can be timed on the same bytes. It has no tokenizer. At most one tensor is held in memory.
func WriteRandom(ctx context.Context, path string, cfg Config, t compute.Type, seed uint64) error {
	if err := cfg.Check(); err != nil {
		return fmt.Errorf("random model: %w", err)
	}
	rests, ok := gguf.TypeOf(t)
	if !ok {
		return fmt.Errorf("random model: %s rests in memory only, GGUF files have no such type", t)
	}
	src := &randomSource{t: t, seed: seed}
	if err := src.fits(cfg.Hidden, cfg.qDim(), cfg.FFN); err != nil {
		return fmt.Errorf("random model: %w", err)
	}
	names := llama.ggufNames(cfg.Layers)
	var tensors []gguf.Tensor
	for _, w := range cfg.tensorShapes() {
		tensor := gguf.Tensor{Name: names[w.name], Type: gguf.F32, Shape: w.shape}
		if len(w.shape) == 2 {
			tensor.Type = rests
		}
		tensor.Stream = func(to io.Writer) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			raw, err := src.tensor(w.name, w.shape)
			if err != nil {
				return fmt.Errorf("tensor %q: %w", w.name, err)
			}
			if strings.HasSuffix(w.name, "q_proj.weight") || strings.HasSuffix(w.name, "k_proj.weight") {
				raw.data = interleave(raw.data, w.shape[0], cfg.HeadDim)
			}
			_, err = to.Write(raw.data)
			return err
		}
		tensors = append(tensors, tensor)
	}
	return gguf.Write(path, randomMetadata(cfg, rests), tensors)
}

// tensorShape is one tensor of a model under its Hugging Face name.
type tensorShape struct {
	name  string
	shape []int
}

// tensorShapes lists the tensors of a model of that shape in the order of the forward pass.
func (c Config) tensorShapes() []tensorShape {
	list := []tensorShape{{"model.embed_tokens.weight", []int{c.Vocab, c.Hidden}}}
	for l := range c.Layers {
		at := fmt.Sprintf("model.layers.%d.", l)
		list = append(list,
			tensorShape{at + "input_layernorm.weight", []int{c.Hidden}},
			tensorShape{at + "self_attn.q_proj.weight", []int{c.qDim(), c.Hidden}},
			tensorShape{at + "self_attn.k_proj.weight", []int{c.kvDim(), c.Hidden}},
			tensorShape{at + "self_attn.v_proj.weight", []int{c.kvDim(), c.Hidden}},
			tensorShape{at + "self_attn.o_proj.weight", []int{c.Hidden, c.qDim()}},
			tensorShape{at + "post_attention_layernorm.weight", []int{c.Hidden}},
			tensorShape{at + "mlp.gate_proj.weight", []int{c.FFN, c.Hidden}},
			tensorShape{at + "mlp.up_proj.weight", []int{c.FFN, c.Hidden}},
			tensorShape{at + "mlp.down_proj.weight", []int{c.Hidden, c.FFN}})
	}
	list = append(list, tensorShape{"model.norm.weight", []int{c.Hidden}})
	if !c.Tied {
		list = append(list, tensorShape{"lm_head.weight", []int{c.Vocab, c.Hidden}})
	}
	return list
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
	gguf.F32: 0, gguf.F16: 1, gguf.Q4_0: 2, gguf.Q8_0: 7, gguf.Q4_K: 14, gguf.Q6_K: 18, gguf.BF16: 32,
}

// interleave puts the rows of a q or k matrix of whole heads of dim rows into llama.cpp's order: the inverse of halfSplit.
func interleave(data []byte, rows, dim int) []byte {
	size := len(data) / rows
	moved := make([]byte, len(data))
	for to := range rows {
		from := interleaved(to, dim)
		copy(moved[to*size:(to+1)*size], data[from*size:(from+1)*size])
	}
	return moved
}

// interleaved is the row in Hugging Face's order that is row r in llama.cpp's, where the two values that a rotation pairs
// lie side by side.
func interleaved(r, dim int) int {
	h, j := r/dim, r%dim
	return h*dim + j%2*(dim/2) + j/2
}
