package tokenizer

import "unicode"

// A class is what the pre-tokenizer patterns ask of a character.
type class uint16

const (
	letter      class = 1 << iota // \p{L}
	number                        // \p{N}
	space                         // \s, Unicode's White_Space
	newline                       // carriage return and line feed; space is set as well
	mark                          // \p{M}
	upper                         // \p{Lu} and \p{Lt}; letter is set as well
	lower                         // \p{Ll}; letter is set as well
	punctuation                   // \p{P}
	sign                          // \p{S}
)

// classTables are the tables that the classes come from.
func classTables() []struct {
	is    class
	table *unicode.RangeTable
} {
	return []struct {
		is    class
		table *unicode.RangeTable
	}{
		{letter, unicode.L}, {number, unicode.N}, {space, unicode.White_Space}, {mark, unicode.M},
		{upper, unicode.Lu}, {upper, unicode.Lt}, {lower, unicode.Ll}, {punctuation, unicode.P}, {sign, unicode.S},
	}
}

// planeClass is fixed data, filled once at start: the classes of the characters below U+10000.
var planeClass = func() *[1 << 16]class {
	t := new([1 << 16]class)
	for _, c := range classTables() {
		for _, r := range c.table.R16 {
			for i := int(r.Lo); i <= int(r.Hi); i += int(r.Stride) {
				t[i] |= c.is
			}
		}
	}
	t['\r'] |= newline
	t['\n'] |= newline
	return t
}()

func classOf(r rune) class {
	if uint32(r) < uint32(len(planeClass)) {
		return planeClass[r]
	}
	var is class
	for _, c := range classTables() {
		if unicode.Is(c.table, r) {
			is |= c.is
		}
	}
	return is
}

// isWord is \w as Unicode's regular expression annex has it (Alphabetic, Mark, Decimal_Number,
// Connector_Punctuation, Join_Control).
func isWord(r rune) bool {
	if uint32(r) < 128 {
		return planeClass[r]&(letter|number) != 0 || r == '_'
	}
	return unicode.In(r, unicode.L, unicode.Nl, unicode.M, unicode.Nd, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
}

// isPunctuation is every ASCII character that is neither letter, digit, space nor control, and \p{P}.
func isPunctuation(r rune) bool {
	if uint32(r) < 128 {
		return planeClass[r]&(punctuation|sign) != 0
	}
	return classOf(r)&punctuation != 0
}
