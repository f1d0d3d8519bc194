package bout

import (
	"bufio"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/internal/atomicfile"
)

//go:embed page.html
var source string

// page is parsed once: its text is part of the program.
var page = template.Must(template.New("page").Parse(source))

// WriteHTML writes the report with all pairs as a page that needs nothing else and runs no script, whole or not at all. Texts
// are shown as they are and never read as HTML.
func (r *Report) WriteHTML(path string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		if err := page.Execute(out, r); err != nil {
			return err
		}
		return out.Flush()
	})
}

// Percent writes a share.
func (r *Report) Percent(x *float64) string {
	if x == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.1f %%", 100**x)
}

// Between writes an interval of shares.
func (r *Report) Between(i *[2]float64) string {
	if i == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.1f to %.1f %%", 100*i[0], 100*i[1])
}

// Probability writes the sign test's.
func (r *Report) Probability() string { return fmt.Sprintf("%.3g", r.P) }

// Facts are the lines below the headline, a name and a text each.
func (r *Report) Facts() [][2]string {
	list := [][2]string{
		{"of one length", "95 % interval " + r.Between(r.Controlled95) + "; " + r.Percent(r.Controlled)},
		{"won, tied, lost", fmt.Sprintf("%d, %d, %d; sign test p = %s", r.Wins, r.Ties, r.Losses, r.Probability())},
		{"counted, failed, to come", fmt.Sprintf("%d, %d, %d", r.N, r.Failed, r.Pending)},
		{"seats that disagree", fmt.Sprint(r.Flips)},
		{"identical answers", fmt.Sprint(r.Identical)},
		{"for the first seat", r.Percent(r.First) + " of verdicts, ties half"},
		{"longer answers won", r.Percent(r.Longer) + " of those decided"},
		{"A", r.A.Name + " (" + r.A.ID + ")"},
		{"B", r.B.Name + " (" + r.B.ID + ")"},
		{"judge", r.Judge},
		{"prompts", fmt.Sprintf("%d of %s, SHA-256 %s", r.Prompts.N, r.Prompts.File, r.Prompts.SHA256)},
		{"seed", fmt.Sprint(r.Seed)},
		{"begun", r.Begun.Format("2006-01-02 15:04 MST") + " with " + r.Version},
		{"counted with", r.By},
	}
	for _, c := range r.Accords {
		text := fmt.Sprintf("%.1f %% of %d pairs", 100*c.Same, c.N)
		if c.Kappa != nil {
			text += fmt.Sprintf(", Cohen's kappa %.3f", *c.Kappa)
		}
		list = append(list, [2]string{"agreement of " + c.Raters[0] + " and " + c.Raters[1], text})
	}
	return list
}

// Result is what came of a pair, in a word or two.
func (c Compared) Result() string {
	switch {
	case c.Pending != "":
		return c.Pending
	case c.Outcome.Failed != "":
		return "failed: " + c.Outcome.Failed
	case c.Outcome.Identical:
		return "tie, identical answers"
	case c.Outcome.Flipped:
		return "tie, the seats disagree"
	}
	return map[string]string{"A": "A won", "B": "B won", "tie": "tie"}[winner(c.Outcome.A)]
}

// Where says where A sat, 1 or 2.
func (m Remark) Where() int { return int(m.Seat) + 1 }

// WriteMarkdown writes the same in Markdown, with texts as code, so that nothing in them is read as Markdown.
func (r *Report) WriteMarkdown(path string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		fmt.Fprintf(out, "# %s against %s\n\n", cell(r.A.Name), cell(r.B.Name))
		fmt.Fprintf(out, "**95 %% interval %s; win rate %s** over %d, with %d failed.\n\n", r.Between(r.Interval), r.Percent(r.WinRate), r.N, r.Failed)
		fmt.Fprint(out, "| | |\n| --- | --- |\n")
		for _, f := range r.Facts() {
			fmt.Fprintf(out, "| %s | %s |\n", cell(f[0]), cell(f[1]))
		}
		for _, c := range r.Pairs {
			fmt.Fprintf(out, "\n## %d. %s\n\n%s\n", c.Number, cell(c.Result()), fenced(c.Prompt))
			if c.Input != "" {
				fmt.Fprintf(out, "\nInput\n\n%s\n", fenced(c.Input))
			}
			for _, x := range []struct {
				side string
				arena.Answer
			}{{"A", c.A}, {"B", c.B}} {
				fmt.Fprintf(out, "\n%s, %s\n\n%s\n", x.side, cell(x.By), fenced(x.Text))
			}
			for _, m := range c.Remarks {
				fmt.Fprintf(out, "\n- %s, A in seat %d: %s\n", cell(m.By), m.Where(), cell(m.Winner))
				if m.Said != "" {
					fmt.Fprintf(out, "\n%s\n", fenced(m.Said))
				}
			}
		}
		return out.Flush()
	})
}

// cell is a text on one line in which Markdown sees nothing.
func cell(s string) string {
	const signs = "\\`*_{}[]<>()#+!|~&"
	var b strings.Builder
	for _, c := range strings.Join(strings.Fields(s), " ") {
		if strings.ContainsRune(signs, c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// fenced is a text as code, between fences longer than any within.
func fenced(s string) string {
	fence := "```"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	return fence + "text\n" + s + "\n" + fence
}
