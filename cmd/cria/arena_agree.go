package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/openai"
)

// arenaAgreeFlags are the flags of cria arena agree.
type arenaAgreeFlags struct {
	judge   judgeFlags
	journal string
	json    bool
}

func newArenaAgreeCommand(a *app) *cobra.Command {
	var f arenaAgreeFlags
	c := &cobra.Command{
		Use:   "agree FILE --judge JUDGE",
		Short: "Measure a judge against people",
		Long: `agree asks a judge about pairs of answers that people have judged, from both seats, and says how often it is right, how much better
than chance that is (Cohen's kappa), and what the seat does to it. The file is PandaLM's or LLMBar's. What a model answers is kept
beside FILE (llmbar.agree.journal.jsonl) as it comes, or in --journal, and so are the verdicts of likelihood and of tests
(llmbar.agree.verdicts.jsonl): interrupted or killed, the same command goes on, and nothing is asked or paid for twice.`,
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
			return f.run(c.Context(), a, args[0])
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	f.judge.add(fs, "")
	fs.StringVar(&f.journal, "journal", "", "`FILE` that keeps what a judge says (default beside the pairs)")
	fs.BoolVar(&f.json, "json", false, `print one line of JSON, {"accuracy":…,"kappa":…,"ci95":[…,…],"by_seat":[…,…],"n":…,…}, in shares`)
	return c
}

// beside is where something is kept: in the journal that was named, or beside the pairs.
func (f *arenaAgreeFlags) beside(path, what string) string {
	if f.journal != "" {
		return f.journal
	}
	return beside(path, what)
}

func (f *arenaAgreeFlags) run(ctx context.Context, a *app, path string) (err error) {
	d := newDoing(a, a.stderr)
	defer d.close()
	d.say("reading %s", path)
	rows, err := arena.ReadLabelled(path)
	if err != nil {
		return err
	}
	d.say("opening the judge")
	judge, t, closed, err := a.openJudge(ctx, &f.judge, f.beside(path, "agree.journal"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closed()) }()
	kept := judge
	if f.judge.slow() {
		k, err := arena.Keep(judge, f.beside(path, "agree.verdicts"))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, k.Close()) }()
		kept = k
	}
	g, err := arena.Agree(ctx, kept, rows, f.judge.parallel(), func(done, total int) {
		d.say("%s", strings.Join(append([]string{fmt.Sprintf("judging, %s of %s", count(done), plural(total, "verdict"))}, costs(t, done, total)...), ", "))
	})
	if err != nil {
		return stillOpen(err, "what was judged is kept")
	}
	if g.N == 0 {
		return fmt.Errorf("%s: %s judged none of the %s", path, judge.Name(), plural(len(rows), "pair"))
	}
	d.close()
	a.noteTests(judge)
	if f.json {
		return printJSON(a.stdout, g)
	}
	showAgreement(a, g, spentSoFar(nil, t))
	return nil
}

func showAgreement(a *app, g arena.Agreement, spent *openai.Spent) {
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
	showAsked(&t, spent)
	t.print(a.stdout, paint)
}
