package tokenizer

import (
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
)

// metaMark is how SentencePiece writes a space.
const metaMark = "▁"

// A subwords is the model: it turns the pieces that the pre-tokenizer leaves into ids, each by itself.
type subwords interface {
	// encode appends the ids of one piece.
	encode(out []int32, piece string, s *scratch) []int32
	// gguf fills in what GGUF files say of such a model.
	gguf(t *Tokenizer, v *GGUFVocab) error
}

// A memory remembers the ids of the pieces that a model has seen. Text repeats its words: nearly all come from here.
type memory struct {
	model  subwords
	atMark bool // pieces may be cut before each mark that follows another character: no token reaches across

	shared []atomic.Pointer[remembered] // direct-mapped by hash
	seed   maphash.Seed
	pool   sync.Pool
}

// remembered is the ids of one short piece. It never changes once stored.
type remembered struct {
	piece string
	ids   []int32
}

// maxRemembered bounds the bytes of a piece worth remembering.
const maxRemembered = 64

func newMemory(model subwords, atMark bool) *memory {
	m := &memory{model: model, atMark: atMark, shared: make([]atomic.Pointer[remembered], 1<<16), seed: maphash.MakeSeed()}
	m.pool.New = func() any { return new(scratch) }
	return m
}

// scratch is the working memory of one call.
type scratch struct {
	symbols []symbol
	heap    []candidate
	best    []arrival
	quick   *[1 << quickBits]quickWord // nil until it is worth its size
	bytes   int                        // of text that this memory has served so far
}

// Words of up to quickBytes bytes and quickIDs ids are remembered in the working memory itself, one cache line each: a
// megabyte, which the next level of the processor's own caches holds.
const (
	quickBits  = 14
	quickBytes = 24
	quickIDs   = 9
)

type quickWord struct {
	key  [3]uint64
	size uint8 // bytes; 0 for an empty place
	n    uint8
	ids  [quickIDs]int32
}

// quickKey is the bytes of a word of 1 to quickBytes bytes, which with their number tell it from all others.
func quickKey(s string) (key [3]uint64) {
	switch n := len(s); {
	case n < 4:
		key[0] = uint64(s[0]) | uint64(s[n/2])<<8 | uint64(s[n-1])<<16
	case n < 8:
		key[0] = uint64(load32(s)) | uint64(load32(s[n-4:]))<<32
	case n <= 16:
		key[0], key[1] = load64(s), load64(s[n-8:])
	default:
		key[0], key[1], key[2] = load64(s), load64(s[8:]), load64(s[n-8:])
	}
	return key
}

func load32(s string) uint32 {
	_ = s[3]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// encode appends the ids of one piece.
func (m *memory) encode(out []int32, piece string, s *scratch) []int32 {
	if !m.atMark {
		return m.word(out, piece, s)
	}
	for piece != "" {
		end := len(piece)
		lead := 0
		for strings.HasPrefix(piece[lead:], metaMark) {
			lead += len(metaMark)
		}
		if i := strings.Index(piece[lead:], metaMark); i >= 0 {
			end = lead + i
		}
		out = m.word(out, piece[:end], s)
		piece = piece[end:]
	}
	return out
}

func (m *memory) word(out []int32, piece string, s *scratch) []int32 {
	if len(piece) > quickBytes || s.quick == nil {
		return m.long(out, piece, s)
	}
	key := quickKey(piece)
	hash := (key[0] ^ key[1]*0x9E3779B97F4A7C15 ^ key[2]*0xC2B2AE3D27D4EB4F ^ uint64(len(piece))) * 0xD6E8FEB86659FD93
	w := &s.quick[hash>>(64-quickBits)]
	if w.key == key && int(w.size) == len(piece) {
		return append(out, w.ids[:w.n]...)
	}
	n := len(out)
	out = m.long(out, piece, s)
	if ids := out[n:]; len(ids) <= quickIDs {
		w.key, w.size, w.n = key, uint8(len(piece)), uint8(len(ids))
		copy(w.ids[:], ids)
	}
	return out
}

// long is word for those that the working memory does not remember.
func (m *memory) long(out []int32, piece string, s *scratch) []int32 {
	if len(piece) > maxRemembered {
		return m.model.encode(out, piece, s)
	}
	slot := &m.shared[maphash.String(m.seed, piece)&uint64(len(m.shared)-1)]
	if c := slot.Load(); c != nil && c.piece == piece {
		return append(out, c.ids...)
	}
	n := len(out)
	out = m.model.encode(out, piece, s)
	slot.Store(&remembered{strings.Clone(piece), append([]int32(nil), out[n:]...)})
	return out
}

// borrow is working memory for one call with so many bytes of text.
func (m *memory) borrow(bytes int) *scratch {
	s := m.pool.Get().(*scratch)
	if s.bytes += bytes; s.quick == nil && s.bytes >= 1<<14 {
		s.quick = new([1 << quickBits]quickWord)
	}
	return s
}

// release gives working memory back, but for what one huge piece needed.
func (m *memory) release(s *scratch) {
	if cap(s.symbols) <= 1<<16 && cap(s.heap) <= 1<<16 && cap(s.best) <= 1<<16 {
		m.pool.Put(s)
	}
}

// marksOnlyLead reports that no token that the model can make has the space mark after some other character. Then no
// token ever reaches across the place where a mark follows another character, and cutting there changes no id.
func marksOnlyLead(vocab map[string]int32, made func(id int32) bool) bool {
	if _, ok := vocab[metaMark]; !ok {
		return false
	}
	for token, id := range vocab {
		if strings.Contains(strings.TrimLeft(token, metaMark), metaMark) && made(id) {
			return false
		}
	}
	return true
}
