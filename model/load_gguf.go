package model

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
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
	if kind, _ := file.String("general.type"); kind == "adapter" {
		return nil, errors.New("it is an adapter: name its base before it, MODEL+ADAPTER")
	}
	fam, err := familyOfGGUF(arch)
	if err != nil {
		return nil, err
	}
	g := &ggufConfig{file: file, family: fam, prefix: arch + "."}
	cfg := Config{Family: fam.name}
	fam.fromGGUF(g, &cfg)
	if g.err != nil {
		return nil, g.err
	}
	if err := g.fromTensors(&cfg); err != nil {
		return nil, err
	}
	cfg.normalise()
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	eos, err := g.eos()
	if err != nil {
		return nil, err
	}
	src := &ggufSource{file: file, cfg: cfg, family: fam, known: map[string]bool{}, low: readLowNorms(file)}
	m, err := build(be, cfg, src)
	if err != nil {
		return nil, err
	}
	if err := src.leftOver(); err != nil {
		return nil, err
	}
	m.eos, m.metadata = eos, file.Metadata()
	m.bare, _, _ = gguf.Lookup[bool](file, bareKey)
	m.name, _ = file.String("general.name")
	m.template, _ = file.String(ggufTemplateKey)
	m.openTok = sync.OnceValues(func() (*tokenizer.Tokenizer, error) { return ggufTokenizer(file) })
	m.vocab = func() (tokenizer.GGUFVocab, error) { return ggufVocab(file) }
	return m, nil
}

