package model

import (
	"fmt"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// Batch is sequences packed end to end, without padding.
type Batch struct {
	IDs    []int32 // tokens
	Pos    []int32 // position of each within its sequence, from 0
	Starts []int   // first row of each sequence; the first is 0
	// Prefix says for each sequence which earlier one comes before it, with what comes before that, or -1; nil where none has
	// one. So what several share is computed once.
	Prefix []int32
	// Shared says how many of that one's tokens do, from its first on; nil is all of them.
	Shared []int32
	// Rows lists the rows whose next token is scored, Targets those next tokens. With a backward no row is there twice.
	Rows    []int32
	Targets []int32
	// Seed draws the dropout and the noise of this batch. Give each batch of a run its own.
	Seed uint64
	// Regularise acts only with a backward.
	Regularise Regularisers
}

// Check says what is wrong with the batch for this model, or nil.
func (m *Model) Check(b Batch) error {
	n := len(b.IDs)
	switch {
	case n == 0:
		return fmt.Errorf("batch without tokens")
	case len(b.Pos) != n:
		return fmt.Errorf("batch of %d tokens with %d positions", n, len(b.Pos))
	case len(b.Starts) == 0 || b.Starts[0] != 0:
		return fmt.Errorf("batch whose first sequence does not start at row 0")
	case len(b.Rows) != len(b.Targets):
		return fmt.Errorf("batch of %d scored rows with %d targets", len(b.Rows), len(b.Targets))
	}
	if err := m.checkIDs(b.IDs); err != nil {
		return err
	}
	if err := m.checkIDs(b.Targets); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	for i, p := range b.Pos {
		if p < 0 || int(p) >= m.cfg.MaxPos {
			return fmt.Errorf("row %d is at position %d, the model has %d", i, p, m.cfg.MaxPos)
		}
	}
	for i, s := range b.Starts {
		if s >= n || i > 0 && s <= b.Starts[i-1] {
			return fmt.Errorf("sequence %d starts at row %d, not between the one before and row %d", i, s, n)
		}
	}
	if len(b.Prefix) > 0 && len(b.Prefix) != len(b.Starts) {
		return fmt.Errorf("batch of %d sequences with %d prefixes", len(b.Starts), len(b.Prefix))
	}
	for i, p := range b.Prefix {
		if p < -1 || int(p) >= i {
			return fmt.Errorf("sequence %d has sequence %d for a prefix, not an earlier one", i, p)
		}
	}
	if len(b.Shared) > 0 && len(b.Shared) != len(b.Prefix) {
		return fmt.Errorf("batch of %d prefixes of which %d are shared in part", len(b.Prefix), len(b.Shared))
	}
	for i, n := range b.Shared {
		if p := b.Prefix[i]; p >= 0 {
			if start, end := b.Sequence(int(p)); n < 1 || int(n) > end-start {
				return fmt.Errorf("sequence %d has %d tokens of sequence %d for a prefix, of %d", i, n, p, end-start)
			}
		}
	}
	for _, r := range b.Rows {
		if r < 0 || int(r) >= n {
			return fmt.Errorf("scored row %d of a batch of %d tokens", r, n)
		}
	}
	return b.Regularise.check()
}

func (m *Model) checkIDs(ids []int32) error {
	for i, id := range ids {
		if id < 0 || int(id) >= m.cfg.Vocab {
			return fmt.Errorf("token %d of the batch is id %d, the model's vocabulary has %d", i, id, m.cfg.Vocab)
		}
	}
	return nil
}

// Loss runs the batch and returns, for each target, its negative log likelihood in nats: the workspace's memory, valid
// until its next use. Where backward is true, the gradient of Σ scale[i]·nll[i] is added to the gradients of what is
// trained. For a step that weighs target i by w_i, scale[i] is w_i over the sum of the weights of the whole optimiser
// step, so that batches add up exactly (law 5). Dropout acts only with backward. Once warm it allocates nothing.
func (m *Model) Loss(ws *Workspace, b Batch, scale []float32, backward bool) ([]float32, error) {
	if len(scale) != len(b.Targets) {
		return nil, fmt.Errorf("%d scales for %d targets", len(scale), len(b.Targets))
	}
	return m.loss(ws, b, scale, nil, backward)
}

// LossScaled is Loss with backward for a gradient whose scales follow from the losses themselves, as those of preferences
// do: scale is called once, between the two passes, with the negative log likelihoods, and gives a scale for each target.
// It costs one more pass of the head alone. Smoothing and ZLoss, which are terms of a likelihood to raise, are an error.
func (m *Model) LossScaled(ws *Workspace, b Batch, scale func(nll []float32) []float32) ([]float32, error) {
	if b.Regularise.terms() != (compute.LossTerms{}) {
		return nil, fmt.Errorf("batch with regularisers %+v and scales that follow from its losses: noise at most", b.Regularise)
	}
	return m.loss(ws, b, nil, scale, true)
}

func (m *Model) loss(ws *Workspace, b Batch, scale []float32, by func(nll []float32) []float32, backward bool) ([]float32, error) {
	if err := m.Check(b); err != nil {
		return nil, err
	}
	if err := m.fits(ws, max(len(b.IDs), len(b.Rows)), backward); err != nil {
		return nil, err
	}
	p := m.prepare(ws, ws.pass(b))
	p.train = backward
	m.forwardRows(ws, p, b.Rows)
	return m.score(ws, p, b, scale, by, backward)
}

// score is the end of Loss: final norm, head and cross-entropy on the scored rows alone, then the backward. Where by is not
// nil, it gives the scales.
func (m *Model) score(ws *Workspace, p pass, b Batch, scale []float32, by func(nll []float32) []float32, backward bool) ([]float32, error) {
	nll := ws.nll[:len(b.Targets)]
	if len(nll) == 0 {
		return nll, nil
	}
	count := len(nll) * m.cfg.Hidden
	last, lastN := ws.last.Slice(0, count), ws.lastN.Slice(0, count)
	m.applyNorm(lastN, last, &m.norm, len(nll), m.cfg.Hidden)
	ws.probe.see(m.norm.name, "output", lastN)

	if by != nil {
		m.be.CrossEntropy(nll, compute.Buffer{}, compute.Buffer{}, lastN, m.head, b.Targets, nil, m.terms(Regularisers{}))
		if scale = by(nll); len(scale) != len(nll) {
			return nil, fmt.Errorf("%d scales for %d targets", len(scale), len(nll))
		}
	}
	backward = backward && m.trained.any
	var dlast compute.Buffer
	if backward && m.belowHead() {
		dlast = ws.dh.Slice(0, count)
	}
	var dhead compute.Buffer
	if backward {
		dhead = m.headGrad
	}
	m.be.CrossEntropy(nll, dlast, dhead, lastN, m.head, b.Targets, scale, m.terms(b.Regularise))
	if dlast.Len() > 0 {
		m.backward(ws, p, b.Rows, dlast)
	}
	return nll, nil
}

// Logits runs the batch without a cache and hands visit the logits [len(rows), Vocab] of the given rows, as many at a
// time as the workspace was planned for; at says which of rows came first. The buffer is valid during the call.
func (m *Model) Logits(ws *Workspace, b Batch, rows []int32, visit func(at int, logits compute.Buffer)) error {
	b.Rows, b.Targets = nil, nil
	if err := m.Check(b); err != nil {
		return err
	}
	for _, r := range rows {
		if r < 0 || int(r) >= len(b.IDs) {
			return fmt.Errorf("logits of row %d of a batch of %d tokens", r, len(b.IDs))
		}
	}
	if ws.plan.LogitRows == 0 {
		return fmt.Errorf("logits in a workspace planned without")
	}
	if err := m.fits(ws, len(b.IDs), false); err != nil {
		return err
	}
	p, d := m.prepare(ws, ws.pass(b)), m.cfg.Hidden
	some := m.needsOnly(ws, p, rows)
	if some {
		m.forwardTo(ws, p, rows)
	} else {
		m.forward(ws, p)
	}
	for at := 0; at < len(rows); at += ws.plan.LogitRows {
		n := min(ws.plan.LogitRows, len(rows)-at)
		last := ws.last.Slice(at*d, (at+n)*d)
		if !some {
			last = ws.last.Slice(0, n*d)
			m.be.Gather(last, m.input(ws, m.cfg.Layers, len(p.ids)), rows[at:at+n], d)
		}
		visit(at, m.logitsOf(ws, last))
	}
	return nil
}

// Hidden runs the batch without a cache and returns what the head reads of every token, [tokens, Hidden]: the last layer's
// output after the final norm. It is the workspace's memory, valid until its next use.
func (m *Model) Hidden(ws *Workspace, b Batch) (compute.Buffer, error) {
	b.Rows, b.Targets = nil, nil
	if err := m.Check(b); err != nil {
		return compute.Buffer{}, err
	}
	n := len(b.IDs)
	if err := m.fits(ws, n, false); err != nil {
		return compute.Buffer{}, err
	}
	m.forward(ws, m.prepare(ws, ws.pass(b)))
	y := ws.lastN.Slice(0, n*m.cfg.Hidden)
	m.applyNorm(y, m.input(ws, m.cfg.Layers, n), &m.norm, n, m.cfg.Hidden)
	return y, nil
}

// logitsOf is the logits of rows of the last layer's output.
func (m *Model) logitsOf(ws *Workspace, last compute.Buffer) compute.Buffer {
	n := last.Len() / m.cfg.Hidden
	lastN := ws.lastN.Slice(0, last.Len())
	m.applyNorm(lastN, last, &m.norm, n, m.cfg.Hidden)
	y := ws.logits.Slice(0, n*m.cfg.Vocab)
	m.be.MatMul(y, lastN, m.head, n, orOne(m.cfg.LogitScale), false)
	if m.cfg.LogitCap > 0 {
		m.be.SoftCap(y, y.Len(), m.cfg.LogitCap)
	}
	return y
}

// pass is what one run through the layers needs besides the weights.
type pass struct {
	ids, pos []int32 // of longrope, pos is rows of the rotary table
	seqs     []compute.Seq
	seed     uint64
	regular  Regularisers
	train    bool // dropout and noise act

	cache *Cache // nil where keys and values are the batch's own
	spans []Span
}

// Sequence is the rows of sequence i of the batch.
func (b *Batch) Sequence(i int) (start, end int) {
	if i+1 < len(b.Starts) {
		return b.Starts[i], b.Starts[i+1]
	}
	return b.Starts[i], len(b.IDs)
}

// PrefixOf is the rows of the sequence that comes before sequence i, those that do, none where there is none.
func (b *Batch) PrefixOf(i int) (start, end int) {
	if len(b.Prefix) == 0 || b.Prefix[i] < 0 {
		return 0, 0
	}
	start, end = b.Sequence(int(b.Prefix[i]))
	if len(b.Shared) > 0 {
		end = start + int(b.Shared[i])
	}
	return start, end
}

// Before is how many tokens come before sequence i.
func (b *Batch) Before(i int) int {
	n := 0
	for {
		start, end := b.PrefixOf(i)
		if start == end {
			return n
		}
		n, i = n+end-start, int(b.Prefix[i])
	}
}

// pass turns the batch's starts into sequences that attend to themselves and to their prefixes.
func (ws *Workspace) pass(b Batch) pass {
	ws.seqs, ws.runs = ws.seqs[:0], ws.runs[:0]
	for i := range b.Starts {
		at, end := b.Sequence(i)
		s := compute.Seq{Q: at, QLen: end - at, K: at, KLen: end - at}
		if prefix, prefixEnd := b.PrefixOf(i); prefixEnd > prefix {
			first := len(ws.runs)
			ws.runs = append(append(ws.runs, ws.seqs[b.Prefix[i]].Prefix...), compute.Rows{At: prefix, Len: prefixEnd - prefix})
			s.Prefix = ws.runs[first:len(ws.runs):len(ws.runs)]
		}
		ws.seqs = append(ws.seqs, s)
	}
	return pass{ids: b.IDs, pos: b.Pos, seqs: ws.seqs, seed: b.Seed, regular: b.Regularise}
}

// forward runs the layers, for training, scoring and decoding alike. It leaves the last layer's output in ws.out and, in
// a training workspace, what the backward reads in the kept slots.
func (m *Model) forward(ws *Workspace, p pass) {
	m.embedTokens(ws, p)
	for l := range m.blocks {
		m.forwardBlock(ws, p, l)
		if ws.probe != nil {
			ws.probe.see(layerName(l), "output", m.input(ws, l+1, len(p.ids)))
		}
	}
}

// embedTokens is the input of the first layer.
func (m *Model) embedTokens(ws *Workspace, p pass) {
	be, c, n := m.be, &m.cfg, len(p.ids)
	x := m.input(ws, 0, n)
	be.Embed(x, m.embed, p.ids)
	if c.EmbedScale != 0 {
		be.Scale(x, n*c.Hidden, c.EmbedScale)
	}
	if c.LearnedPositions {
		h := ws.h.Slice(0, n*c.Hidden)
		be.Embed(h, m.places, p.pos)
		be.Axpy(x, h, n*c.Hidden, 1)
	}
	if p.train && p.regular.Noise > 0 {
		m.addNoise(x, p)
	}
	if ws.probe != nil {
		ws.probe.see(m.EmbeddingModule(), "output", x)
	}
}

// forwardRows is forward, and leaves the given rows of the last layer's output in ws.last.
func (m *Model) forwardRows(ws *Workspace, p pass, rows []int32) {
	if m.needsOnly(ws, p, rows) {
		m.forwardTo(ws, p, rows)
		return
	}
	m.forward(ws, p)
	m.be.Gather(ws.last.Slice(0, len(rows)*m.cfg.Hidden), m.input(ws, m.cfg.Layers, len(p.ids)), rows, m.cfg.Hidden)
}

// needsOnly says whether forwardTo will do: for models whose q, k and v are matrices of their own, where nothing is kept
// for a backward and nobody looks at what the layers compute.
func (m *Model) needsOnly(ws *Workspace, p pass, rows []int32) bool {
	return m.inPlace(ws) == m.cfg.Layers && len(rows) < len(p.ids) && !m.cfg.Fused && ws.probe == nil && ws.squares == nil
}

// forwardTo is forward where no more than the given rows of the last layer's output are wanted: it leaves them in ws.last.
// Of the other rows the last layer computes their keys and values alone.
func (m *Model) forwardTo(ws *Workspace, p pass, rows []int32) {
	be, c, n := m.be, &m.cfg, len(p.ids)
	m.embedTokens(ws, p)
	l := c.Layers - 1
	for l := range l {
		m.forwardBlock(ws, p, l)
	}
	b, s := &m.blocks[l], m.slot(ws, l, n)
	h := m.normed(ws, &b.attnNorm, s.x, n)
	key := m.unnormed(s.k, s.kRaw)
	m.project(ws, p, h, false, branch{b.k, key, s.t.k}, branch{b.v, s.v, s.t.v})
	m.normHeads(s.k, key, &b.kNorm, n, c.KVHeads)
	m.turn(s.k, &p, l, c.KVHeads, false)
	keys, values := s.k, s.v
	if p.cache != nil {
		keys, values = p.cache.put(be, l, p.spans, s.k, s.v)
	}
	if len(rows) == 0 {
		return
	}
	x, normed := ws.last.Slice(0, len(rows)*c.Hidden), ws.lastN.Slice(0, len(rows)*c.Hidden)
	be.Gather(x, s.x, rows, c.Hidden)
	be.Gather(normed, h, rows, c.Hidden)
	p = ws.only(p, rows)
	s = m.slot(ws, l, len(rows))
	query := m.unnormed(s.q, s.qRaw)
	m.project(ws, p, normed, false, branch{b.q, query, s.t.q})
	m.normHeads(s.q, query, &b.qNorm, len(rows), c.Heads)
	m.turn(s.q, &p, l, c.Heads, false)
	be.Attention(s.att, s.lse, s.q, keys, values, p.seqs, c.attention(l))
	m.addBranch(ws, p, s.att, branch{b.o, x, s.t.o}, s.attnOut, &b.attnPost)
	m.feedForward(ws, p, b, &s, m.normed(ws, &b.mlpNorm, x, len(rows)), x)
}

// only is the pass of some of its rows: queries, those that follow each other together, with the keys that they see.
func (ws *Workspace) only(p pass, rows []int32) pass {
	ws.rowPos, ws.rowSeqs = ws.rowPos[:0], ws.rowSeqs[:0]
	for _, r := range rows {
		ws.rowPos = append(ws.rowPos, p.pos[r])
	}
	for i := 0; i < len(rows); {
		r := int(rows[i])
		of, _ := slices.BinarySearchFunc(p.seqs, r, func(s compute.Seq, r int) int {
			if s.Q+s.QLen <= r {
				return -1
			}
			return 1
		})
		s, n := p.seqs[of], 1
		for i+n < len(rows) && int(rows[i+n]) == r+n && r+n < s.Q+s.QLen {
			n++
		}
		s.KLen += r + n - s.Q - s.QLen
		s.Q, s.QLen = i, n
		ws.rowSeqs = append(ws.rowSeqs, s)
		i += n
	}
	p.ids, p.pos, p.seqs = p.ids[:len(rows)], ws.rowPos, ws.rowSeqs
	return p
}

func (m *Model) forwardBlock(ws *Workspace, p pass, l int) {
	c, n := &m.cfg, len(p.ids)
	s := m.slot(ws, l, n)
	h := m.attend(ws, p, l, &s)
	next := m.input(ws, l+1, n)
	if low := m.inPlace(ws); l+1 >= low && low < c.Layers {
		m.be.Copy(next, s.mid)
	}
	m.feedForward(ws, p, &m.blocks[l], &s, h, next)
}

// attend is the attention of layer l: it fills s but for the feed-forward's part, and returns the input of that.
func (m *Model) attend(ws *Workspace, p pass, l int, s *slot) compute.Buffer {
	be, c, b, n := m.be, &m.cfg, &m.blocks[l], len(p.ids)
	m.queryKeyValue(ws, p, l, s, m.normed(ws, &b.attnNorm, s.x, n))
	keys, values := s.k, s.v
	if p.cache != nil {
		keys, values = p.cache.put(be, l, p.spans, s.k, s.v)
	}
	be.Attention(s.att, s.lse, s.q, keys, values, p.seqs, c.attention(l))
	ws.probe.see(b.o.Name, "input", s.att)

	if l >= m.inPlace(ws) {
		be.Copy(s.mid, s.x)
	}
	m.addBranch(ws, p, s.att, branch{b.o, s.mid, s.t.o}, s.attnOut, &b.attnPost)
	return m.normed(ws, &b.mlpNorm, s.mid, n)
}

// normed is the input of a branch: x normed, in ws.h, or x itself where the family norms the branch's output alone.
func (m *Model) normed(ws *Workspace, by *norm, x compute.Buffer, n int) compute.Buffer {
	if m.cfg.Norms.NoPre {
		return x
	}
	h := ws.h.Slice(0, n*m.cfg.Hidden)
	m.applyNorm(h, x, by, n, m.cfg.Hidden)
	ws.probe.see(by.name, "output", h)
	return h
}

// applyNorm norms n rows of d values.
func (m *Model) applyNorm(y, x compute.Buffer, by *norm, n, d int) {
	if m.cfg.Norms.Layer {
		m.be.LayerNorm(y, x, by.w, by.b, n, d, m.cfg.NormEps)
		return
	}
	m.be.RMSNorm(y, x, by.w, n, d, m.cfg.NormEps)
}

// unnormed is where q or k is put before it is normed: in its place where it is not.
func (m *Model) unnormed(place, raw compute.Buffer) compute.Buffer {
	if m.cfg.QKNorm == NoQKNorm {
		return place
	}
	return raw
}

// normHeads norms the queries or keys of n rows, each head or all as one.
func (m *Model) normHeads(y, x compute.Buffer, by *norm, n, heads int) {
	switch d := m.cfg.HeadDim; m.cfg.QKNorm {
	case HeadQKNorm:
		m.be.RMSNorm(y, x, by.w, n*heads, d, m.cfg.NormEps)
	case FullQKNorm:
		m.be.RMSNorm(y, x, by.w, n, heads*d, m.cfg.NormEps)
	}
}

// queryKeyValue fills q, k and v of layer l from the branch's input: normed and turned where the family does so.
func (m *Model) queryKeyValue(ws *Workspace, p pass, l int, s *slot, in compute.Buffer) {
	c, b, n := &m.cfg, &m.blocks[l], len(p.ids)
	query, key := m.unnormed(s.q, s.qRaw), m.unnormed(s.k, s.kRaw)
	if c.Fused {
		wide := ws.fused.Slice(0, n*c.qkvDim())
		m.project(ws, p, in, false, branch{b.qkv, wide, s.t.q})
		m.split(wide, n, query, key, s.v)
	} else {
		m.project(ws, p, in, false, branch{b.q, query, s.t.q}, branch{b.k, key, s.t.k}, branch{b.v, s.v, s.t.v})
	}
	m.normHeads(s.q, query, &b.qNorm, n, c.Heads)
	m.normHeads(s.k, key, &b.kNorm, n, c.KVHeads)
	m.turn(s.q, &p, l, c.Heads, false)
	m.turn(s.k, &p, l, c.KVHeads, false)
}

// split takes n rows of a fused output apart, join puts them together.
func (m *Model) split(wide compute.Buffer, n int, into ...compute.Buffer) {
	at, width := 0, wide.Len()/n
	for _, b := range into {
		w := b.Len() / n
		m.be.CopyColumns(b, w, 0, wide, width, at, n, w)
		at += w
	}
}

func (m *Model) join(wide compute.Buffer, n int, from ...compute.Buffer) {
	at, width := 0, wide.Len()/n
	for _, b := range from {
		w := b.Len() / n
		m.be.CopyColumns(wide, width, at, b, w, 0, n, w)
		at += w
	}
}

// addBranch adds the last product of a branch, normed and scaled where the family does so, to br.y. What a norm then reads
// is kept.
func (m *Model) addBranch(ws *Workspace, p pass, x compute.Buffer, br branch, kept compute.Buffer, post *norm) {
	c, y := &m.cfg, br.y
	if !c.apart() {
		m.project(ws, p, x, true, br)
		return
	}
	out := ws.branch.Slice(0, y.Len())
	if br.y = out; c.Norms.Post {
		br.y = kept
	}
	m.project(ws, p, x, false, br)
	if c.Norms.Post {
		m.applyNorm(out, kept, post, len(p.ids), c.Hidden)
		ws.probe.see(post.name, "output", out)
	}
	m.be.Axpy(y, out, y.Len(), c.residual())
}

// feedForward is y += down(act(gate(h)) ⊙ up(h)), or down(act(up(h))).
func (m *Model) feedForward(ws *Workspace, p pass, b *block, s *slot, h, y compute.Buffer) {
	act := m.gated(ws, p, b, s, h)
	m.addBranch(ws, p, act, branch{b.down, y, s.t.down}, s.mlpOut, &b.mlpPost)
}

// gated is act(gate(h)) ⊙ up(h), in ws.act. Without a gate up's output stands in the gate's place.
func (m *Model) gated(ws *Workspace, p pass, b *block, s *slot, h compute.Buffer) compute.Buffer {
	rows, n := len(p.ids), len(p.ids)*m.cfg.FFN
	switch {
	case m.cfg.Ungated:
		m.project(ws, p, h, false, branch{b.up, s.gate, s.t.gate})
	case m.cfg.Fused:
		wide := ws.fused.Slice(0, 2*n)
		m.project(ws, p, h, false, branch{b.gateUp, wide, s.t.gate})
		m.split(wide, rows, s.gate, s.up)
	default:
		m.project(ws, p, h, false, branch{b.gate, s.gate, s.t.gate}, branch{b.up, s.up, s.t.up})
	}
	act := ws.act.Slice(0, n)
	m.be.Gate(act, s.gate, s.up, n, m.cfg.Activation)
	ws.probe.see(b.down.Name, "input", act)
	return act
}

// recompute brings back what forwardBlock left in the slot of layer l, from the layer's input.
func (m *Model) recompute(ws *Workspace, p pass, l int) {
	s := m.slot(ws, l, len(p.ids))
	h := m.attend(ws, p, l, &s)
	b := &m.blocks[l]
	act := m.gated(ws, p, b, &s, h)
	if m.cfg.Norms.Post {
		m.project(ws, p, act, false, branch{b.down, s.mlpOut, s.t.down})
		return
	}
	m.thin(ws, p, act, []branch{{b.down, compute.Buffer{}, s.t.down}})
}

// prepare brings up to date what a pass needs besides the weights, and gives the pass its rows of the rotary table.
func (m *Model) prepare(ws *Workspace, p pass) pass {
	m.growRope(p.pos)
	m.addOffsets()
	if m.trained.lengths {
		m.measure(true)
	}
	if m.cfg.RopeScaling.Kind == "longrope" {
		p.pos = m.longRows(ws, p)
	}
	return p
}
