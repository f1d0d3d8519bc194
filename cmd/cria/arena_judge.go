package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/infer"
)

// judgeFlags say who compares answers.
type judgeFlags struct {
	teacherFlags
	template string
	seed     uint64
	threads  int
	testing  float64 // seconds of a command on an answer
}

const (
	likelihoodPrefix = "likelihood:"
	matchesPrefix    = "matches:"
)

func (f *judgeFlags) add(fs *pflag.FlagSet, others string) {
	f.addWho(fs, others)
	fs.Uint64Var(&f.seed, "seed", 1, "`N`, of all that is drawn")
	fs.IntVar(&f.threads, "threads", 0, "processor threads (default all)")
}

// addWho registers those flags that are the judge's alone.
func (f *judgeFlags) addWho(fs *pflag.FlagSet, others string) {
	f.teacherFlags.add(fs, "judge")
	fs.Lookup("judge").Usage = "`JUDGE`: " + others + "a rule, " + arena.Rules + "; likelihood:MODEL, which answer that model finds likelier; or the URL of an endpoint, or a MODEL, that is asked"
	fs.StringVar(&f.template, "judge-template", "cria", "`NAME` of how a model is asked: "+strings.Join(arena.Templates(), "; "))
	fs.Float64Var(&f.testing, "test-seconds", 10, "how long the COMMAND of "+arena.TestsPrefix+" may take for an answer; it runs as you, without a sandbox")
}

// asks says whether the judge is a model that writes verdicts, which a journal keeps.
func (f *judgeFlags) asks() bool {
	_, unknown := arena.Rule(f.spec, f.seed)
	return unknown != nil && !f.people() && !f.slow() && !strings.HasPrefix(f.spec, matchesPrefix)
}

// rule is the judge that needs no model.
func (f *judgeFlags) rule(ctx context.Context) (arena.Judge, error) {
	command, ok := strings.CutPrefix(f.spec, arena.TestsPrefix)
	if !ok {
		return arena.Rule(f.spec, f.seed)
	}
	limit := time.Duration(f.testing * float64(time.Second))
	if limit <= 0 {
		return nil, fmt.Errorf("--test-seconds is %g, want more than 0", f.testing)
	}
	return arena.Tests(ctx, command, arena.Testing{Limit: limit, Parallel: f.processors()})
}

// parallel is how many verdicts are asked for at once: of a command, so many that all processors have one.
func (f *judgeFlags) parallel() int {
	if strings.HasPrefix(f.spec, arena.TestsPrefix) {
		return f.processors()
	}
	return f.client.Concurrency
}

// slow says whether verdicts take long, and no journal of answers has them.
func (f *judgeFlags) slow() bool {
	return strings.HasPrefix(f.spec, arena.TestsPrefix) || strings.HasPrefix(f.spec, likelihoodPrefix)
}

func (f *judgeFlags) processors() int {
	if f.threads > 0 {
		return f.threads
	}
	return runtime.NumCPU()
}

// openJudge opens the judge; asked is nil for one that asks no model behind a journal.
func (a *app) openJudge(ctx context.Context, f *judgeFlags, journal string) (j arena.Judge, asked *teacher, closed func() error, err error) {
	none := func() error { return nil }
	rule, unknown := f.rule(ctx)
	switch model, likely := strings.CutPrefix(f.spec, likelihoodPrefix); {
	case unknown == nil:
		return rule, nil, none, nil
	case likely:
		m, closed, err := openLocal(ctx, model, infer.OpenOptions{}, f.threads)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("--judge: %w", err)
		}
		j, err := arena.Likelihood(m)
		if err != nil {
			return nil, nil, nil, errors.Join(err, closed())
		}
		return j, nil, closed, nil
	case strings.HasPrefix(f.spec, matchesPrefix), strings.HasPrefix(f.spec, arena.TestsPrefix):
		return nil, nil, nil, fmt.Errorf("--judge: %w", unknown)
	}
	t := f.teacherFlags
	t.threads = f.threads
	if asked, err = a.openTeacher(ctx, t, journal); err != nil {
		switch {
		case f.remote():
		case modelLike(f.spec):
			err = fmt.Errorf("--judge: %w", err)
		default:
			err = fmt.Errorf("--judge: %w, or likelihood:MODEL, a MODEL or a URL", unknown)
		}
		return nil, nil, nil, err
	}
	if j, err = arena.Asked(asked.Model(), f.template); err != nil {
		return nil, nil, nil, errors.Join(fmt.Errorf("--judge-template: %w", err), asked.Close())
	}
	return j, asked, asked.Close, nil
}

// noteTests says where no answer passed a command, which is then likelier to be wrong than all answers are.
func (a *app) noteTests(j arena.Judge) {
	t, ok := j.(arena.Tested)
	if !ok {
		return
	}
	if passed, of, said := t.Passed(); passed == 0 && of > 0 {
		fmt.Fprintf(a.stderr, "  note: of %s none passes; of the last one the command says: %s\n", plural(of, "answer"), plain(spaced(shorten(said, 300, 100))))
	}
}

// modelLike says whether a name can be that of a model: a folder or file that is there, or one with a + or a path.
func modelLike(spec string) bool {
	_, err := os.Stat(spec)
	return err == nil || strings.ContainsAny(spec, "+/\\.")
}

// people says whether the judge is whoever votes.
func (f *judgeFlags) people() bool { return f.spec == bout.Person }
