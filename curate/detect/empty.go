package detect

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/cria-llm/cria/curate"
)

func emptyOutput() curate.Detector {
	return detector(curate.Detector{
		Name:      "empty-output",
		About:     "The answer is empty, or nothing in it can be seen.",
		Example:   "Print a new line. → \u200b\n",
		Precision: curate.Share{Count: 9, Of: 9},
	}, func(x curate.Exchange) []fault {
		if strings.ContainsFunc(x.Output.Text, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }) {
			return nil
		}
		return one(x.Output, 0.98, "the answer is empty")
	})
}

// stand are texts that stand for no text, of letters only as [letters] has them. The value says whether they can mean
// nothing else.
func stand() map[string]bool {
	m := map[string]bool{}
	for s := range strings.FieldsSeq(`noinput nooutput noinputs noinputneeded noinputrequired noinputisneeded noinputisrequired
		noinputnecessary noinputprovided noinputgiven noinputavailable noadditionalinput noadditionalinputneeded
		noadditionalinputrequired noadditionalinputisrequired nofurtherinput nofurtherinputneeded
		nofurtherinputrequired noinputspecified inputnotrequired inputnotneeded inputnotprovided inputnotavailable
		notapplicable nooutputneeded nooutputrequired nooutputprovided nooutputavailable thereisnoinput thisinstructiondoesnotrequireinput
		thistaskdoesnotrequireinput doesnotrequireinput doesnotrequireanyinput thisinstructiondoesnotrequireanyinput
		thistaskdoesnotrequireanyinput noinputforthistask noinputforthisinstruction emptyinput emptyoutput`) {
		m[s] = true
	}
	for s := range strings.FieldsSeq(`na none nothing tbd tba nonegiven noneneeded nonerequired nocontext placeholder`) {
		m[s] = false
	}
	return m
}

// stands says whether the text stands for no text, and whether it can mean nothing else: so does one in angle brackets, or
// N/A.
func stands(m map[string]bool, text string) (sure, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > 80 {
		return false, false
	}
	sure, ok = m[strings.TrimPrefix(letters(text), "input")]
	bare := strings.Trim(text, `"'. `)
	bracketed := len(bare) > 1 && (bare[0] == '<' || bare[0] == '[' || bare[0] == '(' || bare[0] == '{')
	return sure || ok && (bracketed || strings.EqualFold(bare, "n/a")), ok
}

func placeholderInput() curate.Detector {
	m := stand()
	return detector(curate.Detector{
		Name:      "placeholder-input",
		About:     "The input is words for there being none.",
		Example:   "Name a mammal. | <noinput> → A whale.",
		Precision: curate.Share{Count: 20, Of: 20},
	}, func(x curate.Exchange) []fault {
		sure, ok := stands(m, x.Input.Text)
		switch {
		case !ok:
			return nil
		case sure:
			return mend(x.Input, 0.97, true, "", "the input %s stands for none", quote(x.Input.Text, 60))
		}
		return mend(x.Input, 0.6, false, "", "the input %s seems to stand for none", quote(x.Input.Text, 60))
	})
}

func placeholderOutput() curate.Detector {
	m := stand()
	tag := regexp.MustCompile(`^\s*<\s*no ?(?:input|output)\s*>[ \t]*\n\s*`)
	patterns := []pattern{
		newPattern(0.8, "filler text", `\blorem ipsum\b`),
		newPattern(0.9, "a placeholder", `<\s*no ?(?:input|output)\s*>`),
		newPattern(0.5, "a gap left to fill", `\[(?:insert|add your|enter|your) [^\]\n]{1,60}(?:here|text|content|answer|response)\]`),
	}
	none := newPattern(0, "", `\b(?:none|nothing|null|empty|blanks?|undefined|nan)\b`)
	asked := newPattern(0, "", `template|placeholder|lorem|blank|\bforms?\b|html|fill|sample|letter|e-?mail|\binputs?\b|contract|agreement`)
	return detector(curate.Detector{
		Name:      "placeholder",
		About:     "The answer, or a part of it, stands for text that was never written.",
		Example:   "Draw a heat map of the data. → <nooutput>",
		Precision: curate.Share{Count: 20, Of: 20},
	}, func(x curate.Exchange) []fault {
		text := x.Output.Text
		if sure, ok := stands(m, text); ok {
			if sure {
				return one(x.Output, 0.97, "the answer %s stands for none", quote(text, 60))
			}
			if none.in(lower(x.Ask())) {
				return nil
			}
			return one(x.Output, 0.5, "the answer %s seems to stand for none", quote(text, 60))
		}
		low := lower(text)
		if at := tag.FindStringIndex(low); at != nil && !strings.Contains(low[at[1]:], "<") {
			return mend(x.Output, 0.95, true, text[at[1]:], "the answer begins with the placeholder %s", quote(text[:at[1]], 40))
		}
		f, ok := find(patterns, low)
		if !ok || strings.Contains(low, "instruction:") || asked.in(lower(x.Ask())) {
			return nil
		}
		return one(x.Output, f.confidence, "%s stands in the answer: %s", f.why, f.shown(text))
	})
}
