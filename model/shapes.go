package model

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"path"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/compute"
)

// Shape is the configuration of a named model, without its weights, or of a shape written out as
// HIDDENxLAYERSxHEADSxKVHEADSxFFNxVOCAB ("576x30x9x3x1536x49152"). The named ones are listed by [ShapeNames].
func Shape(name string) (Config, error) {
	for _, s := range shapes {
		if s.name == name {
			c := shapeConfig(s.dims)
			if s.positions > 0 {
				c.MaxPos, c.Tied = s.positions, false
			}
			if s.as != nil {
				s.as(&c)
			}
			return c, nil
		}
	}
	parts := strings.Split(name, "x")
	var dims [6]int
	if len(parts) != len(dims) {
		return Config{}, fmt.Errorf("shape %q is neither a name (%s) nor HIDDENxLAYERSxHEADSxKVHEADSxFFNxVOCAB", name, join(ShapeNames()))
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil {
			return Config{}, fmt.Errorf("shape %q: %q is not a number", name, p)
		}
		dims[i] = n
	}
	if dims[2] > 0 && dims[0]%dims[2] != 0 {
		return Config{}, fmt.Errorf("shape %q: hidden %d is not a multiple of %d heads", name, dims[0], dims[2])
	}
	c := shapeConfig(dims)
	if err := c.Check(); err != nil {
		return Config{}, fmt.Errorf("shape %q: %w", name, err)
	}
	return c, nil
}

// ShapeNames lists the shapes that [Shape] knows by name.
func ShapeNames() []string {
	var names []string
	for _, s := range shapes {
		names = append(names, s.name)
	}
	return names
}

// ShapeOf is the name of the shape that a model of that path or Hugging Face id has, where it is one that [Shape] knows:
// "huggyllama/llama-7b" is a llama-7b, "google/gemma-2-2b-it" a gemma-2-2b. It goes by the name alone.
func ShapeOf(id string) (string, bool) {
	name := strings.TrimSuffix(strings.ToLower(path.Base(id)), "-hf")
	for _, tuned := range [...]string{"-instruct", "-chat", "-it", "-base"} {
		name = strings.TrimSuffix(name, tuned)
	}
	for _, s := range shapes {
		if s.name == name {
			return name, true
		}
	}
	return "", false
}

// fittingShapes lists the named shapes whose rows are whole blocks of t.
func fittingShapes(t compute.Type) []string {
	var names []string
	for _, s := range shapes {
		if s.dims[0]%t.Block() == 0 && s.dims[4]%t.Block() == 0 {
			names = append(names, s.name)
		}
	}
	return names
}

func shapeConfig(d [6]int) Config {
	c := Config{Family: "llama", Hidden: d[0], Layers: d[1], Heads: d[2], KVHeads: d[3], FFN: d[4], Vocab: d[5],
		MaxPos: 8192, NormEps: 1e-5, RopeTheta: 10000, Tied: true}
	if c.Heads > 0 {
		c.HeadDim = c.Hidden / c.Heads
	}
	return c
}

// Random is a model of that shape whose matrices hold N(0, 0.02²) in the given type, whose norms multiply by 1 and whose
// biases are 0: for
// benchmarks and tests. The same seed gives the same weights.
func Random(be compute.Backend, cfg Config, t compute.Type, seed uint64) (*Model, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("random model: %w", err)
	}
	src := randomSource{t: t, seed: seed, offset: cfg.Norms.Offset}
	m, err := build(be, cfg, &src)
	if err != nil {
		return nil, fmt.Errorf("random model: %w", err)
	}
	m.name = randomName(cfg)
	return m, nil
}

// Hollow is a model of that shape that takes no memory, whose matrices rest in the given type: all tensors share zeros that
// nothing touches. It is for planning what such a model would take, and computes nothing.
func Hollow(be compute.Backend, cfg Config, t compute.Type) (*Model, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("hollow model: %w", err)
	}
	largest := 0
	cfg.tensors(func(w tensorSpec) {
		if len(w.shape) == 2 {
			largest = max(largest, w.shape[0]*t.RowBytes(w.shape[1]))
		} else {
			largest = max(largest, 4*w.shape[0])
		}
	})
	m, err := build(be, cfg, hollowSource{t, make([]byte, largest)})
	if err != nil {
		return nil, fmt.Errorf("hollow model: %w", err)
	}
	return m, nil
}

// hollowSource gives every tensor the same zeros.
type hollowSource struct {
	t     compute.Type
	zeros []byte
}

func (s hollowSource) tensor(spec tensorSpec) (rawTensor, error) {
	shape := spec.shape
	if len(shape) == 1 {
		return rawTensor{typ: compute.F32, shape: shape, data: s.zeros[:4*shape[0]]}, nil
	}
	return rawTensor{typ: s.t, shape: shape, data: s.zeros[:shape[0]*s.t.RowBytes(shape[1])]}, nil
}

func randomName(c Config) string {
	return fmt.Sprintf("random-%dx%dx%dx%dx%dx%d", c.Hidden, c.Layers, c.Heads, c.KVHeads, c.FFN, c.Vocab)
}

// randomSource makes up every tensor that it is asked for.
type randomSource struct {
	t    compute.Type
	seed uint64
	std  func(part) float64 // nil for 0.02

	offset bool // norms of 1+w
}

func (s *randomSource) tensor(spec tensorSpec) (rawTensor, error) {
	name, shape := spec.name, spec.shape
	if len(shape) == 1 {
		data := make([]byte, 4*shape[0])
		if !spec.bias && !s.offset {
			for i := range shape[0] {
				binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(1))
			}
		}
		return rawTensor{typ: compute.F32, shape: shape, data: data}, nil
	}
	rows, cols := shape[0], shape[1]
	if err := s.fits(cols); err != nil {
		return rawTensor{}, err
	}
	rng := rand.New(rand.NewPCG(s.seed, hashName(name)))
	row := make([]float32, cols)
	std := 0.02
	if s.std != nil {
		std = s.std(spec.part)
	}
	size := s.t.RowBytes(cols)
	data := make([]byte, rows*size)
	for r := range rows {
		for i := range row {
			row[i] = float32(rng.NormFloat64() * std)
		}
		if err := compute.Encode(data[r*size:(r+1)*size], s.t, row); err != nil {
			return rawTensor{}, err
		}
	}
	return rawTensor{typ: s.t, shape: shape, data: data}, nil
}

// fits says which width of a row is no whole number of blocks.
func (s *randomSource) fits(widths ...int) error {
	for _, w := range widths {
		if w%s.t.Block() != 0 {
			return fmt.Errorf("rows of %d values do not fit %s, whose blocks hold %d (named shapes that fit: %s)",
				w, s.t, s.t.Block(), join(fittingShapes(s.t)))
		}
	}
	return nil
}
