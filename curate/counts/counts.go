// Package counts finds answers that have another number of things than the request asks for, words with other letters than it
// asks for, and dates that cannot be. It counts only where there is one way to count: numbered lines, bullets, a plain list
// with commas, words, sentences, the lines of a poem.
//
//	for _, d := range counts.Detectors() {
//		findings = append(findings, d.Look(exchange)...)
//	}
package counts

import (
	"fmt"
	"strings"

	"github.com/cria-llm/cria/curate"
)

// Detectors are counts-wrong, letters-wrong and dates-wrong. Their examples are written "instruction | input → output", of
// which the input may be absent.
func Detectors() []curate.Detector {
	return []curate.Detector{
		detector("counts-wrong", "The answer has more or fewer items, words, sentences or lines than are asked for.",
			"List five fruits. → 1. Apple\n2. Pear\n3. Plum", curate.Share{Count: 19, Of: 20}, countsWrong),
		detector("letters-wrong", "Words that should begin with a letter, have a number of letters or stand in alphabetical order do not.",
			"Name three animals that start with the letter B. → Bear, bee, and cat.", curate.Share{Count: 5, Of: 5}, lettersWrong),
		detector("dates-wrong", "A weekday, an age, a leap year or a span of days is another one, or a year lies outside of what is asked for.",
			"What day of the week was July 4, 2020? → It was a Sunday.", curate.Share{Count: 2, Of: 2}, datesWrong),
	}
}

// maxText is how many bytes of an answer are counted; a longer one is passed by.
const maxText = 64 << 10

// fault is what is wrong with an answer.
type fault struct {
	sure    float64
	why     string
	better  string // the whole answer, or ""
	certain bool
}

func detector(name, about, example string, agreed curate.Share, look func(x curate.Exchange) (fault, bool)) curate.Detector {
	return curate.Detector{Name: name, About: about, Example: example, Precision: agreed, Look: func(x curate.Exchange) []curate.Finding {
		if len(x.Before) > 0 || strings.TrimSpace(x.Output.Text) == "" || len(x.Output.Text) > maxText || len(x.Instruction.Text) > maxText {
			return nil
		}
		f, ok := look(x)
		if !ok {
			return nil
		}
		found := curate.Finding{Row: x.Row, Detector: name, Field: x.Output.Field, Confidence: f.sure, Why: f.why, Certain: f.certain}
		if f.better != "" {
			found.Suggestion = &f.better
		}
		return []curate.Finding{found}
	}}
}

// countsWrong compares the one demand of a request with what the answer has.
func countsWrong(x curate.Exchange) (fault, bool) {
	for _, find := range []func(x curate.Exchange) (demand, bool){lengthAsked, verseAsked, itemsAsked} {
		d, ok := find(x)
		if !ok {
			continue
		}
		n, items, ok := d.measure(x.Output.Text)
		if !ok {
			return fault{}, false
		}
		sure := d.missed(n)
		if sure == 0 || d.verse && n%d.most == 0 { // several poems
			return fault{}, false
		}
		f := fault{sure: sure, why: fmt.Sprintf("%s asked for, %d there", d, n)}
		if d.unit == "items" && n > d.most && items.marked {
			f.better = strings.TrimRight(x.Output.Text[:items.starts[d.most]], " \n")
		}
		return f, true
	}
	return fault{}, false
}
