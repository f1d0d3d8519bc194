package detect

import (
	"strings"

	"github.com/cria-llm/cria/curate"
)

func copiedInput() curate.Detector {
	// These ask for a text that is not the one that was given.
	change := newPattern(0.9, "", `\b(?:re-?write|rephrase|paraphrase|translate|summari[sz]e|convert|transform|reword|simplify|shorten|expand|replace|change|reverse|make|turn|add|improve|modify|restate|compose|generate|create|condense|describe|explain)\b`)
	// These ask for something that may turn out to be the text itself.
	same := newPattern(0.3, "", `\b(?:correct\w*|edit\w*|fix|checks?|proofread|sort\w*|(?:re-?)?order\w*|arrange|find|select|identify|which|remove|delete|choose|pick|grammar|grammatical\w*|punctuat\w+|spell\w*|capitali\w+|format|repeat|errors?|mistakes?|extract|name|round|rearrange|necessary|needed|if|copy|echo|print|read|evaluate)\b`)
	marks := newPattern(0, "", `quot|punctuat|comma|\bperiod|full stop|end of|sort|order|arrange|alphabet|\brank|paste|\bcop(?:y|ied)|\becho|repeat|\bprint`)
	return detector(curate.Detector{
		Name:      "copied-input",
		About:     "The answer is the input, unchanged.",
		Example:   "Rewrite the sentence in the passive voice. | The dog ate the bone. → The dog ate the bone.",
		Precision: curate.Share{Count: 17, Of: 20},
	}, func(x curate.Exchange) []fault {
		ask, given := lower(x.Instruction.Text), x.Input.Text
		if strings.TrimSpace(given) == "" {
			// "Rewrite this sentence: …" has the input within it.
			i := strings.IndexAny(x.Instruction.Text, ":\n\"“")
			if i < 0 {
				return nil
			}
			given, ask = x.Instruction.Text[i+1:], ask[:i]
		}
		got := bare(x.Output.Text)
		if len(got) < 12 || got != bare(given) {
			return nil
		}
		switch {
		case marks.in(ask): // what is asked for may be the marks that were not compared, or this very text
			return nil
		case same.in(ask):
			return one(x.Output, 0.6, "the answer is the input, which may be right: %s", quote(x.Output.Text, 60))
		case change.in(ask):
			return one(x.Output, 0.9, "the answer is the input, unchanged: %s", quote(x.Output.Text, 60))
		}
		return one(x.Output, 0.8, "the answer is the input: %s", quote(x.Output.Text, 60))
	})
}

// bare is the text without the marks that may stand around it.
func bare(s string) string { return strings.Trim(s, "\"“” .\n\t") }

func echoedInstruction() curate.Detector {
	return detector(curate.Detector{
		Name:      "echoed-instruction",
		About:     "The answer begins with the instruction, or is it.",
		Example:   "Name three large cities in Japan. → Name three large cities in Japan.\nTokyo, Osaka and Nagoya.",
		Precision: curate.Share{Count: 2, Of: 2},
	}, func(x curate.Exchange) []fault {
		said := strings.TrimSpace(x.Instruction.Text)
		if words(said) < 4 && len(said) < 20 {
			return nil
		}
		text := strings.TrimSpace(x.Output.Text)
		if letters(text) == letters(said) {
			return one(x.Output, 0.8, "the answer is the instruction: %s", quote(text, 60))
		}
		if words(said) < 5 || len(text) <= len(said) || !strings.EqualFold(text[:len(said)], said) {
			return nil
		}
		rest := strings.TrimLeft(text[len(said):], " .?!:\t\"”")
		if !strings.HasPrefix(rest, "\n") {
			if !strings.HasSuffix(said, ".") && !strings.HasSuffix(said, "?") {
				return nil // the answer may complete it
			}
			return one(x.Output, 0.5, "the answer begins with the instruction: %s", quote(text, 60))
		}
		return mend(x.Output, 0.7, false, strings.TrimSpace(rest), "the answer begins with the instruction: %s", quote(text, 60))
	})
}
