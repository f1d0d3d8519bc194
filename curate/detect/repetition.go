package detect

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cria-llm/cria/curate"
)

// period is the longest loop that is looked for, in words or characters.
const period = 24

func repetition() curate.Detector {
	// These answers say things again on purpose: verse, drills, drawings, and rows of numbers.
	verse := newPattern(0, "", `\b(?:songs?|poems?|lyrics?|lyrical|raps?|repeat\w*|times|chants?|rhymes?|verses?|chorus|mantra|patterns?|sequences?|loops?|print\w*|morse|binary|beats?|ascii|cheers?|pi|drums?|melody|rows?|columns?|matrix|tables?|music|series|triangles?|diagrams?|draw\w*|visual\w*|jingle|ode|tongue|hymn|anthem|haikus?|ballad|limericks?|sonnets?)\b`)
	return detector(curate.Detector{
		Name:    "repetition",
		About:   "The answer goes round in a loop, or says a sentence again and again.",
		Example: "Describe a dog. → A dog is loyal. A dog is loyal. A dog is loyal. A dog is loyal. A dog is loyal.",
	}, func(x curate.Exchange) []fault {
		text := x.Output.Text
		if len(text) < 24 {
			return nil
		}
		times := 4
		song := verse.in(lower(x.Instruction.Text))
		if song {
			times = 8
		}
		all := strings.Fields(text)
		if from, p, n := loop(all, times, 2*times, numbered); n > 0 {
			return one(x.Output, 0.85, "%s follows itself %d times", quote(strings.Join(all[from:from+p], " "), 60), n)
		}
		if p, n := ending(all); n >= max(3, times/2) && n*p >= 24 {
			return one(x.Output, 0.85, "the answer ends with %d words that stand there %d times: %s", p, n, quote(strings.Join(all[len(all)-p:], " "), 60))
		}
		if runes := []rune(text); !song {
			if from, p, n := loop(runes, 6, 36, nil); n > 0 && !slices.Contains(runes[from:from+p], '\n') {
				return one(x.Output, 0.8, "%s follows itself %d times", quote(string(runes[from:from+p]), 60), n)
			}
		}
		if s, n, of := again(text); n >= 3 && (!song || n >= 8) {
			return one(x.Output, min(0.9, 0.2+0.1*float64(n)), "%s stands in the answer %d times, in %d sentences", quote(s, 60), n, of)
		}
		return nil
	})
}

// ending is the longest stretch of words that the text ends with more than twice, the first time perhaps in part. Read from
// the end, the text's beginning of length n repeats itself every n−f words where f is the longest of its own beginnings that it
// ends with (Knuth, Morris and Pratt 1977).
func ending(all []string) (period, times int) {
	at := func(i int) string { return all[len(all)-1-i] }
	border := make([]int, len(all)+1)
	for i, f := 1, 0; i < len(all); i++ {
		for f > 0 && at(i) != at(f) {
			f = border[f]
		}
		if at(i) == at(f) {
			f++
		}
		border[i+1] = f
		if p := i + 1 - f; (i+1)/p > 2 && (i+1)/p*p > period*times {
			period, times = p, (i+1)/p
		}
	}
	return period, times
}

// loop finds a stretch of at most period elements that follows itself until it stands there so many times and is so many
// elements long in all. A stretch without a letter is none, as a table's dashes, unless it is one of those besides and stands
// there eight times.
func loop[E string | rune](all []E, times, least int, besides func(unit []E) bool) (from, length, count int) {
	for p := 1; p <= period && p < len(all); p++ {
		run := 0
		for i := p; i <= len(all); i++ {
			if i < len(all) && all[i] == all[i-p] {
				run++
				continue
			}
			if n := run/p + 1; n >= times && run+p >= least && n*p > count*length && (lettered(all[i-p-run:i-run]) || n >= 8 && besides != nil && besides(all[i-p-run:i-run])) {
				from, length, count = i-p-run, p, n
			}
			run = 0
		}
		if count > 0 {
			return from, length, count
		}
	}
	return 0, 0, 0
}

func lettered[E string | rune](unit []E) bool {
	return slices.ContainsFunc(unit, func(e E) bool { return strings.ContainsFunc(string(e), unicode.IsLetter) })
}

func numbered(unit []string) bool {
	return !slices.ContainsFunc(unit, func(e string) bool { return !strings.ContainsFunc(e, unicode.IsDigit) })
}

// again is the long sentence or line, not of a list, that stands in the text most often, how often, and of how many sentences.
func again(text string) (s string, times, of int) {
	seen := map[string]int{}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return r == '\n' || r == '.' || r == '!' || r == '?' || r == '。' || r == '！' || r == '？'
	}) {
		part = strings.TrimSpace(part)
		// What is listed, as in a week's plan, comes again; what begins with a mark is no sentence.
		if utf8.RuneCountInString(part) < 20 || words(part) < 5 || !unicode.IsLetter([]rune(part)[0]) {
			continue
		}
		of++
		if seen[part]++; seen[part] > times {
			s, times = part, seen[part]
		}
	}
	return s, times, of
}
