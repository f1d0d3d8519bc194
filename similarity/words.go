package similarity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Words are the words of a text as the rouge_score package takes them, without stemming: in lower case, what stands between
// anything but a-z and 0-9. Beyond that package, which sees nothing else, letters of every script make words, and a letter
// of a script that is written without spaces between words (or, as Korean, with long ones) is a word of its own.
func Words(text string) []string {
	if !ascii(text) {
		return wordsOf(norm.NFC.String(text))
	}
	text = strings.ToLower(text)
	var words []string
	from := -1
	for i := 0; i < len(text); i++ {
		c := text[i]
		in := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		switch {
		case in && from < 0:
			from = i
		case !in && from >= 0:
			words = append(words, text[from:i])
			from = -1
		}
	}
	if from >= 0 {
		words = append(words, text[from:])
	}
	return words
}

func ascii(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// wordsOf is Words of any text, by the same rule.
func wordsOf(text string) []string {
	var words []string
	var word strings.Builder
	alone := false // what is in word is a letter that is a word of its own
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
		alone = false
	}
	for _, c := range text {
		switch {
		case unicode.IsMark(c):
			// It belongs to the letter before it, if there is one.
			if word.Len() > 0 {
				word.WriteRune(c)
			}
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			end()
		case unspaced(c):
			end()
			word.WriteRune(c)
			alone = true
		default:
			if alone {
				end()
			}
			word.WriteRune(unicode.ToLower(c))
		}
	}
	end()
	return words
}

// unspaced says whether a letter is of a script whose words cannot be told by the spaces between them.
func unspaced(c rune) bool {
	return c >= 0xe00 && unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
