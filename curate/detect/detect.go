// Package detect finds what is wrong with the text of an instruction, its input or its answer, by rules.
//
// A rule reads one exchange and never another row, calls no model, and takes time in proportion to the text. What needs a
// calculation, a parser or the other rows has its own package beside this one. Rules that go by words know English ones;
// text in other languages passes them by.
//
//	for _, d := range detect.Text() {
//		findings = append(findings, d.Look(x)...)
//	}
package detect

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cria-llm/cria/curate"
)

// Text are the detectors that read text, in the order in which their certain repairs are best made: what is not text, then
// what is not the answer, then what the answer lacks. Their examples are written "instruction | input → output", of which
// the first two may be absent.
func Text() []curate.Detector {
	return []curate.Detector{
		encoding(),
		whitespace(),
		punctuation(),
		leakedPrompt(),
		mergedInstruction(),
		placeholderInput(),
		placeholderOutput(),
		emptyOutput(),
		asksForInput(),
		missingInput(),
		unavailableReference(),
		refusal(),
		wrongLanguage(),
		copiedInput(),
		echoedInstruction(),
		repetition(),
		cutOff(),
		unbalancedFence(),
		tooShort(),
		pii(),
		secrets(),
		toxic(),
	}
}

// fault is a finding without what all findings of a detector in an exchange share.
type fault struct {
	in         curate.Text
	confidence float64
	why        string
	better     *string
	certain    bool
}

// detector makes a detector of what its look finds.
func detector(d curate.Detector, look func(x curate.Exchange) []fault) curate.Detector {
	name := d.Name
	d.Look = func(x curate.Exchange) []curate.Finding {
		var out []curate.Finding
		for _, f := range look(x) {
			out = append(out, curate.Finding{Row: x.Row, Detector: name, Field: f.in.Field, Confidence: f.confidence,
				Why: f.why, Suggestion: f.better, Certain: f.certain})
		}
		return out
	}
	return d
}

// one is the list of a single fault.
func one(in curate.Text, confidence float64, format string, args ...any) []fault {
	return []fault{{in: in, confidence: confidence, why: fmt.Sprintf(format, args...)}}
}

// mend is the list of a single fault with the text that would be better.
func mend(in curate.Text, confidence float64, certain bool, better, format string, args ...any) []fault {
	return []fault{{in: in, confidence: confidence, why: fmt.Sprintf(format, args...), better: &better, certain: certain}}
}

// texts are the exchange's texts that the row has a place for. The system text belongs to a conversation's first exchange.
func texts(x curate.Exchange) []curate.Text {
	all := []curate.Text{x.Instruction, x.Input, x.Output}
	if len(x.Before) == 0 {
		all = append(all, x.System)
	}
	var out []curate.Text
	for _, t := range all {
		if t.Field != "" {
			out = append(out, t)
		}
	}
	return out
}

// each looks at the exchange's texts one by one.
func each(look func(t curate.Text) []fault) func(x curate.Exchange) []fault {
	return func(x curate.Exchange) []fault {
		var out []fault
		for _, t := range texts(x) {
			out = append(out, look(t)...)
		}
		return out
	}
}

// lower is the text with A to Z in lower case; every byte stays where it is.
func lower(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return 'A' <= r && r <= 'Z' }) < 0 {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// quote is a text in quotation marks, cut to about n bytes.
func quote(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n] + "…"
	}
	return fmt.Sprintf("%q", s)
}

// letters are the text's letters and digits in lower case, for comparisons that white space and punctuation do not matter to.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// words counts what white space separates.
func words(s string) int { return len(strings.Fields(s)) }
