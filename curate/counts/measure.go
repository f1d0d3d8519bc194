package counts

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// list is the items of an answer that is one.
type list struct {
	items  []string
	starts []int // where each begins, its mark included
	marked bool  // by numbers or bullets
}

// measure counts what is demanded; ok is false where it can't be counted in one way alone.
func (d demand) measure(text string) (n int, items list, ok bool) {
	if d.unit != "items" && introduced.MatchString(text) {
		return 0, list{}, false
	}
	switch d.unit {
	case "items":
		items, ok = listed(text)
		return len(items.items), items, ok
	case "words":
		if l, ok := commas(text); ok && len(l.items) >= d.least && len(l.items) <= d.most { // of two words each, perhaps
			return len(l.items), list{}, true
		}
		for _, m := range quoted.FindAllStringSubmatch(text, -1) { // the phrase in a sentence
			if n := len(words(m[1])); n >= d.least && n <= d.most {
				return n, list{}, true
			}
		}
		return len(words(text)), list{}, true
	case "sentences":
		n := sentences(text)
		return n, list{}, n > 0
	case "characters":
		return len([]rune(strings.TrimSpace(text))), list{}, true
	case "lines":
		n := len(lines(text))
		if n == 1 { // a poem on one line
			if parts := strings.Count(text, "/") + 1; parts > 1 {
				return parts, list{}, parts > 1
			}
			return 0, list{}, false
		}
		if title := len(words(lines(text)[0])) <= 4; n == d.most+1 && (title || strings.Contains(text, "\"")) { // or who wrote it
			return n, list{}, false
		}
		return n, list{}, true
	case "paragraphs":
		n := blocks(text)
		if m := len(lines(text)); m >= d.least && m <= d.most {
			n = m
		}
		return n, list{}, true
	case "stanzas":
		n := blocks(text)
		return n, list{}, n > 1
	}
	return 0, list{}, false
}

// introduced is an answer that says first what it is.
var introduced = regexp.MustCompile(`(?i)^\s*(?:here(?:'s| is| are)|sure|certainly|of course)\b|:[ \t]*\n|^\s*"[^"]*"\s*\n`)

var quoted = regexp.MustCompile(`["“]([^"“”]+)["”]`)

// words are separated by white space; a dash or a bullet alone is none.
func words(text string) []string {
	return slices.DeleteFunc(strings.Fields(text), func(w string) bool {
		return !strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	})
}

