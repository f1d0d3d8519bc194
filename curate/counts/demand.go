package counts

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/curate"
)

// demand is how many of something are asked for.
type demand struct {
	unit        string // "items", "words", "sentences", "lines", "paragraphs", "stanzas", "characters"
	least, most int    // most is math.MaxInt where there is no end
	sure        float64
	said        string // as the request says it
	verse       bool   // lines of a kind of poem
}

func (d demand) String() string { return strconv.Quote(d.said) }

// missed is how sure it is that a count is not what was asked for: 0 where it is, or nearly, where nobody counts exactly.
func (d demand) missed(n int) float64 {
	var off float64
	switch {
	case n < d.least:
		off = float64(d.least-n) / float64(d.least)
	case n > d.most:
		off = float64(n-d.most) / float64(max(d.most, 1))
	default:
		return 0
	}
	switch d.unit {
	case "words", "characters":
		switch size := max(d.least, min(d.most, 1<<20)); {
		case size <= 10:
			return d.sure
		case off <= 0.1 || size > 20 && off <= 0.2:
			return 0
		case off <= 0.3:
			return d.sure - 0.2
		case off <= 0.5:
			return d.sure - 0.1
		}
	case "sentences":
		if off < 0.3 {
			return d.sure - 0.1
		}
	case "paragraphs":
		if d.least > 1 && n > 1 {
			return d.sure - 0.2
		}
	}
	return d.sure
}

const numberWords = `one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty|thirty|fifty|hundred`

const num = `(\d{1,4}|` + numberWords + `)`

var worth = map[string]int{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100}

// count reads a number in digits or in a word.
func count(s string) int {
	if n, ok := worth[s]; ok {
		return n
	}
	n, _ := strconv.Atoi(s)
	return n
}

// qualified sets the limits of a demand by the words before its number.
func (d *demand) qualified(n int, before, after string) {
	d.least, d.most = n, n
	switch before = strings.TrimSpace(before); {
	case strings.Contains(after, "or less") || strings.Contains(after, "or fewer") || strings.Contains(after, "max") || strings.Contains(after, "or under"):
		d.least = 0
	case strings.Contains(after, "or more") || strings.Contains(after, "minimum"):
		d.most = math.MaxInt
	case before == "more than" || before == "over":
		d.least, d.most = n+1, math.MaxInt
	case before == "less than" || before == "fewer than" || before == "under":
		d.least, d.most = 0, n-1
	case strings.Contains(before, "at least") || strings.Contains(before, "minimum") || strings.Contains(before, "no less") || strings.Contains(before, "no fewer") || before == "or more":
		d.most = math.MaxInt
	case before != "" && before != "exactly" && before != "just" && before != "only":
		d.least = 0
	}
}

const limits = `(at least |at most |exactly |no more than |not more than |less than |fewer than |more than |under |over |within |up to |maximum of |max of |a maximum of |minimum of |a minimum of |no less than |no fewer than |only |just |about |around |approximately |roughly )?`

var (
	// "in 20 words", "a 5-sentence summary", "of no more than three lines"
	length = regexp.MustCompile(`(?:^|[\s,(;:])(?:in|with|of|using|into|to|than|within|is|be|a|an|under|that has|that contains|containing|consisting of|is exactly|has|have|long|contain|for|write|generate|create|compose|provide|craft) ?(?:a |an |just |only |total of |length of |limit of |maximum of |max of |minimum of )*` + limits + num + `(?:[- ](?:to|or)[- ]\d+|\s?[-–]\s?\d+)?[- ](words?|sentences?|lines?|paragraphs?|stanzas?|verses?|characters?)\b( or less| or fewer| or more| max(?:imum)?| minimum)?`)

	// What has a length of its own, or is about words and sentences rather than made of them.
	notLength = regexp.MustCompile(`\b(?:each|per|every|first|last|following|these|those|given|below|between|combine|join|merge|rhyme|rhymes|rhyming|synonyms?|antonyms?|code|program|function|script|python|sql|list|lists|items?|headlines?|titles?|tweets?|main characters?|characters? (?:who|that|from|in)|dialogue|dialog|conversation|play|scene|story with .{0,20}characters|two characters|word problem|word problems|lines? of code|password|passwords|username|usernames|of these|sentences? (?:using|with|about|that|containing|in which|where|in passive|in active|from|to)|words? (?:that|which|associated|starting|beginning|related|to describe|for|with|from|in|ending|containing)|stanzas? (?:each)|times|pun)\b`)
	// What is given rather than asked for.
	givenLength = regexp.MustCompile(`^(?:how many|how much|which|what (?:is|are)|you (?:are|were|have)|given|there (?:is|are)|improve|edit|proofread|read)\b|\bthis (?:poem|story|text|paragraph|sentence|passage|article)\b|\bof the \w+ words`)
	number      = regexp.MustCompile(`\b(?:\d+|` + numberWords + `)\b`)
)

