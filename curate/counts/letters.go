package counts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/cria-llm/cria/curate"
)

var (
	beginning  = regexp.MustCompile(`\b(?:words?|names?|animals?|fruits?|vegetables?|countries|cities|states?|nouns?|verbs?|adjectives?|adverbs?|items?|foods?|synonyms?|colors?|things|birds?|companies|brands?|instruments?|flowers?|plants?|boys|girls|objects?|sports?|professions?|jobs|that|which|whose names?)(?: [a-z]+){0,4}? (?:start|begin|starting|beginning|starts|begins)(?:ning)? with (?:the )?(?:letter )?["'“‘]?([a-z])["'”’]?(?:\W|$)`)
	lettered   = regexp.MustCompile(`\b(two|three|four|five|six|seven|eight|nine|ten|\d{1,2})[- ]letter (?:[a-z]+ )?words?\b`)
	alphabet   = regexp.MustCompile(`^(?:please )?(?:sort|arrange|order|put|place|rearrange|organi[sz]e|alphabeti[sz]e|re-order|reorder|list)\b.*\b(?:alphabetical(?:ly| order)|alphabeti[sz]e)`)
	notLetters = regexp.MustCompile(`\b(?:add|code|expression|program|function|script|query|sql|python|regex|reverse|story|poem|sentence|paragraph|line|lines|all words|every word|each|end|ends|ending|acrostic|anagram|rhymes?|scramble|unscramble|guess|password|followed|starting with the letter .*and ending)\b`)
)

// lettersWrong looks at the items of a list that are to have certain letters.
func lettersWrong(x curate.Exchange) (fault, bool) {
	ask := strings.ToLower(x.Instruction.Text)
	if notLetters.MatchString(ask) || len(ask) > 300 {
		return fault{}, false
	}
	if alphabet.MatchString(ask) {
		return unsorted(x)
	}
	if m := beginning.FindStringSubmatch(ask); m != nil {
		for _, item := range wordItems(x.Output.Text) {
			w := strings.ToLower(item)
			if !strings.HasPrefix(w, m[1]) && !strings.HasPrefix(strings.TrimPrefix(strings.TrimPrefix(w, "the "), "a "), m[1]) {
				return fault{sure: 0.92, why: fmt.Sprintf("%q does not begin with %s", item, strings.ToUpper(m[1]))}, true
			}
		}
		return fault{}, false
	}
	if m := lettered.FindStringSubmatch(ask); m != nil {
		n := count(m[1])
		for _, item := range wordItems(x.Output.Text) {
			if has := strings.Count(item, "") - 1; has != n && !strings.ContainsFunc(item, func(r rune) bool { return !unicode.IsLetter(r) }) {
				return fault{sure: 0.93, why: fmt.Sprintf("%q has %d letters, not %d", item, has, n)}, true
			}
		}
	}
	return fault{}, false
}

// wordItems are the items of an answer that is a list of words or of short names, or one word alone.
func wordItems(text string) []string {
	text = strings.TrimSpace(text)
	if w := strings.Trim(text, ".!\"'“”"); !strings.ContainsAny(w, " \n,") {
		return []string{w}
	}
	l, ok := listed(text)
	if !ok {
		var plain bool
		if l, plain = oneALine(text); !plain {
			return nil
		}
	}
	for i, item := range l.items {
		item, _, _ = strings.Cut(item, " - ")
		item, _, _ = strings.Cut(item, ":")
		item, _, _ = strings.Cut(item, " (")
		item = strings.Trim(item, " .,;!*\"'“”‘’")
		if item == "" || len(strings.Fields(item)) > 3 || strings.ContainsAny(item, "/") {
			return nil
		}
		l.items[i] = item
	}
	return l.items
}

// oneALine reads lines of a few words each.
func oneALine(text string) (list, bool) {
	var l list
	for _, s := range lines(text) {
		if len(strings.Fields(s)) > 3 {
			return list{}, false
		}
		l.items = append(l.items, strings.TrimRight(s, ",;"))
	}
	return l, len(l.items) > 1
}

// unsorted looks for two neighbours in the wrong order, however names may be sorted: by their first word, their last, or
// without "the".
func unsorted(x curate.Exchange) (fault, bool) {
	items := wordItems(x.Output.Text)
	if len(items) < 2 || strings.Contains(strings.ToLower(x.Instruction.Text), "descending") || strings.Contains(strings.ToLower(x.Instruction.Text), "last name") {
		return fault{}, false
	}
	keys := []func(s string) string{
		func(s string) string { return s },
		func(s string) string {
			return strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(s, "the "), "a "), "an ")
		},
		func(s string) string { f := strings.Fields(s); return f[len(f)-1] },
		func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsLetter(r) || unicode.IsDigit(r) {
					return r
				}
				return -1
			}, s)
		},
	}
	var at [2]string
	for i, key := range keys {
		sorted := true
		for j := 1; j < len(items) && sorted; j++ {
			if key(strings.ToLower(items[j-1])) > key(strings.ToLower(items[j])) {
				sorted = false
				if i == 0 {
					at = [2]string{items[j-1], items[j]}
				}
			}
		}
		if sorted {
			return fault{}, false
		}
	}
	f := fault{sure: 0.93, why: fmt.Sprintf("%q stands before %q", at[0], at[1])}
	if plain := strings.Trim(x.Output.Text, " .\n"); strings.Join(items, ", ") == plain {
		better := slices.SortedStableFunc(slices.Values(items), func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
		f.better = strings.Replace(x.Output.Text, plain, strings.Join(better, ", "), 1)
		f.certain = true
	}
	return f, true
}
