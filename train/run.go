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
	"github.com/cria-llm/cria/internal/jsonfile"
	"github.com/cria-llm/cria/internal/machine"
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
	return nil
}

// Run trains as the recipe says. On an error before training starts, nothing has been written; on one after, the folder
// holds what can be resumed. It ends with an [*Interrupted] error soon after ctx does.
func Run(ctx context.Context, r Recipe, o Options, obs Observer) (Result, error) {
	r, err := r.Resolve()
	if err != nil {
		return Result{}, err
	}
	return begin(ctx, r.Out, o, obs, func() (*session, error) { return open(ctx, r, obs) })
}

// begin is a run in the folder out from its start, or from its last checkpoint, to its end.
func begin(ctx context.Context, out string, o Options, obs Observer, open func() (*session, error)) (Result, error) {
	if err := checkOut(out, o.Resume); err != nil {
		return Result{}, err
	}
	if o.Resume {
		switch res, err := ReadResult(out); {
		case err != nil:
			return Result{}, err
		case res != nil:
			obs.Noted("the run in " + out + " is finished: nothing is left to do")
			return *res, nil
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
	if err := atomicfile.WriteBytes(filepath.Join(out, recipeFile), s.job.yaml()); err != nil {
		return Result{}, err
	}
	obs.Started(Start{
		Recipe: string(s.job.yaml()), Out: out, About: s.job.about(), Machine: s.be.Name(), Steps: p.Steps, Resumed: o.Resume,
		Step: st.Step, Tokens: st.Tokens, Seconds: st.Seconds,
	})
	return s.run(ctx, st)
}

// ReadResult reads the result of the run in a folder. It is nil where no run came to its end there.
func ReadResult(dir string) (*Result, error) {
	var r Result
	switch err := jsonfile.Read(filepath.Join(dir, resultFile), 1<<20, &r); {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &r, nil
}

// run takes the steps that are left after st, and finishes.
func (s *session) run(ctx context.Context, st state) (_ Result, err error) {
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
	clock := newClock(s.peak)
	before := st.Seconds
	st.Identity, st.Kernels = s.identity(), string(s.be.ISA())

	eval := func() (Eval, error) {
		e, err := s.evaluate(ctx)
		if err != nil {
			return e, err
		}
		e.Step = st.Step
		s.obs.Evaluated(e)
		return e, log.add(Point{Step: st.Step, EvalLoss: &e.Loss, EvalBPB: e.BitsPerByte, Rewards: e.Rewards})
	}
	stopped := func(cause error) error {
		st.Seconds = before + clock.seconds()
		if e := s.save(st); e != nil {
			return e
		}
		return &Interrupted{Out: s.r.Out, Step: st.Step, Steps: steps, Cause: cause, Command: s.job.command()}
	}
	if len(s.held) > 0 && st.EvalBefore == nil {
		e, err := eval()
		if ctx.Err() != nil {
			return Result{}, stopped(ctx.Err())
		}
		if err != nil {
			return Result{}, err
		}
		st.EvalBefore, st.BitsBefore, st.RewardsBefore = &e.Loss, e.BitsPerByte, e.Rewards
	}
	if s.evalDue(st.Step, steps) && log.last < st.Step { // stopped before it could be done
		if _, err := eval(); err != nil && ctx.Err() == nil {
			return Result{}, err
		}
	}
	saved := time.Now()
	var cost time.Duration // of the last checkpoint
	for st.Step < steps {
		if ctx.Err() != nil {
			return Result{}, stopped(ctx.Err())
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
		st.Seconds = before + clock.seconds()
		rewards := g.rewards()
		if err := log.add(Point{Step: st.Step, Loss: &g.loss, GradNorm: g.norm, LR: rate, Tokens: g.tokens, Seconds: took.Seconds(), TokensPerSec: perSecond(float64(g.tokens), took), Rewards: rewards}); err != nil {
			return Result{}, err
		}
		s.obs.Stepped(Step{
			Step: st.Step, Steps: steps, Epoch: s.schedule.Epoch(i), Loss: g.loss, GradNorm: g.norm, LR: rate,
			Tokens: g.tokens, Labels: g.labels, TotalTokens: clock.tokens, Elapsed: clock.elapsed(),
			TokensPerSec: clock.rate(), PeakShare: clock.share(), Left: clock.left(steps - st.Step), Rewards: rewards,
		})
		if s.evalDue(st.Step, steps) {
			if _, err := eval(); err != nil && ctx.Err() == nil {
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
	res := Result{Steps: steps, Tokens: st.Tokens, EvalBefore: st.EvalBefore, BitsPerByteBefore: st.BitsBefore, RewardsBefore: st.RewardsBefore, Adapter: s.r.Out}
	if len(s.held) > 0 {
		e, err := eval()
		if ctx.Err() != nil {
			return Result{}, stopped(ctx.Err())
		}
		if err != nil {
			return Result{}, err
		}
		res.EvalAfter, res.BitsPerByteAfter, res.RewardsAfter = &e.Loss, e.BitsPerByte, e.Rewards
	}
	st.Seconds = before + clock.seconds()
	res.Seconds = st.Seconds
	if st.Busy > 0 {
		res.TokensPerSec = float64(st.Tokens) / st.Busy
	}
	return s.finish(res)
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

// finish writes what was trained, the picture and the result, and takes the checkpoint away.
func (s *session) finish(res Result) (Result, error) {
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
	res.PeakRSS = machine.PeakRSS()
	text, err := json.MarshalIndent(res, "", "  ")
	if err != nil {
		return Result{}, err
	}
	if err := atomicfile.WriteBytes(filepath.Join(s.r.Out, resultFile), append(text, '\n')); err != nil {
		return Result{}, err
	}
	if err := os.Remove(filepath.Join(s.r.Out, checkpointFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Result{}, err
	}
	return res, nil
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
		Template: s.template.Name(), TemplateHash: s.template.Hash(), Stop: s.stop,
		DataHash: s.dataHash, Recipe: string(s.resolved().YAML()), Created: time.Now().UTC().Truncate(time.Second),
		Parents: s.parents,
	}
}
