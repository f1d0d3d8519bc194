// Package record trains as package train does and writes each run into the ledger: when it begins, while it goes on, and
// what came of it. It stands apart from train, which tells its observer all that is needed, so that a program that trains
// without a ledger carries no database; fine-tuning and pretraining take the same way.
//
//	ledger, err := store.Open(ctx, path)
//	result, err := record.Run(ctx, ledger, recipe, train.Options{}, train.Silent{})
//
// A ledger that cannot be written to never ends a run: it is noted once, and the run goes on.
package record

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/internal/machine"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/store"
	"github.com/cria-llm/cria/train"
)

// The kinds of runs, as the ledger calls them.
const (
	Tuning      = "train"
	Pretraining = "pretrain"
)

// Run is [train.Run] with a line in the ledger, or without where ledger is nil.
func Run(ctx context.Context, ledger *store.Store, r train.Recipe, o train.Options, obs train.Observer) (train.Result, error) {
	return recorded(ctx, ledger, Tuning, obs, func(obs train.Observer) (train.Result, error) { return train.Run(ctx, r, o, obs) })
}

// Pretrain is [train.Pretrain] with a line in the ledger, or without where ledger is nil.
func Pretrain(ctx context.Context, ledger *store.Store, r train.PretrainRecipe, o train.Options, obs train.Observer) (train.Result, error) {
	return recorded(ctx, ledger, Pretraining, obs, func(obs train.Observer) (train.Result, error) { return train.Pretrain(ctx, r, o, obs) })
}

func recorded(ctx context.Context, ledger *store.Store, kind string, obs train.Observer, run func(train.Observer) (train.Result, error)) (train.Result, error) {
	if ledger == nil {
		return run(obs)
	}
	// An interrupt ends the run and is to be written down.
	rec := &recorder{Observer: obs, ctx: context.WithoutCancel(ctx), ledger: ledger, kind: kind}
	res, err := run(rec)
	rec.end(res, err)
	return res, err
}

// pace is the time between looks at a run that goes on.
const pace = 15 * time.Second

// recorder writes down what it observes, and passes it on.
type recorder struct {
	train.Observer
	ctx    context.Context
	ledger *store.Store
	kind   string

	start train.Start
	run   store.Run // its ID is empty before the start, and where the ledger cannot be written to
	told  time.Time // when the ledger was last written to
}

// failed says that the ledger is of no use, and leaves it alone from there on.
func (r *recorder) failed(err error) {
	r.run.ID = ""
	r.Noted("the run is not in the ledger: " + err.Error())
}

// Started implements [train.Observer].
func (r *recorder) Started(s train.Start) {
	r.Observer.Started(s)
	var found bool
	var err error
	if s.Resumed {
		r.run, found, err = r.ledger.Resume(r.ctx, r.kind, s.Out)
	}
	fresh := !found && err == nil
	r.run.Kind, r.run.Out, r.run.Recipe, r.run.PlannedSteps = r.kind, s.Out, s.Recipe, s.Steps
	r.run.Base, r.run.BaseHash, r.run.DataHash, r.run.Machine = s.About.Base, s.About.BaseHash, s.About.DataHash, describe(s.Machine)
	r.run.Parents = nil
	for _, p := range s.About.Parents {
		r.run.Parents = append(r.run.Parents, store.Parent{Name: p.Name, Hash: p.Hash})
	}
	if fresh {
		err = r.ledger.Begin(r.ctx, &r.run)
	}
	if err != nil {
		r.failed(err)
		return
	}
	r.start, r.told = s, time.Now()
}

// describe names the machine for people: "box: AMD EPYC 7B13, cpu (avx2, 2 threads)".
func describe(kernels string) string {
	host, _ := os.Hostname()
	var parts []string
	for _, s := range []string{machine.Processor(), kernels} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.TrimPrefix(host+": "+strings.Join(parts, ", "), ": ")
}

// Stepped implements [train.Observer].
func (r *recorder) Stepped(s train.Step) {
	r.Observer.Stepped(s)
	r.run.Steps = s.Step
	r.run.Tokens = r.start.Tokens + s.TotalTokens
	r.run.Seconds = s.Spent.Seconds
	r.run.TokensPerSec = s.TokensPerSec
	r.spent(s.Spent.WattHours, s.Spent.Energy, s.Spent.Cost)
	if time.Since(r.told) >= pace {
		r.update()
	}
}

func (r *recorder) spent(wattHours float64, energy string, cost *float64) {
	joules := 3600 * wattHours
	r.run.Joules, r.run.Energy, r.run.Cost = &joules, energy, cost
}

// Evaluated implements [train.Observer].
func (r *recorder) Evaluated(e train.Eval) {
	r.Observer.Evaluated(e)
	if e.Step == 0 {
		r.run.LossBefore = &e.Loss
		return
	}
	if r.run.LossBest == nil || e.Loss < *r.run.LossBest {
		r.run.LossBest, r.run.BestStep = &e.Loss, e.Step
	}
}

func (r *recorder) update() {
	if r.run.ID == "" {
		return
	}
	r.told = time.Now()
	if err := r.ledger.Update(r.ctx, r.run); err != nil {
		r.failed(err)
	}
}

// end writes down how the run ended. One that was refused before its start has no line.
func (r *recorder) end(res train.Result, err error) {
	if r.run.ID == "" {
		return
	}
	var interrupted *train.Interrupted
	switch {
	case errors.As(err, &interrupted):
		r.run.Status, r.run.Error, r.run.Steps = store.Interrupted, err.Error(), interrupted.Step
	case err != nil:
		r.run.Status, r.run.Error = store.Failed, err.Error()
	default:
		r.result(res)
	}
	r.update()
}

func (r *recorder) result(res train.Result) {
	r.run.Status = store.Done
	r.run.Steps, r.run.Tokens, r.run.Seconds, r.run.TokensPerSec = res.Steps, res.Tokens, res.Seconds, res.TokensPerSec
	r.run.LossBefore, r.run.LossAfter = res.EvalBefore, res.EvalAfter
	r.run.Stopped = res.Stopped
	if res.BestStep > 0 {
		r.run.LossBest, r.run.BestStep = res.EvalAfter, res.BestStep
	}
	r.spent(res.WattHours, res.Energy, res.Cost)
	r.run.ForgetBefore, r.run.ForgetAfter = res.ForgetBefore, res.ForgetAfter
	if p := res.Probe; p != nil {
		r.run.ProbeAsked, r.run.ProbeStopped = p.Asked, p.Stopped
	}
	if out, err := filepath.Abs(res.Adapter); err == nil {
		r.run.Adapter = out
	}
	hash, err := hashOf(res.Adapter)
	if err != nil {
		r.Noted(fmt.Sprintf("the ledger has no hash of %s: %v", res.Adapter, err))
	}
	r.run.AdapterHash = hash
}

// hashOf is the hash of the adapter or the model in a folder, as what is made of it will call its parent or its base.
func hashOf(dir string) (string, error) {
	if exists(filepath.Join(dir, "adapter_config.json")) {
		a, err := adapter.Load(dir)
		if err != nil {
			return "", err
		}
		return a.Hash()
	}
	path := dir
	if gguf := filepath.Join(dir, "model.gguf"); exists(gguf) {
		path = gguf
	}
	be, err := cpu.New(cpu.Options{Threads: 1})
	if err != nil {
		return "", err
	}
	defer be.Close()
	m, err := model.Open(be, path)
	if err != nil {
		return "", err
	}
	return m.Hash(), m.Close()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
