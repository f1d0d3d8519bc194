package model

import (
	"fmt"

	"github.com/cria-llm/cria/compute"
)

// Mode is what a workspace is for.
type Mode int

// Inference keeps nothing of a layer once the next is computed. Training keeps, for every layer from the lowest trained
// one up, what its backward reads.
const (
	Inference Mode = iota
	Training
)

// Plan says what a workspace must hold.
type Plan struct {
	Mode   Mode
	Tokens int // packed rows at once
	// LogitRows is how many rows of logits exist together, [LogitRows, Vocab]. Loss needs none.
	LogitRows int
	// Rank is the largest rank that is attached, 0 for none; Dropout whether a delta has any.
	Rank    int
	Dropout bool
	// Below is the largest rank that is stacked beneath; Scaled whether something gives rows other lengths.
	Below  int
	Scaled bool
	// LowestTrained is the first layer with anything trained: below it nothing is kept.
	LowestTrained int
	// Recompute keeps of each layer its input alone, and one layer's worth of the rest: the backward computes a layer again
	// before it passes it (gradient checkpointing, Chen et al. 2016). It changes no bit.
	Recompute bool
}

// Plan is the plan that the model needs with what is attached to it now. An inference plan has logits for up to 32 rows;
// a training plan has none.
func (m *Model) Plan(tokens int, mode Mode) Plan {
	p := Plan{Mode: mode, Tokens: tokens, Rank: m.trained.rank, Dropout: m.trained.dropout, LowestTrained: m.trained.lowest,
		Below: m.trained.below, Scaled: m.trained.scaled}
	if mode == Inference {
		p.LogitRows = min(tokens, 32)
	}
	return p
}

// WorkspaceBytes is the memory that a workspace of that plan takes.
func WorkspaceBytes(cfg Config, p Plan) int {
	var total int
	layout(cfg, p, func(n int) compute.Buffer { total += aligned(n); return compute.Buffer{} })
	return 4 * total
}

// Workspace holds every activation of one pass, in one allocation. It belongs to the model that made it and serves one
// call at a time; what a call returns from it is valid until the next.
type Workspace struct {
	plan Plan
	arena

	pos  []int32
	seqs []compute.Seq
	runs []compute.Rows // of the prefixes
	rows []int32
	nll  []float32

	turns []int32 // rows of the rotary table of a longrope model, and which sequences are long
	long  []bool

	rowPos  []int32 // of the rows that are wanted of the last layer
	rowSeqs []compute.Seq

	sums  sumList
	grads []compute.WeightGrad

	probe   probe    // set by FindNonFinite and Trace
	squares *squares // set by InputSquares
}

// arena is the named parts of the allocation. Rows are tokens.
type arena struct {
	low  slot           // layers below the lowest trained, computed in place
	kept []slot         // layers from there up; their inputs alone where the rest is computed again
	once slot           // and there, the rest of the layer that was computed last
	out  compute.Buffer // [n, Hidden] the last layer's output; in the backward, the residual stream's gradient

	h    compute.Buffer           // [n, Hidden] a norm's output
	act  compute.Buffer           // [n, FFN] the gated product, and its gradient
	dt   [groupMax]compute.Buffer // [n, Rank] gradients of a group's t
	drop compute.Buffer           // [n, widest input] drop(x), and its gradient

	below [groupMax]compute.Buffer // [n, Below] of a group: x·Aᵀ of the stack beneath, and its gradient
	sum   [groupMax]compute.Buffer // [n, widest output] of a group: outputs before their rows have their lengths, and their gradients

	branch compute.Buffer // [n, Hidden] what a branch adds before it is scaled, and its gradient; where it is scaled or normed
	fused  compute.Buffer // [n, widest] a fused output, and its gradient

	last  compute.Buffer // [n, Hidden] rows that are scored, before the final norm
	lastN compute.Buffer // [n, Hidden] and after

	dh     compute.Buffer // [n, Hidden] gradient of a norm's output
	datt   compute.Buffer // [n, qDim] gradient of attention's output, then of q
	dk, dv compute.Buffer // [n, kvDim]

	logits compute.Buffer // [LogitRows, Vocab]
}

