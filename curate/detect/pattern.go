package detect

import (
	"regexp"
	"strings"
)

// pattern is an expression over lower-case text. It is tried only where one of its hints stands in the text, which is found
// tens of times as fast; a text that the expression matches has a hint, always.
type pattern struct {
	hints      []string
	re         *regexp.Regexp
	confidence float64
	why        string // what it shows; the words found follow it
}

// match is where a pattern was found in a text.
type match struct {
	pattern
	from, to int
}

func newPattern(confidence float64, why, hints, expr string) pattern {
	return pattern{hints: strings.Split(hints, "|"), re: regexp.MustCompile(expr), confidence: confidence, why: why}
}

func (p *pattern) hinted(low string) bool {
	for _, h := range p.hints {
		if strings.Contains(low, h) {
			return true
		}
	}
	return false
}

func (p *pattern) in(low string) bool { return p.hinted(low) && p.re.MatchString(low) }

// find is the surest of the patterns in the text, the first of equals.
func find(patterns []pattern, low string) (match, bool) {
	var best match
	for i := range patterns {
		p := &patterns[i]
		if best.re != nil && p.confidence <= best.confidence || !p.hinted(low) {
			continue
		}
		if at := p.re.FindStringIndex(low); at != nil {
			best = match{*p, at[0], at[1]}
		}
	}
	return best, best.re != nil
}

// shown is the found words with a little of what stands around them, quoted.
func (m match) shown(text string) string {
	from, to := m.from, min(m.to+20, len(text))
	if to-from > 90 {
		to = from + 90
	}
	return quote(strings.ToValidUTF8(text[from:to], ""), 120)
}
