package tokenizer

import "unicode"

// A class is what the pre-tokenizer patterns ask of a character.
type class uint8

const (
	letter  class = 1 << iota // \p{L}
	number                    // \p{N}
	space                     // \s, Unicode's White_Space
	newline                   // carriage return and line feed; space is set as well
	mark                      // \p{M}
)

// asciiClass is fixed data, filled once at start.
var asciiClass = func() (t [128]class) {
	for c := range t {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			t[c] = letter
		case '0' <= c && c <= '9':
			t[c] = number
		case c == '\r' || c == '\n':
			t[c] = space | newline
		case c == ' ' || c == '\t' || c == '\v' || c == '\f':
			t[c] = space
		}
	}
	return t
}()

func classOf(r rune) class {
	if uint32(r) < 128 {
		return asciiClass[r]
	}
	switch {
	case unicode.Is(unicode.L, r):
		return letter
	case unicode.Is(unicode.N, r):
		return number
	case unicode.Is(unicode.M, r):
		return mark
	case unicode.IsSpace(r):
		return space
	}
	return 0
}

// isWord is \w as Unicode's regular expression annex has it (Alphabetic, Mark, Decimal_Number,
// Connector_Punctuation, Join_Control).
func isWord(r rune) bool {
	if uint32(r) < 128 {
		return asciiClass[r]&(letter|number) != 0 || r == '_'
	}
	return unicode.In(r, unicode.L, unicode.Nl, unicode.M, unicode.Nd, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
}

// isPunctuation is every ASCII character that is neither letter, digit, space nor control, and \p{P}.
func isPunctuation(r rune) bool {
	if uint32(r) < 128 {
		return r > ' ' && r < 127 && asciiClass[r] == 0
	}
	return unicode.Is(unicode.P, r)
}