// lengthAsked reads how long the whole answer is to be.
func lengthAsked(x curate.Exchange) (demand, bool) {
	ask := strings.ToLower(x.Instruction.Text)
	m := length.FindAllStringSubmatchIndex(ask, 2)
	if len(m) != 1 || notLength.MatchString(ask) || givenLength.MatchString(ask) || len(ask) > 400 || wanting(x.Output.Text) {
		return demand{}, false
	}
	at := func(i int) string {
		if m[0][2*i] < 0 {
			return ""
		}
		return ask[m[0][2*i]:m[0][2*i+1]]
	}
	before, n, unit, after := at(1), count(at(2)), at(3), at(4)
	whole := strings.TrimSpace(ask[m[0][0]:m[0][1]])
	if n == 0 || strings.ContainsAny(whole, "–") || regexpRange.MatchString(whole) || strings.HasPrefix(before, "about") || strings.HasPrefix(before, "around") || strings.HasPrefix(before, "approx") || strings.HasPrefix(before, "rough") {
		return demand{}, false
	}
	if before == "" {
		for _, l := range []string{"maximum of", "max of", "limit of", "minimum of"} {
			if strings.Contains(whole, l) {
				before = l
			}
		}
	}
	d := demand{unit: strings.TrimSuffix(unit, "s") + "s", sure: 0.9, said: strings.TrimSpace(before + at(2) + " " + unit + after)}
	if d.unit == "verses" { // of a song they are stanzas, of a poem lines
		return demand{}, false
	}
	d.qualified(n, before, after)
	if d.unit == "characters" && (d.least > 0 || n < 20) { // two characters are people
		return demand{}, false
	}
	if d.unit == "lines" && !strings.Contains(ask, "poem") && !strings.Contains(ask, "verse") && !strings.Contains(ask, "song") && !strings.Contains(ask, "rap") {
		d.sure = 0.7
	}
	if d.unit == "words" && d.most > 60 && d.least == d.most {
		d.sure = 0.85
	}
	return d, true
}

var regexpRange = regexp.MustCompile(`\d\s?(?:-|to|or)\s?\d`)

// verses are poems with a number of lines of their own.
var verses = regexp.MustCompile(`^(?:please |can you |could you )?(?:write|create|compose|generate|make|craft|construct|produce|come up with|give me|provide|tell)\b[^.]{0,60}?\b(haiku|limerick)\b`)

func verseAsked(x curate.Exchange) (demand, bool) {
	ask := strings.ToLower(x.Instruction.Text)
	m := verses.FindStringSubmatch(ask)
	if m == nil || number.MatchString(ask) || strings.Contains(ask, m[1]+"s") || strings.Contains(ask, "about haiku") || strings.Contains(ask, "title") || strings.Contains(ask, "explain") {
		return demand{}, false
	}
	lines := map[string]int{"haiku": 3, "limerick": 5}[m[1]]
	return demand{unit: "lines", least: lines, most: lines, sure: 0.9, said: fmt.Sprintf("%s (%d lines)", m[1], lines), verse: true}, true
}

var (
	// "List five …": the number is the first word after the verb, or after "a list of".
	listing = regexp.MustCompile(`^(?:please |can you |could you |hi! |i need you to |help me )?(?:list|name|give|provide|generate|create|identify|suggest|describe|mention|state|find|think of|brainstorm|outline|recommend|propose|come up with|tell|write|make|compile|produce|offer|cite|select|pick|choose|what are|describe|explain|share|show)(?: me| us| up with| out| down)?(?: the names of| the name of| names of| a list of| the| a set of| some| any| list of| your| my| a summary of)* ?` + limits + num + `(?: or more| other)? ([^.?!:;\n]*)`)
	// Nouns that are no items of a list, and requests whose lists are of something else.
	notItems = regexp.MustCompile(`^(?:(?:word|sentence|line|paragraph|stanza|letter|digit|character|year|minute|hour|day|week|month|page|star|point|person|people|player|bedroom|step|course|part|act|panel|bit|byte|percent|dollar|mile|question quiz)s?\b|-|%|times|of the|of these|of them|and )|\b(?:each|every|pairs?|per|both|pros|cons|compare|comparison|versus|between|sentences? (?:about|to|on|summar)|story|stories|poem|paragraph|essay|dialogue|conversation|function|code|program|script|query|array|matrix|quiz|multiple|crossword|riddles?|answers?|table|schedule|plan|numbers|categories|group|groups|sub|along with|as well as|combination|together|sentence|jokes?|haikus?|recipes?|lyrics|verses|dates?|variables|primes?|examples? of how|respectively|its|their|(?:following|given|this|existing) (?:list|array|set))\b|\band (?:\d|` + numberWords + `)\b`)
	plural   = regexp.MustCompile(`^(?:[a-z'’-]+,? ){0,5}?[a-z'’-]*(?:[^su]s|ies|ness|people|men|women|children|criteria|media|data|fish|species|ss?es)\b`)
)

// itemsAsked reads how many items of a list are asked for.
func itemsAsked(x curate.Exchange) (demand, bool) {
	ask := strings.ToLower(strings.TrimSpace(x.Instruction.Text))
	m := listing.FindStringSubmatch(ask)
	if m == nil || wanting(x.Output.Text) {
		return demand{}, false
	}
	before, n, rest := m[1], count(m[2]), m[3]
	if n < 2 || n > 60 || notItems.MatchString(rest) || !plural.MatchString(rest) || len(ask) > 250 || len(number.FindAllString(ask, 3)) > 1 ||
		strings.HasPrefix(before, "about") || strings.HasPrefix(before, "around") || strings.HasPrefix(before, "approx") {
		return demand{}, false
	}
	if strings.Contains(m[0], " or more ") {
		before = "at least"
	}
	d := demand{unit: "items", sure: 0.93, said: strings.TrimSpace(before + m[2] + " " + firstWords(rest, 4))}
	d.qualified(n, before, "")
	return d, true
}

func firstWords(s string, n int) string {
	f := strings.Fields(s)
	return strings.Join(f[:min(n, len(f))], " ")
}

// wanting says whether an answer is no answer: a question back, an apology.
func wanting(text string) bool {
	t := strings.ToLower(text)
	return strings.HasPrefix(t, "sorry") || strings.HasPrefix(t, "i'm sorry") || strings.HasPrefix(t, "i am sorry") || strings.HasPrefix(t, "no, ") || strings.Contains(t, "as an ai")
}
