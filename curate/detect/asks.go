package detect

import "github.com/cria-llm/cria/curate"

func asksForInput() curate.Detector {
	const thing = `(?:input|text|article|passage|paragraph|sentence|data|dataset|data set|list|information|context|details?|story|document|code|image|picture|content|words?|numbers?|example|examples|question|instructions?|prompt|title|topic|file|link|quote|poem|speech|review|table)s?`
	patterns := []pattern{
		newPattern(0.85, "the answer asks for what is missing", `^\W*(?:sorry[^.]{0,40}|sure[^.]{0,40}|i['’]m sorry[^.]{0,60})?\W*(?:please|kindly) (?:provide|enter|supply|specify|share|send|paste|upload|clarify|input|include|give|tell)\b`),
		newPattern(0.75, "the answer asks for what is missing", `\bplease (?:provide|supply|specify|share|send|paste|upload|clarify) (?:me |us )?(?:with )?(?:the|a|an|your|more|some|additional|further|any)? ?(?:\w+ ){0,2}`+thing+`\b`),
		newPattern(0.85, "the answer asks for what is missing", `^\W*(?:could|can|would) you (?:please )?(?:provide|clarify|specify|share|tell me (?:more|what|which)|give me|send|be more)\b`),
		newPattern(0.8, "the answer says that something is missing", `\b(?:no|without (?:the|any|an?)) (?:\w+ )?`+thing+` (?:was |were |is |are |has been |have been )?(?:provided|given|supplied|specified|included|attached)\b`),
		newPattern(0.75, "the answer says that something is missing", `^[^.\n]{0,60}\b`+thing+` (?:(?:was|were|is|are) ?(?:not|n['’]t) (?:provided|given|supplied|specified|included|attached)|(?:has|have) not been (?:provided|given|supplied|specified)|(?:is|are|was|were) missing)\b`),
		newPattern(0.75, "the answer asks for what is missing", `\b(?:without|need|needs|require|requires) (?:any )?(?:more|additional|further) (?:information|context|details|specifics)\b|\bi(?: would|['’]d|['’]ll| will| first)* need to know (?:more|what|which|where|your|the|a (?:little|bit))\b`),
		newPattern(0.8, "the answer asks for what is missing", `\b(?:could|can) (?:you|please) (?:please |you )?(?:provide|give|share|clarify|rephrase|repeat|explain|specify|enter|tell)\b[^.?!\n]{0,60}\b(?:more|additional|further|details|context|clarify|question|request|task better|instruction|term)\b|^\W*please tell me more\b`),
	}
	talk := newPattern(0, "", `\b(?:e-?mails?|letters?|dialogu?es?|conversations?|requests?|customers?|questions?|questionnaires?|surveys?|forms?|scripts?|interviews?|reply|replies|respon[ds]\w*|say|polite\w*|rewrite|rephrase|paraphrase|translate|missing|lack\w*|play|story|speech|call|sentences?|statements?|posts?|phrases?)\b`)
	return detector(curate.Detector{
		Name:    "asks-for-input",
		About:   "The answer asks for text that the row should have.",
		Example: "Summarize the article. → Please provide the article that you would like summarized.",
	}, func(x curate.Exchange) []fault {
		low := lower(x.Output.Text)
		f, ok := find(patterns, low[:min(len(low), 400)])
		if !ok {
			return nil
		}
		confidence := f.confidence
		// Where the instruction asks for a letter or a question, asking is the answer.
		ask := lower(x.Instruction.Text)
		if ask = ask[:min(len(ask), 150)]; talk.in(ask) {
			return nil
		}
		if words(low) > 80 {
			confidence *= 0.7
		}
		return one(x.Output, confidence, "%s: %s", f.why, f.shown(x.Output.Text))
	})
}
