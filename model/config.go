package model

import (
	"cmp"
	"fmt"
	"math"

	"github.com/cria-llm/cria/compute"
)

// Config is the shape of a decoder: everything that the forward pass depends on besides the weights. A model family
// is one way to fill it. The zero value of a field that a family does not use means that the model has no such thing: with
// nothing set past Tied it is a llama.
type Config struct {
	Family string // "llama", "gemma2": what its tensors are called; empty is llama

	Hidden  int // width of the residual stream
	Layers  int
	Heads   int // query heads
	KVHeads int // key and value heads; divides Heads
	HeadDim int // width of a head; even
	FFN     int // inner width of the feed-forward
	Vocab   int // rows of the embedding, at least the tokenizer's tokens
	MaxPos  int // positions the model was made for

	NormEps float32 // inside the square root of a norm

	RopeTheta   float64     // base of the rotary frequencies
	RopeScaling RopeScaling // how the frequencies are stretched for longer contexts

	Tied bool // the output head is the embedding

	Norms   Norms
	Biases  Biases
	QKNorm  QKNorm
	Fused   bool // q, k and v are one matrix, and so are gate and up
	Ungated bool // the feed-forward is down(act(up(x))), without a gate

	Activation compute.Activation // of the feed-forward

	LearnedPositions bool   // an embedding of positions is added to that of tokens; nothing turns
	RopeDim          int    // values of a head that turn, from its first; 0 for all
	NoRope           []bool // layers that do not turn; nil for none

	Window     int     // a query sees as many keys, its own the last; 0 for all before it
	Windowed   []bool  // layers that have the window; nil for all
	LocalTheta float64 // base of the rotary frequencies, unscaled, of the layers with a window; 0 where it is RopeTheta

	AttnScale     float64 // multiplies q·k; 0 for 1/√HeadDim
	AttnCap       float32 // scores are Cap·tanh(score/Cap); 0 for none
	EmbedScale    float32 // multiplies embeddings; 0 for 1
	ResidualScale float32 // multiplies what a branch adds to the residual stream; 0 for 1
	LogitScale    float32 // multiplies logits; 0 for 1
	LogitCap      float32 // logits are then Cap·tanh(logit/Cap); 0 for none
}

// Norms is what the norms of a model are and where they stand. The zero value is RMSNorm at the input of attention and
// feed-forward.
type Norms struct {
	Layer  bool // LayerNorm with a bias, not RMSNorm
	Offset bool // a weight of w multiplies by 1+w
	NoPre  bool // attention and feed-forward read the residual stream as it is
	Post   bool // and what they add to it is normed
}

// QKNorm is whether queries and keys are normed before they turn.
type QKNorm byte

// Each head by itself with one weight for all of them, or all heads as one row.
const (
	NoQKNorm QKNorm = iota
	HeadQKNorm
	FullQKNorm
)

// Biases says which linear layers add a bias.
type Biases struct{ QKV, O, MLP bool }

// Limits on what a configuration may ask for, far above any model that exists: a product of two of them fits 64 bits.
const (
	maxWidth     = 1 << 20
	maxLayers    = 1 << 12
	maxVocab     = 1 << 24
	maxPositions = 1 << 26
)

// Check says which field is wrong, or nil.
func (c Config) Check() error {
	for _, f := range []struct {
		name       string
		value, max int
	}{
		{"hidden size", c.Hidden, maxWidth},
		{"number of layers", c.Layers, maxLayers},
		{"number of attention heads", c.Heads, maxWidth},
		{"number of key-value heads", c.KVHeads, maxWidth},
		{"head dimension", c.HeadDim, maxWidth},
		{"feed-forward size", c.FFN, maxWidth},
		{"vocabulary size", c.Vocab, maxVocab},
		{"number of positions", c.MaxPos, maxPositions},
	} {
		if f.value < 1 || f.value > f.max {
			return fmt.Errorf("%s is %d, outside 1..%d", f.name, f.value, f.max)
		}
	}
	switch {
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("%d attention heads do not divide into %d key-value heads", c.Heads, c.KVHeads)
	case c.HeadDim%2 != 0 && !c.LearnedPositions:
		return fmt.Errorf("head dimension %d is odd, rotary embedding turns pairs", c.HeadDim)
	case c.HeadDim > maxWidth/c.Heads:
		return fmt.Errorf("%d heads of %d are wider than %d", c.Heads, c.HeadDim, maxWidth)
	case !(c.NormEps >= 0 && c.NormEps < 1):
		return fmt.Errorf("norm epsilon is %g, outside 0..1", c.NormEps)
	}
	return cmp.Or(c.checkLayers(), c.checkPositions(), c.checkScales())
}

