package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/selfinstruct"
)

func newDataGenerateCommand(a *app) *cobra.Command {
	var f generateFlags
	var t teacherFlags
	var asJSON, dryRun bool
	c := &cobra.Command{
		Use:   "generate --teacher URL|MODEL --seeds FILE --n N --out FILE.jsonl",
		Short: "Have a model write rows of instructions, under a cap on their cost",
		Long: `generate has a teacher write rows: a model at an endpoint that speaks OpenAI's API, or one on this machine. It says first
what that takes, keeps what passes the filters, and never sends a request that could cost more than --max-cost leaves.

Every answer is on the disk before it counts. A generation that was interrupted, killed or came to a cap goes on with the same
command and --resume: no answer is paid for twice, and the rows are the same as if it had not ended.`,
		Example: `  cria data generate --teacher https://api.example.com/v1 --teacher-model m --seeds seed_tasks.jsonl --n 1000 --max-cost 2 --out rows.jsonl
  cria data generate --teacher my-model --method documents --seeds manual.md --n 200 --out rows.jsonl
  cria data generate --resume --out rows.jsonl --teacher my-model --n 400`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := f.options(c)
			if err != nil {
				return err
			}
			w := a.stdout
			if asJSON {
				w = a.stderr
			}
			if dryRun {
				e, err := selfinstruct.Plan(c.Context(), o, t.prices())
				if err != nil {
					return err
				}
				showEstimate(w, a.paint(w), e, t.prices())
				if asJSON {
					return printJSON(a.stdout, e)
				}
				return nil
			}
			if err := t.check(); err != nil {
				return usagef(c, "%v", err)
			}
			o.AtOnce = t.client.Concurrency
			if !o.Resume {
				o.Ahead = max(selfinstruct.DefaultAhead, o.AtOnce)
			}
			return a.generate(c, o, t, w, asJSON)
		},
	}
	c.Flags().SortFlags = false
	f.register(c.Flags())
	t.add(c.Flags(), "teacher")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what it takes, ask nothing, and write nothing")
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as one line of JSON, and progress to standard error")
	return c
}

// generate runs a generation and shows what came of it. One that ends before it has its rows is an error, after the result.
func (a *app) generate(c *cobra.Command, o selfinstruct.Options, f teacherFlags, w io.Writer, asJSON bool) (err error) {
	g, err := selfinstruct.Open(c.Context(), o)
	if err != nil {
		return err
	}
	defer g.Close()
	p := newGenerating(c.Context(), a, w)
	defer p.close()
	f.note = p.Noted
	t, err := a.openTeacher(c.Context(), f, g.Journal())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	p.asks(t)
	end := recordGeneration(c.Context(), g, t.Model().Name(), p)
	report, err := g.Run(c.Context(), t.Model(), t.prices, p)
	end(report, t.Spent(), err)
	p.close()
	if report.Method != "" {
		showGenerated(w, a.paint(w), report, t)
		if asJSON {
			if err := printJSON(a.stdout, generatedJSON{report, t.Spent()}); err != nil {
				return err
			}
		}
	}
	return endOf(report, err)
}

// generatedJSON is the last line of --json.
type generatedJSON struct {
	selfinstruct.Report
	Spent openai.Spent `json:"spent"` // over all parts, with answers that were paid for and not read
}

// endOf is the error of a generation that ended before it had its rows; nil for one that has them.
func endOf(r selfinstruct.Report, err error) error {
	so := fmt.Sprintf("%s of %s are in %s", count(r.Kept), plural(r.N, "row"), r.Out)
	switch {
	case r.Stopped == "" || r.Method == "":
		return err
	case r.Stopped == selfinstruct.StoppedByCap:
		return fmt.Errorf("%s; %s; the same command with --resume and a higher cap goes on", r.Cap, so)
	case r.Stopped == selfinstruct.Interrupted:
		return generationInterruptedError(so)
	case r.Stopped == selfinstruct.Exhausted:
		return fmt.Errorf("there is nothing more to ask about: %s; give more seeds, or let a filter go", so)
	case r.Stopped == selfinstruct.Barren:
		return fmt.Errorf("many answers in a row gave no row: %s; the answers are in %s", so, selfinstruct.Folder(r.Out))
	}
	return fmt.Errorf("%w; %s; the same command with --resume goes on", err, so)
}

// generationInterruptedError says what there is, and how to go on.
type generationInterruptedError string

