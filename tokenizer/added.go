package tokenizer

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAddedToken bounds the length in bytes of an added token: matching costs that much per byte of text at worst.
const maxAddedToken = 1024

// An addedToken is a token that is looked for in text before the model sees it.
type addedToken struct {
	id         int32
	content    string
	singleWord bool // only where no word character touches it
	lstrip     bool // takes the white space to its left with it
	rstrip     bool // takes the white space to its right with it
	normalized bool // looked for in normalised text
	special    bool
}

// A matcher splits text at added tokens. The zero value finds none.
type matcher struct {
	tokens       []addedToken
	trie         trie
	longestFirst bool // llama.cpp: the longest token of the whole text wins, rather than the leftmost
}

func newMatcher(tokens []addedToken, longestFirst bool) (matcher, error) {
	m := matcher{tokens: tokens, longestFirst: longestFirst}
	for i, tok := range tokens {
		if len(tok.content) > maxAddedToken {
			return matcher{}, fmt.Errorf("added token %d (%.20q…) is %d bytes long; the limit is %d", tok.id, tok.content, len(tok.content), maxAddedToken)
		}
		if tok.content != "" {
			m.trie.insert(tok.content, int32(i))
		}
	}
	return m, nil
}

// split calls yield for each part of text in order: with the id of the added token it is, or with -1 and where it starts.
func (m *matcher) split(text string, yield func(part string, start int, id int32)) {
	if text == "" {
		return
	}
	if m.trie.empty() {
		yield(text, 0, -1)
		return
	}
	done := 0
	take := func(start, end, token int) {
		tok := &m.tokens[token]
		if tok.singleWord && (endsInWord(text[:start]) || startsInWord(text[end:])) {
			return
		}
		if tok.lstrip {
			start = max(len(strings.TrimRightFunc(text[:start], unicode.IsSpace)), done)
		}
		if tok.rstrip {
			end = len(text) - len(strings.TrimLeftFunc(text[end:], unicode.IsSpace))
		}
		if end <= done { // an rstrip token before it took this one's white space
			return
		}
		if done < start {
			yield(text[done:start], done, -1)
		}
		yield(text[start:end], start, tok.id)
		done = end
	}
	if m.longestFirst {
		for _, h := range m.longest(text) {
			take(h.start, h.end, h.token)
		}
	} else {
		for i := 0; i < len(text); {
			i = m.trie.skip(text, i)
			end, token := m.trie.longest(text, i)
			if token < 0 {
				i++
				continue
			}
			take(i, end, int(token))
			i = end
		}
	}
	if done < len(text) {
		yield(text[done:], done, -1)
	}
}

type hit struct{ start, end, token int }

// longest is the tokens found when each token in turn, longest first, takes all of its places in what is left.
func (m *matcher) longest(text string) []hit {
	var hits []hit
	var present []int // tokens that occur somewhere
	seen := make([]bool, len(m.tokens))
	overlap, reach := false, 0
	for i := m.trie.skip(text, 0); i < len(text); i = m.trie.skip(text, i+1) {
		m.trie.all(text, i, func(end int, token int32) {
			overlap = overlap || i < reach
			reach = max(reach, end)
			if !seen[token] {
				seen[token] = true
				present = append(present, int(token))
			}
			if !overlap {
				hits = append(hits, hit{i, end, int(token)})
			}
		})
	}
	if !overlap {
		return hits
	}
	sort.Slice(present, func(a, b int) bool {
		la, lb := len(m.tokens[present[a]].content), len(m.tokens[present[b]].content)
		if la != lb {
			return la > lb
		}
		return present[a] < present[b]
	})
	hits = hits[:0]
	free := []hit{{0, len(text), -1}}
	for _, token := range present {
		content := m.tokens[token].content
		var left []hit
		for _, f := range free {
			for {
				at := strings.Index(text[f.start:f.end], content)
				if at < 0 {
					break
				}
				at += f.start
				hits = append(hits, hit{at, at + len(content), token})
				if at > f.start {
					left = append(left, hit{f.start, at, -1})
				}
				f.start = at + len(content)
			}
			if f.start < f.end {
				left = append(left, f)
			}
		}
		free = left
	}
	sort.Slice(hits, func(a, b int) bool { return hits[a].start < hits[b].start })
	return hits
}

func endsInWord(s string) bool {
	r, n := utf8.DecodeLastRuneInString(s)
	return n > 0 && isWord(r)
}

func startsInWord(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && isWord(r)
}

// A trie holds byte strings. The zero value is empty.
type trie struct {
	nodes []trieNode
	first [256]bool // bytes that begin some string
}

type trieNode struct {
	token int32 // -1 where no string ends
	next  map[byte]int32
}

func (t *trie) empty() bool { return len(t.nodes) == 0 }

func (t *trie) insert(s string, token int32) {
	if len(t.nodes) == 0 {
		t.nodes = append(t.nodes, trieNode{token: -1})
	}
	t.first[s[0]] = true
	n := int32(0)
	for i := 0; i < len(s); i++ {
		next, ok := t.nodes[n].next[s[i]]
		if !ok {
			next = int32(len(t.nodes))
			t.nodes = append(t.nodes, trieNode{token: -1})
			if t.nodes[n].next == nil {
				t.nodes[n].next = make(map[byte]int32, 1)
			}
			t.nodes[n].next[s[i]] = next
		}
		n = next
	}
	if t.nodes[n].token < 0 { // the first of two equal tokens wins
		t.nodes[n].token = token
	}
}

// skip is the first place at or after i where some string may begin.
func (t *trie) skip(text string, i int) int {
	for i < len(text) && !t.first[text[i]] {
		i++
	}
	return i
}

// longest is the end and the token of the longest string at i; the token is -1 for none.
func (t *trie) longest(text string, i int) (end int, token int32) {
	token = -1
	t.all(text, i, func(e int, tok int32) { end, token = e, tok })
	return end, token
}

// all yields every string at i, shortest first.
func (t *trie) all(text string, i int, yield func(end int, token int32)) {
	n := int32(0)
	for ; i < len(text); i++ {
		next, ok := t.nodes[n].next[text[i]]
		if !ok {
			return
		}
		n = next
		if tok := t.nodes[n].token; tok >= 0 {
			yield(i+1, tok)
		}
	}
}