// checkLayers is of what differs between layers.
func (c Config) checkLayers() error {
	for _, list := range []struct {
		name string
		of   []bool
	}{{"windows", c.Windowed}, {"layers that do not turn", c.NoRope}} {
		if list.of != nil && len(list.of) != c.Layers {
			return fmt.Errorf("the list of %s is of %d layers, the model has %d", list.name, len(list.of), c.Layers)
		}
	}
	if _, err := familyNamed(c.Family); err != nil {
		return err
	}
	if c.Window < 0 || c.Window > maxPositions {
		return fmt.Errorf("attention window is %d, outside 0..%d", c.Window, maxPositions)
	}
	return nil
}

func (c Config) checkPositions() error {
	positive := func(x float64) bool { return x > 0 && !math.IsInf(x, 0) }
	switch {
	case c.LearnedPositions:
		return nil
	case !positive(c.RopeTheta):
		return fmt.Errorf("rotary base is %g, not a positive number", c.RopeTheta)
	case c.LocalTheta != 0 && !positive(c.LocalTheta):
		return fmt.Errorf("rotary base of the layers with a window is %g, not a positive number", c.LocalTheta)
	case c.RopeDim < 0 || c.RopeDim > c.HeadDim || c.RopeDim%2 != 0:
		return fmt.Errorf("%d values of a head of %d turn: must be even and no more than it has", c.RopeDim, c.HeadDim)
	}
	return c.RopeScaling.check(c.turned() / 2)
}

func (c Config) checkScales() error {
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"attention scale", c.AttnScale}, {"cap of attention scores", float64(c.AttnCap)}, {"embedding scale", float64(c.EmbedScale)},
		{"residual scale", float64(c.ResidualScale)}, {"logit scale", float64(c.LogitScale)}, {"cap of logits", float64(c.LogitCap)},
	} {
		if !(f.value >= 0) || math.IsInf(f.value, 0) {
			return fmt.Errorf("%s is %g, not a positive number", f.name, f.value)
		}
	}
	return nil
}

// qDim and kvDim are the widths of all query heads and of all key heads together.
func (c Config) qDim() int  { return c.Heads * c.HeadDim }
func (c Config) kvDim() int { return c.KVHeads * c.HeadDim }

// qkvDim is the width of q, k and v together, fusedDim of the widest fused matrix.
func (c Config) qkvDim() int { return c.qDim() + 2*c.kvDim() }

func (c Config) fusedDim() int {
	switch {
	case !c.Fused:
		return 0
	case c.Ungated:
		return c.qkvDim()
	}
	return max(c.qkvDim(), 2*c.FFN)
}

// turned is how many values of a head turn.
func (c Config) turned() int {
	if c.RopeDim > 0 {
		return c.RopeDim
	}
	return c.HeadDim
}

// turns says whether queries and keys of layer l turn.
func (c Config) turns(l int) bool { return !c.LearnedPositions && (c.NoRope == nil || !c.NoRope[l]) }

// window is how many keys a query of layer l sees, 0 for all.
func (c Config) window(l int) int {
	if c.Windowed != nil && !c.Windowed[l] {
		return 0
	}
	return c.Window
}

// apart says whether what a branch adds to the residual stream is more than its last product.
func (c Config) apart() bool { return c.Norms.Post || c.residual() != 1 }

func (c Config) residual() float32 { return orOne(c.ResidualScale) }

func orOne(x float32) float32 {
	if x == 0 {
		return 1
	}
	return x
}

// attention is the shape of layer l's.
func (c Config) attention(l int) compute.AttentionShape {
	scale := c.AttnScale
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(c.HeadDim))
	}
	return compute.AttentionShape{Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Scale: float32(scale),
		Window: c.window(l), Cap: c.AttnCap}
}

// Params is the number of weights, a tied head counted once.
func (c Config) Params() int {
	n := 0
	c.tensors(func(t tensorSpec) { n += product(t.shape) })
	return n
}
