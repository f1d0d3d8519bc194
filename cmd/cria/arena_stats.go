package main

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/arena"
)

// arenaStatsFlags are the flags of cria arena stats.
type arenaStatsFlags struct {
	seed uint64
	json bool
}

func newArenaStatsCommand(a *app) *cobra.Command {
	var f arenaStatsFlags
	c := &cobra.Command{
		Use:   "stats FILE",
		Short: "Win rates of verdicts that are stored, with their intervals",
		Long: `stats counts verdicts that are stored in alpaca_eval's annotations.json: the win rate of a model against a baseline, its interval,
the exact sign test, and what is left of it when both answers have the same length.`,
		Example: `  cria arena stats alpaca-7b/alpaca_eval_gpt4/annotations.json
  cria arena stats annotations.json --json`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return f.run(a, args) },
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.Uint64Var(&f.seed, "seed", 1, "`N`, of the intervals that are drawn")
	fs.BoolVar(&f.json, "json", false, `print one line of JSON, {"win_rate":…,"standard_error":…,"lc_win_rate_minimal":…,"n":…,"n_skipped":…,…}, in percent`)
	return c
}

func (f *arenaStatsFlags) run(a *app, paths []string) error {
	d := newDoing(a, a.stderr)
	defer d.close()
	var all []arena.Standing
	for _, path := range paths {
		d.say("reading %s", path)
		read, err := arena.ReadAnnotations(path)
		if err != nil {
			return err
		}
		d.say("counting %s", path)
		s, err := arena.Stand(read, arena.Control{}, f.seed)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, s)
	}
	d.close()
	if f.json {
		return printJSON(a.stdout, all[0])
	}
	for _, s := range all {
		showStanding(a, s)
	}
	return nil
}

// showStanding prints a model's standing, the interval first.
func showStanding(a *app, s arena.Standing) {
	paint := a.paint(a.stdout)
	t := table{heading: fmt.Sprintf("%s against %s", named(s.Model, "the model"), named(s.Baseline, "the baseline"))}
	t.row("win rate", fmt.Sprintf("%s, 95 %% interval %s", paint.bold(points(s.WinRate)), between(s.Interval)))
	t.row("of one length", fmt.Sprintf("%s, 95 %% interval %s", points(s.Minimal), between(s.MinimalInterval)))
	t.row("won, tied, lost", fmt.Sprintf("%s, %s, %s; sign test p = %.3g", count(s.Wins), count(s.Ties), count(s.Losses), s.P))
	skipped := ""
	if s.Skipped > 0 {
		skipped = paint.warn(fmt.Sprintf(", and %s without a verdict", plural(s.Skipped, "row")))
	}
	t.row("counted", plural(s.N, "row")+skipped)
	if s.Longer != nil {
		t.row("longer answers won", points(s.Longer)+" of those decided")
	}
	t.print(a.stdout, paint)
}

// named is a contestant's name, or what it is called where the file has none.
func named(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return plain(name)
}

// points writes a percentage.
func points(p *float64) string {
	if p == nil || math.IsNaN(*p) {
		return "unknown"
	}
	return fmt.Sprintf("%.1f %%", *p)
}

func between(i [2]float64) string { return fmt.Sprintf("%.1f to %.1f %%", i[0], i[1]) }
