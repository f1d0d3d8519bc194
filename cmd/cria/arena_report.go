package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/openai"
)

const reportJSONHelp = `print one line of JSON, {"n":…,"wins":…,"ties":…,"losses":…,"failed":…,"win_rate":…,"ci95":[…,…],"lc_win_rate":…,"sign_test_p":…,"seat_flips":…,…}, in shares`

func newArenaReportCommand(a *app) *cobra.Command {
	var html, markdown string
	var people, asJSON bool
	c := &cobra.Command{
		Use:   "report DIR|ID",
		Short: "Say who won a comparison, and how sure that is",
		Long: `report counts what the last judge of cria arena run said, or what people voted where that is person, or with --people. With --html and --md it writes
a page that needs nothing else, with all pairs and what was said of them.`,
		Example: `  cria arena report blind
  cria arena report blind --html blind.html --md blind.md`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			dir, err := boutFolder(c.Context(), args[0])
			if err != nil {
				return err
			}
			b, err := bout.Read(dir)
			if err != nil {
				return err
			}
			if people {
				b.Settings.Judge = bout.Person
			}
			r, err := b.Report(readBuildInfo().String())
			if err != nil {
				return err
			}
			rec, done := a.recordBout(c.Context(), b)
			defer done()
			rec.Keep(c.Context(), r, nil)
			if html != "" {
				if err := r.WriteHTML(html); err != nil {
					return err
				}
			}
			if markdown != "" {
				if err := r.WriteMarkdown(markdown); err != nil {
					return err
				}
			}
			if asJSON {
				return printJSON(a.stdout, r)
			}
			showReport(a, r, nil)
			return nil
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.BoolVar(&people, "people", false, "count what people voted, also where another judged last")
	fs.StringVar(&html, "html", "", "`FILE` for a page with all pairs")
	fs.StringVar(&markdown, "md", "", "`FILE` for the same in Markdown")
	fs.BoolVar(&asJSON, "json", false, reportJSONHelp)
	return c
}

func showReport(a *app, r *bout.Report, spent *openai.Spent) {
	paint := a.paint(a.stdout)
	hundred := func(i *[2]float64) *[2]float64 {
		if i == nil {
			return nil
		}
		return &[2]float64{100 * i[0], 100 * i[1]}
	}
	share := func(x *float64) string {
		if x == nil {
			return "unknown"
		}
		y := 100 * *x
		return points(&y)
	}
	t := table{heading: fmt.Sprintf("%s against %s", plain(r.A.Name), plain(r.B.Name))}
	t.row("win rate", fmt.Sprintf("95 %% interval %s; %s", paint.bold(maybeBetween(hundred(r.Interval))), paint.bold(share(r.WinRate))))
	if r.Controlled != nil {
		t.row("of one length", fmt.Sprintf("95 %% interval %s; %s", maybeBetween(hundred(r.Controlled95)), share(r.Controlled)))
	} else {
		t.row("of one length", "unknown from so few verdicts")
	}
	t.row("won, tied, lost", fmt.Sprintf("%s, %s, %s; sign test p = %.3g", count(r.Wins), count(r.Ties), count(r.Losses), r.P))
	unit := "pair"
	if r.Judge == bout.Person {
		unit = "comparison"
	}
	counted := fmt.Sprintf("%s of %s", plural(r.N, unit), plural(r.Prompts.N, "prompt"))
	if r.Failed > 0 {
		counted += ", and " + paint.warn(count(r.Failed)+" failed")
	}
	t.row("counted", counted)
	for _, why := range slices.Sorted(maps.Keys(r.Reasons)) {
		t.row("failed", paint.warn(fmt.Sprintf("%s: %s", plural(r.Reasons[why], "pair"), plain(spaced(shorten(why, 120, 60))))))
	}
	if r.Pending > 0 {
		t.row("to come", plural(r.Pending, "pair"))
	}
	if r.Judge != bout.Person {
		t.row("the seats disagree on", plural(r.Flips, "pair")+", which count as ties")
	}
	if r.Identical > 0 {
		t.row("identical answers", plural(r.Identical, "pair")+", which count as ties")
	}
	if r.First != nil {
		t.row("for the first seat", share(r.First)+" of verdicts, ties half")
	}
	if r.Longer != nil {
		t.row("longer answers won", share(r.Longer)+" of those decided")
	}
	if r.Needed > r.N {
		t.row("to settle it", "about "+plural(r.Needed, "pair")+" in all, if things go on so")
	}
	t.row("judge", plain(r.Judge))
	t.row("prompts", fmt.Sprintf("%s, SHA-256 %.12s; seed %d", plain(r.Prompts.File), r.Prompts.SHA256, r.Seed))
	for _, c := range r.Accords {
		text := fmt.Sprintf("%.1f %% of %s", 100*c.Same, plural(c.N, "pair"))
		if c.Kappa != nil {
			text += fmt.Sprintf(", Cohen's kappa %.3f", *c.Kappa)
		}
		t.row("agreement", fmt.Sprintf("%s: %s", plain(strings.Join(c.Raters[:], " and ")), text))
	}
	if spent != nil {
		text := plural(spent.Requests, "answer")
		if spent.Most() > 0 {
			text += ", " + spent.Most().String()
		}
		if spent.FromJournal > 0 {
			text += fmt.Sprintf("; %s were in the journal already", plural(spent.FromJournal, "answer"))
		}
		t.row("asked", text)
	}
	t.print(a.stdout, paint)
}
