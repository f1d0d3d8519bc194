package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/eval/tasks"
	"github.com/cria-llm/cria/openai"
)

// checkJudge says whether the tasks and the judge go together.
func (f *evalFlags) checkJudge(c *cobra.Command, list []*tasks.Task) error {
	at := slices.IndexFunc(list, (*tasks.Task).Judged)
	switch {
	case at < 0 && f.judge.spec != "":
		return usagef(c, "--judge: none of the tasks has judge among its metrics")
	case at >= 0 && f.judge.spec == "":
		return usagef(c, "task %s has judge among its metrics: --judge says who judges, %s, likelihood:MODEL, a MODEL or a URL", list[at].Name, arena.Rules)
	case at < 0:
		return nil
	case f.judge.people():
		return usagef(c, "--judge: people judge in cria arena")
	case f.judge.asks() && f.cache == "":
		return usagef(c, "--judge %s is a model that is asked: --cache FILE keeps what it answers (without one go %s, and likelihood:MODEL)", f.judge.spec, arena.Rules)
	}
	if f.judge.remote() {
		if err := f.judge.check(); err != nil {
			return usagef(c, "%v", err)
		}
	}
	return nil
}

// openAnswerJudge opens who judges answers beside the right ones; nil where nobody does.
func (f *evalFlags) openAnswerJudge(ctx context.Context, a *app) (j *tasks.Judge, asked *teacher, closed func() error, err error) {
	if f.judge.spec == "" {
		return nil, nil, func() error { return nil }, nil
	}
	f.judge.seed, f.judge.threads = f.seed, f.threads
	who, asked, shut, err := a.openJudge(ctx, &f.judge, beside(f.cache, "journal"))
	if err != nil {
		return nil, nil, nil, err
	}
	return &tasks.Judge{Name: who.Name(), AtOnce: f.judge.parallel(), Worth: func(ctx context.Context, question, right, said string) (float64, string, error) {
		o, err := arena.Compare(ctx, who, arena.Pair{Prompt: question, Right: right, A: arena.Answer{Text: said}, B: arena.Answer{Text: right}})
		return o.A, o.Failed, err
	}}, asked, func() error { a.noteTests(who); return shut() }, nil
}

// ended says of a measurement that did not come to its end how it goes on.
func (f *evalFlags) ended(err error, asked *teacher) error {
	var full *openai.CapError
	switch {
	case f.cache == "" && errors.Is(err, context.Canceled):
		return &unaskedError{err, "nothing is kept; with --cache FILE the same command would go on"}
	case f.cache == "" || asked == nil && !errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &full):
		return fmt.Errorf("%w; what was answered and judged is in %s; the same command with a higher cap goes on", full, plain(f.cache))
	}
	return &unaskedError{err, fmt.Sprintf("what was measured is in %s; the same command goes on", plain(f.cache))}
}
