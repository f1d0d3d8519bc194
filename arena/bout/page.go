package bout

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/internal/plaintext"
)

//go:embed page.html
var source string

// page is parsed once: its text is part of the program.
var page = template.Must(template.New("page").Parse(source))

// WriteHTML writes the report with all pairs as a page that needs nothing else and runs no script, whole or not at all. Texts
// are never read as HTML.
func (r *Report) WriteHTML(path string) error {
	var out strings.Builder
	if err := page.Execute(&out, r); err != nil {
		return err
	}
	return plaintext.Write(path, out.String())
}

// Percent writes a share.
func (s *Standing) Percent(x *float64) string {
	if x == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.1f %%", 100**x)
}

// Between writes an interval of shares.
func (s *Standing) Between(i *[2]float64) string {
	if i == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.1f to %.1f %%", 100*i[0], 100*i[1])
}

// Title is who was compared.
func (r *Report) Title() string {
	if r.Standing != nil {
		return r.Standing.Title()
	}
	return fmt.Sprintf("%d contestants", len(r.Contestants))
}

// Title is who was compared.
func (s *Standing) Title() string { return s.A.Name + " against " + s.B.Name }

// Facts are the lines below the headline, a name and a text each.
func (s *Standing) Facts() [][2]string {
	list := [][2]string{
		{"of one length", "95 % interval " + s.Between(s.Controlled95) + "; " + s.Percent(s.Controlled)},
		{"won, tied, lost", fmt.Sprintf("%d, %d, %d; sign test p = %.3g", s.Wins, s.Ties, s.Losses, s.P)},
		{"counted, failed, to come", fmt.Sprintf("%d, %d, %d", s.N, s.Failed, s.Pending)},
		{"seats that disagree", fmt.Sprint(s.Flips)},
		{"identical answers", fmt.Sprint(s.Identical)},
		{"for the first seat", s.Percent(s.First) + " of verdicts, ties half"},
		{"longer answers won", s.Percent(s.Longer) + " of those decided"},
	}
	if s.Needed > s.N {
		list = append(list, [2]string{"to settle it", fmt.Sprintf("about %d in all, if things go on so", s.Needed)})
	}
	for _, why := range slices.Sorted(maps.Keys(s.Reasons)) {
		list = append(list, [2]string{"failed", fmt.Sprintf("%d: %s", s.Reasons[why], why)})
	}
	return list
}

// About are the lines of the bout as a whole.
func (r *Report) About() [][2]string {
	var list [][2]string
	for i, w := range r.Contestants {
		name := fmt.Sprintf("contestant %d", i+1)
		if r.Standing != nil {
			name = string(rune('A' + i))
		}
		list = append(list, [2]string{name, w.Name + " (" + w.ID + ")"})
	}
	list = append(list, [][2]string{
		{"judge", r.Judge},
		{"prompts", fmt.Sprintf("%d of %s, SHA-256 %s", r.Prompts.N, r.Prompts.File, r.Prompts.SHA256)},
		{"seed", fmt.Sprint(r.Seed)},
		{"begun", r.Begun.Format("2006-01-02 15:04 MST") + " with " + r.Version},
		{"counted with", r.By},
	}...)
	for _, x := range r.SelfPreference {
		words := x.Words()
		list = append(list, [2]string{"self-preference", strings.Join(words[:], ": ")})
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

// Rated is a line for each contestant: name, Bradley-Terry and its interval, Elo and its interval, matches. It is empty where there are two.
func (r *Report) Rated() [][]string {
	rating := func(x *float64, i *[2]float64) []string {
		switch {
		case x == nil:
			return []string{"none", ""}
		case i == nil:
			return []string{fmt.Sprintf("%.0f", *x), "unknown"}
		}
		return []string{fmt.Sprintf("%.0f", *x), fmt.Sprintf("%.0f to %.0f", i[0], i[1])}
	}
	var rows [][]string
	for _, x := range r.Ratings {
		row := append([]string{x.Name}, rating(x.BradleyTerry, x.BradleyTerry95)...)
		rows = append(rows, append(append(row, rating(x.Elo, x.Elo95)...), fmt.Sprint(x.N)))
	}
	return rows
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
	out := new(strings.Builder)
	fmt.Fprintf(out, "# %s\n", cell(r.Title()))
	if len(r.Ratings) > 0 {
		fmt.Fprint(out, "\n| | Bradley-Terry | 95 % interval | Elo | 95 % interval | matches |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
	}
	for _, row := range r.Rated() {
		fmt.Fprint(out, "|")
		for _, text := range row {
			fmt.Fprintf(out, " %s |", cell(text))
		}
		fmt.Fprintln(out)
	}
	for _, s := range r.All() {
		if r.Standing == nil {
			fmt.Fprintf(out, "\n## %s\n", cell(s.Title()))
		}
		fmt.Fprintf(out, "\n**95 %% interval %s; win rate %s** over %d, with %d failed.\n", s.Between(s.Interval), s.Percent(s.WinRate), s.N, s.Failed)
		facts(out, s.Facts())
	}
	facts(out, r.About())
	for _, s := range r.All() {
		about := ""
		if r.Standing == nil {
			about = cell(s.Title()) + ", "
		}
		for _, c := range s.Pairs {
			fmt.Fprintf(out, "\n## %s%d. %s\n\n%s\n", about, c.Number, cell(c.Result()), fenced(c.Prompt))
			c.write(out)
		}
	}
	return plaintext.Write(path, out.String())
}

func facts(out io.Writer, list [][2]string) {
	fmt.Fprint(out, "\n| | |\n| --- | --- |\n")
	for _, f := range list {
		fmt.Fprintf(out, "| %s | %s |\n", cell(f[0]), cell(f[1]))
	}
}

// write writes what stands below the prompt.
func (c Compared) write(out io.Writer) {
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
