package tokenizer

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A stage of the pre-tokenizer cuts a piece into smaller ones and passes each on to stage k of the encoder.
type stage interface {
	split(e *encoder, k int, piece string, at place)
}

// words cuts with a splitter; every word goes on.
type words struct{ next splitter }

func (w words) split(e *encoder, k int, piece string, at place) {
	for i := 0; i < len(piece); {
		end := w.next(piece, i)
		e.run(k, piece[i:end], at)
		at.head = false
		i = end
	}
}

// A behavior says what becomes of the matches of a pattern (the names are those of tokenizer.json).
type behavior string

const (
	removed            behavior = "Removed"
	isolated           behavior = "Isolated"
	mergedWithPrevious behavior = "MergedWithPrevious"
	mergedWithNext     behavior = "MergedWithNext"
	contiguous         behavior = "Contiguous"
)

// A finder calls yield for each match and each gap, in order; together they cover the piece.
type finder func(s string, spent *time.Duration, yield func(start, end int, match bool))

// pattern cuts where a pattern matches.
type pattern struct {
	find   finder
	invert bool // gaps are the matches
	do     behavior
}

func (p pattern) split(e *encoder, k int, piece string, at place) {
	type span struct {
		start, end int
		match      bool
	}
	var spans []span
	p.find(piece, at.spent, func(start, end int, match bool) {
		if start < end {
			spans = append(spans, span{start, end, match != p.invert})
		}
	})
	joined := spans[:0]
	switch p.do {
	case removed:
		for _, s := range spans {
			if !s.match {
				joined = append(joined, s)
			}
		}
	case mergedWithPrevious:
		previous := false
		for _, s := range spans {
			if s.match && !previous && len(joined) > 0 {
				joined[len(joined)-1].end = s.end
			} else {
				joined = append(joined, s)
			}
			previous = s.match
		}
	case mergedWithNext:
		// Built from the end: a match joins what follows it unless that is a match too.
		next := false
		to := len(spans)
		for i := len(spans) - 1; i >= 0; i-- {
			s := spans[i]
			if s.match && !next && to < len(spans) {
				spans[to].start = s.start
			} else {
				to--
				spans[to] = s
			}
			next = s.match
		}
		joined = spans[to:]
	case contiguous:
		previous := false
		for _, s := range spans {
			if s.match == previous && len(joined) > 0 {
				joined[len(joined)-1].end = s.end
			} else {
				joined = append(joined, s)
			}
			previous = s.match
		}
	default: // isolated
		joined = spans
	}
	for _, s := range joined {
		p := at
		p.head = at.head && s.start == 0
		e.run(k, piece[s.start:s.end], p)
	}
}

// findString finds a literal.
func findString(literal string) finder {
	return func(s string, _ *time.Duration, yield func(start, end int, match bool)) {
		done := 0
		for literal != "" {
			i := strings.Index(s[done:], literal)
			if i < 0 {
				break
			}
			i += done
			if done < i {
				yield(done, i, false)
			}
			done = i + len(literal)
			yield(i, done, true)
		}
		if done < len(s) {
			yield(done, len(s), false)
		}
	}
}

// findRunes finds single characters.
func findRunes(is func(rune) bool) finder {
	return func(s string, _ *time.Duration, yield func(start, end int, match bool)) {
		done := 0
		for i := 0; i < len(s); {
			r, n := utf8.DecodeRuneInString(s[i:])
			if is(r) {
				if done < i {
					yield(done, i, false)
				}
				yield(i, i+n, true)
				done = i + n
			}
			i += n
		}
		if done < len(s) {
			yield(done, len(s), false)
		}
	}
}

// findWords finds \w+|[^\w\s]+.
func findWords(s string, _ *time.Duration, yield func(start, end int, match bool)) {
	kind := func(r rune) int {
		switch {
		case isWord(r):
			return 1
		case unicode.IsSpace(r):
			return 0
		}
		return 2
	}
	start, last := 0, -1
	for i, r := range s {
		if k := kind(r); k != last {
			if last >= 0 {
				yield(start, i, last != 0)
			}
			start, last = i, k
		}
	}
	if last >= 0 {
		yield(start, len(s), last != 0)
	}
}

// byteLevel prepares text for a byte-level vocabulary.
type byteLevel struct {
	prefixSpace bool
	words       bool // cut with GPT-2's pattern
	spell       bool // write bytes as characters, because stages follow that look at them so
}

func (b byteLevel) split(e *encoder, k int, piece string, at place) {
	if b.prefixSpace && !at.continues() && piece[0] != ' ' {
		piece = " " + piece
	}
	if !b.words && !b.spell {
		e.run(k, piece, at)
		return
	}
	for i := 0; i < len(piece); {
		end := len(piece)
		if b.words {
			end = splitGPT2(piece, i)
		}
		word := piece[i:end]
		if b.spell {
			word = spellBytes(word)
		}
		e.run(k, word, at)
		at.head = false
		i = end
	}
}

// unspell turns byte-level characters back into the bytes that the model works on.
type unspell struct{}

func (unspell) split(e *encoder, k int, piece string, at place) {
	raw, ok := appendSpelled(nil, piece)
	if !ok {
		raw = []byte(piece)
	}
	e.run(k, string(raw), at)
}

// A scheme says before which pieces Metaspace puts its mark.
type scheme string

const (
	always    scheme = "always"
	onlyFirst scheme = "first"
	never     scheme = "never"
)

// metaspace writes spaces as a visible mark, and puts one before the text.
type metaspace struct {
	mark   string
	scheme scheme
	cut    bool // before each mark
}

func (m metaspace) split(e *encoder, k int, piece string, at place) {
	piece = strings.ReplaceAll(piece, " ", m.mark)
	switch {
	case strings.HasPrefix(piece, m.mark):
	case m.scheme == always && !at.continues(), m.scheme == onlyFirst && at.head && at.first:
		piece = m.mark + piece
	}
	if !m.cut {
		e.run(k, piece, at)
		return
	}
	pattern{find: findString(m.mark), do: mergedWithNext}.split(e, k, piece, at)
}
