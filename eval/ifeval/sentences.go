package ifeval

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// sentences splits a text as Punkt does (Kiss and Strunk 2006, Unsupervised Multilingual Sentence Boundary Detection), by whose English
// model the published program counts. The rules are Punkt's. Of its model there is what matters in answers: the abbreviations that are
// common outside the news of one paper and, in place of the 20,000 words of which it knows how they are written, a few hundred.
func sentences(text string) []string {
	var slices [][2]int
	last := 0
	for _, c := range candidates(text) {
		if breaks(text[c.from:c.to]) {
			slices = append(slices, [2]int{last, c.end})
			last = c.next
		}
	}
	slices = append(slices, [2]int{last, max(last, len(strings.TrimRightFunc(text, isSpace)))})
	return realigned(text, slices)
}

// candidate is a place where a sentence may end: after text[:end]. text[from:to] is the word that ends there and what follows it.
type candidate struct{ from, end, next, to int }

// candidates finds the marks . ? ! that have other punctuation or a space and a word behind them. Of several in one word it is the last.
func candidates(text string) []candidate {
	var all []candidate
	var before *candidate
	wordFrom, wordTo := 0, 0 // the word before the last mark
	for i := 0; i < len(text); i++ {
		if text[i] != '.' && text[i] != '?' && text[i] != '!' || i+1 == len(text) {
			continue
		}
		c := candidate{end: i + 1, next: i + 1, to: i + 2}
		if !closes(text[i+1]) {
			c.next += len(text[i+1:]) - len(strings.TrimLeftFunc(text[i+1:], isSpace))
			if c.next == i+1 || c.next == len(text) {
				continue
			}
			c.to = c.next + tokenEnd(text[c.next:])
		}
		from := wordFrom
		if at := strings.LastIndexAny(text[wordTo:i], " \t\n\r\v\f"); at > 0 {
			from = wordTo + at + 1
		}
		if before != nil && wordTo <= from {
			all = append(all, *before)
		}
		c.from = from
		wordFrom, wordTo, before = from, i, &c
	}
	if before != nil {
		all = append(all, *before)
	}
	return all
}

// closes says that a byte is never part of a word.
func closes(b byte) bool { return strings.IndexByte(`)";}]*:@'({[!?`, b) >= 0 }

// tokenEnd is where the first space is.
func tokenEnd(s string) int {
	if end := strings.IndexFunc(s, isSpace); end >= 0 {
		return end
	}
	return len(s)
}

// realigned moves closing quotes and brackets from the beginning of a sentence to the end of the one before.
func realigned(text string, slices [][2]int) []string {
	var all []string
	moved := 0
	for i, s := range slices {
		from := s[0] + moved
		moved = 0
		if i+1 < len(slices) {
			next := text[slices[i+1][0]:slices[i+1][1]]
			rest := strings.TrimLeft(next, `"')]}`)
			if closers := len(next) - len(rest); closers > 0 {
				after := strings.TrimLeftFunc(rest, isSpace)
				if rest == "" || len(after) < len(rest) || strings.HasPrefix(rest, "--") {
					moved = len(next) - len(after)
					all = append(all, text[from:slices[i+1][0]+closers])
					continue
				}
			}
		}
		if from < s[1] {
			all = append(all, text[from:s[1]])
		}
	}
	return all
}

// token is a word or a mark of a context.
type token struct {
	text                   string
	breaks, abbr, ellipsis bool
}

// breaks says whether a sentence ends within a context: a word with a mark behind it, and the token after that.
func breaks(context string) bool {
	var all []token
	for context != "" {
		context = strings.TrimLeftFunc(context, isSpace)
		n := wordLength(context)
		if n > 0 {
			all = append(all, marked(context[:n]))
		}
		context = context[n:]
	}
	for i := 0; i+1 < len(all); i++ {
		if all[i].reconsidered(all[i+1]); all[i].breaks {
			return true
		}
	}
	return false
}

// wordLength is the length of the first token of a text that does not begin with a space: a run of dashes or points, a word, or one
// character.
func wordLength(s string) int {
	if n := run(s); n > 0 || s == "" {
		return n
	}
	if strings.IndexByte("(\"`{[:;&#*@)}]-,", s[0]) >= 0 {
		return 1
	}
	for i, r := range s {
		if i == 0 {
			continue
		}
		if isSpace(r) || wordEnds(s[i:]) {
			return i
		}
		if r == ',' {
			if rest := s[i+1:]; rest == "" || strings.IndexFunc(rest, isSpace) == 0 || wordEnds(rest) {
				return i
			}
		}
	}
	return len(s)
}

// wordEnds says whether what follows is never part of a word.
func wordEnds(s string) bool { return closes(s[0]) || run(s) > 0 }

// run is the length of the dashes, of the points or of the points with a space between them that a text begins with.
func run(s string) int {
	for _, c := range []string{"-", "."} {
		if strings.HasPrefix(s, c+c) {
			return len(s) - len(strings.TrimLeft(s, c))
		}
	}
	points, n := 0, 0
	for n < len(s) && s[n] == '.' {
		r, size := utf8.DecodeRuneInString(s[n+1:])
		points++
		if size == 0 || !isSpace(r) || n+1+size == len(s) || s[n+1+size] != '.' {
			if points >= 3 {
				return n + 1
			}
			return 0
		}
		n += 1 + size
	}
	return 0
}

// marked is the first look at a token, by itself.
func marked(s string) token {
	t := token{text: s}
	switch {
	case s == "." || s == "?" || s == "!":
		t.breaks = true
	case strings.HasPrefix(s, "..") && strings.Trim(s, ".") == "":
		t.ellipsis = true
	case strings.HasSuffix(s, ".") && !strings.HasSuffix(s, ".."):
		word := strings.ToLower(s[:len(s)-1])
		t.abbr = isAbbreviation(word) || isAbbreviation(word[strings.LastIndexByte(word, '-')+1:])
		t.breaks = !t.abbr
	}
	return t
}

// reconsidered is the second look at a token, by the one after it.
func (t *token) reconsidered(next token) {
	if !strings.HasSuffix(t.text, ".") {
		return
	}
	letter, n := utf8.DecodeRuneInString(t.text)
	initial := len(t.text) == n+1 && (letter == '_' || unicode.IsLetter(letter))
	first, _ := utf8.DecodeRuneInString(next.text)
	word := strings.ToLower(next.text)
	if next.breaks {
		word = strings.TrimRight(word, ".")
	}
	starts := isUpper(first) && opens(word)
	continues := isLower(first) || len(next.text) == 1 && strings.Contains(";:,.!?", next.text)
	switch {
	case (t.abbr || t.ellipsis) && !initial:
		if starts {
			t.breaks = true
		}
	case initial || isNumber(t.text):
		if continues || initial && isUpper(first) && !starts && !common(word) {
			t.breaks, t.abbr = false, true
		}
	}
}

// isNumber says whether a token is a number: -1,234.5 or the 3. of a list.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	if s != "" && (s[0] == '.' || s[0] == ',') {
		s = s[1:]
	}
	for i, r := range s {
		if !unicode.IsDigit(r) && (i == 0 || r != ',' && r != '.' && r != '-') {
			return false
		}
	}
	return s != ""
}
