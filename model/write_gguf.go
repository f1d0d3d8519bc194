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
	if m.cfg.Tied && m.cfg.LearnedPositions { // llama.cpp wants GPT-2's embedding twice
		head := merged[0]
		head.Name = HeadModule + ".weight"
		merged = append(merged, head)
	}
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
		p := m.family.partOf(t.Name)
		c := conversion{same: rests == typ && !t.Changed(), size: func(values int) int { return values / typ.Block() * typ.BlockBytes() },
			encode: func(dst []byte, src []float32) error {
				return gguf.Quantize(dst, typ, src, cols, matters, m.be.Threads())
			}}
		if m.family.interleaves(p) {
			c.order = m.cfg.HeadDim
		}
		if p.norm() && m.cfg.Norms.Offset {
			c.add, c.same = 1, false
		}
		to.Stream = func(w io.Writer) error {
			return t.writeTo(ctx, &counter{w, func(n int) { done += int64(n); o.Wrote(done, all) }}, c)
		}
	}
	for _, d := range m.cfg.ggufDivisors() {
		data := make([]byte, 4*len(d.values))
		if err := compute.Encode(data, compute.F32, d.values); err != nil {
			return err
		}
		tensors = append(tensors, gguf.Tensor{Name: d.name, Type: gguf.F32, Shape: []int{len(d.values)}, Data: data})
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
	list := append([]gguf.KV{{Key: "general.architecture", Value: gguf.Of(m.family.ggufArch())}}, m.cfg.ggufKeys(m.family.ggufArch())...)
	if low := m.lowNorms(); low != nil {
		list = append(list, gguf.KV{Key: lowKey, Value: gguf.ArrayOf(low)})
	}
	if m.bare {
		list = append(list, gguf.KV{Key: bareKey, Value: gguf.Of(true)})
	}
	return list
}

// bareKey says that the checkpoint which a file was made from names its tensors without the prefix of the family's, as the
// first GPT-2's do, so that one that is made from the file does too.
const bareKey = "cria.bare_names"

// storedName is the name that a checkpoint has for a tensor.
func (m *Model) storedName(name string) string {
	if m.bare {
		return strings.TrimPrefix(name, m.family.prefix)
	}
	return name
}

// ggufArch is general.architecture of the family's files.
func (f *family) ggufArch() string {
	if f.gguf == "" {
		return llama.gguf
	}
	return f.gguf
}