// slot is what the backward of a layer reads. gate and up are overwritten there by their gradients, and so are q and k where
// they are normed.
type slot struct {
	x, mid          compute.Buffer // [n, Hidden] input, and after attention; one buffer in the low slot
	q, k, v         compute.Buffer // after rotary
	qRaw, kRaw      compute.Buffer // before their norm, where they have one
	att, lse        compute.Buffer // [n, qDim], [n, Heads]
	gate, up        compute.Buffer // [n, FFN]; up is empty without a gate
	attnOut, mlpOut compute.Buffer // [n, Hidden] what a branch adds before its norm, where it has one
	t               lowRank
}

// lowRank is [n, Rank] of each linear layer: drop(x)·Aᵀ. Empty where nothing is attached.
type lowRank struct{ q, k, v, o, gate, up, down compute.Buffer }

func (t *lowRank) each() [7]*compute.Buffer {
	return [7]*compute.Buffer{&t.q, &t.k, &t.v, &t.o, &t.gate, &t.up, &t.down}
}

// layout takes every buffer of the plan in a fixed order.
func layout(c Config, p Plan, take func(int) compute.Buffer) arena {
	n := p.Tokens
	input := func() slot { return slot{x: take(n * c.Hidden)} }
	rest := func(s slot, keep bool) slot {
		s.q, s.k, s.v = take(n*c.qDim()), take(n*c.kvDim()), take(n*c.kvDim())
		s.att, s.gate = take(n*c.qDim()), take(n*c.FFN)
		if !c.Ungated {
			s.up = take(n * c.FFN)
		}
		if c.QKNorm != NoQKNorm {
			s.qRaw, s.kRaw = take(n*c.qDim()), take(n*c.kvDim())
		}
		if c.Norms.Post {
			s.attnOut, s.mlpOut = take(n*c.Hidden), take(n*c.Hidden)
		}
		if p.Rank > 0 {
			for _, t := range s.t.each() {
				*t = take(n * p.Rank)
			}
		}
		s.mid = s.x
		if keep {
			s.mid, s.lse = take(n*c.Hidden), take(n*c.Heads)
		}
		return s
	}
	var a arena
	low := c.Layers
	if p.Mode == Training {
		low = min(p.LowestTrained, c.Layers)
	}
	if low > 0 {
		a.low = rest(input(), false)
		a.out = a.low.x
	}
	for range c.Layers - low {
		s := input()
		if !p.Recompute {
			s = rest(s, true)
		}
		a.kept = append(a.kept, s)
	}
	if low < c.Layers {
		a.out = take(n * c.Hidden)
		if p.Recompute {
			a.once = rest(slot{}, true)
		}
	}
	a.h, a.act = take(n*c.Hidden), take(n*c.FFN)
	a.last, a.lastN = take(n*c.Hidden), take(n*c.Hidden)
	if c.apart() {
		a.branch = take(n * c.Hidden)
	}
	if c.Fused {
		a.fused = take(n * c.fusedDim())
	}
	if p.Below > 0 {
		for i := range a.below {
			a.below[i] = take(n * p.Below)
		}
	}
	if p.Scaled {
		// Branches of a group: q, o or gate or down; k or up; v.
		a.sum = [groupMax]compute.Buffer{take(n * max(c.qDim(), c.Hidden, c.FFN, c.fusedDim())), take(n * max(c.kvDim(), c.FFN)), take(n * c.kvDim())}
	}
	if p.Mode == Training {
		a.dh, a.datt = take(n*c.Hidden), take(n*c.qDim())
		a.dk, a.dv = take(n*c.kvDim()), take(n*c.kvDim())
		if p.Rank > 0 {
			for i := range a.dt {
				a.dt[i] = take(n * p.Rank)
			}
		}
		if p.Dropout {
			a.drop = take(n * max(c.Hidden, c.qDim(), c.FFN))
		}
	}
	if p.LogitRows > 0 {
		a.logits = take(p.LogitRows * c.Vocab)
	}
	return a
}

// aligned rounds up to a cache line of 16 values.
func aligned(n int) int { return (n + 15) &^ 15 }

// NewWorkspace plans and allocates a workspace for up to tokens rows.
func (m *Model) NewWorkspace(tokens int, mode Mode) *Workspace {
	return m.NewWorkspaceFor(m.Plan(tokens, mode))
}

