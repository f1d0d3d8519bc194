package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cased is the family of patterns that began with OpenAI's o200k_base, where a word ends before a capital letter:
//
//	[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
//	[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
//	\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
type cased struct {
	digits  int  // longest run of digits that stays together
	endings bool // English contractions go with their word
	longS   bool // 'ſ is a contraction too
	ascii   bool // llama.cpp: case is ASCII's alone, and marks are no part of words
}

// high and low report whether the character of class c at i may stand in the first and in the second part of a word.
func (p cased) high(s string, i int, c class) bool {
	if p.ascii {
		return c&letter != 0 && (s[i] < 'a' || s[i] > 'z')
	}
	return c&(letter|mark) != 0 && c&lower == 0
}

func (p cased) low(s string, i int, c class) bool {
	if p.ascii {
		return c&letter != 0 && (s[i] < 'A' || s[i] > 'Z')
	}
	return c&(letter|mark) != 0 && c&upper == 0
}

// word is the end of the word whose letters begin at i, i where there is none. whole is false where the word is the last
// resort of the pattern: capital letters alone.
func (p cased) word(s string, i int) (end int, whole bool) {
	k, last := i, -1 // last is the end of the last character that could be in the second part too
	for k < len(s) {
		c, n := at(s, k)
		if !p.high(s, k, c) {
			break
		}
		if p.low(s, k, c) {
			last = k + n
		}
		k += n
	}
	end = k
	for end < len(s) {
		c, n := at(s, end)
		if !p.low(s, end, c) {
			break
		}
		end += n
	}
	switch {
	case end > k:
		return end, true
	case last >= 0:
		return last, true
	}
	return k, false
}

func (p cased) split(s string, i int) int {
	c, n := at(s, i)
	if c&(letter|number|newline) == 0 || c&letter != 0 {
		j := i
		if c&letter == 0 {
			j += n
		}
		end, whole := p.word(s, j)
		if !whole && c&mark != 0 && !p.ascii { // the mark is the word rather than what goes before one
			end, whole = p.word(s, i)
		}
		if whole || end > j {
			if p.endings && end < len(s) && s[end] == '\'' {
				if n := contractionFold(s[end+1:], p.longS); n > 0 {
					end += 1 + n
				}
			}
			return end
		}
	}
	if c&number != 0 {
		return digitsUpTo(s, i, p.digits)
	}
	j := i
	if s[i] == ' ' {
		j++
	}
	if k := runNot(s, j, space|letter|number); k > j {
		for k < len(s) && (s[k] == '\r' || s[k] == '\n' || s[k] == '/') {
			k++
		}
		return k
	}
	return lineEnds(s, i)
}

// digitsUpTo is the end of a run of numbers at i, of at most so many.
func digitsUpTo(s string, i, most int) int {
	for ; most > 0 && i < len(s); most-- {
		c, n := at(s, i)
		if c&number == 0 {
			break
		}
		i += n
	}
	return i
}

// lineEnds is what \s*[\r\n]+|\s+(?!\S)|\s+ matches at i: white space up to its last line end, if it has one.
func lineEnds(s string, i int) int {
	k, end := i, 0
	for k < len(s) {
		c, n := at(s, k)
		if c&space == 0 {
			break
		}
		k += n
		if c&newline != 0 {
			end = k
		}
	}
	if end > 0 {
		return end
	}
	return spaces(s, i)
}

// deepSeek is the last part of DeepSeek V3's pre-tokenizer:
//
//	[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// It gives the end of a match at i, i for none.
func deepSeek(s string, i int) int {
	const marks = punctuation | sign
	c, n := at(s, i)
	j := i + n
	if n == 1 && c&marks != 0 && j < len(s) && isASCIILetter(s[j]) {
		for j < len(s) && isASCIILetter(s[j]) {
			j++
		}
		return j
	}
	if c&(newline|letter|marks) == 0 {
		if k := run(s, j, letter|mark); k > j {
			return k
		}
	}
	if k := run(s, i, letter|mark); k > i {
		return k
	}
	k := i
	if s[i] == ' ' {
		k++
	}
	if end := run(s, k, marks); end > k {
		for end < len(s) && (s[end] == '\r' || s[end] == '\n') {
			end++
		}
		return end
	}
	if c&space == 0 {
		return i
	}
	return lineEnds(s, i)
}

func isASCIILetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// orGap is the splitter of a pattern that does not match everything: what is between two matches is left whole. match
// gives the end of a match at i, i for none.
func orGap(match splitter) splitter {
	return func(s string, i int) int {
		if end := match(s, i); end > i {
			return end
		}
		for i < len(s) {
			_, n := utf8.DecodeRuneInString(s[i:])
			if i += n; i < len(s) && match(s, i) > i {
				break
			}
		}
		return i
	}
}

// runsAfter matches runs of some characters, each with one character before it that may go with it.
func runsAfter(before, is func(rune) bool) splitter {
	const lead, body = 1, 2
	var ascii [utf8.RuneSelf]uint8
	for r := range ascii {
		if before(rune(r)) {
			ascii[r] |= lead
		}
		if is(rune(r)) {
			ascii[r] |= body
		}
	}
	run := func(s string, i int) int { // the end of the characters from i on that is says yes to
		for i < len(s) {
			if c := s[i]; c < utf8.RuneSelf {
				if ascii[c]&body == 0 {
					break
				}
				i++
				continue
			}
			r, n := utf8.DecodeRuneInString(s[i:])
			if !is(r) {
				break
			}
			i += n
		}
		return i
	}
	return func(s string, i int) int {
		n := 0
		if c := s[i]; c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if before(r) {
				n = size
			}
		} else if ascii[c] == 0 {
			return i
		} else if ascii[c]&lead != 0 {
			n = 1
		}
		if end := run(s, i+n); end > i+n || n == 0 {
			return end
		}
		return run(s, i) // the character before may be one of the run itself
	}
}

// trailingSpace is \s+$ split off.
func trailingSpace(s string, i int) int {
	if end := len(strings.TrimRightFunc(s, unicode.IsSpace)); end > i {
		return end
	}
	return len(s)
}
