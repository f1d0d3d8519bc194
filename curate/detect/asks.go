package detect

import (
	"strings"

	"github.com/cria-llm/cria/curate"
)

func asksForInput() curate.Detector {
	const thing = `(?:input|text|article|passage|paragraph|sentence|data|dataset|data set|list|information|context|details?|story|document|code|image|picture|content|words?|numbers?|example|examples|question|instructions?|prompt|title|topic|file|link|quote|poem|speech|review|table)s?`
	patterns := []pattern{
		newPattern(0.85, "the answer asks for what is missing", "please", `^\W*(?:sorry[^.]{0,40}|sure[^.]{0,40}|i['’]m sorry[^.]{0,60})?\W*(?:please|kindly) (?:provide|enter|supply|specify|share|send|paste|upload|clarify|input|include|give|tell)\b`),
		newPattern(0.75, "the answer asks for what is missing", "please", `\bplease (?:provide|supply|specify|share|send|paste|upload|clarify) (?:me |us )?(?:with )?(?:the|a|an|your|more|some|additional|further|any)? ?(?:\w+ ){0,2}`+thing+`\b`),
		newPattern(0.85, "the answer asks for what is missing", "could you|can you|would you", `^\W*(?:could|can|would) you (?:please )?(?:provide|clarify|specify|share|tell me (?:more|what|which)|give me|send|be more)\b`),
		newPattern(0.8, "the answer says that something is missing", "provided|given|supplied|specified|included|attached|missing", `\b(?:no|without (?:the|any|an?)) (?:\w+ )?`+thing+` (?:was |were |is |are |has been |have been )?(?:provided|given|supplied|specified|included|attached)\b`),
		newPattern(0.75, "the answer says that something is missing", "not provided|not given|not supplied|not specified|not included|not been|n't provided|n't given|missing", `^[^.\n]{0,60}\b`+thing+` (?:(?:was|were|is|are) ?(?:not|n['’]t) (?:provided|given|supplied|specified|included|attached)|(?:has|have) not been (?:provided|given|supplied|specified)|(?:is|are|was|were) missing)\b`),
		newPattern(0.75, "the answer asks for what is missing", "information|context|details", `^[^.\n]{0,80}\b(?:i|we|you|it is|this task|task) (?:\w+ ){0,3}(?:need|require|requires|provide|without) (?:\w+ ){0,2}(?:more|additional|further) (?:information|context|details)\b`),
		newPattern(0.75, "the answer asks for what is missing", "which|what", `^\W*(?:which|what) (?:`+thing+`) (?:would you like|do you want|should i|are you referring|is being referred)\b`),
	}
	talk := speech()
	return detector(curate.Detector{
		Name:    "asks-for-input",
		About:   "The answer asks for text that the row should have.",
		Example: "Summarize the article. → Please provide the article that you would like summarized.",
	}, func(x curate.Exchange) []fault {
		low := lower(x.Output.Text)
		f, ok := find(patterns, low[:min(len(low), 600)])
		if !ok {
			return nil
		}
		confidence := f.confidence
		// Where the instruction asks for a letter or a question, asking is the answer.
		if ask := lower(x.Instruction.Text); talk.in(ask) || strings.Contains(ask, "missing") || strings.Contains(ask, "lack") {
			return nil
		}
		if n := words(low); n > 40 {
			confidence *= 0.5
		}
		return one(x.Output, confidence, "%s: %s", f.why, f.shown(x.Output.Text))
	})
}
