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
		if from, p, n := loop(all, times, 2*times); n > 0 {
			return one(x.Output, 0.85, "%s follows itself %d times", quote(strings.Join(all[from:from+p], " "), 60), n)
		}
		if runes := []rune(text); !song {
			if from, p, n := loop(runes, 6, 36); n > 0 && !slices.Contains(runes[from:from+p], '\n') {
				return one(x.Output, 0.8, "%s follows itself %d times", quote(string(runes[from:from+p]), 60), n)
			}
			if s, n, of := again(text); n >= 3 {
				return one(x.Output, min(0.9, 0.2+0.1*float64(n)), "%s stands in the answer %d times, in %d sentences", quote(s, 60), n, of)
			}
		}
		return nil
	})
}

// loop finds a stretch of at most period elements that follows itself until it stands there so many times and is so many
// elements long in all. A stretch of one element without a letter, as a table's dashes, is none.
func loop[E string | rune](all []E, times, least int) (from, length, count int) {
	for p := 1; p <= period && p < len(all); p++ {
		run := 0
		for i := p; i <= len(all); i++ {
			if i < len(all) && all[i] == all[i-p] {
				run++
				continue
			}
			if n := run/p + 1; n >= times && run+p >= least && n*p > count*length && lettered(all[i-p-run:i-run]) {
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
	for _, e := range unit {
		if strings.ContainsFunc(string(e), unicode.IsLetter) {
			return true
		}
	}
	return false
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
