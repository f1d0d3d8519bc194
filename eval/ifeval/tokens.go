package ifeval

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokens splits a text into words and marks by the rules of the Penn Treebank as NLTK has them: contractions become two, what is
// joined by a dash stays one. The steps are those of [treebank].
func tokens(text string, steps []func(string) string) []string {
	var all []string
	for _, s := range sentences(text) {
		for _, step := range steps {
			s = step(s)
		}
		all = append(all, strings.FieldsFunc(s, isSpace)...)
	}
	return all
}

// treebank are the steps, each of which sets spaces where the text is to be split. A double quote becomes two single ones, and other
// marks are only set apart, for here they are not counted.
func treebank() []func(string) string {
	replace := func(pattern, with string) func(string) string {
		r := regexp.MustCompile(pattern)
		return func(s string) string { return r.ReplaceAllString(s, with) }
	}
	const lastPoint = `([^.])(\.)([\])}>"'»”’ ]*)` + space + `*$`
	return []func(string) string{
		replace("([«“‘„]|`+)", " $1 "),
		replace(`^"`, "``"),
		replace("``", " `` "),
		replace(`([ (\[{<])("|'{2})`, "$1 `` "),
		openingQuote,
		replace("([»”’])", " $1 "),
		replace(lastPoint, "$1 $2 $3 "),
		replace(`([:,])(\P{Nd})`, " $1 $2"),
		replace(`([:,])$`, " $1 "),
		replace(`\.{2,}`, " $0 "),
		replace(`[;@#$%&?!*]`, " $0 "),
		replace(`([^'])' `, "$1 ' "),
		replace(`[\]\[(){}<>]`, " $0 "),
		replace(`--`, " -- "),
		func(s string) string { return " " + s + " " },
		replace(`''`, " '' "),
		replace(`"`, " '' "),
		replace(`([^' ])('[sS]|'[mM]|'[dD]|') `, "$1 $2 "),
		replace(`([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) `, "$1 $2 "),
		replace(`(?i)\b(can)(not)\b`, " $1 $2 "),
		replace(`(?i)\b(d)('ye)\b`, " $1 $2 "),
		replace(`(?i)\b(gim)(me)\b`, " $1 $2 "),
		replace(`(?i)\b(gon)(na)\b`, " $1 $2 "),
		replace(`(?i)\b(got)(ta)\b`, " $1 $2 "),
		replace(`(?i)\b(lem)(me)\b`, " $1 $2 "),
		replace(`(?i)\b(more)('n)\b`, " $1 $2 "),
		replace(`(?i)\b(wan)(na)([ \n\t])`, " $1 $2 $3"),
		replace(`(?i) ('t)(is|was)\b`, " $1 $2 "),
	}
}

// openingQuote sets a space behind a ' before a word of one character, other than that of a contraction.
func openingQuote(s string) string {
	var b strings.Builder
	for i, r := range s {
		b.WriteRune(r)
		if r != '\'' {
			continue
		}
		first, n := utf8.DecodeRuneInString(s[i+1:])
		second, _ := utf8.DecodeRuneInString(s[i+1+n:])
		if n > 0 && isWord(first) && !isWord(second) && !strings.ContainsRune("mtsdn", unicode.ToLower(first)) {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
