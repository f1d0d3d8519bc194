package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/weigh"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/openai"
)

// weighFlags are the flags of data weigh.
type weighFlags struct {
	model    string
	template string
	scores   []string
	rules    string
	out      string
	drop     bool
	print    string
	format   string
	limit    int
	threads  int
	judge    teacherFlags
	json     bool
}

func newDataWeighCommand(a *app) *cobra.Command {
	var f weighFlags
	c := &cobra.Command{
		Use:   "weigh FILE --score SCORE,... --rules RULES --out FILE2",
		Short: "Measure rows, and weigh, repeat or choose them by rules",
		Long: `weigh measures scores of the rows of FILE and writes all rows to FILE2 with all their fields, and with scores, weight and
repeat, which training reads. What the rules leave out has weight and repeat 0, or is not written with --drop.

Scores are kept beside FILE2 as they are measured (weighed.scores.jsonl), and a judge's answers (weighed.journal.jsonl): a run
that was interrupted, or that has other rules, goes on from there.

Scores:
` + scoresHelp() + `
RULES is a file of YAML (docs/weigh.md), or the name of rules that come with cria:
  ` + strings.Join(weigh.Names(), ", ") + `
Without rules, rows get scores alone and keep the weights that they have.`,
		Example: `  cria data weigh rows.jsonl --model smollm2-135m --score ifd-loss,ifd-ppl --out weighed.jsonl
  cria data weigh rows.jsonl --model smollm2-135m --rules superfiltering --drop --out best.jsonl
  cria data weigh rows.jsonl --model smollm2-135m+my-run --rules important --out weighed.jsonl
  cria data weigh rows.jsonl --judge https://api.openai.com/v1 --judge-model gpt-4o-mini --max-cost 5 --rules alpagasus --out good.jsonl
  cria data weigh --print-rules important > mine.yaml`,
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.print != "" {
				text, err := weigh.Text(f.print)
				if err != nil {
					return usagef(c, "--print-rules: %v", err)
				}
				_, err = a.stdout.Write(text)
				return err
			}
			if len(args) == 0 {
				return usagef(c, "which FILE of rows?")
			}
			return f.run(c, a, args[0])
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.model, "model", "", "`MODEL` that scores ask, and that embeds the rows where they are compared")
	fs.StringSliceVar(&f.scores, "score", nil, "`SCORES` to measure, besides those that the rules go by")
	fs.StringVar(&f.rules, "rules", "", "`RULES`, a file or a name")
	fs.StringVar(&f.out, "out", "", "`FILE2` to write, JSONL")
	f.judge.add(fs, "judge")
	fs.BoolVar(&f.drop, "drop", false, "do not write the rows that are left out")
	fs.StringVar(&f.print, "print-rules", "", "print the rules of that `NAME`, and do nothing else")
	fs.StringVar(&f.format, "format", "", "`FORMAT` of the rows, where they fit more than one: "+strings.Join(dataset.Formats(), "|"))
	fs.IntVar(&f.limit, "limit", 0, "read only so many rows (default all)")
	fs.StringVar(&f.template, "template", "", "conversation `TEMPLATE` for score loss, of a base that was not trained with one")
	fs.IntVar(&f.threads, "threads", 0, "processor threads (default all)")
	fs.BoolVar(&f.json, "json", false, "print one line of JSON about what was measured and done")
	return c
}

// scoresHelp is a line for each score.
func scoresHelp() string {
	var b strings.Builder
	for _, s := range weigh.Scores() {
		needs := ""
		switch {
		case s.Model:
			needs = " (--model)"
		case s.Judge:
			needs = " (--judge)"
		}
		fmt.Fprintf(&b, "  %-16s %s%s\n", s.Name, s.About, needs)
	}
	return b.String() + "  field:NAME       the number that rows have in that field\n"
}

func (f *weighFlags) run(c *cobra.Command, a *app, path string) error {
	if f.out == "" {
		return usagef(c, "--out is missing: the file to write")
	}
	if len(f.scores) == 0 && f.rules == "" {
		return usagef(c, "give --score, --rules or both")
	}
	if same(path, f.out) {
		return usagef(c, "--out is the file that is read: name another")
	}
	if f.judge.spec != "" {
		if err := f.judge.check(); err != nil {
			return usagef(c, "%v", err)
		}
	}
	rules, err := f.gather()
	if err != nil {
		return err
	}
	ctx := c.Context()
	rows, err := curate.Read(ctx, path, dataset.Options{Format: f.format, Limit: f.limit})
	if err != nil {
		return err
	}
	w := a.stdout
	if f.json {
		w = a.stderr
	}
	shown := newWeighing(a, w)
	defer shown.close()
	o := weigh.Options{Cache: beside(f.out, "scores"), Progress: shown.progress}
	var judge *teacher
	if f.judge.spec != "" {
		f.judge.threads = f.threads
		if judge, err = a.openTeacher(ctx, f.judge, beside(f.out, "journal")); err != nil {
			return err
		}
		defer func() { _ = judge.Close() }() // every answer is on the disk
		shown.asks(judge)
		o.Judge, o.Parallel = judge.Model(), f.judge.client.Concurrency
	}
	t, err := f.measure(c, rows, rules, o)
	if err != nil {
		return err
	}
	shown.progress("applying the rules", 0, 0)
	outcome, err := weigh.Apply(ctx, rows, t, rules)
	if err != nil {
		return err
	}
	if err := outcome.Write(f.out, f.drop); err != nil {
		return err
	}
	shown.close()
	if f.json {
		j := weighedJSON{Report: outcome.Report}
		if judge != nil {
			spent := judge.Spent()
			j.Spent = &spent
		}
		return printJSON(a.stdout, j)
	}
	showWeighed(w, a.paint(w), &outcome.Report, judge, f.out)
	return nil
}

// weighedJSON is the line of --json.
type weighedJSON struct {
	weigh.Report
	Spent *openai.Spent `json:"spent,omitempty"` // on the judge, earlier runs included
}

// measure opens the model, where one is named, for as long as measuring takes.
func (f *weighFlags) measure(c *cobra.Command, rows []*curate.Row, rules *weigh.Rules, o weigh.Options) (t *weigh.Table, err error) {
	if f.model == "" {
		return weigh.Measure(c.Context(), rows, rules, o)
	}
	err = withModel(c, f.model, infer.OpenOptions{Template: f.template}, f.threads, func(m *infer.Assistant) (err error) {
		o.Model = m
		t, err = weigh.Measure(c.Context(), rows, rules, o)
		return err
	})
	return t, err
}

// gather is the rules of --rules, with the scores of --score.
func (f *weighFlags) gather() (*weigh.Rules, error) {
	rules, err := weigh.ParseRules([]byte("{}"))
	if f.rules != "" {
		if _, missing := os.Stat(f.rules); missing != nil && !strings.ContainsAny(f.rules, "./\\") {
			rules, err = weigh.Named(f.rules)
		} else {
			rules, err = weigh.ReadRules(f.rules)
		}
	}
	if err != nil {
		return nil, err
	}
	for _, name := range f.scores {
		if _, err := weigh.Find(name); err != nil {
			return nil, err
		}
		rules.Scores = append(rules.Scores, name)
	}
	return rules, nil
}
