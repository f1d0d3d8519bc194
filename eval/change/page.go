package change

import (
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/cria-llm/cria/eval/tasks"
	"github.com/cria-llm/cria/internal/amount"
	"github.com/cria-llm/cria/internal/plaintext"
)

//go:embed page.html
var source string

// page is parsed once: its text is part of the program.
var page = template.Must(template.New("page").Parse(source))

// WriteHTML writes the picture and all numbers as a page that needs nothing else and runs no script, whole or not at all.
func (r *Report) WriteHTML(path string) error {
	var out strings.Builder
	if err := page.Execute(&out, r); err != nil {
		return err
	}
	return plaintext.Write(path, out.String())
}

// Drawn is the picture as part of a page.
func (r *Report) Drawn() template.HTML {
	return template.HTML(r.Picture().SVG()) // every text in it is escaped
}

// Shown are examples of one direction, for the page.
type Shown struct {
	Verb     string
	Examples []Example
}

// Shown are the examples that the page has of a task.
func (t Task) Shown() []Shown {
	return []Shown{{"won", t.WonMost}, {"forgot", t.ForgotMost}}
}

// Level is the highest p that counts.
func (r *Report) Level() float64 { return Level }

// Test is the cell from which on a row says what the test came to: p, corrected p and verdict.
const Test = 9

// Rows are a task's numbers as cells, its own first, which alone is tested for good.
func (t Task) Rows() [][]string {
	rows := [][]string{append(cells(t.Name, t.Change), fmt.Sprintf("%.2g", t.P), fmt.Sprintf("%.2g", t.Holm), string(t.Verdict))}
	for _, c := range t.Others {
		rows = append(rows, append(cells("", c), fmt.Sprintf("%.2g", c.P), "", ""))
	}
	return rows
}

// cells are those before Test: task, number, before, after, change, interval, won, forgot and items.
func cells(name string, c tasks.Change) []string {
	list := []string{name, c.Metric, "-", "-", "-", "-", amount.Thousands(c.Won), amount.Thousands(c.Lost), amount.Thousands(c.N)}
	if c.N > 0 {
		list[2], list[3] = fmt.Sprintf("%.4g", c.Before), fmt.Sprintf("%.4g", c.After)
		list[4], list[5] = moved(c, 1)
	}
	return list
}

// moved is a change, of differences times a factor, and its interval, of perplexities as a ratio.
func moved(c tasks.Change, factor float64) (by, interval string) {
	write, by95 := func(v float64) string { return signed(factor * v) }, c.CI95
	by = write(c.Diff)
	if c.Ratio > 0 {
		write, by95 = func(v float64) string { return fmt.Sprintf("×%.3g", v) }, c.RatioCI95
		by = write(c.Ratio)
	}
	if math.IsNaN(by95[0]) {
		return by, "-"
	}
	return by, write(by95[0]) + " to " + write(by95[1])
}
