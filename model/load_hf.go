package model

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/tokenizer"
)

// openHF opens a Hugging Face folder.
func openHF(be compute.Backend, dir string) (*Model, error) {
	fields, err := readJSON(dir, "config.json")
	if err != nil {
		return nil, err
	}
	if fields == nil {
		return nil, fmt.Errorf("no config.json in the folder: want a Hugging Face folder or a .gguf file")
	}
	j := &jsonConfig{fields: fields}
	pictures := textPart(j)
	fam, cfg, err := hfConfig(j)
	if err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	eos, err := hfEOS(dir, j)
	if err != nil {
		return nil, err
	}
	template, err := hfTemplate(dir, false)
	if err != nil {
		return nil, err
	}

	file, err := safetensors.Open(dir)
	if err != nil {
		return nil, err
	}
	src := &hfSource{file: file, family: fam, cfg: cfg, pictures: pictures, block: float8Blocks(j)}
	m, err := build(be, cfg, src)
	if err == nil {
		err = src.leftOver()
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	m.eos, m.template, m.pictures = eos, template, pictures
	m.closers, m.release = append(m.closers, file.Close), file.Release
	m.openTok = sync.OnceValues(func() (*tokenizer.Tokenizer, error) { return tokenizer.Open(dir) })
	return m, nil
}

// hfConfig finds the family and reads its configuration.
func hfConfig(j *jsonConfig) (*family, Config, error) {
	modelType := j.string("model_type", "")
	if j.err != nil {
		return nil, Config{}, j.err
	}
	if modelType == "" {
		return nil, Config{}, fmt.Errorf("model_type is missing")
	}
	fam, err := familyOfHF(modelType)
	if err != nil {
		return nil, Config{}, err
	}
	if q := quantisation(j); q.fields != nil && !q.plainFloat8() {
		return nil, Config{}, fmt.Errorf("the weights are quantised (%s), which is not supported: take the unquantised checkpoint or a GGUF file",
			q.string("quant_method", "unknown method"))
	}
	cfg := Config{Family: fam.name}
	fam.fromHF(j, &cfg)
	if j.err != nil {
		return nil, Config{}, j.err
	}
	cfg.normalise()
	return fam, cfg, cfg.Check()
}

// hfEOS is the union of what config.json and generation_config.json call the end of a text.
func hfEOS(dir string, config *jsonConfig) ([]int32, error) {
	ids := config.ids("eos_token_id")
	if config.err != nil {
		return nil, fmt.Errorf("config.json: %w", config.err)
	}
	fields, err := readJSON(dir, "generation_config.json")
	if err != nil {
		return nil, err
	}
	g := &jsonConfig{fields: fields}
	ids = append(ids, g.ids("eos_token_id")...)
	if g.err != nil {
		return nil, fmt.Errorf("generation_config.json: %w", g.err)
	}
	return unique(ids), nil
}

func unique(ids []int32) []int32 {
	var u []int32
	for _, id := range ids {
		if id >= 0 && !slices.Contains(u, id) {
			u = append(u, id)
		}
	}
	return u
}

// hfSource gives the tensors of a checkpoint.
type hfSource struct {
	file   *safetensors.File
	family *family
	cfg    Config

	pictures bool // the checkpoint is of a model of pictures too

	block [2]int // rows and columns that share a scale, where matrices in eight bits have scales for blocks
	taken map[string]bool
}

func (s *hfSource) tensor(spec tensorSpec) (rawTensor, error) {
	name := s.stored(spec.name)
	t, ok := s.file.Tensor(name)
	if !ok {
		return rawTensor{}, fmt.Errorf("tensor %q is missing from the checkpoint", name)
	}
	raw, err := s.raw(t)
	if err != nil {
		return rawTensor{}, err
	}
	if s.family.transposed && spec.part.linear() && len(t.Shape) == 2 {
		raw.data, raw.shape = transposed(raw.typ, t.Shape, raw.data), []int{t.Shape[1], t.Shape[0]}
	}
	return raw, nil
}

// raw is a tensor in the type that it rests in, or in the one that it is brought to.
func (s *hfSource) raw(t safetensors.Tensor) (rawTensor, error) {
	if s.taken == nil {
		s.taken = map[string]bool{}
	}
	s.taken[t.Name] = true
	if isFloat8(t.DType) {
		scale, _ := scaleOf(s.file, t.Name)
		s.taken[scale.Name] = true
		s.taken[strings.TrimSuffix(t.Name, "weight")+"input_scale"] = true
		return fromFloat8(t, scale, s.block)
	}
	for _, typ := range []compute.Type{compute.F32, compute.F16, compute.BF16} {
		if t.DType == typ.String() {
			return rawTensor{typ: typ, shape: t.Shape, data: t.Data}, nil
		}
	}
	return rawTensor{}, fmt.Errorf("tensor %q is in %s, which is not supported (supported: F32, F16, BF16, F8_E4M3, F8_E5M2)", t.Name, t.DType)
}

// stored is the name that the checkpoint has for a tensor: the original GPT-2's lack their prefix.
func (s *hfSource) stored(name string) string {
	if s.pictures {
		for _, n := range textNames(name) {
			if _, has := s.file.Tensor(n); has {
				return n
			}
		}
	}
	return s.family.stored(s.file, name)
}

func (f *family) stored(file *safetensors.File, name string) string {
	if short, ok := strings.CutPrefix(name, f.prefix); ok && f.prefix != "" {
		if _, has := file.Tensor(name); !has {
			return short
		}
	}
	return name
}

// leftOver refuses a checkpoint with tensors that the configuration does not use: a bias left out would be a different
// model. A tied checkpoint may carry the head's copy.
func (s *hfSource) leftOver() error {
	for _, name := range s.file.Names() {
		if s.taken[name] || s.cfg.Tied && strings.TrimPrefix(name, "language_model.") == "lm_head.weight" || s.pictures && ofPictures(name) ||
			slices.ContainsFunc(s.family.ignore, func(suffix string) bool { return strings.HasSuffix(name, suffix) }) {
			continue
		}
		return fmt.Errorf("tensor %q of the checkpoint is no part of a %s model of this configuration", name, s.family.name)
	}
	return nil
}