func lines(text string) []string {
	var out []string
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// blocks are what empty lines separate.
func blocks(text string) int {
	n, in := 0, false
	for l := range strings.Lines(text) {
		blank := strings.TrimSpace(l) == ""
		if !blank && !in {
			n++
		}
		in = !blank
	}
	return n
}

var abbreviation = regexp.MustCompile(`(?i)(?:^|[\s(])(?:mr|mrs|ms|dr|st|jr|sr|vs|etc|no|prof|e\.g|i\.e|inc|ltd|co|u\.s|u\.k|a\.m|p\.m|[a-z])$`)

// sentences ends one at a full stop, a question or exclamation mark that white space or nothing follows. What has lines without
// such an end, as a heading or a list, is not counted: 0.
func sentences(text string) int {
	n := 0
	text = strings.TrimSpace(text)
	for _, l := range lines(text) {
		l = strings.TrimRight(mark.ReplaceAllString(l, ""), "\"”'’) ")
		if l == "" {
			continue
		}
		if !strings.ContainsAny(l[len(l)-1:], ".!?") {
			return 0
		}
		for i := 0; i < len(l); i++ {
			if !strings.ContainsRune(".!?", rune(l[i])) {
				continue
			}
			rest := strings.TrimLeft(l[i+1:], ".!?\"”'’)")
			switch {
			case rest == "":
				n++
				i = len(l)
			case rest[0] != ' ':
			case l[i] == '.' && abbreviation.MatchString(l[max(0, i-8):i]):
			case strings.HasPrefix(rest, " ") && startsSentence(rest[1:]):
				n++
			}
		}
	}
	return n
}

func startsSentence(s string) bool {
	s = strings.TrimLeft(s, "\"“'‘( ")
	for _, r := range s {
		return unicode.IsUpper(r) || unicode.IsDigit(r)
	}
	return false
}

// mark is what a line of a list begins with: "1. ", "2) ", "- ", "• ".
var (
	mark     = regexp.MustCompile(`^\s*(?:\(?\d{1,2}[.):]|[-*•●–])\s*`)
	numbered = regexp.MustCompile(`(?m)^[ \t]*\(?(\d{1,2})[.):]\s*\S`)
	inline   = regexp.MustCompile(`(?:^|\s)\(?(\d{1,2})[.)]\s+\S`)
	bullet   = regexp.MustCompile(`(?m)^([ \t]*)[-*•●]\s*\S`)
)

// listed reads an answer that is a list: numbered, bulleted, one item a line, or separated by commas.
func listed(text string) (list, bool) {
	if l, ok, is := numberedList(text, numbered); is {
		return l, ok
	}
	if m := bullet.FindAllStringSubmatchIndex(text, -1); len(m) > 0 {
		// All on one level, with nothing between that looks like an item of a higher one.
		var l list
		for i, b := range m {
			if text[b[2]:b[3]] != text[m[0][2]:m[0][3]] {
				return list{}, false
			}
			end := len(text)
			if i+1 < len(m) {
				end = m[i+1][0]
			}
			item := strings.TrimSpace(text[b[0]:end])
			if strings.Contains(item, "\n") && i+1 < len(m) {
				return list{}, false
			}
			l.items = append(l.items, strings.TrimSpace(mark.ReplaceAllString(item, "")))
			l.starts = append(l.starts, b[0])
		}
		l.marked = true
		return l, len(lines(text[:m[0][0]])) <= 1
	}
	if l, ok, is := numberedList(text, inline); is {
		return l, ok
	}
	return commas(text)
}

// numberedList reads marks that count from 1; is says that there are any.
func numberedList(text string, re *regexp.Regexp) (l list, ok, is bool) {
	m := re.FindAllStringSubmatchIndex(text, -1)
	if len(m) < 2 {
		return list{}, false, false
	}
	for i, b := range m {
		if count(text[b[2]:b[3]]) != i+1 {
			return list{}, false, true
		}
		end := len(text)
		if i+1 < len(m) {
			end = m[i+1][0]
		}
		l.items = append(l.items, strings.TrimSpace(mark.ReplaceAllString(text[b[0]:end], "")))
		l.starts = append(l.starts, b[0])
	}
	l.marked = true
	return l, true, true
}

var (
	// What a list in a sentence begins after.
	lead = regexp.MustCompile(`(?i)^[^,]*?(?:\binclude:?|\bare:?|\bincluding:?|:)\s+`)
	and  = regexp.MustCompile(`,?\s+(?:and|&|or)\s+|[,;]\s*`)
)

// commas reads "a, b, c and d": short items, and nothing that could be a part of one.
func commas(text string) (list, bool) {
	text = strings.TrimSpace(text)
	if strings.ContainsAny(text, "\n()\"“”") || len(text) > 400 {
		return list{}, false
	}
	text = strings.TrimRight(text, ".!")
	if m := lead.FindStringIndex(text); m != nil {
		text = text[m[1]:]
	}
	if strings.ContainsAny(text, ".:!?") || strings.Count(text, ",")+strings.Count(text, ";") < 1 {
		return list{}, false
	}
	semis := strings.Contains(text, ";")
	var l list
	for _, item := range and.Split(text, -1) {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		if n := len(strings.Fields(item)); n > 3 || semis || number.MatchString(item) { // three sides are three items
			return list{}, false
		}
		l.items = append(l.items, item)
	}
	// An "and" before the last comma may be inside an item: "research and development, sales".
	if i := strings.LastIndex(text, ","); i >= 0 && (strings.Contains(text[:i], " and ") || strings.Contains(text[:i], " & ") || strings.Contains(text[:i], " or ")) {
		return list{}, false
	}
	if strings.Count(text, " and ")+strings.Count(text, " & ")+strings.Count(text, " or ") > 1 {
		return list{}, false
	}
	return l, len(l.items) > 1
}
