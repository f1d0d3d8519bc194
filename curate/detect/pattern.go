package detect

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// pattern is an expression over lower-case text. It is tried only where one of its hints stands in the text, which is found
// tens of times as fast.
type pattern struct {
	hints      []string // every text that the expression matches has one of them; none where that is not known
	re         *regexp.Regexp
	confidence float64
	why        string // what it shows; the words found follow it
}

// match is where a pattern was found in a text.
type match struct {
	pattern
	from, to int
}

func newPattern(confidence float64, why, expr string) pattern {
	return pattern{hintsOf(expr), regexp.MustCompile(expr), confidence, why}
}

func (p *pattern) hinted(low string) bool {
	for _, h := range p.hints {
		if strings.Contains(low, h) {
			return true
		}
	}
	return p.hints == nil
}

func (p *pattern) in(low string) bool { return p.hinted(low) && p.re.MatchString(low) }

func (p *pattern) index(low string) []int {
	if !p.hinted(low) {
		return nil
	}
	return p.re.FindStringIndex(low)
}

// find is the surest of the patterns in the text, the first of equals.
func find(patterns []pattern, low string) (match, bool) {
	var best match
	for i := range patterns {
		p := &patterns[i]
		if best.re != nil && p.confidence <= best.confidence {
			continue
		}
		if at := p.index(low); at != nil {
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

// hintsOf is a set of strings of which one stands in every text that the expression matches.
func hintsOf(expr string) []string {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil // MustCompile says what is wrong
	}
	exact, needs := literals(tree.Simplify())
	return better(needs, exact)
}

// most is how many strings a set of hints has at most.
const most = 64

// literals are all the strings that the expression matches, nil where they are many or unknown, and a set of which each match
// has one within it, nil where there is none.
func literals(re *syntax.Regexp) (exact, needs []string) {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return nil, nil
		}
		return []string{string(re.Rune)}, nil
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}, nil
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if exact = append(exact, string(r)); len(exact) > 4 {
					return nil, nil
				}
			}
		}
		return exact, nil
	case syntax.OpCapture:
		return literals(re.Sub[0])
	case syntax.OpQuest:
		if exact, _ = literals(re.Sub[0]); exact != nil {
			exact = append(slices.Clone(exact), "")
		}
		return exact, nil
	case syntax.OpPlus:
		exact, needs = literals(re.Sub[0])
		return nil, better(needs, exact)
	case syntax.OpAlternate:
		all, known := true, true
		for _, sub := range re.Sub {
			e, n := literals(sub)
			all = all && e != nil
			exact = append(exact, e...)
			n = better(n, e)
			known = known && n != nil
			needs = append(needs, n...)
		}
		if !all || len(exact) > most {
			exact = nil
		}
		if !known {
			needs = nil
		}
		return exact, fewer(needs)
	case syntax.OpConcat:
		all, run := true, []string{""} // the strings of the parts since the last that are not known
		for _, sub := range re.Sub {
			e, n := literals(sub)
			needs = better(needs, n)
			if e != nil && len(e)*len(run) <= most {
				run = product(run, e)
				continue
			}
			all, needs = false, better(needs, run)
			if run = e; e == nil {
				run = []string{""}
			}
		}
		if all {
			return run, needs
		}
		return nil, better(needs, run)
	}
	return nil, nil
}

func product(a, b []string) []string {
	out := make([]string, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, x+y)
		}
	}
	return out
}

// better is the set that more texts are without: of longer strings, up to five bytes, or of fewer.
func better(a, b []string) []string {
	b = fewer(b)
	if len(a) == 0 || len(b) == 0 {
		if len(a) == 0 {
			a = b
		}
		return a
	}
	if x, y := min(shortest(a), 5), min(shortest(b), 5); y > x || y == x && len(b) < len(a) {
		return b
	}
	return a
}

func shortest(set []string) int {
	n := len(set[0])
	for _, s := range set {
		n = min(n, len(s))
	}
	return n
}

// fewer is the set without what has another of it within, and nil where it is too large or has the empty string.
func fewer(set []string) []string {
	if len(set) > most || slices.Contains(set, "") {
		return nil
	}
	var out []string
	for i, s := range set {
		if !slices.ContainsFunc(set, func(t string) bool { return t != s && strings.Contains(s, t) }) && !slices.Contains(set[:i], s) {
			out = append(out, s)
		}
	}
	return out
}
