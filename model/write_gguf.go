package model

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/gguf"
)

// GGUFOptions say how [Model.WriteGGUF] writes.
type GGUFOptions struct {
	// Types is what each tensor is to rest in, given their names, in GGUF's words, and their shapes.
	Types func(tensors []gguf.Tensor) []gguf.Type
	// Importance says how much an error in each column of a matrix counts, by Hugging Face's name of the module or by GGUF's
	// name of the tensor. A matrix that it lacks is quantised without.
	Importance map[string][]float32
	// Metadata is all of the file's.
	Metadata []gguf.KV
	// Wrote is told of every piece that was written, in bytes of all of them.
	Wrote func(n, of int64)
}

// WriteGGUF writes the model as it computes, adapters beneath merged in, as a GGUF file with llama.cpp's names and orders.
// A tensor that is in the type already and that no adapter changes keeps its bytes.
func (m *Model) WriteGGUF(ctx context.Context, path string, o GGUFOptions) error {
	var tensors []gguf.Tensor
	merged := m.Merged()
	for _, t := range merged {
		to := gguf.Tensor{Name: m.family.ggufName(t.Name), Shape: t.Shape}
		if to.Name == "" {
			return fmt.Errorf("tensor %q has no name in a GGUF file of a %s model", t.Name, m.family.name)
		}
		tensors = append(tensors, to)
	}
	var all, done int64
	for i, typ := range o.Types(tensors) {
		t, to := merged[i], &tensors[i]
		to.Type = typ
		size, err := to.Size()
		if err != nil {
			return fmt.Errorf("tensor %q: %w", to.Name, err)
		}
		all += int64(size)
		matters := o.Importance[to.Name]
		if matters == nil {
			matters = o.Importance[moduleOf(t.Name)]
		}
		rests, _ := gguf.TypeOf(t.Type)
		_, cols := t.size()
		to.Stream = func(w io.Writer) error {
			return t.writeTo(ctx, &counter{w, func(n int) { done += int64(n); o.Wrote(done, all) }}, m.ggufOrder(t.Name),
				func(values int) int { return values / typ.Block() * typ.BlockBytes() }, rests == typ && !t.Changed(),
				func(dst []byte, src []float32) error {
					return gguf.Quantize(dst, typ, src, cols, matters, m.be.Threads())
				})
		}
	}
	if d := m.cfg.divisors(); d != nil {
		data := make([]byte, 4*len(d))
		if err := compute.Encode(data, compute.F32, d); err != nil {
			return err
		}
		tensors = append(tensors, gguf.Tensor{Name: "rope_freqs.weight", Type: gguf.F32, Shape: []int{len(d)}, Data: data})
	}
	return gguf.Write(path, o.Metadata, tensors)
}

// counter tells of what is written through it.
type counter struct {
	w     io.Writer
	wrote func(n int)
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.wrote(n)
	return n, err
}

// ggufOrder is the rows of a head in a tensor whose heads' rows llama.cpp has in another order, and 0 for others.
func (m *Model) ggufOrder(name string) int {
	if m.family.interleaves(m.family.partOf(name)) {
		return m.cfg.HeadDim
	}
	return 0
}

// divisors is what GGUF files divide the rotary frequencies by where keys do not say it; nil where they do.
func (c Config) divisors() []float32 {
	switch c.RopeScaling.Kind {
	case "divisors":
		return c.RopeScaling.Divisors
	case "llama3":
		plain, scaled := c, c.frequencies(false)
		plain.RopeScaling = RopeScaling{}
		d := make([]float32, len(scaled))
		for j, f := range plain.frequencies(false) {
			d[j] = float32(f / scaled[j])
		}
		return d
	}
	return nil
}

// Note is a text that the metadata of the GGUF file has under a key; empty where there is none.
func (m *Model) Note(key string) string {
	for _, kv := range m.metadata {
		if s, ok := kv.Value.Any().(string); ok && kv.Key == key {
			return s
		}
	}
	return ""
}

// GGUFMetadata is what llama.cpp has to know of the model's shape: of a model that came from a GGUF file everything that
// the file says, but for what only holds of its quantisation and its parts.
func (m *Model) GGUFMetadata() []gguf.KV {
	if m.metadata != nil {
		return slices.DeleteFunc(slices.Clone(m.metadata), func(kv gguf.KV) bool {
			return kv.Key == "general.file_type" || kv.Key == "general.quantization_version" ||
				strings.HasPrefix(kv.Key, "split.") || strings.HasPrefix(kv.Key, "quantize.imatrix.")
		})
	}
	return append([]gguf.KV{{Key: "general.architecture", Value: gguf.Of(m.family.gguf)}}, m.cfg.ggufKeys(m.family.gguf)...)
}

// ggufKeys is the architecture's keys.
func (c Config) ggufKeys(arch string) []gguf.KV {
	var list []gguf.KV
	put := func(key string, v gguf.Value) { list = append(list, gguf.KV{Key: arch + "." + key, Value: v}) }
	count := func(key string, n int) { put(key, gguf.Of(uint32(n))) }
	number := func(key string, x float64) { put(key, gguf.Of(float32(x))) }
	count("vocab_size", c.Vocab)
	count("context_length", c.MaxPos)
	count("embedding_length", c.Hidden)
	count("block_count", c.Layers)
	count("feed_forward_length", c.FFN)
	count("attention.head_count", c.Heads)
	count("attention.head_count_kv", c.KVHeads)
	count("attention.key_length", c.HeadDim)
	count("attention.value_length", c.HeadDim)
	count("rope.dimension_count", c.HeadDim)
	number("attention.layer_norm_rms_epsilon", float64(c.NormEps))
	number("rope.freq_base", c.RopeTheta)
	if s := c.RopeScaling; s.Kind == "linear" {
		put("rope.scaling.type", gguf.Of("linear"))
		number("rope.scaling.factor", s.Factor)
	}
	return list
}
