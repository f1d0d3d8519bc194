package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/curate/duplicates"
	"github.com/cria-llm/cria/infer"
)

// speakFlags are what run and chat share: how a model is opened and how it answers.
type speakFlags struct {
	template string
	system   string
	threads  int
	exact    bool
	max      int
	greedy   bool
	sampling infer.Sampling
}

func (f *speakFlags) register(fs *pflag.FlagSet) {
	fs.SortFlags = false
	f.sampling = infer.DefaultSampling()
	s := &f.sampling
	fs.IntVarP(&f.max, "max-tokens", "n", 0, "longest answer, in tokens (default 512, or what fits)")
	fs.StringVar(&f.system, "system", "", "system message")
	fs.StringVar(&f.template, "template", "", "conversation `TEMPLATE` of a base that was not trained with one: auto|model|alpaca|chatml|vicuna|plain|FILE.jinja (default auto: the model's own, or alpaca)")
	fs.BoolVar(&f.greedy, "greedy", false, "always the likeliest token; the same as --temp 0")
	fs.Uint64Var(&s.Seed, "seed", 0, "of the draws: the same seed gives the same answer")
	fs.Float64Var(&s.Temperature, "temp", s.Temperature, "temperature")
	fs.IntVar(&s.TopK, "top-k", s.TopK, "draw from the k likeliest tokens, 0 for all")
	fs.Float64Var(&s.TopP, "top-p", s.TopP, "draw from the likeliest tokens that together have this probability, 1 for all")
	fs.Float64Var(&s.MinP, "min-p", s.MinP, "draw from tokens with at least this share of the likeliest's probability, 0 for all")
	fs.Float64Var(&s.RepeatPenalty, "repeat-penalty", 1, "divide the logits of the last 64 tokens by this, 1 for none")
	fs.IntVar(&f.threads, "threads", 0, "processor threads (default all)")
	fs.BoolVar(&f.exact, "exact", false, "keep activations in float32 where the weights are quantised: slower, and as close as the weights allow")
}

func (f *speakFlags) open() infer.OpenOptions {
	return infer.OpenOptions{Template: f.template, Exact: f.exact}
}

func (f *speakFlags) options(c *cobra.Command) (infer.Options, error) {
	if f.max < 0 || f.max == 0 && c.Flags().Changed("max-tokens") {
		return infer.Options{}, usagef(c, "--max-tokens is %d, want 1 or more", f.max)
	}
	o := infer.Options{MaxTokens: f.max, Sampling: f.sampling}
	if f.greedy {
		o.Sampling.Temperature = 0
	}
	if err := o.Sampling.Check(); err != nil {
		return o, usagef(c, "%v", err)
	}
	return o, nil
}

// withModel opens a model, with its adapters, for as long as do takes.
func withModel(c *cobra.Command, spec string, o infer.OpenOptions, threads int, do func(*infer.Assistant) error) error {
	a, closed, err := openLocal(c.Context(), spec, o, threads)
	if err != nil {
		return err
	}
	return errors.Join(do(a), closed())
}

// withEmbed gives do what makes vectors of texts with a model, or nil of none.
func withEmbed(c *cobra.Command, spec string, do func(duplicates.Embed) error) error {
	if spec == "" {
		return do(nil)
	}
	return withModel(c, spec, infer.OpenOptions{}, 0, func(m *infer.Assistant) error { return do(m.Embed) })
}

// openLocal opens a model, with its adapters. closed lets it go.
func openLocal(ctx context.Context, spec string, o infer.OpenOptions, threads int) (a *infer.Assistant, closed func() error, err error) {
	if spec, err = located(spec); err != nil {
		return nil, nil, err
	}
	be, err := cpu.New(cpu.Options{Threads: threads})
	if err != nil {
		return nil, nil, err
	}
	if a, err = infer.Open(ctx, be, spec, o); err != nil {
		be.Close()
		return nil, nil, err
	}
	return a, func() error { defer be.Close(); return a.Close() }, nil
}
