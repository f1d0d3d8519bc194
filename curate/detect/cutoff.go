package detect

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/cria-llm/cria/curate"
)

func cutOff() curate.Detector {
	dangling := map[string]bool{}
	for w := range strings.FieldsSeq(`the a an of and or to with for from by as is are was were be been at in on into that which who whose
		their its his my your our than because but if while when where although since such between among including through
		about has have had will would should could can may might must very more most`) {
		dangling[w] = true
	}
	marker := regexp.MustCompile(`\n[ \t]*(\d{1,3}[.)]|[-*•])[ \t]*$`)
	listed := regexp.MustCompile(`^[ \t]*(?:\d{1,3}[.)]|[-*•–+#>|]|[A-Za-z][.)]|[IVXivx]{1,5}[.)])[ \t]`)
	verse := newPattern(0, "", `\b(?:poems?|poetry|songs?|lyrics?|raps?|haikus?|verses?|stanzas?|limericks?|sonnets?|rhymes?|slogans?|titles?|headlines?|hashtags?|code|programs?|functions?|scripts?|quer(?:y|ies)|algorithms?|outline|ode|ballad|tweets?|urls?|links?|keywords?|sequence|pseudo-?code|menu|tables?)\b`)
	part := newPattern(0, "", `\b(?:complete|blanks?|prepositions?|conjunctions?|articles?|pronouns?|parts? of speech|stop ?words|fill|fragments?|missing (?:words?|letters?|parts?)|tags?|tokens?|insert|letters?|syllables?|prefix\w*|sort|order|arrange|alphabet\w*)\b`)
	short := newPattern(0, "", `\b(?:words?|sentences?|phrases?|verbs?)\b`)
	// No text ends with these, prose or not.
	never := map[string]bool{}
	for w := range strings.FieldsSeq(`the a an of and or their its your my our his because than including between`) {
		never[w] = true
	}
	return detector(curate.Detector{
		Name:      "cut-off",
		About:     "The answer ends in the middle of a sentence, a list or a block of code.",
		Example:   "Describe the sun. → The sun is a star. It is made of hydrogen and",
		Precision: curate.Share{Count: 7, Of: 10},
	}, func(x curate.Exchange) []fault {
		text := strings.TrimRight(x.Output.Text, " \t\n\r")
		n := words(text)
		if n < 3 {
			return nil
		}
		tail := text[strings.LastIndexByte(text, '\n')+1:]
		last := tail[strings.LastIndexByte(tail, ' ')+1:]
		show := quote(strings.ToValidUTF8(tail[max(0, len(tail)-60):], ""), 80)
		ask := lower(x.Instruction.Text)
		if m := marker.FindStringSubmatch(text); m != nil && follows(text, m[1]) && !strings.Contains(text, "```") {
			return one(x.Output, 0.85, "the answer ends with the beginning of a list's item: %s", show)
		}
		rest := strings.TrimRight(strings.TrimSuffix(text, last), " ")
		before := rest[strings.LastIndexAny(rest, " \n")+1:]
		if never[last] && (n >= 4 || never[before]) && !part.in(ask) && !(last == "a" && strings.HasSuffix(before, ",")) {
			return one(x.Output, 0.85, "the answer ends with %q: %s", last, show)
		}
		if low := lower(text); (strings.HasPrefix(low, "<html") || strings.Contains(low, "\n<html")) && !strings.Contains(low, "</html") {
			return one(x.Output, 0.7, "the answer ends within a page of HTML: %s", show)
		}
		if strings.ContainsAny(text, "{};=") {
			if open := strings.Count(text, "{") - strings.Count(text, "}"); open > 0 && !strings.HasSuffix(text, "}") && strings.Contains(text, "{\n") {
				return one(x.Output, 0.6, "the answer ends with %d braces open: %s", open, show)
			}
			return nil
		}
		end := []rune(last)
		if len(end) == 0 {
			return nil
		}
		switch r := end[len(end)-1]; {
		case r == ',' && n >= 12 && words(tail) > 4 && !verse.in(ask):
			return one(x.Output, 0.7, "the answer ends with a comma: %s", show)
		case r == '-' && len(end) > 2 && unicode.IsLetter(end[len(end)-2]) && n >= 8:
			return one(x.Output, 0.7, "the answer ends within a word: %s", show)
		case !unicode.IsLetter(r) || r > unicode.MaxLatin1 || listed.MatchString(tail):
			return nil
		}
		if dangling[last] && words(tail) >= 4 && !part.in(ask) && !verse.in(ask) && (n >= 12 || !short.in(ask)) {
			return one(x.Output, 0.8, "the answer ends with %q: %s", last, show)
		}
		// A paragraph of sentences, of which the last has no end.
		if i := strings.LastIndexAny(tail[:len(tail)-len(last)], ".!?"); n >= 30 && i > 0 && i+1 < len(tail) && tail[i+1] == ' ' &&
			words(tail[:i]) >= 8 && words(tail[i+1:]) >= 2 && !verse.in(ask) && !strings.Contains(last, ".") && !strings.ContainsAny(tail[i+1:], "#@/|") {
			return one(x.Output, 0.2, "the last sentence has no end: %s", show)
		}
		if open := strings.LastIndexByte(tail, '('); n >= 8 && open >= 0 && !strings.Contains(tail[open:], ")") && !verse.in(ask) {
			return one(x.Output, 0.6, "the answer ends within parentheses: %s", show)
		}
		return nil
	})
}

// follows says that the marker is a list's first or that the one before it stands in the text.
func follows(text, marker string) bool {
	n, err := strconv.Atoi(strings.TrimRight(marker, ".)"))
	if err != nil {
		return strings.Count(text, "\n"+marker+" ") > 1
	}
	before := strconv.Itoa(n-1) + marker[len(marker)-1:]
	return n == 1 || strings.HasPrefix(text, before) || strings.Contains(text, "\n"+before)
}

func unbalancedFence() curate.Detector {
	return detector(curate.Detector{
		Name:    "unbalanced-fence",
		About:   "A block of code is opened with ``` and never closed.",
		Example: "Print hello in Python. → ```python\nprint('hello')",
	}, func(x curate.Exchange) []fault {
		text := x.Output.Text
		if !strings.Contains(text, "```") && !strings.Contains(text, "~~~") {
			return nil
		}
		open, mark := 0, ""
		for line := range strings.SplitSeq(text, "\n") {
			line = strings.TrimLeft(line, " \t")
			for _, c := range []string{"`", "~"} {
				n := len(line) - len(strings.TrimLeft(line, c))
				switch rest := line[n:]; {
				case n < 3:
				case open == 0 && !strings.Contains(rest, c):
					open, mark = n, c
				case open > 0 && mark == c && n >= open && strings.TrimSpace(rest) == "":
					open = 0
				}
			}
		}
		if open == 0 {
			return nil
		}
		better := strings.TrimRight(text, "\n") + "\n" + strings.Repeat(mark, open)
		return mend(x.Output, 0.9, false, better, "a block of code is opened with %s and not closed", strings.Repeat(mark, open))
	})
}
