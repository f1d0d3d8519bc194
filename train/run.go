package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/machine"
	"github.com/cria-llm/cria/internal/wholefile"
)

// The files of a run's folder, besides the adapter's or the model's own.
const (
	recipeFile  = "recipe.yaml"
	metricsFile = "metrics.jsonl"
	resultFile  = "result.json"
)

// Options are how to run, as opposed to what.
type Options struct {
	// Resume goes on with the run in the recipe's Out folder, from its last checkpoint, or from the beginning where it
	// was killed before the first.
	Resume bool
	// Probe answers prompts once the run is over, to see whether the answers end (law 1). nil is for no such look.
	Probe Prober
}

// Result is what a run came to.
type Result struct {
	Steps        int      `json:"steps"`
	Tokens       int      `json:"tokens"`           // real tokens, all steps
	TokensPerSec float64  `json:"tokens_per_s"`     // in steps, all parts of a resumed run
	EvalBefore   *float64 `json:"eval_loss_before"` // nil where nothing was held out
	EvalAfter    *float64 `json:"eval_loss_after"`
	// Ratings of the held-out rows, of a run that learned from preferences.
	RewardsBefore *Rewards `json:"eval_rewards_before,omitempty"`
	RewardsAfter  *Rewards `json:"eval_rewards_after,omitempty"`
	Seconds       float64  `json:"seconds"` // training and evaluation, all parts of a resumed run
	PeakRSS       int64    `json:"peak_rss_bytes"`
	Adapter       string   `json:"adapter"` // the folder: of the adapter, or of the model where all weights were trained
	// Bits per byte of the held-out text, of a pretraining.
	BitsPerByteBefore *float64 `json:"eval_bpb_before,omitempty"`
	BitsPerByteAfter  *float64 `json:"eval_bpb_after,omitempty"`
	// Stopped is the guard that ended the run before its last step, empty for none. BestStep says, where it might stop early,
	// after how many steps what was saved was evaluated.
	Stopped  string `json:"stopped,omitempty"`
	BestStep int    `json:"best_step,omitempty"`
	// What it took, all parts of a resumed run.
	WattHours float64  `json:"wh"`
	Energy    string   `json:"energy"`         // where these come from: measured, estimated
	Cost      *float64 `json:"cost,omitempty"` // nil where the recipe has no prices
	// Loss on a general text, in nats a token; nil where that was not looked at.
	ForgetBefore *float64 `json:"forget_loss_before,omitempty"`
	ForgetAfter  *float64 `json:"forget_loss_after,omitempty"`
	Probe        *Probe   `json:"probe,omitempty"` // nil where no prompts were answered
}

// Interrupted is the error of a run whose context ended. Its folder can be resumed.
type Interrupted struct {
	Out         string
	Step, Steps int
	Cause       error
	Command     string // that goes on with it: "cria train"
}

func (e *Interrupted) Error() string {
	return fmt.Sprintf("interrupted after step %d of %d; go on with: %s --resume --out %s", e.Step, e.Steps, e.Command, e.Out)
}

func (e *Interrupted) Unwrap() error { return e.Cause }

// PlanOnly is what [Run] would do first: it opens the model and the data, measures one step's worth of work, and says
// what the run would take. It writes nothing. A base that is not on this machine is planned by its shape, where that is
// known: see [Assume].
func PlanOnly(ctx context.Context, r Recipe, obs Observer) (Plan, error) {
	r, err := r.Resolve()
	if err != nil {
		return Plan{}, err
	}
	if cfg, ok, err := r.absent(); ok || err != nil {
		if err != nil {
			return Plan{}, err
		}
		return planAbsent(ctx, r, cfg, obs)
	}
	s, err := open(ctx, r, obs)
	if err != nil {
		return Plan{}, err
	}
	defer s.close()
	return s.planOnly(ctx)
}

// planOnly plans and measures, and writes nothing.
func (s *session) planOnly(ctx context.Context) (Plan, error) {
	p, err := s.plan(freeMemory())
	if err != nil {
		return p, err
	}
	if err := s.allocate(ctx, p.MicroTokens); err != nil {
		return p, err
	}
	err = s.calibrate(ctx, &p)
	return p, err
}

