package detect

import (
	"regexp"
	"unicode/utf8"

	"github.com/cria-llm/cria/curate"
)

func tooShort() curate.Detector {
	long := []pattern{
		newPattern(0.5, "a longer text", `\b(?:write|compose|create|generate|draft|produce|prepare|tell)\b (?:me )?(?:a|an|the)? ?(?:\w+ ){0,3}(?:essay|article|report|blog post|speech|story|tale)\b(?: (?:about|on|of|that|in|with|using|based|arguing|discussing|describing|set|where|which|for|to)\b|[.,:]|$)`),
		newPattern(0.5, "several paragraphs", `\b(?:two|three|four|five|[2-9]) paragraphs\b|\bin (?:great |more )?detail\b|\b(?:detailed|in-depth|comprehensive) (?:explanation|description|analysis|summary|essay|report|review|overview|account)\b`),
		newPattern(0.5, "a paragraph", `\b(?:write|compose|create|generate|draft) (?:a|an|one) (?:\w+ ){0,2}paragraph\b`),
	}
	why := newPattern(0.5, "an explanation", `^(?:please )?(?:explain|discuss|elaborate|describe (?:how|why|the (?:process|difference|importance|role|impact|effects?|benefits?)))\b`)
	other := regexp.MustCompile(`\b(?:for|from|of|in|to|about|with|user|given)\b.*\b(?:essay|article|report|blog post|speech|story|tale|description)\b`)
	brief := newPattern(0, "", `\b(?:titles?|headlines?|sentences?|summar\w+|topics?|names?|short|brief|outlines?|tweets?|lines?|haiku|first|open\w*|end\w*|ideas?|prompts?|questions?|hook|moral|themes?|six-word|words?|identify|classify|lists?|thesis|slogans?|captions?|concise|conclusion|edit|suggest|categor\w+|code|sql|shell|bash|python|script|quotes?|hashtags?|lead|paraphrase|given|determine|stands? for|acronym|provided with)\b`)
	return detector(curate.Detector{
		Name:    "too-short",
		About:   "The answer has a few words where the instruction asks for a longer text.",
		Example: "Write an essay about the causes of the French Revolution. → It was caused by hunger and debt.",
	}, func(x curate.Exchange) []fault {
		// Scripts without spaces have about one word to two characters.
		n := max(words(x.Output.Text), utf8.RuneCountInString(x.Output.Text)/12)
		if n == 0 || n >= 40 {
			return nil
		}
		low := lower(x.Instruction.Text)
		if brief.in(low) {
			return nil
		}
		if n < 10 && why.in(low) {
			return one(x.Output, why.confidence, "the answer has %d words, and the instruction asks for %s", n, why.why)
		}
		f, ok := find(long, low)
		if !ok {
			return nil
		}
		// "A title for a story" asks for no story.
		if other.MatchString(low[f.from:f.to]) {
			return nil
		}
		confidence := f.confidence
		switch {
		case f.why == "a paragraph" && n >= 15 || n >= 30:
			return nil
		case n >= 20:
			confidence = 0.3
		}
		return one(x.Output, confidence, "the answer has %d words, and the instruction asks for %s", n, f.why)
	})
}
