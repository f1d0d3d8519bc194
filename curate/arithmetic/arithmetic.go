// Package arithmetic finds answers that are calculated wrongly. It reads what is to be calculated, with a bounded grammar that
// refuses what it is not sure of, calculates it in exact fractions, and compares the result with the one that the answer shows,
// as that is rounded. Equations that an answer writes down are checked as well.
//
//	for _, d := range arithmetic.Detectors() {
//		findings = append(findings, d.Look(exchange)...)
//	}
package arithmetic

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/cria-llm/cria/curate"
)

const name = "arithmetic-wrong"

// Detectors are arithmetic-wrong.
func Detectors() []curate.Detector {
	return []curate.Detector{{
		Name:      name,
		About:     "A calculation that is asked for has another result, or an equation between numbers that the answer writes down does not hold.",
		Example:   "Calculate 3 + 4 x 2. → 14",
		Precision: curate.Share{Count: 20, Of: 20},
		Look: func(x curate.Exchange) []curate.Finding {
			if r, v, at := look(x); v == wrong {
				return []curate.Finding{finding(x, r, at)}
			}
			return lookEquations(x)
		},
	}}
}

// programs are answers that are code: what they calculate is not said in them.
var programs = regexp.MustCompile("(?m);[ \t]*$|^[ \t]*(?:def|import|from|function|print|return|for|while|class|let|var|const|int|public|#include|select)\\b|[{}]|print\\(|=>|//|SELECT |==|\\+=|```")

var roman = regexp.MustCompile(`(?i)\broman\b`)

// look reads the question and judges the answer.
func look(x curate.Exchange) (reading, verdict, *shown) {
	if len(x.Before) > 0 || x.Output.Text == "" || !strings.ContainsAny(x.Instruction.Text+x.Input.Text, "0123456789") && !roman.MatchString(x.Instruction.Text) ||
		programs.MatchString(x.Output.Text) {
		return reading{}, unclear, nil
	}
	q := ask(x.Instruction.Text, x.Input.Text)
	r, ok := q.understand()
	if !ok {
		return r, unclear, nil
	}
	v, at := r.judge(q, x.Output.Text)
	return r, v, at
}

// finding says what the result is. The number is put right where it is the only result that the answer gives.
func finding(x curate.Exchange, r reading, at *shown) curate.Finding {
	f := curate.Finding{Row: x.Row, Detector: name, Field: x.Output.Field, Confidence: r.sure}
	switch {
	case r.list != nil:
		return listFinding(f, x, r)
	case r.yes != nil:
		f.Why = fmt.Sprintf("%s is %t", clip(r.what), *r.yes)
		return f
	case r.form != nil:
		f.Why = fmt.Sprintf("%s is %s", clip(r.what), r.text)
		if at != nil && len(x.Output.Text) <= 200 {
			fixed := x.Output.Text[:at.start] + r.text + x.Output.Text[at.end:]
			f.Suggestion, f.Certain = &fixed, true
		}
		return f
	}
	want := r.any
	like := shown{decimals: 2}
	if at != nil {
		like = *at
	}
	if r.percent {
		like.percent = true
	}
	text, exactly := format(want[0], like)
	if at == nil {
		f.Why = fmt.Sprintf("%s is %s", clip(r.what), text)
		return f
	}
	answer := x.Output.Text
	f.Why = fmt.Sprintf("%s is %s, not %s", clip(r.what), text, clip(answer[at.start:at.end]))
	if len(want) > 1 || rounded.MatchString(x.Ask()) || strings.Count(strings.TrimSpace(answer), "\n") > 0 || len(answer) > 200 || strings.Count(answer, "=") > 1 {
		return f
	}
	if r.percent && !at.percent {
		text = strings.TrimSuffix(text, "%")
	}
	if _, cents, ok := strings.Cut(text, "."); ok && len(cents) == 1 && at.start > 0 && answer[at.start-1] == '$' {
		text += "0"
	}
	fixed := answer[:at.start] + text + answer[at.end:]
	f.Suggestion = &fixed
	f.Certain = exactly && r.sure >= 0.9
	return f
}

// listFinding says which numbers there should be. A list alone is put right.
func listFinding(f curate.Finding, x curate.Exchange, r reading) curate.Finding {
	var list []string
	for _, v := range r.list {
		t, _ := format(v, shown{decimals: 4})
		list = append(list, t)
	}
	f.Why = clip(fmt.Sprintf("%s: %s", clip(r.what), strings.Join(list, ", ")))
	if listOnly.MatchString(strings.TrimSpace(x.Output.Text)) && !strings.ContainsAny(x.Output.Text, "[{") {
		fixed := strings.Join(list, ", ")
		f.Suggestion, f.Certain = &fixed, r.sure >= 0.9 && len(list) < maxList
	}
	return f
}

var listOnly = regexp.MustCompile(`^[-\d.,]+(?:(?:, ?| and | )+[-\d.,]+)+$`)

// lookEquations checks the equations that the answer writes down and the question doesn't.
func lookEquations(x curate.Exchange) []curate.Finding {
	text := x.Output.Text
	if !strings.ContainsAny(text, "=≈") && !strings.Contains(text, "equal") || programs.MatchString(text) {
		return nil
	}
	q := strings.ToLower(x.Ask())
	if _, blocked := (&question{q, read(q)}).strange(); blocked && bases.MatchString(q) {
		return nil
	}
	tokens := read(text)
	for _, e := range equations(text, tokens) {
		if e.holds() {
			continue
		}
		said := text[e.left[0].start:e.right[len(e.right)-1].end]
		if strings.Contains(strings.ReplaceAll(q, " ", ""), strings.ReplaceAll(strings.ToLower(said), " ", "")) {
			continue
		}
		right := shown{decimals: e.right[0].decimals, grouped: e.right[0].grouped}
		want, _ := format(e.a, right)
		f := curate.Finding{Row: x.Row, Detector: name, Field: x.Output.Field, Confidence: 0.9}
		f.Why = fmt.Sprintf("%q: that is %s", clip(said), want)
		return []curate.Finding{f}
	}
	return nil
}

// rounded are words of questions that say how the result is to be written.
var rounded = regexp.MustCompile(`(?i)\b(?:round|rounded|nearest|significant|decimal places?|simplest)\b`)

// bases are words of questions whose numerals or equals signs are not the ordinary ones.
var bases = regexp.MustCompile(`\b(?:binary|hex|hexadecimal|octal|base|mod|modulo|clock|mistake|error|incorrect|wrong|false|matchstick|estimate|estimation|round|bitwise|matrix|matrices|vector)\b`)

func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}