// calibrate measures the first micro-batch and completes the plan with it. It changes no parameter.
func (s *session) calibrate(ctx context.Context, p *Plan) error {
	packer := dataset.Packer{Each: s.packer.Each}
	indices := s.schedule.Step(0)
	batches := packer.Pack(s.train, indices, s.micro)[:1]
	b := &batches[0]
	indices = indices[:b.Of[len(b.Of)-1]+1]
	var took time.Duration
	var st stepStats
	for range 2 { // the first meets cold memory
		if err := ctx.Err(); err != nil {
			return err
		}
		t := time.Now()
		st = stepStats{}
		if err := s.objective.begin(ctx, part{indices: indices, batches: batches}); err != nil {
			return err
		}
		if err := s.accumulate(0, 0, b, &st); err != nil {
			return err
		}
		took = time.Since(t)
	}
	if s.r.Optimizer != "" && s.r.Optimizer != AdamW { // which costs nothing beside the rest
		s.opt.rehearse(&s.r)
		p.StepSeconds = s.opt.rehearse(&s.r).Seconds()
	}
	if p.TokensPerS = perSecond(float64(st.tokens), took); p.TokensPerS > 0 {
		p.PeakShare = perSecond(st.flops, took) / s.peak
		p.Seconds = float64(p.Tokens)/p.TokensPerS + float64(p.Steps)*p.StepSeconds
	}
	if n := s.objective.before(); n > 0 {
		t := time.Now()
		if _, err := s.m.Loss(s.ws, s.batch(b, 0), b.Weights, false); err != nil {
			return err
		}
		p.Before = float64(n) / float64(b.Tokens) * time.Since(t).Seconds()
		p.Seconds += p.Before
	}
	s.forecast(p)
	return nil
}

// Run trains as the recipe says. On an error before training starts, nothing has been written; on one after, the folder
// holds what can be resumed. It ends with an [*Interrupted] error soon after ctx does.
func Run(ctx context.Context, r Recipe, o Options, obs Observer) (Result, error) {
	r, err := r.Resolve()
	if err != nil {
		return Result{}, err
	}
	return begin(ctx, r, o, obs, func() (*session, error) { return open(ctx, r, obs) })
}

