package grammar

import "encoding/binary"

// Masks says which tokens of a vocabulary the texts of one grammar may go on with. What it finds out for one state it keeps
// for those that are like it. It is for one goroutine.
type Masks struct {
	v       *Vocabulary
	kept    map[string]*mask
	key     []byte
	allowed []uint64
}

// mask is the tokens that a frame can go on with.
type mask struct {
	bits   []uint64
	growth int // the most bytes by which any of them brings the end further away
}

// maxKept bounds what is kept, in bytes.
const maxKept = 32 << 20

// Masks has nothing found out.
func (g *Grammar) Masks(v *Vocabulary) *Masks {
	return &Masks{v: v, kept: map[string]*mask{}, allowed: make([]uint64, v.words)}
}

// Allowed is the tokens, bit id%64 of word id/64, after which the text can still become one that fits: within left tokens,
// the next included, if each of them had one byte. Where even the shortest end has more bytes than that, it is the tokens
// that bring it nearer. A left of 0 bounds nothing; near says that left bounded something. s is a state of the grammar. The
// tokens are valid until the next call.
func (m *Masks) Allowed(s State, left int) (allowed []uint64, near bool) {
	clear(m.allowed)
	within := far
	if left > 0 {
		within = max(left, s.Distance()) - 1
	}
	for _, f := range s.stacks {
		found := m.mask(f)
		if within < plus(distance(f), found.growth) {
			found, near = m.find(f, within), true
		}
		for i, word := range found.bits {
			m.allowed[i] |= word
		}
	}
	return m.allowed, near
}

// mask is that of a frame or of one that is like it.
func (m *Masks) mask(f *frame) *mask {
	m.key = m.key[:0]
	for at := f; at != nil; at = at.up {
		m.key = at.like(m.key, m.v.longest)
	}
	if found, ok := m.kept[string(m.key)]; ok {
		return found
	}
	if len(m.kept)*m.v.words*8 > maxKept {
		clear(m.kept)
	}
	found := m.find(f, far)
	m.kept[string(m.key)] = found
	return found
}

// like appends what decides how a frame goes on for so many bytes: counts that are further than that from their bounds are
// all one.
func (f *frame) like(key []byte, reach int) []byte {
	key = binary.AppendUvarint(key, uint64(f.node.id))
	key = append(key, byte(f.node.kind), byte(f.phase), f.gap)
	key = binary.AppendUvarint(key, uint64(f.at))
	if f.node.kind != text && f.node.kind != array {
		return binary.AppendUvarint(key, uint64(f.n))
	}
	key = binary.AppendUvarint(key, uint64(min(reach, max(0, f.node.min-int(f.n)))))
	return binary.AppendUvarint(key, uint64(min(reach, f.node.max-int(f.n))))
}

// find is the tokens that a frame can go on with to where the end is within so many bytes.
func (m *Masks) find(f *frame, within int) *mask {
	found := &mask{bits: make([]uint64, m.v.words)}
	from, list := distance(f), m.v.all
	if f.node.kind == text && f.at == body {
		list = m.v.rough
		m.fluent(found, f, from, within)
	}
	list.walk(f, func(id int, to []*frame) {
		nearest := far
		for _, f := range to {
			nearest = min(nearest, distance(f))
		}
		if nearest <= within {
			found.bits[id/64] |= 1 << (id % 64)
			found.growth = max(found.growth, nearest-from)
		}
	})
	return found
}

// fluent adds the plain tokens that fit a string between two of its characters: those that are not too long, all where that
// is none.
func (m *Masks) fluent(found *mask, f *frame, from, within int) {
	room, missing := f.node.max-int(f.n), max(0, f.node.min-int(f.n))
	if room >= m.v.wide && from <= within {
		copy(found.bits, m.v.fluent)
		return
	}
	for _, t := range m.v.plain {
		if t.characters <= room && from-min(t.characters, missing) <= within {
			found.bits[t.id/64] |= 1 << (t.id % 64)
		}
	}
}
