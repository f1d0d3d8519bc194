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

const reportJSONHelp = `print one line of JSON, {"n":…,"wins":…,"ties":…,"losses":…,"failed":…,"win_rate":…,"ci95":[…,…],"lc_win_rate":…,"sign_test_p":…,"seat_flips":…,…}, in shares; of more than two contestants {"meetings":[…],"ratings":[…],…}`

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
		Args:              usageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completeBouts,
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
			d := newDoing(a, a.stderr)
			d.say("counting")
			r, err := b.Report(readBuildInfo().String())
			d.close()
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

// showReport prints what came of a bout, intervals first.
func showReport(a *app, r *bout.Report, spent *openai.Spent) {
	paint := a.paint(a.stdout)
	var t table
	if r.Standing != nil {
		t.heading = plain(r.Standing.Title())
		showMeeting(&t, paint, r, r.Standing)
	} else {
		showRatings(a, r.Ratings)
		showMeetings(a, r)
		t.heading = "about"
		pending, reasons := 0, map[string]int{}
		for _, s := range r.All() {
			pending += s.Pending
			for why, n := range s.Reasons {
				reasons[why] += n
			}
		}
		showFailed(&t, paint, reasons, pending)
	}
	t.row("judge", plain(r.Judge))
	t.row("prompts", fmt.Sprintf("%s, SHA-256 %.12s; seed %d", plain(r.Prompts.File), r.Prompts.SHA256, r.Seed))
	for _, x := range r.SelfPreference {
		words := x.Words()
		if x.N == 0 {
			words[0] = paint.warn(words[0])
		}
		t.row("self-preference", words[0])
		t.row("", plain(words[1]))
	}
	for _, c := range r.Accords {
		text := fmt.Sprintf("%.1f %% of %s", 100*c.Same, plural(c.N, "pair"))
		if c.Kappa != nil {
			text += fmt.Sprintf(", Cohen's kappa %.3f", *c.Kappa)
		}
		t.row("agreement", fmt.Sprintf("%s: %s", plain(strings.Join(c.Raters[:], " and ")), text))
	}
	showAsked(&t, spent)
	t.print(a.stdout, paint)
}

// showAsked tells what was asked and paid, where somebody was.
func showAsked(t *table, spent *openai.Spent) {
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
}

// showMeeting adds how two contestants stand.
func showMeeting(t *table, paint paint, r *bout.Report, s *bout.Standing) {
	t.row("win rate", winRate(paint, s))
	if s.Controlled != nil {
		t.row("of one length", fmt.Sprintf("95 %% interval %s; %s", maybeBetween(hundred(s.Controlled95)), share(s.Controlled)))
	} else {
		t.row("of one length", "unknown from so few verdicts")
	}
	t.row("won, tied, lost", wonTiedLost(s))
	unit := "pair"
	if r.Judge == bout.Person {
		unit = "comparison"
	}
	counted := fmt.Sprintf("%s of %s", plural(s.N, unit), plural(r.Prompts.N, "prompt"))
	if s.Failed > 0 {
		counted += ", and " + paint.warn(count(s.Failed)+" failed")
	}
	t.row("counted", counted)
	showFailed(t, paint, s.Reasons, s.Pending)
	if r.Judge != bout.Person {
		t.row("the seats disagree on", plural(s.Flips, "pair")+", which count as ties")
	}
	if s.Identical > 0 {
		t.row("identical answers", plural(s.Identical, "pair")+", which count as ties")
	}
	if s.First != nil {
		t.row("for the first seat", share(s.First)+" of verdicts, ties half")
	}
	if s.Longer != nil {
		t.row("longer answers won", share(s.Longer)+" of those decided")
	}
	if s.Needed > s.N {
		t.row("to settle it", "about "+plural(s.Needed, "pair")+" in all, if things go on so")
	}
}

// winRate is that of a meeting, its interval first.
func winRate(paint paint, s *bout.Standing) string {
	return fmt.Sprintf("95 %% interval %s; %s", paint.bold(maybeBetween(hundred(s.Interval))), paint.bold(share(s.WinRate)))
}

// wonTiedLost counts a meeting's pairs.
func wonTiedLost(s *bout.Standing) string {
	return fmt.Sprintf("%s, %s, %s; sign test p = %.3g", count(s.Wins), count(s.Ties), count(s.Losses), s.P)
}

// showMeetings prints a line for each pair of contestants.
func showMeetings(a *app, r *bout.Report) {
	paint := a.paint(a.stdout)
	t := table{heading: "win rates", right: map[int]bool{2: true, 3: true, 4: true, 5: true, 6: true, 7: true}}
	var head []string
	for _, name := range []string{"", "against", "95 % interval", "win rate", "of one length", "won, tied, lost", "counted", "failed"} {
		head = append(head, paint.dim(name))
	}
	t.row(head...)
	for _, s := range r.All() {
		failed := count(s.Failed)
		if s.Failed > 0 {
			failed = paint.warn(failed)
		}
		t.row(plain(s.A.Name), plain(s.B.Name), paint.bold(maybeBetween(hundred(s.Interval))), paint.bold(share(s.WinRate)), share(s.Controlled),
			fmt.Sprintf("%s, %s, %s", count(s.Wins), count(s.Ties), count(s.Losses)), count(s.N), failed)
	}
	t.print(a.stdout, paint)
}

// showFailed adds why pairs failed, and how many are to come.
func showFailed(t *table, paint paint, reasons map[string]int, pending int) {
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		t.row("failed", paint.warn(fmt.Sprintf("%s: %s", plural(reasons[why], "pair"), plain(spaced(shorten(why, 120, 60))))))
	}
	if pending > 0 {
		t.row("to come", plural(pending, "pair"))
	}
}

// hundred is an interval of shares in percent.
func hundred(i *[2]float64) *[2]float64 {
	if i == nil {
		return nil
	}
	return &[2]float64{100 * i[0], 100 * i[1]}
}

// share writes a share in percent.
func share(x *float64) string {
	if x == nil {
		return "unknown"
	}
	y := 100 * *x
	return points(&y)
}