// begin is a run in the recipe's folder from its start, or from its last checkpoint, to its end.
func begin(ctx context.Context, r Recipe, o Options, obs Observer, open func() (*session, error)) (Result, error) {
	out := r.Out
	if err := checkOut(out, o.Resume); err != nil {
		return Result{}, err
	}
	if o.Resume {
		switch res, err := ReadResult(out); {
		case err != nil:
			return Result{}, err
		case res != nil:
			more, err := mayGoOn(out, res, r.limits())
			if err != nil {
				return Result{}, err
			}
			if !more {
				obs.Noted(finished(out, res))
				return *res, nil
			}
		}
	}
	s, err := open()
	if err != nil {
		return Result{}, err
	}
	defer s.close()
	p, err := s.plan(freeMemory())
	if err != nil {
		return Result{}, err
	}
	if err := s.allocate(ctx, p.MicroTokens); err != nil {
		return Result{}, err
	}
	if err := s.calibrate(ctx, &p); err != nil {
		return Result{}, err
	}
	obs.Planned(p)
	if err := s.objective.ready(ctx); err != nil {
		return Result{}, err
	}

	var st state
	if o.Resume {
		var found bool
		if st, found, err = s.restore(); err != nil {
			return Result{}, err
		}
		if found {
			obs.Noted(fmt.Sprintf("resumed after step %d of %d", st.Step, p.Steps))
		} else {
			obs.Noted("no checkpoint was written yet: starting from the beginning")
		}
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return Result{}, fmt.Errorf("make the run's folder: %w", err)
	}
	// That of a run that a limit had ended: it goes on.
	if err := os.Remove(filepath.Join(out, resultFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Result{}, err
	}
	if err := atomicfile.WriteBytes(filepath.Join(out, recipeFile), s.job.yaml()); err != nil {
		return Result{}, err
	}
	obs.Started(Start{
		Recipe: string(s.job.yaml()), Out: out, About: s.job.about(), Machine: s.be.Name(), Steps: p.Steps, Resumed: o.Resume,
		Step: st.Step, Tokens: st.Tokens,
	})
	return s.run(ctx, o, st)
}

// ReadResult reads the result of the run in a folder. It is nil where no run came to its end there.
func ReadResult(dir string) (*Result, error) {
	var r Result
	switch err := wholefile.JSON(filepath.Join(dir, resultFile), 1<<20, &r); {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &r, nil
}

// run takes the steps that are left after st, and finishes.
func (s *session) run(ctx context.Context, o Options, st state) (_ Result, err error) {
	keep := st.Step
	if keep == 0 && st.EvalBefore == nil {
		keep = -1 // the look before training is repeated
	}
	log, err := openMetrics(filepath.Join(s.r.Out, metricsFile), keep)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, log.close()) }()
	steps := s.schedule.Steps()
	books := newBooks(s, &st)
	clock := books.clock
	st.Identity, st.Kernels = s.identity(), string(s.be.ISA())

	eval := func() (Eval, error) {
		e, err := s.evaluate(ctx)
		if err != nil {
			return e, err
		}
		e.Step = st.Step
		s.obs.Evaluated(e)
		if log.last == st.Step && st.Step > 0 {
			return e, nil // an earlier part of the run wrote it down
		}
		log.last = st.Step
		return e, log.add(Point{Step: st.Step, EvalLoss: &e.Loss, EvalBPB: e.BitsPerByte, Rewards: e.Rewards})
	}
	judged := func() error {
		e, err := eval()
		if err != nil {
			return err
		}
		books.enter()
		return s.judge(&st, e)
	}
	stopped := func(cause error) error {
		books.enter()
		if e := s.save(st); e != nil {
			return e
		}
		return &Interrupted{Out: s.r.Out, Step: st.Step, Steps: steps, Cause: cause, Command: s.job.command()}
	}
	if st.Step == 0 {
		err := s.lookBefore(ctx, &st, eval)
		if ctx.Err() != nil {
			return Result{}, stopped(ctx.Err())
		}
		if err != nil {
			return Result{}, err
		}
		books.enter()
		st.Look = st.Seconds
	}
	if s.evalDue(st.Step, steps) && log.last < st.Step { // stopped before it could be done
		if err := judged(); err != nil && ctx.Err() == nil {
			return Result{}, err
		}
	}
	saved := time.Now()
	var cost time.Duration // of the last checkpoint
	var guard string
	for st.Step < steps {
		if ctx.Err() != nil {
			return Result{}, stopped(ctx.Err())
		}
		if guard = s.enough(&st); guard != "" {
			break
		}
		i := st.Step
		began := time.Now()
		g, err := s.gradients(ctx, i)
		if ctx.Err() != nil {
			return Result{}, stopped(ctx.Err())
		}
		if err != nil {
			return Result{}, err
		}
		rate := s.r.rate(i, steps)
		s.opt.step(&s.r, rate, g.norm)
		took := time.Since(began)
		st.Step++
		st.Tokens += g.tokens
		st.Busy += took.Seconds()
		clock.step(g.tokens, g.flops, took)
		books.enter()
		rewards := g.rewards()
		if err := log.add(Point{Step: st.Step, Loss: &g.loss, GradNorm: g.norm, LR: rate, Tokens: g.tokens, Seconds: took.Seconds(), TokensPerSec: perSecond(float64(g.tokens), took), Rewards: rewards}); err != nil {
			return Result{}, err
		}
		s.obs.Stepped(Step{
			Step: st.Step, Steps: steps, Epoch: s.schedule.Epoch(i), Loss: g.loss, GradNorm: g.norm, LR: rate,
			Tokens: g.tokens, Labels: g.labels, TotalTokens: clock.tokens, Elapsed: clock.elapsed(),
			TokensPerSec: clock.rate(), PeakShare: clock.share(), Left: clock.left(steps - st.Step), Rewards: rewards, Spent: s.spent(&st),
		})
		if s.evalDue(st.Step, steps) {
			if err := judged(); err != nil && ctx.Err() == nil {
				return Result{}, err
			}
		}
		if s.due(st.Step, steps, time.Since(saved), cost) {
			t := time.Now()
			if err := s.save(st); err != nil {
				return Result{}, err
			}
			saved, cost = time.Now(), time.Since(t)
		}
	}
	res := Result{Steps: st.Step, Tokens: st.Tokens, Stopped: guard, EvalBefore: st.EvalBefore, BitsPerByteBefore: st.BitsBefore,
		RewardsBefore: st.RewardsBefore, ForgetBefore: st.ForgetBefore, Adapter: s.r.Out}
	if spentLimits(&res) { // it may be given more
		if err := s.save(st); err != nil {
			return Result{}, err
		}
	}
	err = s.lookAfter(ctx, &st, &res, eval)
	if ctx.Err() != nil {
		return Result{}, stopped(ctx.Err())
	}
	if err != nil {
		return Result{}, err
	}
	if st.Busy > 0 {
		res.TokensPerSec = float64(st.Tokens) / st.Busy
	}
	return s.finish(ctx, o, res, func(res *Result) {
		books.enter()
		x := s.spent(&st)
		res.Seconds, res.WattHours, res.Energy, res.Cost = x.Seconds, x.WattHours, x.Energy, x.Cost
	})
}

