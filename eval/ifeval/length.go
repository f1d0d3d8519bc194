package ifeval

import (
	"regexp"
	"strings"
)

// The kinds "length_constraints:".

func numberOfWords(a *arguments) check {
	holds := a.compare("relation", "num_words")
	return func(text string, _ Identify) bool { return holds(countWords(text)) }
}

func numberOfSentences(a *arguments) check {
	holds := a.compare("relation", "num_sentences")
	return func(text string, _ Identify) bool { return holds(len(sentences(text))) }
}

// paragraphs counts what stands between dividers, ***. An empty one counts for nothing at either end and fails between others.
func paragraphs(a *arguments) check {
	want := a.number("num_paragraphs")
	divider := regexp.MustCompile(space + `?\*\*\*` + space + `?`)
	return func(text string, _ Identify) bool {
		all := divider.Split(text, -1)
		n := len(all)
		for i, p := range all {
			if strip(p) == "" {
				if i != 0 && i != len(all)-1 {
					return false
				}
				n--
			}
		}
		return n == want
	}
}

// firstWord counts paragraphs between empty lines and looks at the first word of one. The empty ones are not counted, but the one to
// look at is found with them, as in the published program.
func firstWord(a *arguments) check {
	want, nth, word := a.number("num_paragraphs"), a.number("nth_paragraph"), strings.ToLower(a.text("first_word"))
	if nth > want {
		a.refuse("nth_paragraph", "one of the num_paragraphs")
	}
	return func(text string, _ Identify) bool {
		all := strings.Split(text, "\n\n")
		n := 0
		for _, p := range all {
			if strip(p) != "" {
				n++
			}
		}
		if n != want {
			return false
		}
		p := strings.TrimLeftFunc(all[nth-1], isSpace)
		if end := strings.IndexFunc(p, isSpace); end >= 0 {
			p = p[:end]
		}
		p = strings.TrimLeft(strings.TrimLeft(p, `'`), `"`)
		if end := strings.IndexAny(p, `.,?!'"`); end >= 0 {
			p = p[:end]
		}
		return strings.ToLower(p) == word
	}
}
