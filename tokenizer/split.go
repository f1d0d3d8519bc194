package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// A splitter finds where the word that begins at i ends. It always moves forward, and the words cover the text.
//
// These are the well-known pre-tokenizer patterns written by hand: Go's regexp has no lookahead, and a backtracking
// engine is an order of magnitude slower.
type splitter func(s string, i int) int

// at is the class and the length of the character at i.
func at(s string, i int) (class, int) {
	if c := s[i]; c < utf8.RuneSelf {
		return planeClass[c], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return classOf(r), n
}

// run is the end of the characters from i on whose class has a bit of want.
func run(s string, i int, want class) int {
	for i < len(s) {
		c, n := at(s, i)
		if c&want == 0 {
			break
		}
		i += n
	}
	return i
}

// runNot is the end of the characters from i on whose class has no bit of avoid.
func runNot(s string, i int, avoid class) int {
	for i < len(s) {
		c, n := at(s, i)
		if c&avoid != 0 {
			break
		}
		i += n
	}
	return i
}

// spaces is what \s+(?!\S)|\s+ matches at i: white space but for its last character where a word follows.
func spaces(s string, i int) int {
	end, last := i, i
	for end < len(s) {
		c, n := at(s, end)
		if c&space == 0 {
			break
		}
		last = end
		end += n
	}
	if end == len(s) || last == i {
		return end
	}
	return last
}

// splitGPT2 is 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func splitGPT2(s string, i int) int {
	if s[i] == '\'' {
		if n := contraction(s[i+1:]); n > 0 {
			return i + 1 + n
		}
	}
	j := i
	if s[i] == ' ' && i+1 < len(s) {
		j++
	}
	c, n := at(s, j)
	switch {
	case c&letter != 0:
		return run(s, j+n, letter)
	case c&number != 0:
		return run(s, j+n, number)
	case c&space == 0:
		return runNot(s, j+n, space|letter|number)
	}
	return spaces(s, i)
}

// contraction is the length of an English ending after an apostrophe, lower case.
func contraction(s string) int {
	if s == "" {
		return 0
	}
	switch s[0] {
	case 's', 't', 'm', 'd':
		return 1
	}
	if strings.HasPrefix(s, "re") || strings.HasPrefix(s, "ve") || strings.HasPrefix(s, "ll") {
		return 2
	}
	return 0
}

// contractionFold is contraction in either case. longS adds U+017F, which a case-insensitive s matches.
func contractionFold(s string, longS bool) int {
	if s == "" {
		return 0
	}
	switch s[0] | 0x20 {
	case 's', 't', 'm', 'd':
		return 1
	case 'r', 'v':
		if len(s) > 1 && s[1]|0x20 == 'e' {
			return 2
		}
	case 'l':
		if len(s) > 1 && s[1]|0x20 == 'l' {
			return 2
		}
	}
	if longS && strings.HasPrefix(s, "ſ") {
		return len("ſ")
	}
	return 0
}

// cl100k is the family of patterns that began with OpenAI's cl100k_base:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
type cl100k struct {
	digits int  // longest run of digits that stays together
	longS  bool // 'ſ is a contraction too
	marks  bool // marks go with letters (Qwen 3.5)
	plain  bool // no contractions
	bare   bool // line ends do not go with what is before them (Seed-Coder)
}

func (p cl100k) split(s string, i int) int {
	if s[i] == '\'' && !p.plain {
		if n := contractionFold(s[i+1:], p.longS); n > 0 {
			return i + 1 + n
		}
	}
	word := letter
	if p.marks {
		word |= mark
	}
	c, n := at(s, i)
	if c&word != 0 {
		return run(s, i+n, word)
	}
	j := i + n
	if c&number != 0 {
		for left := p.digits - 1; left > 0 && j < len(s); left-- {
			c, n := at(s, j)
			if c&number == 0 {
				break
			}
			j += n
		}
		return j
	}
	if c&newline == 0 && j < len(s) {
		if c, n := at(s, j); c&word != 0 {
			return run(s, j+n, word)
		}
	}
	// An optional space and what is neither space, letter nor number, with the line ends after it.
	if s[i] != ' ' {
		j = i
	}
	if k := runNot(s, j, space|word|number); k > j {
		for !p.bare && k < len(s) && (s[k] == '\r' || s[k] == '\n') {
			k++
		}
		return k
	}
	return lineEnds(s, i)
}

// digitsApart is \p{N} split off one by one, and what is between left whole.
func digitsApart(s string, i int) int {
	c, n := at(s, i)
	if c&number != 0 {
		return i + n
	}
	return runNot(s, i+n, number)
}

// digitRuns is \p{N}+ split off, and what is between left whole.
func digitRuns(s string, i int) int {
	c, n := at(s, i)
	if c&number != 0 {
		return run(s, i+n, number)
	}
	return runNot(s, i+n, number)
}

// digitTriples is \p{N}{1,3} split off, and what is between left whole.
func digitTriples(s string, i int) int {
	if c, n := at(s, i); c&number == 0 {
		return runNot(s, i+n, number)
	}
	for left := 3; left > 0 && i < len(s); left-- {
		c, n := at(s, i)
		if c&number == 0 {
			break
		}
		i += n
	}
	return i
}

// threeDigits is [0-9][0-9][0-9] split off, and what is between left whole.
func threeDigits(s string, i int) int {
	is := func(k int) bool {
		return k+3 <= len(s) && isDigit(s[k]) && isDigit(s[k+1]) && isDigit(s[k+2])
	}
	if is(i) {
		return i + 3
	}
	for i++; i < len(s) && !is(i); i++ {
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// punctuationRuns is runs of isPunctuation split off, and what is between left whole.
func punctuationRuns(s string, i int) int { return runsOf(s, i, isPunctuation) }

// punctuationRunsLess is punctuationRuns without the grave accent, as llama.cpp's default pre-tokenizer has it.
func punctuationRunsLess(s string, i int) int {
	return runsOf(s, i, func(r rune) bool { return r != '`' && isPunctuation(r) })
}

// runsOf is the end of the characters from i on that are alike in what is says of them.
func runsOf(s string, i int, is func(rune) bool) int {
	r, n := utf8.DecodeRuneInString(s[i:])
	want := is(r)
	for i += n; i < len(s); i += n {
		r, n = utf8.DecodeRuneInString(s[i:])
		if is(r) != want {
			break
		}
	}
	return i
}
