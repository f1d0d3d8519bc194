package tokenizer

import (
	"sort"
	"strings"
)

// A trie holds byte strings, each with the number of a token. The zero value is empty. The children of a node stand side
// by side, in the order of their bytes.
type trie struct {
	nodes []trieNode
	first [256]int32 // child of the root by byte, 0 for none
}

type trieNode struct {
	token int32 // -1 where no string ends
	child int32 // the first child
	n     uint16
	label byte
}

// newTrie numbers each string with its place in the list. Of equal strings the first counts; empty ones are left out.
func newTrie(list []string) trie {
	order := make([]int32, 0, len(list))
	for i, s := range list {
		if s != "" {
			order = append(order, int32(i))
		}
	}
	if len(order) == 0 {
		return trie{}
	}
	sort.Slice(order, func(a, b int) bool {
		if c := strings.Compare(list[order[a]], list[order[b]]); c != 0 {
			return c < 0
		}
		return order[a] < order[b]
	})
	t := trie{nodes: []trieNode{{token: -1}}}
	type stretch struct{ from, to, depth int } // strings of order that share their first depth bytes
	queue := []stretch{{0, len(order), 0}}
	for node := 0; node < len(queue); node++ {
		q := queue[node]
		i := q.from
		for ; i < q.to && len(list[order[i]]) == q.depth; i++ {
			if t.nodes[node].token < 0 {
				t.nodes[node].token = order[i]
			}
		}
		t.nodes[node].child = int32(len(t.nodes))
		for i < q.to {
			label := list[order[i]][q.depth]
			from := i
			for i < q.to && list[order[i]][q.depth] == label {
				i++
			}
			if node == 0 {
				t.first[label] = int32(len(t.nodes))
			}
			t.nodes = append(t.nodes, trieNode{token: -1, label: label})
			t.nodes[node].n++
			queue = append(queue, stretch{from, i, q.depth + 1})
		}
	}
	return t
}

func (t *trie) empty() bool { return len(t.nodes) == 0 }

// step is the child of node for a byte, 0 for none; the root is node 0.
func (t *trie) step(node int32, b byte) int32 {
	if node == 0 {
		return t.first[b]
	}
	at := &t.nodes[node]
	lo, hi := at.child, at.child+int32(at.n)
	for hi-lo > 8 {
		if mid := (lo + hi) / 2; t.nodes[mid].label <= b {
			lo = mid
		} else {
			hi = mid
		}
	}
	for ; lo < hi; lo++ {
		if t.nodes[lo].label == b {
			return lo
		}
	}
	return 0
}

// skip is the first place at or after i where some string may begin.
func (t *trie) skip(text string, i int) int {
	for i < len(text) && t.first[text[i]] == 0 {
		i++
	}
	return i
}

// longest is the end and the token of the longest string at i; the token is -1 for none.
func (t *trie) longest(text string, i int) (end int, token int32) {
	token = -1
	for node := int32(0); i < len(text); {
		if node = t.step(node, text[i]); node == 0 {
			break
		}
		i++
		if tok := t.nodes[node].token; tok >= 0 {
			end, token = i, tok
		}
	}
	return end, token
}

// all yields every string at i, shortest first.
func (t *trie) all(text string, i int, yield func(end int, token int32)) {
	for node := int32(0); i < len(text); {
		if node = t.step(node, text[i]); node == 0 {
			return
		}
		i++
		if tok := t.nodes[node].token; tok >= 0 {
			yield(i, tok)
		}
	}
}
