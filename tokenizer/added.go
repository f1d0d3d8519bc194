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

// maxVocabBytes bounds the length in bytes of all tokens that are looked for together. The largest vocabularies in use
// have three million.
const maxVocabBytes = 32 << 20

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
	list, total := make([]string, len(tokens)), 0
	for i, tok := range tokens {
		if len(tok.content) > maxAddedToken {
			return matcher{}, fmt.Errorf("added token %d (%.20q…) is %d bytes long; the limit is %d", tok.id, tok.content, len(tok.content), maxAddedToken)
		}
		list[i], total = tok.content, total+len(tok.content)
	}
	if total > maxVocabBytes {
		return matcher{}, fmt.Errorf("they have %d bytes together; the limit is %d", total, maxVocabBytes)
	}
	m.trie = newTrie(list)
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
		for i := m.trie.skip(text, 0); i < len(text); i = m.trie.skip(text, i) {
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