func (e generationInterruptedError) Error() string {
	return "interrupted; " + string(e) + "; the same command with --resume goes on"
}

func (generationInterruptedError) Unwrap() error { return context.Canceled }

// generateFlags are the flags of what is generated.
type generateFlags struct {
	o        selfinstruct.Options
	on, off  []string
	settable map[string]func(to *selfinstruct.Options) // by flag: copies what it set
}

func (f *generateFlags) register(fs *pflag.FlagSet) {
	o := &f.o
	fs.StringVar(&o.Method, "method", selfinstruct.Alpaca, "how: "+strings.Join(selfinstruct.Methods(), ", "))
	fs.StringVar(&o.Seeds, "seeds", "", "rows to begin with; for documents and back-translation a text `FILE`, a folder of them, or rows with a text")
	fs.IntVar(&o.N, "n", 0, "rows to keep")
	fs.StringVar(&o.Out, "out", "", "`FILE` for the rows, JSONL; what is needed to go on is kept in FILE.generate")
	fs.Uint64Var(&o.Seed, "seed", 0, "of every choice")
	fs.StringVar(&o.Language, "language", "English", "that is asked for; any leaves it open")
	fs.IntVar(&o.PerRequest, "per-request", 0, "tasks asked for at once (default alpaca 20, self-instruct 8, documents 3)")
	fs.IntVar(&o.Answer, "answer-tokens", 0, "the longest answer that is asked for (default the method's), for a model with few positions")
	fs.IntVar(&o.Rounds, "rounds", 0, "how often evol evolves a seed (default 4)")
	fs.BoolVar(&o.WithPassage, "with-passage", false, "rows of documents have the passage as their input")
	fs.StringArrayVar(&f.on, "filter", nil, "turn a filter on, or change it: "+strings.Join(selfinstruct.FilterNames(), ", ")+"; as similarity=0.8, length=4..150, blacklist=image,map")
	fs.StringArrayVar(&f.off, "no-filter", nil, "turn a filter off, by its `NAME`")
	fs.BoolVar(&o.Resume, "resume", false, "go on with the generation into --out; what is not given is as it was")
	f.settable = map[string]func(*selfinstruct.Options){
		"method":        func(to *selfinstruct.Options) { to.Method = o.Method },
		"seeds":         func(to *selfinstruct.Options) { to.Seeds = o.Seeds },
		"n":             func(to *selfinstruct.Options) { to.N = o.N },
		"seed":          func(to *selfinstruct.Options) { to.Seed = o.Seed },
		"language":      func(to *selfinstruct.Options) { to.Language = o.Language },
		"per-request":   func(to *selfinstruct.Options) { to.PerRequest = o.PerRequest },
		"answer-tokens": func(to *selfinstruct.Options) { to.Answer = o.Answer },
		"rounds":        func(to *selfinstruct.Options) { to.Rounds = o.Rounds },
		"with-passage":  func(to *selfinstruct.Options) { to.WithPassage = o.WithPassage },
	}
}

// options are what the flags say, on top of the settings of the generation that is gone on with.
func (f *generateFlags) options(c *cobra.Command) (selfinstruct.Options, error) {
	if f.o.Out == "" {
		return f.o, usagef(c, "--out is missing: the file for the rows")
	}
	o := f.o
	if o.Resume {
		was, err := selfinstruct.ReadSettings(o.Out)
		if errors.Is(err, fs.ErrNotExist) {
			return o, fmt.Errorf("%s: no generation was begun there: the same command without --resume begins one", o.Out)
		} else if err != nil {
			return o, err
		}
		o = was.Options(o.Out)
		for name, set := range f.settable {
			if c.Flags().Changed(name) {
				set(&o)
			}
		}
	}
	switch {
	case o.Seeds == "":
		return o, usagef(c, "--seeds is missing: what to begin with")
	case o.N < 1:
		return o, usagef(c, "--n is missing: how many rows to keep, 1 or more")
	}
	if o.Filters == nil {
		filters := selfinstruct.Published(o.Method, o.Language)
		o.Filters = &filters
	}
	for _, spec := range f.on {
		if err := o.Filters.Set(spec); err != nil {
			return o, usagef(c, "--filter: %v", err)
		}
	}
	for _, name := range f.off {
		if err := o.Filters.Unset(name); err != nil {
			return o, usagef(c, "--no-filter: %v", err)
		}
	}
	return o, nil
}
