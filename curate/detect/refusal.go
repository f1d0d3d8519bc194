package detect

import (
	"strings"

	"github.com/cria-llm/cria/curate"
)

// speech is an instruction that asks for something a person says or writes to another, in which an apology or a question is
// the answer.
func speech() pattern {
	return newPattern(0, "", `\b(?:e-?mails?|letters?|dialogues?|dialogs?|conversations?|scripts?|messages?|chatbots?|forms?|surveys?|questions?|requests?|respon\w+|reply|replies|customers?|ask\w*|apolog\w+|skit|scene|speech|texts?|tweets?|poems?|story|stories|interviews?|excuses?|say|phrase|sentences?|translate|paraphrase|rewrite|quotes?|memo|notes?|complain\w*|role|play|announcement|assistant|prompts?)\b`)
}

func refusal() curate.Detector {
	const ai = `(?:an? )?(?:artificial intelligence|ai|language model|large language model|ai language model|chatbot|virtual assistant|machine learning model|gpt(?:-\d\S*)?(?: model)?)\b`
	const cannot = `(?:can ?not|can['’]t|could not|couldn['’]t|am unable to|['’]m unable to|am not able to|['’]m not able to|am not allowed to|will not|won['’]t|do not have (?:access|the ability)|don['’]t have (?:access|the ability))`
	sure := []pattern{
		newPattern(0.9, "the answer speaks as a program", `\bas `+ai+`[^.\n]{0,40}\bi\b`),
		newPattern(0.85, "the answer speaks as a program", `\bi(?: am|['’]m) (?:just |only |merely )?`+ai),
		newPattern(0.9, "the answer tells of its training", `\bmy (?:knowledge |training )(?:data )?(?:cut-?off|only goes|was last|ends)|\bknowledge cut-?off\b|\bmy (?:training data|last (?:knowledge )?update)\b`),
		newPattern(0.85, "the answer says that a model cannot do it", `\b(?:language|gpt|ai|this|the) ?models? (?:\w+ ){0,3}(?:can ?not|can['’]t|unable|not able|not capable|incapable)\b|(?:can ?not|can['’]t|not possible to) be (?:\w+ ){1,3}(?:by|with|using) (?:an? |the |this )?(?:language |gpt |ai |text )\w*\s?model|(?:not|un)[ -]?suitable for (?:an? |the )?(?:gpt|language|ai)`),
		newPattern(0.85, "the answer refuses", `作为(?:一个|一名)?(?:人工智能|ai|语言模型)|\bals (?:ki|ki-modell|ki-sprachmodell|sprachmodell)\b|\ben tant qu(?:e modèle de langage|['’]ia\b|['’]intelligence artificielle)|\bcomo (?:un )?modelo de lenguaje|\bcomo (?:una )?ia\b`),
	}
	opening := []pattern{
		newPattern(0.8, "the answer begins with a refusal", `^\W*(?:i(?: am|['’]m) (?:so |very |truly )?(?:sorry|afraid)|sorry|i apologi[sz]e|my apologies|unfortunately)\b[^.\n]{0,60}\b(?:i|we|it|this)\b ?`+cannot+`\b`),
		newPattern(0.75, "the answer begins with a refusal", `^\W*(?:unfortunately,? )?i `+cannot+` (?:to )?(?:provide|complete|answer|fulfil\w*|assist|help|comply|generate|create|perform|access|browse|see|view|open|do that|do this|display|draw|produce|give|offer|discuss|engage|know)\b`),
		newPattern(0.75, "the answer says that the task cannot be done", `^\W*(?:unfortunately,? )?(?:this|the|your) (?:given )?(?:task|question|request|instruction|input|prompt)s? (?:can ?not|can['’]t|is not possible|is impossible|is unable|is not able|does not meet|is not suitable|is inappropriate|is not appropriate|is not valid|is invalid|is not clear|is unclear)\b`),
		newPattern(0.75, "the answer says that it cannot be done", `^\W*(?:unfortunately,? )?it (?:is|['’]s) (?:not possible|impossible) to (?:\w+ ){1,6}(?:without|this|the given|from the)|^\W*unable to\b`),
	}
	talk := speech()
	about := newPattern(0, "", `\b(?:ai|a\.i\.|language models?|chatbots?|gpt\S*|assistant|siri|alexa|robots?)\b`)
	return detector(curate.Detector{
		Name:      "refusal",
		About:     "The answer refuses, or speaks of itself as a program.",
		Example:   "Who will win the next election? → As an AI language model, I cannot predict the future.",
		Precision: curate.Share{Count: 19, Of: 20},
	}, func(x curate.Exchange) []fault {
		low := lower(x.Output.Text)
		ask := lower(x.Ask())
		if f, ok := find(sure, low); ok {
			if strings.HasPrefix(f.why, "the answer speaks") && about.in(ask) {
				f.confidence /= 2
			}
			return one(x.Output, f.confidence, "%s: %s", f.why, f.shown(x.Output.Text))
		}
		head := low[:min(len(low), 400)]
		if f, ok := find(opening, head); ok && !talk.in(lower(x.Instruction.Text)) && !strings.HasPrefix(low, "\"") {
			return one(x.Output, f.confidence, "%s: %s", f.why, f.shown(x.Output.Text))
		}
		return nil
	})
}
