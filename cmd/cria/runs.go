package main

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/store"
)

// runsCommands are what can be done with the ledger.
var runsCommands = []func(*app) *cobra.Command{
	newRunsListCommand,
	newRunsShowCommand,
	newRunsCompareCommand,
	newRunsRemoveCommand,
}

func newRunsCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "runs",
		Short: "Look into the ledger: what was done, and what it cost",
		Long: `runs shows the ledger, into which train, pretrain and data generate write each run: recipe, base, data, time, energy, money
and losses. It is one file in your data folder ($CRIA_HOME, or cria below $XDG_DATA_HOME). The beginning or the end of an id
will do where no other run has it.`,
		Args: cobra.ArbitraryArgs,
		RunE: group,
	}
	for _, command := range runsCommands {
		c.AddCommand(command(a))
	}
	return c
}

func newRunsListCommand(a *app) *cobra.Command {
	var asJSON bool
	var limit int
	c := &cobra.Command{
		Use:   "list",
		Short: "List runs, the newest first",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return withLedger(c.Context(), func(s *store.Store) error {
				runs, err := s.Runs(c.Context())
				if err != nil {
					return err
				}
				if limit > 0 && len(runs) > limit {
					runs = runs[:limit]
				}
				if asJSON {
					return printJSON(a.stdout, append([]store.Run{}, runs...)) // [] where there is none
				}
				listRuns(a.stdout, a.paint(a.stdout), runs)
				return nil
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", 0, "at most so many (default all)")
	c.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON, a list of what show prints")
	return c
}

func newRunsShowCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show all that the ledger has of a run, and in which comparisons what it made took part",
		Args:  usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return withLedger(c.Context(), func(s *store.Store) error {
				r, err := s.Run(c.Context(), args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(a.stdout, r)
				}
				showRun(a.stdout, a.paint(a.stdout), r)
				if r.AdapterHash == "" {
					return nil
				}
				bouts, err := s.BoutsOf(c.Context(), r.AdapterHash)
				if err != nil || len(bouts) == 0 {
					return err
				}
				fmt.Fprintln(a.stdout, a.paint(a.stdout).bold("compared"))
				listBouts(a.stdout, a.paint(a.stdout), bouts)
				return nil
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON")
	return c
}

func newRunsCompareCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "compare ID ID",
		Short: "Set two runs side by side: keys of the recipe that differ, and results",
		Args:  usageArgs(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			return withLedger(c.Context(), func(s *store.Store) error {
				var two [2]store.Run
				for i, id := range args {
					var err error
					if two[i], err = s.Run(c.Context(), id); err != nil {
						return err
					}
				}
				d, err := store.Compare(two[0], two[1])
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(a.stdout, d)
				}
				showDifference(a.stdout, a.paint(a.stdout), d)
				return nil
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON")
	return c
}

// listRuns is a line for each run.
func listRuns(w io.Writer, p paint, runs []store.Run) {
	if len(runs) == 0 {
		fmt.Fprintln(w, "no runs yet: cria train and cria pretrain write them down")
		return
	}
	t := table{right: map[int]bool{5: true, 6: true, 7: true, 8: true}}
	t.row(p.dim("id"), p.dim("started"), p.dim("kind"), p.dim("status"), p.dim("folder"), p.dim("steps"), p.dim("time"), p.dim("Wh"), p.dim("held-out loss"))
	for _, r := range runs {
		loss := ""
		if r.LossBefore != nil && r.LossAfter != nil {
			loss = fmt.Sprintf("%.3f → %.3f", *r.LossBefore, *r.LossAfter)
		}
		energy := ""
		if wh := r.WattHours(); wh != nil {
			energy = wattHours(*wh)
		}
		t.row(p.accent(r.ID), r.Started.Local().Format("2006-01-02 15:04"), plain(r.Kind), statusOf(p, r), plain(filepath.Base(r.Out)),
			fmt.Sprintf("%s/%s", count(r.Steps), count(r.PlannedSteps)), seconds(r.Seconds), energy, loss)
	}
	t.print(w, p)
}

// statusOf is how a run stands, in a word.
func statusOf(p paint, r store.Run) string {
	text := string(r.Status)
	if r.Stopped != "" {
		text += " (" + plain(r.Stopped) + ")"
	}
	switch r.Status {
	case store.Done:
		return p.good(text)
	case store.Running:
		return p.accent(text)
	}
	return p.warn(text)
}

// showRun is all that is known of a run.
func showRun(w io.Writer, p paint, r store.Run) {
	t := table{heading: r.ID}
	row := func(name, value string) {
		if value != "" {
			t.row(name, plain(value))
		}
	}
	arrow := func(name string, before, after *float64) {
		switch {
		case before != nil && after != nil:
			t.row(name, fmt.Sprintf("%.4f → %.4f", *before, *after))
		case before != nil:
			t.row(name, fmt.Sprintf("%.4f before", *before))
		}
	}
	row("kind", r.Kind)
	t.row("status", statusOf(p, r))
	row("error", r.Error)
	row("started", r.Started.Local().Format(time.RFC3339))
	if r.Ended != nil {
		row("ended", r.Ended.Local().Format(time.RFC3339))
	}
	if r.Kind == generationKind {
		row("file", r.Out)
	} else {
		row("folder", r.Out)
	}
	row("machine", r.Machine)
	hashed := func(name, what, hash string) {
		if hash != "" {
			row(name, fmt.Sprintf("%s (hash %.12s)", what, hash))
		}
	}
	generated := r.Kind == generationKind
	if generated {
		row("teacher", r.Base)
	}
	hashed("base", r.Base, r.BaseHash)
	for _, up := range r.Parents {
		hashed("on top of", up.Name, up.Hash)
	}
	row("data hash", fmt.Sprintf("%.12s", r.DataHash))
	if generated {
		t.row("kept", fmt.Sprintf("%s of %s, %s tokens in %s", count(r.Steps), plural(r.PlannedSteps, "row"), count(r.Tokens), seconds(r.Seconds)))
	} else {
		t.row("trained", fmt.Sprintf("%s of %s, %s tokens in %s at %s", count(r.Steps), plural(r.PlannedSteps, "step"), count(r.Tokens), seconds(r.Seconds), speed(r.TokensPerSec)))
	}
	if wh := r.WattHours(); wh != nil {
		row("energy", wattHours(*wh)+" Wh, "+r.Energy)
	}
	if r.Cost != nil {
		row("cost", money(*r.Cost))
	}
	arrow("held-out loss", r.LossBefore, r.LossAfter)
	if r.LossBest != nil {
		row("best", fmt.Sprintf("%.4f after step %s", *r.LossBest, count(r.BestStep)))
	}
	arrow("general text", r.ForgetBefore, r.ForgetAfter)
	if r.ProbeAsked > 0 {
		row("answers that end", fmt.Sprintf("%d of %d", r.ProbeStopped, r.ProbeAsked))
	}
	hashed("made", r.Adapter, r.AdapterHash)
	t.print(w, p)
	fmt.Fprintln(w, p.bold("recipe"))
	fmt.Fprintln(w, indent(plain(strings.TrimRight(r.Recipe, "\n"))))
}

// showDifference is two runs side by side.
func showDifference(w io.Writer, p paint, d store.Difference) {
	show := func(heading string, list []store.Pair) {
		t := table{heading: heading}
		t.row("", p.accent(d.A), p.accent(d.B))
		for _, x := range list {
			if strings.HasSuffix(x.Key, "_hash") { // enough to tell two apart
				x.A, x.B = fmt.Sprintf("%.12s", x.A), fmt.Sprintf("%.12s", x.B)
			}
			t.row(x.Key, orDash(plain(x.A)), orDash(plain(x.B)))
		}
		t.print(w, p)
	}
	if len(d.Recipe) == 0 {
		fmt.Fprintln(w, "the recipes are the same")
	} else {
		show("recipe", d.Recipe)
	}
	show("results", d.Results)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// wattHours is an energy, with as many digits as mean something.
func wattHours(wh float64) string {
	if wh >= 100 {
		return fmt.Sprintf("%.0f", wh)
	}
	return fmt.Sprintf("%.3g", wh)
}

// money is an amount in whatever currency the recipe's prices are, to the cent or to two digits.
func money(x float64) string {
	digits := 2
	if x > 0 && x < 1 {
		digits = max(2, 1-int(math.Floor(math.Log10(x))))
	}
	return strconv.FormatFloat(x, 'f', digits, 64)
}
