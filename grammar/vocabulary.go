package grammar

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// Vocabulary is the tokens that a model writes with. It is immutable and safe for concurrent use.
type Vocabulary struct {
	words   int // of a mask
	longest int // bytes of a token
	all     sorted
	rough   sorted // those that are not plain
	plain   []plainToken
	fluent  []uint64 // the mask of the plain ones
	wide    int      // most characters of one
}

// plainToken is one that a string takes anywhere within it, as so many whole characters.
type plainToken struct{ id, characters int }

// sorted is tokens in the order of their bytes: as a trie would be walked.
type sorted []struct {
	id     int
	bytes  []byte
	shared int // bytes at the beginning that are those of the token before
}

// NewVocabulary takes the bytes of each token by its id. A token without any is never allowed.
func NewVocabulary(tokens [][]byte) *Vocabulary {
	v := &Vocabulary{words: (len(tokens) + 63) / 64}
	v.fluent = make([]uint64, v.words)
	var rough []int
	all := make([]int, 0, len(tokens))
	for id, t := range tokens {
		if len(t) == 0 {
			continue
		}
		all = append(all, id)
		v.longest = max(v.longest, len(t))
		if !plain(t) {
			rough = append(rough, id)
			continue
		}
		n := utf8.RuneCount(t)
		v.plain, v.wide = append(v.plain, plainToken{id, n}), max(v.wide, n)
		v.fluent[id/64] |= 1 << (id % 64)
	}
	v.all, v.rough = sort(tokens, all), sort(tokens, rough)
	return v
}

func plain(t []byte) bool {
	return utf8.Valid(t) && !slices.ContainsFunc(t, func(b byte) bool { return b < 0x20 || b == '"' || b == '\\' })
}

func sort(tokens [][]byte, ids []int) sorted {
	slices.SortFunc(ids, func(a, b int) int { return bytes.Compare(tokens[a], tokens[b]) })
	list := make(sorted, len(ids))
	for i, id := range ids {
		list[i].id, list[i].bytes = id, tokens[id]
		if i > 0 {
			before := list[i-1].bytes
			for n := &list[i].shared; *n < min(len(before), len(tokens[id])) && before[*n] == tokens[id][*n]; *n++ {
			}
		}
	}
	return list
}

// walk calls visit for each token that can be read after a frame, with what it leads to. What two tokens begin with is read
// once.
func (l sorted) walk(f *frame, visit func(id int, to []*frame)) {
	states := [][]*frame{{f}} // after each byte of the token that was read last
	read := 0                 // as far as it could be read
	for _, t := range l {
		if t.shared > read {
			continue // it fails where that one did
		}
		read = t.shared
		for read < len(t.bytes) {
			if len(states) == read+1 {
				states = append(states, nil)
			}
			next := states[read+1][:0]
			for _, f := range states[read] {
				next = step(f, t.bytes[read], next)
			}
			if states[read+1] = next; len(next) == 0 {
				break
			}
			read++
		}
		if read == len(t.bytes) {
			visit(t.id, states[read])
		}
	}
}
