package detect

import (
	"regexp"
	"strings"

	"github.com/cria-llm/cria/curate"
)

func mergedInstruction() curate.Detector {
	// A numbered record, as a teacher writes the next of its list: a row never holds one of its own.
	next := regexp.MustCompile(`(?m)^[ \t]*(?:#+[ \t]*)?\d{1,3}[ \t]*\.[ \t]*(?:instruction|input|output)[ \t]*:`)
	header := regexp.MustCompile(`(?m)^[ \t]*#{2,}[ \t]*(?:instruction|input|output)[ \t]*:`)
	// What parts two records, with nothing behind it.
	parting := regexp.MustCompile(`[.!?"”)。！？]\s*\n\s*(#{2,}|\d{1,3}\.)\s*$`)
	plain := regexp.MustCompile(`(?m)^[ \t]*(?:instruction|task)[ \t]*:`)
	parts := regexp.MustCompile(`(?m)^[ \t]*(?:input|output)[ \t]*:`)
	about := newPattern(0, "", `instruction|\binput|\boutput|\btasks?\b|prompt|example|function|program|\bcode|algorithm|model|game|dataset`)
	// What separates records: lines without a letter, or with no more than a number.
	separator := regexp.MustCompile(`(?:\n[^\p{L}\n]*)+$`)
	return detector(curate.Detector{
		Name:      "merged-instruction",
		About:     "Another record follows within a text: the next instruction of a list that was cut apart wrongly.",
		Example:   "Name a noble gas. → Neon.\n###\n17. Instruction: Reverse the word.\n17. Input:\nformula\n17. Output:\nalumrof",
		Precision: curate.Share{Count: 20, Of: 20},
	}, func(x curate.Exchange) []fault {
		var out []fault
		for _, t := range texts(x) {
			low := lower(t.Text)
			if m := parting.FindStringSubmatchIndex(low); m != nil && t.Field == x.Output.Field && (low[m[2]] == '#' || !follows(low, low[m[2]:m[3]])) {
				out = append(out, mend(t, 0.9, true, strings.TrimSpace(t.Text[:m[2]]), "what parts a record from the next stands at the end: %s", quote(t.Text[m[2]:], 20))...)
				continue
			}
			if !strings.Contains(low, "nput") && !strings.Contains(low, "nstruction") && !strings.Contains(low, "utput") {
				continue
			}
			at := next.FindStringIndex(low)
			if at == nil {
				at = header.FindStringIndex(low)
			}
			if at != nil {
				kept := strings.TrimSpace(separator.ReplaceAllString("\n"+t.Text[:at[0]], ""))
				clean := kept != "" && strings.ContainsRune(".!?)\"”。！？", lastRune(kept)) && !strings.Contains(lower(kept), "gpt model")
				why := "another record begins within the text: " + quote(t.Text[at[0]:], 70)
				if kept == "" {
					out = append(out, one(t, 0.95, "%s", why)...)
				} else {
					out = append(out, mend(t, 0.97, clean, kept, "%s", why)...)
				}
				continue
			}
			if t.Field != x.Output.Field || about.in(lower(x.Ask())) {
				continue
			}
			if at := plain.FindStringIndex(low); at != nil && parts.MatchString(low[at[1]:]) {
				out = append(out, one(t, 0.7, "another record seems to begin within the text: %s", quote(t.Text[at[0]:], 70))...)
			}
		}
		return out
	})
}

func lastRune(s string) rune {
	var last rune
	for _, r := range s[max(0, len(s)-4):] {
		last = r
	}
	return last
}
