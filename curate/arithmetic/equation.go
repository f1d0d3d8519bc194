package arithmetic

import (
	"math/big"
	"slices"
	"strings"
)

// equation is a statement of an answer that two sides of numbers are equal.
type equation struct {
	left, right []token
	a, b        value
	about       bool
}

// equations are those of a text: "5 x 3 = 16". Sides that go on with a letter, a unit or another operator are not read.
func equations(text string, tokens []token) []equation {
	var out []equation
	for i, t := range tokens {
		if t.kind != equals && !(t.kind == about && strings.ContainsAny(text[t.start:t.end], "≈≃")) {
			continue
		}
		l, r := i, i+1
		for l > 0 && part(tokens, l-1) {
			l--
		}
		for r < len(tokens) && part(tokens, r) && !strings.Contains(text[tokens[r-1].end:tokens[r].start], "\n") {
			r++
		}
		cue := t.kind == about
		if r < len(tokens) && r == i+1 && tokens[r].kind == about {
			cue = true
			for r++; r < len(tokens) && part(tokens, r); {
				r++
			}
		}
		left, right := tokens[l:i], tokens[i+1:r]
		if cue && len(right) > 0 && right[0].kind == about {
			right = right[1:]
		}
		for k := len(left) - 1; k > 0; k-- { // one line
			if strings.Contains(text[left[k-1].end:left[k].start], "\n") {
				left = left[k:]
				break
			}
		}
		if len(left) > 1 && left[0].kind == minus && !left[1].glued && starts(text, left[0].start) { // a bullet
			left, l = left[1:], 0
		}
		for k := len(left) - 1; k > 0; k-- { // 800 (3200 / 4 = 800
			if left[k].kind == open && !left[k].glued && left[k-1].kind == number {
				left = left[k:]
				break
			}
		}
		if l > 0 && len(left) > 0 && !apart(text, tokens, left) {
			continue
		}
		for len(right) > 1 && unbalanced(right) < 0 && right[len(right)-1].kind == shut {
			right = right[:len(right)-1]
		}
		for len(left) > 1 && unbalanced(left) > 0 && left[0].kind == open {
			left = left[1:]
		}
		if len(left) == 0 || len(right) == 0 || !ends(text, tokens, right) {
			continue
		}
		if strings.HasPrefix(strings.TrimLeft(text[right[len(right)-1].end:], " ,("), "with a remainder") || strings.HasPrefix(strings.TrimLeft(text[right[len(right)-1].end:], " ,("), "remainder") {
			continue
		}
		a, ops, err := evaluate(left, nil)
		if err != nil || ops == 0 {
			continue
		}
		b, more, err := evaluate(right, nil)
		if err != nil {
			continue
		}
		// 3 + 4 = 7 + 5 = 12 goes on where it was; "2/5 is equal to 12 hectares" is of something.
		if more > 0 && right[0].kind == number && right[0].value.Cmp(a.Rat) == 0 || ops == 1 && t.word != "" && len(left) == 3 && left[1].kind == over {
			continue
		}
		out = append(out, equation{left, right, a, b, cue})
	}
	return out
}

// part says whether a token may be of an expression.
func part(tokens []token, i int) bool {
	t := tokens[i]
	switch t.kind {
	case of:
		return i > 0 && (tokens[i-1].kind == percent || tokens[i-1].kind == root)
	case word:
		return cross(tokens, i)
	}
	return t.kind >= number && t.kind <= shut && t.kind != of
}

// starts says whether nothing stands before a place on its line.
func starts(text string, at int) bool {
	before := strings.TrimRight(text[:at], " \t")
	return before == "" || strings.HasSuffix(before, "\n")
}

// apart says whether nothing before the left side belongs to it: a sentence, a line or a mark.
func apart(text string, tokens, left []token) bool {
	at := slices.IndexFunc(tokens, func(t token) bool { return t.start == left[0].start })
	if at == 0 || strings.Contains(text[tokens[at-1].end:left[0].start], "\n") {
		return true
	}
	before := tokens[at-1]
	switch before.kind {
	case mark:
		return strings.Contains(":;,.?!\"“|$`", before.word) && !(before.word == "." && left[0].glued)
	case equals, about:
		return true
	case word: // "so 3 + 4 = 7", but not "x 3 + 4 = 7"
		return len(before.word) > 1 && left[0].kind == number && !left[0].glued
	}
	return false
}

// ends says whether nothing after the right side belongs to it. A word may follow: its unit.
func ends(text string, tokens []token, right []token) bool {
	at := slices.IndexFunc(tokens, func(t token) bool { return t.start == right[len(right)-1].start }) + 1
	if at >= len(tokens) || strings.Contains(text[right[len(right)-1].end:tokens[at].start], "\n") {
		return true
	}
	after := tokens[at]
	switch after.kind {
	case mark:
		return strings.Contains(":;,.?!\"”|)$`", after.word)
	case equals, about, shut:
		return true
	case word:
		return len(after.word) > 1 && !after.glued && scales[after.word] == 0
	}
	return false
}

// holds says whether the two sides are equal, as the right one is rounded.
func (e equation) holds() bool {
	s := shown{value: e.b, decimals: -1, about: e.about}
	if len(e.right) <= 2 {
		n := e.right[len(e.right)-1]
		if n.kind == percent {
			n = e.right[0]
			n.decimals += 2
		}
		s.decimals = n.decimals
	}
	if e.right[len(e.right)-1].kind == percent {
		whole := s
		if whole.Rat = new(big.Rat).Mul(s.Rat, hundred); s.decimals >= 2 {
			whole.decimals -= 2
		}
		if same(whole, e.a, false) {
			return true
		}
	}
	// 2.3 + 1/3 may be rounded on the left side already.
	return same(s, e.a, !e.b.exact || !e.a.exact)
}
