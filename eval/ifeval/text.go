package ifeval

import (
	"strings"
	"unicode"
)

// The published checks are Python's, whose idea of space, words and case is that of Unicode; these are the same in Go.
const (
	space    = `[\s\v\x1c-\x1f\x{85}\p{Z}]`
	notSpace = `[^\s\v\x1c-\x1f\x{85}\p{Z}]`
)

func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func strip(s string) string { return strings.TrimFunc(s, isSpace) }

// isWord says whether a character belongs to a word: letters, numbers of every kind and _, but no combining marks, so that a word of
// Hindi ends at a vowel sign.
func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

func countWords(s string) int {
	n, in := 0, false
	for _, r := range s {
		w := isWord(r)
		if w && !in {
			n++
		}
		in = w
	}
	return n
}

func isUpper(r rune) bool { return unicode.IsUpper(r) || unicode.Is(unicode.Other_Uppercase, r) }
func isLower(r rune) bool { return unicode.IsLower(r) || unicode.Is(unicode.Other_Lowercase, r) }

// allUpper says that a text has capitals and nothing of another case.
func allUpper(s string) bool {
	found := false
	for _, r := range s {
		if isLower(r) || unicode.IsTitle(r) {
			return false
		}
		found = found || isUpper(r)
	}
	return found
}

// allLower says that a text has small letters and nothing of another case.
func allLower(s string) bool {
	found := false
	for _, r := range s {
		if isUpper(r) || unicode.IsTitle(r) {
			return false
		}
		found = found || isLower(r)
	}
	return found
}
