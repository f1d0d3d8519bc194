package model

import (
	"fmt"

	"github.com/cria-llm/cria/compute"
)

// Cache holds the keys and values of running sequences, so that each token is computed once. Every slot has room for
// one sequence.
type Cache struct {
	slots, length int
	kvDim         int
	k, v          []compute.Buffer // per layer [slots·length, kvDim]
}

// CacheBytes is the memory that a cache takes.
func CacheBytes(cfg Config, slots, length int) int {
	return 2 * 4 * cfg.Layers * slots * length * cfg.kvDim()
}

// NewCache makes room for slots sequences of up to length tokens each.
func (m *Model) NewCache(slots, length int) (*Cache, error) {
	if slots < 1 || length < 1 || length > m.cfg.MaxPos {
		return nil, fmt.Errorf("cache of %d sequences of %d tokens: at least 1 of 1..%d, the model's positions", slots, length, m.cfg.MaxPos)
	}
	c := &Cache{slots: slots, length: length, kvDim: m.cfg.kvDim()}
	for range m.cfg.Layers {
		c.k = append(c.k, m.be.Alloc(slots*length*c.kvDim))
		c.v = append(c.v, m.be.Alloc(slots*length*c.kvDim))
	}
	return c, nil
}

// LongFrom is the number of positions past which a cache has keys turned in another way than one for fewer, 0 where there is
// none: see longrope of [RopeScaling].
func (c Config) LongFrom() int {
	if c.RopeScaling.Kind != "longrope" {
		return 0
	}
	return c.RopeScaling.OriginalMaxPos
}

// Slots is how many sequences there is room for.
func (c *Cache) Slots() int { return c.slots }

// Length is how many tokens each may have.
func (c *Cache) Length() int { return c.length }

// CopyPrefix gives a slot the first n tokens of another, which are as if they had been computed there.
func (m *Model) CopyPrefix(c *Cache, to, from, n int) {
	width := c.length * c.kvDim
	for l := range c.k {
		for _, x := range []compute.Buffer{c.k[l], c.v[l]} {
			m.be.Copy(x.Slice(to*width, to*width+n*c.kvDim), x.Slice(from*width, from*width+n*c.kvDim))
		}
	}
}

// Span is consecutive tokens of one sequence: Len of them, at positions Pos, Pos+1, … of the sequence in the given slot.
// The positions before Pos are read from the cache; what it held from Pos on is replaced. Starting again is Pos 0, and
// going back is a smaller Pos.
type Span struct {
	Slot, Pos, Len int
}

// DecodeBatch is new tokens of one or more sequences, packed in the order of Spans: a prompt, a chunk of one, or a
// single token each, in any mixture.
type DecodeBatch struct {
	IDs   []int32
	Spans []Span
	// Rows lists the packed rows whose logits are wanted; nil is the last of each span.
	Rows []int32
}

// Decode runs the new tokens on top of the cache, adds their keys and values to it, and returns the logits
// [rows, Vocab] in the workspace's memory, valid until its next use.
func (m *Model) Decode(ws *Workspace, cache *Cache, b DecodeBatch) (compute.Buffer, error) {
	p, err := m.decodePass(ws, cache, b)
	if err != nil {
		return compute.Buffer{}, err
	}
	rows := b.Rows
	if rows == nil {
		ws.rows = ws.rows[:0]
		at := 0
		for _, s := range b.Spans {
			at += s.Len
			ws.rows = append(ws.rows, int32(at-1))
		}
		rows = ws.rows
	}
	if len(rows) > ws.plan.LogitRows {
		return compute.Buffer{}, fmt.Errorf("logits of %d rows in a workspace planned for %d", len(rows), ws.plan.LogitRows)
	}
	for _, r := range rows {
		if r < 0 || int(r) >= len(b.IDs) {
			return compute.Buffer{}, fmt.Errorf("logits of row %d of a batch of %d tokens", r, len(b.IDs))
		}
	}
	m.forwardRows(ws, m.prepare(ws, p), rows)
	if len(rows) == 0 {
		return compute.Buffer{}, nil
	}
	return m.logitsOf(ws, ws.last.Slice(0, len(rows)*m.cfg.Hidden)), nil
}

// decodePass checks the batch and lays its spans over the cache.
func (m *Model) decodePass(ws *Workspace, cache *Cache, b DecodeBatch) (pass, error) {
	n := len(b.IDs)
	if n == 0 {
		return pass{}, fmt.Errorf("batch without tokens")
	}
	if err := m.fits(ws, n, false); err != nil {
		return pass{}, err
	}
	if err := m.checkIDs(b.IDs); err != nil {
		return pass{}, err
	}
	if len(cache.k) != m.cfg.Layers || cache.kvDim != m.cfg.kvDim() {
		return pass{}, fmt.Errorf("cache of another model")
	}
	ws.pos, ws.seqs = ws.pos[:0], ws.seqs[:0]
	at := 0
	for i, s := range b.Spans {
		switch {
		case s.Slot < 0 || s.Slot >= cache.slots:
			return pass{}, fmt.Errorf("span %d is in slot %d of a cache of %d", i, s.Slot, cache.slots)
		case s.Len < 1 || s.Len > n-at:
			return pass{}, fmt.Errorf("span %d has %d tokens, %d are left of the batch's %d", i, s.Len, n-at, n)
		case s.Pos < 0 || s.Pos > cache.length-s.Len:
			return pass{}, fmt.Errorf("span %d reaches position %d of a cache of %d", i, s.Pos+s.Len, cache.length)
		}
		for _, other := range b.Spans[:i] {
			if other.Slot == s.Slot {
				return pass{}, fmt.Errorf("slot %d is in two spans of one batch", s.Slot)
			}
		}
		for j := range s.Len {
			ws.pos = append(ws.pos, int32(s.Pos+j))
		}
		ws.seqs = append(ws.seqs, compute.Seq{Q: at, QLen: s.Len, K: s.Slot * cache.length, KLen: s.Pos + s.Len})
		at += s.Len
	}
	if at != n {
		return pass{}, fmt.Errorf("spans of %d tokens for a batch of %d", at, n)
	}
	return pass{ids: b.IDs, pos: ws.pos, seqs: ws.seqs, cache: cache, spans: b.Spans}, nil
}

// put copies the new keys and values of layer l to their places and returns the layer's whole cache.
func (c *Cache) put(be compute.Backend, l int, spans []Span, k, v compute.Buffer) (keys, values compute.Buffer) {
	at := 0
	for _, s := range spans {
		lo, hi := (s.Slot*c.length+s.Pos)*c.kvDim, (s.Slot*c.length+s.Pos+s.Len)*c.kvDim
		be.Copy(c.k[l].Slice(lo, hi), k.Slice(at*c.kvDim, (at+s.Len)*c.kvDim))
		be.Copy(c.v[l].Slice(lo, hi), v.Slice(at*c.kvDim, (at+s.Len)*c.kvDim))
		at += s.Len
	}
	return c.k[l], c.v[l]
}
