// Package syntax finds code in answers that does not parse. Go, JSON and SQL are read by Go's own parser, encoding/json and
// SQLite, Python by package [github.com/cria-llm/cria/curate/syntax/python]. Code is what a fence says is code, or an answer
// that is unmistakably code of one language from its first line to its last; anything else is left alone. Nothing is run.
//
//	for _, d := range syntax.Detectors() {
//		findings = append(findings, d.Look(exchange)...)
//	}
package syntax

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/cria-llm/cria/curate"
)

const name = "syntax-broken"

// maxCode is how many bytes of code are parsed; longer code is passed by.
const maxCode = 64 << 10

// Detectors are syntax-broken. Its example is written "instruction → output".
func Detectors() []curate.Detector {
	return []curate.Detector{{
		Name:      name,
		About:     "Go, JSON, Python or SQL in the answer does not parse.",
		Example:   "Write a Python function that adds two numbers. → def add(a, b)\n    return a + b",
		Precision: curate.Share{Count: 12, Of: 12},
		Look:      (&checker{open: sync.OnceValues(memory)}).look,
	}}
}

// checker parses code. It opens SQLite's database when it is first needed.
type checker struct{ open func() (*sql.DB, error) }

// broken is why code does not parse.
type broken struct {
	line   int // of the code, from 1; 0 where it is not known
	what   string
	sure   float64
	better string // the code put right, where that is certain
}

// languages by the names that fences give them.
var languages = map[string]string{"go": "Go", "golang": "Go", "json": "JSON", "python": "Python", "py": "Python", "python3": "Python",
	"sql": "SQL", "sqlite": "SQL", "sqlite3": "SQL"}

func (c *checker) check(language, code string) *broken {
	switch language {
	case "Go":
		return checkGo(code)
	case "JSON":
		return checkJSON(code)
	case "Python":
		return mendable(checkPython, code)
	default:
		return c.checkSQL(code)
	}
}

// meant are requests for code that is to be wrong, or for a part of some.
var meant = regexp.MustCompile(`(?i)\b(?:with|containing|contains?|has|have|introduce|insert|add|find|identify|spot|locate|what)\b[^.\n]{0,40}\b(?:errors?|bugs?|mistakes?)\b|pseudo-?code|fill in the blank|missing (?:code|line|part)|complete the (?:code|line)|snippet of|one line|single line|autocomplete`)

func (c *checker) look(x curate.Exchange) []curate.Finding {
	text := x.Output.Text
	if len(text) > maxCode || meant.MatchString(x.Instruction.Text) {
		return nil
	}
	for _, b := range blocks(x) {
		bad := c.check(b.language, b.code)
		if bad == nil {
			continue
		}
		if !b.fenced {
			bad.sure -= 0.05
		}
		f := curate.Finding{Row: x.Row, Detector: name, Field: x.Output.Field, Confidence: bad.sure}
		f.Why = fmt.Sprintf("%s does not parse: %s", b.language, bad.what)
		if bad.line > 0 {
			f.Why = fmt.Sprintf("%s does not parse: line %d: %s (%q)", b.language, bad.line, bad.what, line(b.code, bad.line))
		}
		if bad.better != "" {
			better := text[:b.start] + bad.better + text[b.start+len(b.code):]
			f.Suggestion, f.Certain = &better, true
		}
		return []curate.Finding{f}
	}
	return nil
}

// line is one line of a text, cut to what is read at a glance.
func line(text string, n int) string {
	all := strings.Split(text, "\n")
	if n > len(all) {
		return ""
	}
	s := []rune(strings.TrimSpace(all[n-1]))
	if len(s) > 60 {
		return string(s[:60]) + "…"
	}
	return string(s)
}
