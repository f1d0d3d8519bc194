package grammar

import (
	"slices"
	"strings"
)

// node is one kind of value.
type node struct {
	kind     kind
	id       int
	min, max int // characters of a string, items of an array

	words      []letter   // of a literal: a trie, its root first
	integer    bool       // of a number: no fraction and no exponent
	properties []property // of an object, in their order
	required   int        // how many of them there must be to reach the last required one
	value      choice     // items of an array, or the root

	least []int // fewest bytes, by the levels of objects and arrays that there may be
}

type kind uint8

const (
	root kind = iota
	literal
	text
	number
	array
	object
)

// choice is values of which one comes.
type choice []*node

// least is the fewest bytes of any of them.
func (c choice) least(levels int8) int {
	shortest := far
	for _, n := range c {
		shortest = min(shortest, n.least[levels])
	}
	return shortest
}

type property struct {
	key      string // as JSON, with its quotes
	value    choice
	required bool
}

// letter is a node of a trie: the bytes that may follow, ascending, and where they lead.
type letter struct {
	bytes []byte
	to    []int32
	end   bool // a word ends here
	rest  int  // fewest bytes to the end of one
}

func (l *letter) next(b byte) int32 {
	if i, ok := slices.BinarySearch(l.bytes, b); ok {
		return l.to[i]
	}
	return -1
}

// spelling is the trie of some words.
func spelling(words []string) []letter {
	words = slices.Clone(words)
	slices.Sort(words)
	trie := []letter{{rest: far}}
	for _, w := range slices.Compact(words) {
		at := int32(0)
		for i := range len(w) {
			l := &trie[at]
			l.rest = min(l.rest, len(w)-i)
			to := l.next(w[i])
			if to < 0 { // words come in order, and so do bytes
				to = int32(len(trie))
				l.bytes, l.to = append(l.bytes, w[i]), append(l.to, to)
				trie = append(trie, letter{rest: far})
			}
			at = to
		}
		trie[at].end, trie[at].rest = true, 0
	}
	return trie
}

// measure sets the least bytes of all nodes: with no levels first, for each level needs those below it.
func measure(nodes []*node) {
	for levels := range int8(levels + 1) {
		for _, n := range nodes {
			n.least = append(n.least, n.shortest(levels))
		}
	}
}

func (n *node) shortest(levels int8) int {
	switch {
	case n.kind == literal:
		return n.words[0].rest
	case n.kind == text:
		return plus(2, n.min)
	case n.kind == number:
		return 1
	case levels == 0:
		return far
	}
	return plus(1, (&frame{node: n, below: levels - 1}).rest())
}

func quoted(s string) string {
	var b strings.Builder
	writeString(&b, s)
	return b.String()
}