// ggufConfig reads keys of the architecture and keeps the first error, which names the key.
type ggufConfig struct {
	file   *gguf.File
	family *family
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

// tensor says whether the file has a tensor of that name.
func (g *ggufConfig) tensor(name string) bool {
	_, ok := g.file.Tensor(name)
	return ok
}

// decoder reads what all architectures call the same.
func (g *ggufConfig) decoder(c *Config) {
	c.Hidden, c.Layers = g.needInt("embedding_length"), g.needInt("block_count")
	c.Heads, c.FFN = g.needInt("attention.head_count"), g.needInt("feed_forward_length")
	c.MaxPos = g.needInt("context_length")
	c.NormEps = float32(g.float("attention.layer_norm_rms_epsilon", 1e-5))
	c.RopeTheta = g.float("rope.freq_base", 10000)
	c.KVHeads = g.int("attention.head_count_kv", c.Heads)
	if c.Heads > 0 {
		c.HeadDim = g.int("attention.key_length", c.Hidden/c.Heads)
	}
	if n := g.int("attention.value_length", c.HeadDim); n != c.HeadDim {
		g.fail("attention.value_length is %d and attention.key_length %d: they must be equal", n, c.HeadDim)
	}
	if c.RopeDim = g.int("rope.dimension_count", c.HeadDim); c.RopeDim == c.HeadDim {
		c.RopeDim = 0
	} else if g.family.interleaved {
		g.fail("rope.dimension_count is %d, a %s model is supported with the head's %d", c.RopeDim, c.Family, c.HeadDim)
	}
	if n := g.int("expert_count", 0); n > 0 {
		g.fail("expert_count is %d: mixtures of experts are not supported", n)
	}
	c.Biases = Biases{QKV: g.tensor("blk.0.attn_q.bias") || g.tensor("blk.0.attn_qkv.bias"),
		O: g.tensor("blk.0.attn_output.bias"), MLP: g.tensor("blk.0.ffn_up.bias")}
	g.rope(c)
}

// windowed reads which layers have the window: a period, of which every last layer has none, or a flag for each layer;
// absent says so where no key does.
func (g *ggufConfig) windowed(c *Config, absent func(l int) bool) {
	const key = "attention.sliding_window_pattern"
	c.eachLayer(&c.Windowed, absent)
	v, ok := g.file.Value(g.prefix + key)
	if !ok {
		return
	}
	if flags, ok := v.Any().([]bool); ok {
		if len(flags) < c.Layers {
			g.fail("key %s%s is of %d layers, the model has %d", g.prefix, key, len(flags), c.Layers)
			return
		}
		c.eachLayer(&c.Windowed, func(l int) bool { return flags[l] })
		return
	}
	if period := g.int(key, 0); period > 0 {
		c.eachLayer(&c.Windowed, func(l int) bool { return l%period < period-1 })
	}
}

// rope reads how frequencies are stretched.
func (g *ggufConfig) rope(c *Config) {
	factor := g.float("rope.scaling.factor", g.float("rope.scale_linear", 1))
	switch kind := g.string("rope.scaling.type", "linear"); kind {
	case "none", "longrope": // longrope's numbers are tensors
	case "linear":
		if factor != 1 && factor != 0 {
			c.RopeScaling = RopeScaling{Kind: "linear", Factor: factor}
		}
	case "yarn":
		s := RopeScaling{Kind: "yarn", Factor: factor, OriginalMaxPos: g.int("rope.scaling.original_context_length", c.MaxPos),
			BetaFast: g.float("rope.scaling.yarn_beta_fast", 0), BetaSlow: g.float("rope.scaling.yarn_beta_slow", 0),
			AttnFactor: g.float("rope.scaling.attn_factor", 1)}
		if factor > 1 {
			s.AttnFactor *= 1 + 0.1*math.Log(factor)
		}
		c.RopeScaling = s
	default:
		g.fail("rope.scaling.type is %q, which is not supported (supported: none, linear, yarn, longrope, and rope_freqs.weight)", kind)
	}
}

// fromTensors completes a configuration with what GGUF says by its tensors: the vocabulary's size, whether there is a
// head, and the rotary divisors.
func (g *ggufConfig) fromTensors(c *Config) error {
	embed, ok := g.file.Tensor("token_embd.weight")
	if !ok || len(embed.Shape) != 2 {
		return fmt.Errorf("tensor \"token_embd.weight\" is missing or no matrix")
	}
	c.Vocab = embed.Shape[0]
	head, ok := g.file.Tensor(ggufHead)
	// GPT-2's files carry the embedding twice.
	c.Tied = !ok || head.Type == embed.Type && c.LearnedPositions && bytes.Equal(head.Data, embed.Data)
	g.divisors(c)
	return g.err
}

// The head, and tensors that say how frequencies are stretched.
const (
	ggufHead  = "output.weight"
	ropeFreqs = "rope_freqs.weight"
	ropeShort = "rope_factors_short.weight"
	ropeLong  = "rope_factors_long.weight"
)

// divisors reads what the file's tensors say of the rotary frequencies.
func (g *ggufConfig) divisors(c *Config) {
	read := func(name string) []float32 {
		t, ok := g.file.Tensor(name)
		if !ok {
			return nil
		}
		pairs := c.turned() / 2
		if t.Type != gguf.F32 || pairs < 1 || !slices.Equal(t.Shape, []int{pairs}) {
			g.fail("tensor %q: %s of shape %s, want F32 of shape [%d]", name, t.Type, dims(t.Shape), pairs)
			return nil
		}
		x := make([]float32, pairs)
		compute.Decode(x, compute.F32, t.Data)
		return x
	}
	if c.LearnedPositions {
		return
	}
	if c.RopeScaling.Kind != "" && (g.tensor(ropeFreqs) || g.tensor(ropeLong)) {
		g.fail("rope.scaling.type is %q and tensors of the file stretch the frequencies too: want one of both", c.RopeScaling.Kind)
		return
	}
	if d := read(ropeFreqs); d != nil {
		c.RopeScaling = RopeScaling{Kind: "divisors", Divisors: d}
	}
	short, long := read(ropeShort), read(ropeLong)
	switch {
	case short != nil && long != nil:
		c.RopeScaling = RopeScaling{Kind: "longrope", Divisors: short, Long: long,
			OriginalMaxPos: g.int("rope.scaling.original_context_length", c.MaxPos), AttnFactor: g.float("rope.scaling.attn_factor", 1)}
	case short != nil || long != nil:
		g.fail("tensor %q or %q is missing from the file: want both or none", ropeShort, ropeLong)
	}
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

// ggufSource gives the tensors of a GGUF file in Hugging Face's names and order of rows.
type ggufSource struct {
	file   *gguf.File
	cfg    Config
	family *family
	known  map[string]bool
	low    map[string][]lowNorm
}

func (s *ggufSource) tensor(spec tensorSpec) (rawTensor, error) {
	name := s.family.ggufName(spec.name)
	s.known[name] = true
	t, ok := s.file.Tensor(name)
	if !ok {
		return rawTensor{}, fmt.Errorf("tensor %q is missing from the file", name)
	}
	typ, err := t.Type.Compute()
	if err != nil {
		return rawTensor{}, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	// A wrong shape is the loader's to refuse; values move only where it is right.
	if !slices.Equal(t.Shape, spec.shape) {
		return rawTensor{}, fmt.Errorf("tensor %q: shape %s, the file's keys want %s", t.Name, dims(t.Shape), dims(spec.shape))
	}
	raw := s.cfg.fromGGUF(s.family, spec.part, rawTensor{typ: typ, shape: t.Shape, data: t.Data})
	if spec.part.norm() && s.cfg.Norms.Offset {
		raw = restore(raw, s.low[name])
	}
	return raw, nil
}

// leftOver refuses a file with tensors that the configuration does not use. A tied one may carry the head's copy.
func (s *ggufSource) leftOver() error {
	for _, name := range [...]string{ropeFreqs, ropeShort, ropeLong} {
		s.known[name] = true
	}
	for _, t := range s.file.Tensors() {
		if !s.known[t.Name] && !(s.cfg.Tied && t.Name == ggufHead) {
			return fmt.Errorf("tensor %q of the file is no part of a %s model of this configuration", t.Name, s.family.name)
		}
	}
	return nil
}
