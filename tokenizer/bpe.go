package tokenizer

import "unicode/utf8"

// A bpe is the model: it merges the symbols of a piece until no pair of neighbours is known. Two kinds share the code:
// merges by rank (tokenizer.json, GGUF "gpt2"), and merges by the score of the result (GGUF "llama").
type bpe struct {
	bytes   bool             // symbols are bytes rather than characters
	vocab   map[string]int32 // raw bytes or characters of a token; no control tokens
	ascii   [128]int32       // vocab for one ASCII character, -1 for none
	byteIDs [256]int32       // symbols of single bytes: the alphabet, or the byte fallback; -1 for none

	merges map[uint64]merge // by pair of ids; nil where merges go by score
	rank   []int32          // by id, for merges by score: 0 is merged first, -1 never
	scores []float32        // by id, where a file gave them

	byteFallback bool // an unknown character becomes its bytes
	unk          int32
	tokens       int32 // symbols from this number on are no tokens, 0 where all are
	fuseUnk      bool  // one unk for a run of unknown characters
	wholeWords   bool  // a piece that is a token needs no merges (ignore_merges)
	longest      int   // bytes of the longest token
}

type merge struct{ rank, id int32 }

// shortPiece is how many symbols scanning beats the heap for.
const shortPiece = 24

func pair(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// finish prepares what is derived from the vocabulary.
func (m *bpe) finish() {
	for i := range m.ascii {
		m.ascii[i] = -1
		if id, ok := m.vocab[string(rune(i))]; ok {
			m.ascii[i] = id
		}
	}
	for token := range m.vocab {
		m.longest = max(m.longest, len(token))
	}
}

// memory is the model with what it remembers of the text so far.
func (m *bpe) memory() *memory {
	made := make(map[int32]bool, len(m.merges))
	for _, r := range m.merges {
		made[r.id] = true
	}
	atMark := !m.bytes && !m.wholeWords && marksOnlyLead(m.vocab, func(id int32) bool { return m.merges == nil || made[id] })
	return newMemory(m, atMark)
}

// encode appends the ids of one piece.
func (m *bpe) encode(out []int32, piece string, s *scratch) []int32 {
	if m.wholeWords {
		if id, ok := m.vocab[piece]; ok {
			return append(out, id)
		}
	}
	s.symbols = m.symbols(s.symbols[:0], piece)
	if len(s.symbols) > 1 {
		if len(s.symbols) <= shortPiece {
			s.symbols = m.mergeShort(s.symbols, piece)
		} else {
			s.symbols = m.mergeLong(s, piece)
		}
	}
	for _, sym := range s.symbols {
		if sym.id >= 0 && (sym.id < m.tokens || m.tokens == 0) {
			out = append(out, sym.id)
			continue
		}
		// Merges by score start from unknown characters too, as part of longer tokens; the rest become bytes.
		if text := piece[sym.start:sym.end]; m.allBytes(text) {
			for i := 0; i < len(text); i++ {
				out = append(out, m.byteIDs[text[i]])
			}
		} else if m.unk >= 0 {
			out = append(out, m.unk)
		}
	}
	return out
}

// A symbol is a stretch of the piece that stands for one token, or for one character that is no token (id -1).
type symbol struct {
	id         int32
	start, end int32 // bytes of the piece
	prev, next int32 // neighbours, -1 at the ends (long pieces only)
}

// symbols cuts a piece into the symbols that merging starts from.
func (m *bpe) symbols(dst []symbol, piece string) []symbol {
	if m.bytes {
		for i := 0; i < len(piece); i++ {
			id := m.byteIDs[piece[i]]
			if id < 0 {
				if id = m.unk; id < 0 {
					continue
				}
				if m.fuseUnk && len(dst) > 0 && dst[len(dst)-1].id == id {
					dst[len(dst)-1].end = int32(i + 1)
					continue
				}
			}
			dst = append(dst, symbol{id: id, start: int32(i), end: int32(i + 1)})
		}
		return dst
	}
	fused := false // the last symbol is an unk that takes more
	for i := 0; i < len(piece); {
		var n int
		id := int32(-1)
		if c := piece[i]; c < utf8.RuneSelf {
			n, id = 1, m.ascii[c]
		} else {
			_, n = utf8.DecodeRuneInString(piece[i:])
			if known, ok := m.vocab[piece[i:i+n]]; ok {
				id = known
			}
		}
		start, end := int32(i), int32(i+n)
		i += n
		switch {
		case id >= 0 || m.merges == nil:
			dst = append(dst, symbol{id: id, start: start, end: end})
			fused = false
		case m.byteFallback && m.allBytes(piece[start:end]):
			for b := start; b < end; b++ {
				dst = append(dst, symbol{id: m.byteIDs[piece[b]], start: b, end: b + 1})
			}
			fused = false
		case m.unk < 0:
		case fused && m.fuseUnk:
			dst[len(dst)-1].end = end
		default:
			dst = append(dst, symbol{id: m.unk, start: start, end: end})
			fused = true
		}
	}
	return dst
}

func (m *bpe) allBytes(s string) bool {
	for i := 0; i < len(s); i++ {
		if m.byteIDs[s[i]] < 0 {
			return false
		}
	}
	return true
}

// join is the rank and the result of merging two neighbours; ok is false where they do not merge.
func (m *bpe) join(a, b *symbol, piece string) (r merge, ok bool) {
	if m.merges != nil {
		r, ok = m.merges[pair(a.id, b.id)]
		return r, ok
	}
	if int(b.end-a.start) > m.longest {
		return merge{}, false
	}
	id, ok := m.vocab[piece[a.start:b.end]]
	if !ok {
		return merge{}, false
	}
	return merge{m.rank[id], id}, true
}

const noRank = int32(1<<31 - 1)

// mergeShort merges the lowest rank first, the leftmost of equals, by looking at every pair each time round.
func (m *bpe) mergeShort(syms []symbol, piece string) []symbol {
	var next [shortPiece]merge // next[i] merges i and i+1
	for i := 0; i+1 < len(syms); i++ {
		next[i] = m.joinOrNot(syms, i, piece)
	}
	for {
		best, at := noRank, -1
		for i := 0; i+1 < len(syms); i++ {
			if next[i].rank < best {
				best, at = next[i].rank, i
			}
		}
		if at < 0 {
			return syms
		}
		syms[at].id = next[at].id
		syms[at].end = syms[at+1].end
		copy(syms[at+1:], syms[at+2:])
		copy(next[at+1:], next[at+2:len(syms)])
		syms = syms[:len(syms)-1]
		if at+1 < len(syms) {
			next[at] = m.joinOrNot(syms, at, piece)
		}
		if at > 0 {
			next[at-1] = m.joinOrNot(syms, at-1, piece)
		}
	}
}

func (m *bpe) joinOrNot(syms []symbol, i int, piece string) merge {
	if r, ok := m.join(&syms[i], &syms[i+1], piece); ok {
		return r
	}
	return merge{rank: noRank}
}

// A candidate is a pair that could merge, as it was when it was found.
type candidate struct {
	rank int32
	left int32 // symbol
	id   int32 // what the pair would become
	end  int32 // where the pair would end; tells a pair that has changed since
}

func (a candidate) before(b candidate) bool {
	return a.rank < b.rank || a.rank == b.rank && a.left < b.left
}

// mergeLong is mergeShort in O(n log n): a heap of candidates over a linked list of symbols.
func (m *bpe) mergeLong(s *scratch, piece string) []symbol {
	syms := s.symbols
	for i := range syms {
		syms[i].prev, syms[i].next = int32(i-1), int32(i+1)
	}
	syms[len(syms)-1].next = -1
	h := s.heap[:0]
	for i := 0; i+1 < len(syms); i++ {
		if r, ok := m.join(&syms[i], &syms[i+1], piece); ok {
			h = append(h, candidate{r.rank, int32(i), r.id, syms[i+1].end})
		}
	}
	for i := len(h)/2 - 1; i >= 0; i-- {
		sink(h, i)
	}
	for len(h) > 0 {
		c := h[0]
		h[0] = h[len(h)-1]
		h = h[:len(h)-1]
		sink(h, 0)

		left := &syms[c.left]
		if left.next < 0 || left.end <= left.start {
			continue // swallowed by its left neighbour, or last by now
		}
		right := &syms[left.next]
		if right.end != c.end {
			continue // another pair by now
		}
		left.id, left.end = c.id, right.end
		left.next = right.next
		right.end = right.start // swallowed
		if left.next >= 0 {
			syms[left.next].prev = c.left
			if r, ok := m.join(left, &syms[left.next], piece); ok {
				h = push(h, candidate{r.rank, c.left, r.id, syms[left.next].end})
			}
		}
		if left.prev >= 0 {
			if r, ok := m.join(&syms[left.prev], left, piece); ok {
				h = push(h, candidate{r.rank, left.prev, r.id, left.end})
			}
		}
	}
	s.heap = h
	n := 0
	for i := int32(0); i >= 0; i = syms[i].next {
		syms[n] = syms[i]
		n++
	}
	return syms[:n]
}

func push(h []candidate, c candidate) []candidate {
	h = append(h, c)
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !h[i].before(h[up]) {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
	return h
}

func sink(h []candidate, i int) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1].before(h[c]) {
			c++
		}
		if !h[c].before(h[i]) {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}
