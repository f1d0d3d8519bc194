package ifeval

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// The kinds "keywords:" and "change_case:".
//
// Keywords are taken as they are, where the published program takes them for regular expressions; in none of its prompts does that
// make a difference.

func keywords(a *arguments) check {
	var all []*regexp.Regexp
	for _, w := range a.texts("keywords") {
		all = append(all, ignoringCase(w))
	}
	return func(text string, _ Identify) bool {
		for _, w := range all {
			if !w.MatchString(text) {
				return false
			}
		}
		return true
	}
}

func ignoringCase(s string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)` + regexp.QuoteMeta(strings.ToValidUTF8(s, "�")))
}

func keywordFrequency(a *arguments) check {
	word := ignoringCase(strip(a.text("keyword")))
	holds := a.compare("relation", "frequency")
	return func(text string, _ Identify) bool { return holds(len(word.FindAllStringIndex(text, -1))) }
}

// forbiddenWords looks for whole words: a keyword between the boundaries of words.
func forbiddenWords(a *arguments) check {
	var all []*regexp.Regexp
	for _, w := range a.texts("forbidden_words") {
		all = append(all, ignoringCase(w))
	}
	return func(text string, _ Identify) bool {
		for _, w := range all {
			if whole(w, text) {
				return false
			}
		}
		return true
	}
}

// whole says whether a keyword stands somewhere in the text between boundaries of words.
func whole(word *regexp.Regexp, text string) bool {
	for from := 0; from < len(text); {
		at := word.FindStringIndex(text[from:])
		if at == nil {
			return false
		}
		if boundary(text, from+at[0]) && boundary(text, from+at[1]) {
			return true
		}
		_, n := utf8.DecodeRuneInString(text[from+at[0]:])
		from += at[0] + n
	}
	return false
}

// boundary says whether a word begins or ends at a place.
func boundary(text string, at int) bool {
	before, n := utf8.DecodeLastRuneInString(text[:at])
	after, m := utf8.DecodeRuneInString(text[at:])
	return (n > 0 && isWord(before)) != (m > 0 && isWord(after))
}

// letterFrequency counts a character in either case. In two of the published prompts it is # and !, for which the published program
// draws a letter at random; here the character that the prompt asks for is counted.
func letterFrequency(a *arguments) check {
	letter := strings.ToLower(a.text("letter"))
	if utf8.RuneCountInString(letter) != 1 {
		a.refuse("letter", "one character")
	}
	holds := a.compare("let_relation", "let_frequency")
	return func(text string, _ Identify) bool { return holds(strings.Count(strings.ToLower(text), letter)) }
}

// capitalWords counts words all in capitals, as split by [tokens]: a letter alone is one, and "DON'T" is two.
func capitalWords(a *arguments) check {
	holds := a.compare("capital_relation", "capital_frequency")
	steps := treebank()
	return func(text string, _ Identify) bool {
		n := 0
		for _, w := range tokens(text, steps) {
			if allUpper(w) {
				n++
			}
		}
		return holds(n)
	}
}

// englishCapital asks for capitals and English. The published program identifies the language by letters that it does not take from
// words in capitals, and so hears English in few such answers but by luck; here the small letters are read.
func englishCapital(text string, identify Identify) bool {
	return allUpper(text) && isEnglish(strings.ToLower(text), identify)
}

func englishLowercase(text string, identify Identify) bool {
	return allLower(text) && isEnglish(text, identify)
}

// isEnglish says whether a text is in English, or nothing tells in which language it is: a name or a few words are in none.
func isEnglish(text string, identify Identify) bool {
	got := identify(text)
	return got == "en" || got == "" || got == Unknown
}

func responseLanguage(a *arguments) check {
	code := a.text("language")
	return func(text string, identify Identify) bool {
		got := identify(text)
		return got == code || got == ""
	}
}