// NewWorkspaceFor allocates the workspace of a plan.
func (m *Model) NewWorkspaceFor(p Plan) *Workspace {
	whole := m.be.Alloc(WorkspaceBytes(m.cfg, p) / 4)
	at := 0
	ws := &Workspace{
		plan: p,
		pos:  make([]int32, 0, p.Tokens),
		seqs: make([]compute.Seq, 0, p.Tokens),
		rows: make([]int32, 0, p.Tokens),
		nll:  make([]float32, 0, p.Tokens),
	}
	ws.arena = layout(m.cfg, p, func(n int) compute.Buffer {
		b := whole.Slice(at, at+n)
		at += aligned(n)
		return b
	})
	return ws
}

// Plan is what the workspace was made for.
func (ws *Workspace) Plan() Plan { return ws.plan }

// inPlace is the number of layers, from the first, that keep nothing and share one slot.
func (m *Model) inPlace(ws *Workspace) int { return m.cfg.Layers - len(ws.kept) }

// slot is the buffers of layer l, cut to n rows.
func (m *Model) slot(ws *Workspace, l, n int) slot {
	s := ws.low
	if low := m.inPlace(ws); l >= low {
		x := ws.kept[l-low].x
		if s = ws.kept[l-low]; ws.plan.Recompute {
			s = ws.once
		}
		s.x = x
	}
	c := &m.cfg
	cut := slot{
		x: s.x.Slice(0, n*c.Hidden), mid: s.mid.Slice(0, n*c.Hidden),
		q: s.q.Slice(0, n*c.qDim()), k: s.k.Slice(0, n*c.kvDim()), v: s.v.Slice(0, n*c.kvDim()),
		att: s.att.Slice(0, n*c.qDim()), gate: s.gate.Slice(0, n*c.FFN),
		t: s.t, // cut to the rank where it is used
	}
	if !c.Ungated {
		cut.up = s.up.Slice(0, n*c.FFN)
	}
	if c.QKNorm != NoQKNorm {
		cut.qRaw, cut.kRaw = s.qRaw.Slice(0, n*c.qDim()), s.kRaw.Slice(0, n*c.kvDim())
	}
	if c.Norms.Post {
		cut.attnOut, cut.mlpOut = s.attnOut.Slice(0, n*c.Hidden), s.mlpOut.Slice(0, n*c.Hidden)
	}
	if s.lse.Len() > 0 {
		cut.lse = s.lse.Slice(0, n*c.Heads)
	}
	return cut
}

// input is where layer l reads n rows, and where layer l-1 writes them: past the last layer, the output.
func (m *Model) input(ws *Workspace, l, n int) compute.Buffer {
	b := ws.out
	if l < m.cfg.Layers {
		if low := m.inPlace(ws); l < low {
			b = ws.low.x
		} else {
			b = ws.kept[l-low].x
		}
	}
	return b.Slice(0, n*m.cfg.Hidden)
}

// fits says why a pass of n rows cannot run in the workspace.
func (m *Model) fits(ws *Workspace, n int, backward bool) error {
	p := &ws.plan
	switch {
	case n > p.Tokens:
		return fmt.Errorf("batch of %d tokens in a workspace planned for %d", n, p.Tokens)
	case m.trained.rank > p.Rank:
		return fmt.Errorf("adapter of rank %d in a workspace planned for rank %d", m.trained.rank, p.Rank)
	case m.trained.below > p.Below:
		return fmt.Errorf("a stack of rank %d in a workspace planned for rank %d", m.trained.below, p.Below)
	case m.trained.scaled && !p.Scaled:
		return fmt.Errorf("adapter with magnitudes in a workspace planned without")
	case !backward:
		return nil
	case p.Mode != Training:
		return fmt.Errorf("backward in a workspace planned for inference")
	case m.trained.dropout && !p.Dropout:
		return fmt.Errorf("adapter with dropout in a workspace planned without")
	case m.trained.lowest < p.LowestTrained:
		return fmt.Errorf("layer %d is trained in a workspace planned for training from layer %d up", m.trained.lowest, p.LowestTrained)
	}
	return nil
}
