package main

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/arena"
)

// arenaStatsFlags are the flags of cria arena stats.
type arenaStatsFlags struct {
	difficulties, gamed string
	seed                uint64
	json                bool
}

func newArenaStatsCommand(a *app) *cobra.Command {
	var f arenaStatsFlags
	c := &cobra.Command{
		Use:   "stats FILE…",
		Short: "Win rates of verdicts that are stored, with their intervals",
		Long: `stats counts verdicts that are stored in alpaca_eval's annotations.json: the win rate of a model against a baseline, its interval,
the exact sign test, and what is left of it when both answers have the same length. Of several files it makes a table, and rates all
contestants that are in them.

Length is controlled for in alpaca_eval's form length_controlled_minimal, which needs nothing else; with --difficulties in its
length_controlled_noreg too, with --gamed in its length_controlled_v1.`,
		Example: `  cria arena stats alpaca-7b/alpaca_eval_gpt4/annotations.json
  cria arena stats */alpaca_eval_gpt4/annotations.json --json`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.difficulties != "" && f.gamed != "" {
				return usagef(c, "--gamed has the difficulties too: leave --difficulties out")
			}
			return f.run(a, args)
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.difficulties, "difficulties", "", "`FILE` of the instructions' difficulties, a table with the columns index and instruction_difficulty")
	fs.StringVar(&f.gamed, "gamed", "", "`FILE` of verdicts on the baseline made brief or wordy, a table with the columns index, preference, std_delta_len and instruction_difficulty")
	fs.Uint64Var(&f.seed, "seed", 1, "`N`, of the intervals that are drawn")
	fs.BoolVar(&f.json, "json", false, `print one line of JSON, in percent: {"win_rate":…,"standard_error":…,"lc_win_rate_minimal":…,"n":…,"n_skipped":…,…}, or of several files {"standings":[…],"ratings":[…]}`)
	return c
}

func (f *arenaStatsFlags) run(a *app, paths []string) error {
	d := newDoing(a, a.stderr)
	defer d.close()
	var known *arena.Known
	var err error
	switch {
	case f.gamed != "":
		known, err = arena.ReadGamed(f.gamed)
	case f.difficulties != "":
		known, err = arena.ReadDifficulties(f.difficulties)
	}
	if err != nil {
		return err
	}
	var standings []arena.Standing
	var matches []arena.Match
	for _, path := range paths {
		d.say("reading %s", path)
		read, err := arena.ReadAnnotations(path)
		if err != nil {
			return err
		}
		if len(paths) > 1 && (read.Model == "" || read.Baseline == "") {
			return fmt.Errorf("%s: no generator_1 and generator_2, which have to say who is who among several files", path)
		}
		var more arena.Control
		if known != nil {
			if more, err = known.Control(read); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		d.say("counting %s", path)
		s, err := arena.Stand(read, more, f.seed)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		standings, matches = append(standings, s), append(matches, read.Matches()...)
	}
	if len(paths) == 1 {
		d.close()
		if f.json {
			return printJSON(a.stdout, standings[0])
		}
		showStanding(a, standings[0])
		return nil
	}
	d.say("rating the contestants")
	ratings, skipped := arena.Rate(matches, f.seed)
	d.close()
	if f.json {
		return printJSON(a.stdout, struct {
			Standings []arena.Standing `json:"standings"`
			Ratings   []arena.Rating   `json:"ratings"`
			Unrated   int              `json:"draws_unrated"`
		}{standings, ratings, skipped})
	}
	showStandings(a, standings)
	showRatings(a, ratings)
	return nil
}

// showStanding prints a model's standing, the interval first.
func showStanding(a *app, s arena.Standing) {
	paint := a.paint(a.stdout)
	t := table{heading: fmt.Sprintf("%s against %s", named(s.Model, "the model"), named(s.Baseline, "the baseline"))}
	t.row("win rate", fmt.Sprintf("%s, 95 %% interval %s", paint.bold(points(s.WinRate)), between(s.Interval)))
	if s.Minimal == nil {
		t.row("of one length", "unknown from so few verdicts")
	} else {
		t.row("of one length", fmt.Sprintf("%s, 95 %% interval %s", points(s.Minimal), maybeBetween(s.MinimalInterval)))
	}
	if s.Full != nil {
		t.row("", fmt.Sprintf("%s, 95 %% interval %s, by %s", points(s.Full), maybeBetween(s.FullInterval), s.Form))
	}
	if s.Extreme {
		t.row("", paint.warn("length moved it so far that the regression may have failed"))
	}
	t.row("won, tied, lost", fmt.Sprintf("%s, %s, %s; sign test p = %.3g", count(s.Wins), count(s.Ties), count(s.Losses), s.P))
	skipped := ""
	if s.Skipped > 0 {
		skipped = paint.warn(fmt.Sprintf(", and %s without a verdict", plural(s.Skipped, "row")))
	}
	t.row("counted", plural(s.N, "row")+skipped)
	if s.Needed > s.N {
		t.row("to settle it", "about "+plural(s.Needed, "row")+" in all")
	}
	if s.Longer != nil {
		t.row("longer answers won", points(s.Longer)+" of those decided")
	}
	t.print(a.stdout, paint)
}

// showStandings prints a line for each file.
func showStandings(a *app, standings []arena.Standing) {
	paint := a.paint(a.stdout)
	t := table{right: map[int]bool{2: true, 3: true, 4: true, 5: true, 6: true}}
	t.row(paint.dim("model"), paint.dim("against"), paint.dim("win rate"), paint.dim("95 % interval"), paint.dim("of one length"), paint.dim("95 % interval"), paint.dim("rows"))
	for _, s := range standings {
		rate, interval := s.Minimal, s.MinimalInterval
		if s.Full != nil {
			rate, interval = s.Full, s.FullInterval
		}
		t.row(plain(s.Model), plain(s.Baseline), points(s.WinRate), between(s.Interval), points(rate), maybeBetween(interval), count(s.N))
	}
	t.print(a.stdout, paint)
	for _, s := range standings {
		if s.Skipped > 0 {
			fmt.Fprintln(a.stdout, paint.warn(fmt.Sprintf("%s against %s: %s without a verdict", plain(s.Model), plain(s.Baseline), plural(s.Skipped, "row"))))
		}
		if s.Extreme && s.Full == nil {
			fmt.Fprintln(a.stdout, paint.warn(fmt.Sprintf("%s against %s: length moved the win rate so far that the regression may have failed", plain(s.Model), plain(s.Baseline))))
		}
	}
}

// showRatings prints the contestants, best first.
func showRatings(a *app, ratings []arena.Rating) {
	paint := a.paint(a.stdout)
	t := table{heading: "ratings", right: map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true}}
	t.row("", paint.dim("Bradley-Terry"), paint.dim("95 % interval"), paint.dim("Elo"), paint.dim("95 % interval"), paint.dim("matches"))
	rating := func(x *float64, i *[2]float64) (string, string) {
		switch {
		case x == nil:
			return "none", ""
		case i == nil:
			return fmt.Sprintf("%.0f", *x), "unknown"
		}
		return fmt.Sprintf("%.0f", *x), fmt.Sprintf("%.0f to %.0f", i[0], i[1])
	}
	for _, r := range ratings {
		likely, likely95 := rating(r.BradleyTerry, r.BradleyTerry95)
		elo, elo95 := rating(r.Elo, r.Elo95)
		t.row(plain(r.Name), likely, likely95, elo, elo95, count(r.N))
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

func maybeBetween(i *[2]float64) string {
	if i == nil {
		return "unknown"
	}
	return between(*i)
}
