package model

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/hub"
	"github.com/cria-llm/cria/tokenizer"
)

// Model is a decoder with its weights on one backend. Its methods are called by one goroutine at a time.
type Model struct {
	be     compute.Backend
	cfg    Config
	name   string
	path   string
	family *family

	embed     compute.Weight // [Vocab, Hidden]
	embedGrad compute.Buffer // empty while frozen
	places    compute.Weight // [MaxPos, Hidden] embedding of positions; none where queries and keys turn
	placeGrad compute.Buffer
	blocks    []block
	norm      norm
	head      compute.Weight // [Vocab, Hidden]; embed where tied
	headGrad  compute.Buffer // embedGrad where tied

	linears   []*LinearLayer
	tensors   []tensorAt // every base tensor as it rests, in the order of the forward pass
	rope      compute.RopeTable
	localRope compute.RopeTable // of the layers with a window, where that is another
	ropeLen   int               // positions that each holds
	offsets   []*norm           // trained norms of 1+w
	ones      compute.Buffer    // as wide as the widest of them

	rested    []restedWeight // what Repack replaced
	trainable bool           // after MakeTrainable
	untied    bool           // by Untie
	pictures  bool           // its folder is of a model of pictures too
	offset    bool           // by Offset
	reference outer          // embedding and head before they were trained
	trained   trainedSpan
	ruler     ruler

	hash     func() string
	metadata []gguf.KV // of the GGUF file that the model came from
	bare     bool      // its checkpoint names tensors without the family's prefix
	eos      []int32
	template string
	openTok  func() (*tokenizer.Tokenizer, error)
	vocab    func() (tokenizer.GGUFVocab, error) // of the GGUF file that the model came from
	closers  []func() error
	release  func(data []byte) // lets go of the memory of a tensor's bytes in the files; nil where there are none
}

// block is one layer of the decoder. What its family does not have is nil or empty.
type block struct {
	attnNorm, mlpNorm norm
	attnPost, mlpPost norm // of what a branch adds
	qNorm, kNorm      norm
	q, k, v, o        *LinearLayer
	gate, up, down    *LinearLayer
	qkv, gateUp       *LinearLayer // in place of q, k and v, and of gate and up, where these are fused
}

// norm is the weight of an RMSNorm, or the weight and the bias of a LayerNorm. The gradients are empty while it is frozen.
type norm struct {
	name           string
	w, b           compute.Buffer
	grad, biasGrad compute.Buffer
	raw            compute.Buffer // of a trained norm of 1+w: w, which is what is trained
}

func (n *norm) trained() bool { return n.grad.Len() > 0 || n.biasGrad.Len() > 0 }

// LinearLayer is one matrix of a block, named as in Hugging Face without ".weight", and what is added to it.
type LinearLayer struct {
	Name  string
	W     compute.Weight // [out, in]
	Delta *Delta         // on top of the stack; nil where nothing is attached

	bias     compute.Buffer // [out]; empty where there is none
	biasGrad compute.Buffer // empty while it is frozen

	below   below          // frozen adapters beneath
	aside   *Delta         // Delta while [Model.Without] runs
	bare    below          // beneath, without the offset of what is attached
	grad    compute.Buffer // of W; empty while it is frozen
	forward compute.Weight // in place of W in the forward pass of training; see RepackForward
	index   int            // position among the linear layers: part of the dropout seed
}

// Open reads a model: a Hugging Face folder (config.json and safetensors in F32, F16 or BF16) or a GGUF file (in
// the types that [gguf.Type.Compute] knows). Matrices are used where they rest, memory-mapped; [Model.Close] lets go of the files.
func Open(be compute.Backend, path string) (*Model, error) {
	info, err := os.Stat(path)
	if err != nil {
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, fmt.Errorf("open model %s: %w", path, err)
	}
	var m *Model
	if info.IsDir() {
		m, err = openHF(be, path)
	} else {
		m, err = openGGUF(be, path)
	}
	if err != nil {
		return nil, fmt.Errorf("open model %s: %w", path, err)
	}
	m.path = path
	if m.name == "" {
		m.name = baseName(path)
	}
	return m, nil
}

// baseName is the last element of a path, made absolute so that "." has one, without ".gguf"; of the folder of a model that was
// pulled, which is named by a commit, the model's own name.
func baseName(path string) string {
	if r, ok := hub.RefOf(path); ok && r.Part == "" {
		return filepath.Base(r.ID)
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return strings.TrimSuffix(filepath.Base(path), ".gguf")
}

// Close lets go of the model's files. The model is not used afterwards.
func (m *Model) Close() error {
	var errs []error
	for _, c := range m.closers {
		errs = append(errs, c())
	}
	m.closers = nil
	return errors.Join(errs...)
}

// Config is the model's shape.
func (m *Model) Config() Config { return m.cfg }

// Name is what people call the model: general.name of a GGUF file that has one, else the name of the folder or file.
func (m *Model) Name() string { return m.name }

// Path is what the model was opened from, empty for a random one.
func (m *Model) Path() string { return m.path }

// Backend is where the model computes.
func (m *Model) Backend() compute.Backend { return m.be }

// EOS lists the ids that end a text, as the model's own files say; empty where they do not.
func (m *Model) EOS() []int32 { return m.eos }

// ChatTemplate is the Jinja text that the model's files carry for conversations, empty where they carry none.
func (m *Model) ChatTemplate() string { return m.template }

// Tokenizer opens the tokenizer that came with the model, once.
func (m *Model) Tokenizer() (*tokenizer.Tokenizer, error) {
	if m.openTok == nil {
		return nil, fmt.Errorf("model %s has no tokenizer", m.name)
	}
	return m.openTok()
}

// Linears lists every matrix of the blocks, in the order of the forward pass.
func (m *Model) Linears() []*LinearLayer { return m.linears }

// Out is the width of the layer's output.
func (l *LinearLayer) Out() int { return l.W.Rows }

// In is the width of its input.
func (l *LinearLayer) In() int { return l.W.Cols }

// build makes a model of the tensors that src gives. cfg has passed Check.
func build(be compute.Backend, cfg Config, src source) (*Model, error) {
	fam, err := familyNamed(cfg.Family)
	if err != nil {
		return nil, err
	}
	m := &Model{be: be, cfg: cfg, family: fam, blocks: make([]block, cfg.Layers)}
	load := loader{m: m, src: src}
	cfg.tensors(load.tensor)
	if load.err != nil {
		return nil, load.err
	}
	if cfg.Tied {
		m.head = m.embed
	}
	m.hash = sync.OnceValue(m.computeHash)
	m.retrain()
	return m, nil
}

// linearAt is where the linear layer of a part of block l is, normAt where its norm is.
func (m *Model) linearAt(p part, l int) **LinearLayer {
	b := &m.blocks[l]
	return map[part]**LinearLayer{qProj: &b.q, kProj: &b.k, vProj: &b.v, qkvProj: &b.qkv, oProj: &b.o,
		gateProj: &b.gate, upProj: &b.up, gateUpProj: &b.gateUp, downProj: &b.down}[p]
}

func (m *Model) normAt(p part, l int) *norm {
	if p == finalNorm {
		return &m.norm
	}
	b := &m.blocks[l]
	return map[part]*norm{attnNorm: &b.attnNorm, mlpNorm: &b.mlpNorm, attnPost: &b.attnPost, mlpPost: &b.mlpPost,
		qNorm: &b.qNorm, kNorm: &b.kNorm}[p]
}

func join(names []string) string { return strings.Join(names, ", ") }
