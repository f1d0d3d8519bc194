package tokenizer

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// unicodeForm is a normal form of Unicode.
type unicodeForm struct{ form norm.Form }

// manyMarks is from how many marks in a row on package norm puts a joiner between them, which no tokenizer does.
const manyMarks = 30

func (n unicodeForm) normalize(s string, _ place) string {
	done := n.form.QuickSpanString(s)
	if done == len(s) {
		return s
	}
	marks := 0
	for _, r := range s {
		if marks++; classOf(r)&mark == 0 {
			marks = 0
		} else if marks == manyMarks/2 { // each may come apart into two or three
			return n.plain(s)
		}
	}
	return n.form.String(s)
}

// combining is a character with its combining class.
type combining struct {
	r   rune
	ccc uint8
}

// plain is the form by its definition (Unicode Standard Annex 15): every character taken apart, marks in the order of
// their classes, and, for the composed forms, put together again where nothing stands between.
func (n unicodeForm) plain(s string) string {
	apart := norm.NFD
	if n.form == norm.NFKC || n.form == norm.NFKD {
		apart = norm.NFKD
	}
	chars := make([]combining, 0, len(s))
	known := make(map[rune][]combining)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		parts, ok := known[r]
		if !ok {
			for _, c := range apart.String(s[i : i+size]) {
				parts = append(parts, combining{c, norm.NFD.PropertiesString(string(c)).CCC()})
			}
			known[r] = parts
		}
		chars = append(chars, parts...)
		i += size
	}
	for i := 0; i < len(chars); {
		end := i + 1
		if chars[i].ccc != 0 {
			for end < len(chars) && chars[end].ccc != 0 {
				end++
			}
			slices.SortStableFunc(chars[i:end], func(a, b combining) int { return cmp.Compare(a.ccc, b.ccc) })
		}
		i = end
	}
	if n.form == norm.NFC || n.form == norm.NFKC {
		chars = compose(chars)
	}
	out := make([]byte, 0, len(s))
	for _, c := range chars {
		out = utf8.AppendRune(out, c.r)
	}
	return string(out)
}

// compose puts characters together with the starter before them.
func compose(chars []combining) []combining {
	known := make(map[[2]rune]rune) // 0 for pairs that do not combine
	out := chars[:0]
	starter := -1
	last := uint8(0) // class of the character before, where it stayed
	for _, c := range chars {
		if starter >= 0 && (last < c.ccc || last == 0 && starter == len(out)-1) {
			pair := [2]rune{out[starter].r, c.r}
			whole, ok := known[pair]
			if !ok {
				if text := []rune(norm.NFC.String(string(pair[:]))); len(text) == 1 {
					whole = text[0]
				}
				known[pair] = whole
			}
			if whole != 0 {
				out[starter].r = whole
				continue
			}
		}
		if last = c.ccc; last == 0 {
			starter = len(out)
		}
		out = append(out, c)
	}
	return out
}
