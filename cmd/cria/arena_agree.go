package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/arena"
)

// arenaAgreeFlags are the flags of cria arena agree.
type arenaAgreeFlags struct {
	judge judgeFlags
	json  bool
}

func newArenaAgreeCommand(a *app) *cobra.Command {
	var f arenaAgreeFlags
	c := &cobra.Command{
		Use:   "agree FILE --judge JUDGE",
		Short: "Measure a judge against people",
		Long: `agree asks a judge about pairs of answers that people have judged, from both seats, and says how often it is right, how much better
than chance that is (Cohen's kappa), and what the seat does to it. The file is PandaLM's or LLMBar's. What a
model at an endpoint answers is kept beside FILE (llmbar.agree.journal.jsonl), and not asked again.`,
		Example: `  cria arena agree llmbar_natural.json --judge longer
  cria arena agree pandalm_human.jsonl --judge first --json
  cria arena agree llmbar_natural.json --judge likelihood:smollm2-135m`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.judge.spec == "" {
				return usagef(c, "no judge: want --judge %s, likelihood:MODEL, a MODEL or a URL", arena.Rules)
			}
			if f.judge.remote() {
				if err := f.judge.check(); err != nil {
					return usagef(c, "%v", err)
				}
			}
			j, _, closed, err := a.openJudge(c.Context(), &f.judge, beside(args[0], "agree.journal"))
			if err != nil {
				return err
			}
			return errors.Join(f.run(c, a, j, args[0]), closed())
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	f.judge.add(fs, "")
	fs.BoolVar(&f.json, "json", false, `print one line of JSON, {"accuracy":…,"kappa":…,"ci95":[…,…],"by_seat":[…,…],"n":…,…}, in shares`)
	return c
}

func (f *arenaAgreeFlags) run(c *cobra.Command, a *app, j arena.Judge, path string) error {
	d := newDoing(a, a.stderr)
	defer d.close()
	d.say("reading %s", path)
	rows, err := arena.ReadLabelled(path)
	if err != nil {
		return err
	}
	g, err := arena.Agree(c.Context(), j, rows, func(done int) { d.say("judging, %s of %s", count(done), plural(len(rows), "pair")) })
	if err != nil {
		return err
	}
	if g.N == 0 {
		return fmt.Errorf("%s: %s judged none of the %s", path, j.Name(), plural(len(rows), "pair"))
	}
	d.close()
	a.noteTests(j)
	if f.json {
		return printJSON(a.stdout, g)
	}
	showAgreement(a, g)
	return nil
}

func showAgreement(a *app, g arena.Agreement) {
	paint := a.paint(a.stdout)
	hundred := func(x *float64) *float64 {
		if x == nil {
			return nil
		}
		y := 100 * *x
		return &y
	}
	t := table{heading: fmt.Sprintf("%s against people on %s", plain(g.Judge), plural(g.N, "pair"))}
	t.row("right", fmt.Sprintf("%s, 95 %% interval %s", paint.bold(points(hundred(g.Accuracy))), between([2]float64{100 * g.Interval[0], 100 * g.Interval[1]})))
	if g.Kappa != nil {
		t.row("Cohen's kappa", fmt.Sprintf("%.3f", *g.Kappa))
	}
	t.row("from each seat alone", points(hundred(g.BySeat[0]))+" and "+points(hundred(g.BySeat[1])))
	t.row("the seats disagree on", plural(g.Flips, "pair")+", which count as ties")
	if g.First != nil {
		t.row("for the first seat", points(hundred(g.First))+" of verdicts, ties half")
	}
	t.row("saying one thing always", points(hundred(&g.Majority))+" right at best")
	if g.Humans != nil {
		t.row("two people agree on", points(hundred(g.Humans))+" of pairs")
	}
	if g.Failed > 0 {
		t.row("without a verdict", paint.warn(plural(g.Failed, "pair")))
	}
	if g.Split > 0 {
		t.row("people are split on", plural(g.Split, "pair")+", which are left out")
	}
	t.print(a.stdout, paint)
}
