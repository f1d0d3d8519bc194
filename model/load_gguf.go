package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/tokenizer"
)

// openGGUF opens a GGUF file.
func openGGUF(be compute.Backend, path string) (*Model, error) {
	file, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := fromGGUF(be, file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	m.closers, m.release = append(m.closers, file.Close), file.Release
	return m, nil
}

func fromGGUF(be compute.Backend, file *gguf.File) (*Model, error) {
	arch, err := gguf.Need[string](file, "general.architecture")
	if err != nil {
		return nil, err
	}
	fam, err := familyOfGGUF(arch)
	if err != nil {
		return nil, err
	}
	g := &ggufConfig{file: file, prefix: arch + "."}
	cfg, err := fam.fromGGUF(g)
	if err != nil {
		return nil, err
	}
	if err := g.fromTensors(&cfg); err != nil {
		return nil, err
	}
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	eos, err := g.eos()
	if err != nil {
		return nil, err
	}
	src := &ggufSource{file: file, cfg: cfg, names: fam.ggufNames(cfg.Layers)}
	m, err := build(be, cfg, src)
	if err != nil {
		return nil, err
	}
	if err := src.leftOver(fam); err != nil {
		return nil, err
	}
	m.family, m.eos, m.metadata = fam, eos, file.Metadata()
	m.name, _ = file.String("general.name")
	m.template, _ = file.String("tokenizer.chat_template")
	m.openTok = sync.OnceValues(func() (*tokenizer.Tokenizer, error) { return ggufTokenizer(file) })
	return m, nil
}

// ggufConfig reads keys of the architecture and keeps the first error, which names the key.
type ggufConfig struct {
	file   *gguf.File
	prefix string
	err    error
}

func (g *ggufConfig) fail(format string, args ...any) { g.keep(fmt.Errorf(format, args...)) }

func (g *ggufConfig) keep(err error) {
	if g.err == nil {
		g.err = err
	}
}

func (g *ggufConfig) needInt(key string) int {
	if _, ok := g.file.Value(g.prefix + key); !ok {
		g.fail("key %s%s is missing", g.prefix, key)
	}
	return g.int(key, 0)
}

// int reads an integer, or an array that gives the same one for every layer.
func (g *ggufConfig) int(key string, absent int) int {
	if all, ok := g.file.Ints(g.prefix + key); ok && len(all) > 0 {
		for _, x := range all {
			if x != all[0] {
				g.fail("key %s%s differs between layers, which is not supported", g.prefix, key)
			}
		}
		return g.small(key, uint64(all[0]))
	}
	x, ok, err := gguf.Lookup[uint64](g.file, g.prefix+key)
	if err != nil {
		g.keep(err)
	}
	if !ok || err != nil {
		return absent
	}
	return g.small(key, x)
}

func (g *ggufConfig) small(key string, x uint64) int {
	if x > math.MaxInt32 {
		g.fail("key %s%s is %d, more than a model could have", g.prefix, key, x)
		return 0
	}
	return int(x)
}

func (g *ggufConfig) float(key string, absent float64) float64 {
	return lookup(g, key, absent)
}

func (g *ggufConfig) string(key, absent string) string {
	return lookup(g, key, absent)
}

func lookup[T gguf.Readable](g *ggufConfig, key string, absent T) T {
	x, ok, err := gguf.Lookup[T](g.file, g.prefix+key)
	if err != nil {
		g.keep(err)
	}
	if !ok || err != nil {
		return absent
	}
	return x
}

// fromTensors completes a configuration with what GGUF says by its tensors: the vocabulary's size, whether there is a
// head, and the rotary divisors.
func (g *ggufConfig) fromTensors(c *Config) error {
	embed, ok := g.file.Tensor("token_embd.weight")
	if !ok || len(embed.Shape) != 2 {
		return fmt.Errorf("tensor \"token_embd.weight\" is missing or no matrix")
	}
	c.Vocab = embed.Shape[0]
	_, head := g.file.Tensor("output.weight")
	c.Tied = !head
	freqs, ok := g.file.Tensor("rope_freqs.weight")
	if !ok {
		return nil
	}
	if freqs.Type != gguf.F32 || c.HeadDim < 2 || !slices.Equal(freqs.Shape, []int{c.HeadDim / 2}) {
		return fmt.Errorf("tensor \"rope_freqs.weight\": %s of shape %s, want F32 of shape [%d]", freqs.Type, dims(freqs.Shape), c.HeadDim/2)
	}
	c.RopeScaling = RopeScaling{Kind: "divisors", Divisors: make([]float32, c.HeadDim/2)}
	compute.Decode(c.RopeScaling.Divisors, compute.F32, freqs.Data)
	return nil
}

// ggufEnds are the keys of the tokens that end a text, a turn and a message.
var ggufEnds = [...]string{"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}

// eos lists the ids that end a text or a turn.
func (g *ggufConfig) eos() ([]int32, error) {
	var ids []int32
	for _, key := range ggufEnds {
		id, ok, err := gguf.Lookup[uint64](g.file, key)
		if err != nil {
			return nil, err
		}
		// 2³²-1 is how some files say that there is none.
		if ok && id < math.MaxInt32 {
			ids = append(ids, int32(id))
		}
	}
	return unique(ids), nil
}

// ggufNames maps every tensor's Hugging Face name to GGUF's.
func (f *family) ggufNames(layers int) map[string]string {
	names := map[string]string{}
	for _, t := range f.tensors {
		if !strings.Contains(t.hf, "%d") {
			names[t.hf] = t.gguf
			continue
		}
		for l := range layers {
			names[fmt.Sprintf(t.hf, l)] = fmt.Sprintf(t.gguf, l)
		}
	}
	return names
}

// ggufSource gives the tensors of a GGUF file in Hugging Face's names and order of rows.
type ggufSource struct {
	file  *gguf.File
	cfg   Config
	names map[string]string
}

func (s *ggufSource) tensor(name string, shape []int) (rawTensor, error) {
	t, ok := s.file.Tensor(s.names[name])
	if !ok {
		return rawTensor{}, fmt.Errorf("tensor %q is missing from the file", s.names[name])
	}
	typ, err := t.Type.Compute()
	if err != nil {
		return rawTensor{}, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	// A wrong shape is the loader's to refuse; rows move only where it is right.
	if !slices.Equal(t.Shape, shape) {
		return rawTensor{}, fmt.Errorf("tensor %q: shape %s, the file's keys want %s", t.Name, dims(t.Shape), dims(shape))
	}
	raw := rawTensor{typ: typ, shape: t.Shape, data: t.Data}
	switch {
	case strings.HasSuffix(name, "q_proj.weight"):
		raw.data = halfSplit(raw.data, s.cfg.Heads, s.cfg.HeadDim)
	case strings.HasSuffix(name, "k_proj.weight"):
		raw.data = halfSplit(raw.data, s.cfg.KVHeads, s.cfg.HeadDim)
	}
	return raw, nil
}

// halfSplit puts the rows of a q or k matrix back in Hugging Face's order. llama.cpp's conversion lays the two values
// that a rotation pairs next to each other; here pair j is rows j and j+dim/2 of its head.
func halfSplit(data []byte, heads, dim int) []byte {
	size := len(data) / (heads * dim)
	moved := make([]byte, len(data))
	for h := range heads {
		for j := range dim {
			from := h*dim + j%(dim/2)*2 + j/(dim/2)
			to := h*dim + j
			copy(moved[to*size:(to+1)*size], data[from*size:(from+1)*size])
		}
	}
	return moved
}

// leftOver refuses a file with tensors that the configuration does not use.
func (s *ggufSource) leftOver(f *family) error {
	known := map[string]bool{"rope_freqs.weight": true}
	for _, name := range s.names {
		known[name] = true
	}
	for _, t := range s.file.Tensors() {
		if !known[t.Name] {
			return fmt.Errorf("tensor %q of the file is no part of a %s model of this configuration", t.Name, f.name)
		}
	}
	return nil
}
