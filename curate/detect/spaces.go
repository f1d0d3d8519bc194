package detect

import (
	"regexp"
	"strings"

	"github.com/cria-llm/cria/curate"
)

func whitespace() curate.Detector {
	return detector(curate.Detector{
		Name:      "whitespace",
		About:     "White space at the ends of the text or of lines, more than one empty line, two spaces within a sentence.",
		Example:   "Name a color. →  Blue,  as the sky. \n\n\n\nOr red.\n",
		Precision: curate.Share{Count: 20, Of: 20},
	}, each(func(t curate.Text) []fault {
		better, what := tidy(t.Text)
		if what == "" || strings.TrimSpace(t.Text) == "" {
			return nil
		}
		return mend(t, 0.5, true, better, "the text has %s", what)
	}))
}

// tidy is the text with white space that says nothing taken out. Code, tables and what is indented keep theirs, and so do the
// two spaces at a line's end with which Markdown breaks it.
func tidy(s string) (better, what string) {
	say := func(w string) {
		if what == "" {
			what = w
		}
	}
	if strings.Contains(s, "\r\n") {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		say("line ends of Windows")
	}
	if cut := strings.TrimRight(s, " \t\n\r"); cut != s {
		s = cut
		say("white space at its end")
	}
	if cut := strings.TrimLeft(s, "\n\r"); cut != s {
		s = cut
		say("white space at its beginning")
	}
	if cut := strings.TrimLeft(s, " "); cut != s && len(s)-len(cut) < 4 { // four are an indentation
		s = cut
		say("white space at its beginning")
	}
	var out strings.Builder
	out.Grow(len(s))
	fenced, empty, first := false, 0, true
	for line := range strings.SplitSeq(s, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		}
		if !fenced {
			if cut := strings.TrimRight(line, " \t"); len(line) != len(cut) && (cut == "" || line[len(cut):] != "  ") {
				line = cut
				say("white space at the end of a line")
			}
			if line == "" {
				if empty++; empty > 1 && !first {
					say("several empty lines")
					continue
				}
			} else {
				empty = 0
			}
			if prose(line) {
				if single := spaced(line); single != line {
					line = single
					say("two spaces within a line")
				}
			}
		}
		if !first {
			out.WriteByte('\n')
		}
		out.WriteString(line)
		first = false
	}
	return out.String(), what
}

// prose says that spaces in the line only part its words: it is not indented, no row of a table, and has no code in it.
func prose(line string) bool {
	return line != "" && line[0] != ' ' && line[0] != '\t' && !strings.ContainsAny(line, "|{}\t=+`_/\\<>*") && !strings.Contains(line, "   ")
}

// spaced is the line with one space where there were two between a word and the next. The two behind a full stop are a way of
// writing, and stay.
func spaced(line string) string {
	if !strings.Contains(line, "  ") {
		return line
	}
	var out strings.Builder
	for i := 0; i < len(line); i++ {
		c := line[i]
		out.WriteByte(c)
		if (c >= 'a' && c <= 'z' || c == ',' || c == ';') && i+3 < len(line) && line[i+1] == ' ' && line[i+2] == ' ' && line[i+3] != ' ' {
			i++
		}
	}
	return out.String()
}

func punctuation() curate.Detector {
	mends := []struct {
		what, with string
		in         pattern
	}{
		{"a space before a mark", "$1$2$3", newPattern(0.85, "", `([\p{L}\d)"”'])[ \t]+([,.])([ \n]|$)`)},
		{"a mark that stands twice", "$1$2$3", newPattern(0.85, "", `(\p{L})([,;])[,;]+([ \n]|$)`)},
		{"a full stop that stands twice", "$1.$2", newPattern(0.85, "", `(\p{L})\.\.([ \n]|$)`)},
	}
	twice := newPattern(0.85, "", `\b(?:the the|a a|an an|of of|to to|and and|for for|with with)\b`)
	code := regexp.MustCompile("```|[{}|<>=]|[.…]{3}|(?:^|\\s)\\.\\s|_ ")
	about := newPattern(0, "", `punctuat|correct|\bedit|\bfix|error|mistake|grammar|blank|token|split|separate|insert`)
	return detector(curate.Detector{
		Name:      "punctuation",
		About:     "A space stands before a comma or a full stop, a comma or a full stop is doubled, or a small word is.",
		Example:   "Say hello. → Hello , world. The the end.",
		Precision: curate.Share{Count: 18, Of: 19},
	}, func(x curate.Exchange) []fault {
		if about.in(lower(x.Instruction.Text)) { // the mistake may be the matter
			return nil
		}
		var out []fault
		for _, t := range texts(x) {
			better, what := t.Text, ""
			low := lower(t.Text)
			for i := range mends {
				m := &mends[i]
				if !m.in.hinted(low) {
					continue
				}
				if found := m.in.re.FindString(better); found != "" {
					better, what = m.in.re.ReplaceAllString(better, m.with), m.what+": "+quote(found, 20)
				}
			}
			word := ""
			if at := twice.index(low); at != nil && t.Field != x.Input.Field {
				// "the The Hague" has a name.
				if second := strings.Fields(t.Text[at[0]:at[1]])[1]; second == lower(second) {
					word = low[at[0]:at[1]]
				}
			}
			if what == "" && word == "" || code.MatchString(t.Text) {
				continue
			}
			if word != "" {
				out = append(out, one(t, twice.confidence, "the text has a word twice: %s", quote(word, 20))...)
			}
			if what != "" {
				out = append(out, mend(t, 0.85, true, better, "the text has %s", what)...)
			}
		}
		return out
	})
}
