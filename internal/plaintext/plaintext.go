// Package plaintext takes out of a text what whoever shows it would act on: text from files is shown, not obeyed. It knows nothing
// of markup, which is escaped by whoever writes it.
//
//	fmt.Println(plaintext.Of("a\x1b[2Jb")) // a?[2Jb
//	err := plaintext.Write("report.html", page)
package plaintext

import (
	"strings"

	"github.com/cria-llm/cria/internal/atomicfile"
)

// Write writes a report, in which texts may come from anywhere, to a file, whole or not at all: as [Of] shows it, with lines that
// end in \n.
func Write(path, report string) error {
	return atomicfile.WriteBytes(path, []byte(Of(strings.ReplaceAll(report, "\r\n", "\n"))))
}

// Of is a text with a question mark for each character that a terminal acts on or that turns the direction of those after it; lines and
// tabs stay.
func Of(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || bidi(r) {
			return '?'
		}
		return r
	}, s)
}

// bidi says whether a character turns the direction of those that follow, which would show a text as another one.
func bidi(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }
