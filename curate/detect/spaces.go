package detect

import (
	"strings"

	"github.com/cria-llm/cria/curate"
)

func whitespace() curate.Detector {
	return detector(curate.Detector{
		Name:    "whitespace",
		About:   "White space at the ends of the text or of lines, more than one empty line, two spaces within a sentence.",
		Example: "Name a color. →  Blue,  as the sky. \n\n\n\nOr red.\n",
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
	better = out.String()
	if cut := strings.TrimLeft(better, " "); cut != better && !strings.Contains(better, "\n") {
		better = cut
		say("white space at its beginning")
	}
	return better, what
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
		if (c >= 'a' && c <= 'z' || c == ',' || c == ';') && i+2 < len(line) && line[i+1] == ' ' && line[i+2] == ' ' {
			i++
		}
	}
	return out.String()
}