// lookBefore measures what a run is compared with at its end, unless an earlier part of it did.
func (s *session) lookBefore(ctx context.Context, st *state, eval func() (Eval, error)) error {
	if len(s.held) > 0 && st.EvalBefore == nil {
		e, err := eval()
		if err != nil {
			return err
		}
		st.EvalBefore, st.BitsBefore, st.RewardsBefore = &e.Loss, e.BitsPerByte, e.Rewards
	}
	if st.ForgetBefore == nil {
		var err error
		st.ForgetBefore, err = s.generalLoss(ctx)
		return err
	}
	return nil
}

// lookAfter measures what came of the steps. Where the run might have stopped early, the best values take the place of the
// last.
func (s *session) lookAfter(ctx context.Context, st *state, res *Result, eval func() (Eval, error)) error {
	if len(s.held) > 0 {
		e, err := eval()
		if err != nil {
			return err
		}
		if s.r.EarlyStop > 0 {
			res.BestStep = st.Step
			if best := st.Best; best != nil && best.Loss <= e.Loss {
				if best.Step != st.Step {
					if err := s.takeBest(best.Step); err != nil {
						return err
					}
				}
				e, res.BestStep = *best, best.Step
			}
		}
		res.EvalAfter, res.BitsPerByteAfter, res.RewardsAfter = &e.Loss, e.BitsPerByte, e.Rewards
	}
	if res.ForgetBefore == nil {
		return nil
	}
	var err error
	res.ForgetAfter, err = s.generalLoss(ctx)
	return err
}

// evalDue says whether the held-out rows are looked at after a step; the last step's look is part of finishing.
func (s *session) evalDue(step, steps int) bool {
	every := s.r.EvalEvery
	if every == 0 {
		every = max(1, steps/5)
	}
	return len(s.held) > 0 && every > 0 && step > 0 && step%every == 0 && step < steps
}

// saveAfter is the time between checkpoints where the recipe leaves it open; saving takes at most 2 % of the time.
const saveAfter = 10 * time.Second

// due says whether it is time for a checkpoint.
func (s *session) due(step, steps int, since, cost time.Duration) bool {
	switch {
	case step == steps:
		return false
	case s.r.SaveEvery > 0:
		return step%s.r.SaveEvery == 0
	}
	return since >= max(saveAfter, 50*cost)
}

// checkTrained holds the last step to law 13: no evaluation may follow it that would notice.
func (s *session) checkTrained() error {
	for _, p := range s.opt.params {
		if !finite(s.be.SumSquares(p.Value)) {
			e := &NotFinite{Step: s.opt.steps, Where: p.Name + " (parameter)"}
			for _, k := range s.schedule.Step(s.opt.steps - 1) {
				e.name(s.train[k].Ref)
			}
			return e
		}
	}
	return nil
}

// finish writes what was trained, the picture and the result, and takes the checkpoint away, unless the run may go on.
func (s *session) finish(ctx context.Context, o Options, res Result, account func(*Result)) (Result, error) {
	if err := s.checkTrained(); err != nil {
		return Result{}, err
	}
	if err := s.job.save(); err != nil {
		return Result{}, err
	}
	points, err := ReadMetrics(filepath.Join(s.r.Out, metricsFile))
	if err != nil {
		return Result{}, err
	}
	if err := drawLoss(s.r.Out, points, s.r.Objective.rows()); err != nil {
		return Result{}, err
	}
	s.warnForgotten(res.ForgetBefore, res.ForgetAfter)
	res.Probe = s.probe(ctx, o.Probe)
	account(&res)
	res.PeakRSS = machine.PeakRSS()
	text, err := json.MarshalIndent(res, "", "  ")
	if err != nil {
		return Result{}, err
	}
	if err := atomicfile.WriteBytes(filepath.Join(s.r.Out, resultFile), append(text, '\n')); err != nil {
		return Result{}, err
	}
	if spentLimits(&res) {
		return res, nil
	}
	if err := os.Remove(filepath.Join(s.r.Out, checkpointFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Result{}, err
	}
	return res, removeBest(s.r.Out, -1)
}

// saveModel writes the tuned model, and what it was trained on.
func (s *session) saveModel() error {
	if err := s.provenance().Write(s.r.Out); err != nil {
		return err
	}
	return s.m.Save(s.r.Out, s.stop)
}

// provenance says what the run's result was made with.
func (s *session) provenance() *adapter.Provenance {
	return &adapter.Provenance{
		Base: s.m.Name(), BaseHash: s.m.Hash(), Quantized: s.r.Quantize,
		Template: s.template.Name(), TemplateHash: s.template.Hash(), TemplateText: s.template.Source(), Stop: s.stop,
		DataHash: s.dataHash, Recipe: string(s.resolved().YAML()), Created: time.Now().UTC().Truncate(time.Second),
		Parents: s.parents,
	}
}
