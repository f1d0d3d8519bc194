package tokenizer

import "strings"

// Controls finds the control tokens that a template wrote into a text, in order: bytes from to to are the token with this
// id, and the white space that it takes with it. outside are the ranges of bytes, in order, that people wrote: a token
// of which any part lies there is text.
func (t *Tokenizer) Controls(text string, outside [][2]int, yield func(from, to int, id int32)) {
	for _, s := range t.segments(text, outside) {
		if s.id >= 0 && t.IsControl(s.id) {
			yield(s.from, s.to, s.id)
		}
	}
}

// EncodeTemplate is [Tokenizer.EncodeSpecial] for a text that a template wrote around what people wrote: a control token
// is recognised where no part of it lies in the ranges of bytes outside. No token crosses a place of cuts, in order,
// where a text before it is continued; the result has the tokens before the first of them, those up to the next, and
// so on. A control token that takes the white space at a cut with it belongs before it.
//
// Where control tokens are to be looked for in normalised text (few files say so), they are recognised as they are
// spelled, here alone: what normalising makes of them depends on what stands before.
func (t *Tokenizer) EncodeTemplate(text string, first bool, outside [][2]int, cuts []int) [][]int32 {
	out := make([][]int32, 0, len(cuts)+1)
	e := encoder{t: t, out: make([]int32, 0, len(text)/4+8), scratch: t.words.borrow(len(text))}
	begun := 0
	next := func() {
		out = append(out, e.out[begun:len(e.out):len(e.out)])
		begun = len(e.out)
	}
	for _, s := range t.segments(text, outside) {
		for len(out) < len(cuts) && cuts[len(out)] <= s.from {
			next()
		}
		if s.id >= 0 {
			e.out = append(e.out, s.id)
			continue
		}
		at := place{head: s.from == 0, first: first, spent: &e.spent}
		for from := s.from; from < s.to; {
			to := s.to
			if len(out) < len(cuts) {
				to = min(to, cuts[len(out)])
			}
			e.part(text[from:to], &t.normedAddedText, at)
			if from = to; from < s.to {
				next()
				at.head, at.first = true, false
			}
		}
	}
	for len(out) <= len(cuts) {
		next()
	}
	t.words.release(e.scratch)
	return out
}

// segment is a part of a text: an added token, or with id -1 what stands between.
type segment struct {
	from, to int
	id       int32
}

// segments splits a text at added tokens. Where a control token reaches into what lies outside, the template's own
// parts are searched apart from it.
func (t *Tokenizer) segments(text string, outside [][2]int) []segment {
	list, free := t.split(text, outside)
	if free {
		return list
	}
	var found []segment // the template's control tokens
	search := func(from, to int) {
		t.rawControl.split(text[from:to], func(part string, start int, id int32) {
			if id >= 0 {
				found = append(found, segment{from + start, from + start + len(part), id})
			}
		})
	}
	at := 0
	for _, o := range outside {
		search(at, o[0])
		at = o[1]
	}
	search(at, len(text))
	list, at = nil, 0
	plain := func(to int) {
		from := at
		t.rawAddedText.split(text[from:to], func(part string, start int, id int32) {
			if id >= 0 && t.control[id] { // the end of a text, in a file that does not call it special
				id = -1
			}
			list = append(list, segment{from + start, from + start + len(part), id})
		})
	}
	for _, s := range found {
		plain(s.from)
		list, at = append(list, s), s.to
	}
	plain(len(text))
	return list
}

// split splits a text at added tokens, and says whether no control token reaches into what lies outside.
func (t *Tokenizer) split(text string, outside [][2]int) (list []segment, free bool) {
	free = true
	next := 0 // of outside
	t.rawTemplate.split(text, func(part string, start int, id int32) {
		list = append(list, segment{start, start + len(part), id})
		if id < 0 || !t.control[id] {
			return
		}
		// White space that a token takes with it may be anyone's.
		from := start + max(0, strings.Index(part, t.tokens[id]))
		to := min(from+len(t.tokens[id]), start+len(part))
		for next < len(outside) && outside[next][1] <= from {
			next++
		}
		free = free && (next == len(outside) || outside[next][0] >= to)
	})
	return list, free
}
