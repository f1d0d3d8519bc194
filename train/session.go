package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/tokenizer"
)

// session is a run with everything opened that it needs: the model, and the data as tokens. What is trained, and the
// memory to train it in, come with allocate.
type session struct {
	job job
	r   Recipe // of a pretraining, what it has in common with one
	obs Observer

	be       *cpu.Backend
	m        *model.Model
	tok      *tokenizer.Tokenizer
	template *chat.Template
	stop     []int32 // tokens that end an answer

	set         *dataset.Set
	dataHash    string
	sources     []dataset.Source // what an epoch has of each file
	train, held []dataset.Tokens
	heldBytes   int // of the text held out, where its bits per byte are measured
	schedule    *dataset.Schedule
	general     []int32    // tokens of the text that forgetting is measured on; none where it is not
	questions   []question // to be answered after training

	base    adapter.Spec
	below   []*adapter.Adapter // of the base, frozen
	parents []adapter.Parent   // the same, as what is trained on top of them remembers them

	chosen  map[string]bool         // tensors of the base that are trained, where these are part of it
	untie   bool                    // the head of a tied model is to be a matrix of its own
	targets []*model.LinearLayer    // of LoRA
	adapter *adapter.Adapter        // of LoRA, as it was initialised
	start   map[string]adapter.Pair // of PiSSA, what the adapter began as

	objective objective

	opt   *optimizer
	ws    *model.Workspace
	micro int
	again bool // the backward computes layers again: the plan says so
	work  work
	peak  float64 // the machine's floating-point operations a second

	// Kept from step to step, so that a warm one allocates nothing.
	packer  dataset.Packer
	indices []int // of the step's sequences
	stats   stepStats
}

// open reads the model and the data. The recipe is resolved.
func open(ctx context.Context, r Recipe, obs Observer) (_ *session, err error) {
	s := &session{r: r, obs: obs}
	s.job = tuning{s}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.be, err = cpu.New(cpu.Options{Threads: r.Threads}); err != nil {
		return nil, err
	}
	if err := s.openBase(ctx); err != nil {
		return nil, err
	}
	if s.tok, err = s.m.Tokenizer(); err != nil {
		return nil, err
	}
	if err := s.chooseTemplate(s.m.ChatTemplate(), s.tok); err != nil {
		return nil, err
	}
	if s.stop, err = s.template.Stop(s.tok); err != nil {
		return nil, err
	}
	if err := s.aim(); err != nil {
		return nil, err
	}
	if err := s.readData(ctx, s.tok); err != nil {
		return nil, err
	}
	if err := s.readGeneral(); err != nil {
		return nil, err
	}
	s.checkEnd()
	return s, nil
}

// chooseTemplate decides how conversations are written down. The recipe then names it, for whoever repeats the run. What
// is trained on top of adapters is trained with their template.
func (s *session) chooseTemplate(own string, enc chat.Encoder) error {
	auto := s.r.Template == "" || s.r.Template == chat.Auto
	for _, a := range s.below {
		if p := a.Provenance; p != nil && p.Template != "" && auto {
			t, err := chat.Recorded(p.Template, p.TemplateText, enc)
			if err != nil {
				return err
			}
			s.template = t
		}
	}
	if s.template == nil {
		t, err := chat.Choose(s.r.Template, own, enc)
		if err != nil {
			return err
		}
		s.template = t
	}
	if _, err := chat.Named(s.template.Name()); auto && (err == nil || s.template.Name() == chat.Own) {
		s.r.Template = s.template.Name()
	}
	for i, a := range s.below {
		p := a.Provenance
		if p == nil || p.Template == "" {
			continue
		}
		if err := p.CheckTemplate(s.template.Name(), s.template.Hash()); p.Template != s.template.Name() || err != nil {
			if p.Template != s.template.Name() {
				err = fmt.Errorf("was trained with template %q, and an adapter on top of it shares that: --template %s", p.Template, p.Template)
			}
			return fmt.Errorf("adapter %s %w", s.parents[i].Name, err)
		}
	}
	return nil
}

// aim decides what is trained of the model.
func (s *session) aim() (err error) {
	if s.r.Method == LoRA {
		if s.targets, err = targets(s.m, s.r.Targets, s.r.Layers); err != nil {
			return err
		}
	}
	return s.choose()
}

// checkEnd tells where LoRA cannot teach the base to end an answer (law 1): it leaves the output head alone, and there
// the end token is one of several that nothing tells apart.
func (s *session) checkEnd() {
	if s.trainsHead() {
		return
	}
	for _, id := range s.stop {
		if n := s.m.Twins(id); n > 0 {
			s.obs.Noted(fmt.Sprintf("base %s was never taught to end a text: %d other tokens have the output row of %s, and %s leaves that row alone. Answers may not end by themselves; --method full teaches it, or --train-head",
				s.m.Name(), n, s.tok.Token(id), map[Method]string{LoRA: "LoRA", Full: "this choice of weights"}[s.r.Method]))
		}
	}
}

// defaultMaxLen is the longest example where the recipe does not say and the model has positions for it.
const defaultMaxLen = 1024

func (s *session) readData(ctx context.Context, enc chat.Encoder) error {
	kind := s.r.Objective.rows()
	set, err := s.r.rows(ctx)
	if err != nil {
		return err
	}
	s.packer.Each = kind.Each()
	s.set, s.dataHash = set, set.Hash()
	if err := s.chooseMaxLen(); err != nil {
		return err
	}
	long := dataset.DropLong
	if s.r.Long == "split" {
		long = dataset.SplitLong
	}
	train, held := s.r.split(set)
	var report dataset.Report
	if s.train, report, err = dataset.Encode(ctx, train, s.template, enc, s.r.MaxLen, long); err != nil {
		return err
	}
	s.questions = s.chooseQuestions(enc, append(held[:len(held):len(held)], train...), kind.Each())
	told := report.String()
	if len(held) > 0 {
		s.held, report, err = dataset.Encode(ctx, held, s.template, enc, s.r.MaxLen, long)
		switch {
		case err != nil && len(report.Dropped)+report.LeftOut == len(held): // a few rows to hold out may all be long ones
			s.obs.Noted("none of the rows held out can be used: the held-out loss is not measured")
		case err != nil:
			return fmt.Errorf("held-out rows: %w", err)
		}
		if len(report.Dropped)+len(report.Split) > 0 {
			told += "\nof the rows held out: " + report.String()
		}
	}
	if s.sources, err = s.mix(); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	s.schedule, err = dataset.Plan(s.train, dataset.PlanOptions{
		BatchTokens: s.r.BatchTokens, Epochs: s.r.Epochs, Steps: s.r.Steps, Seed: s.r.Seed, Each: kind.Each(),
	})
	if err != nil {
		return err
	}
	s.objective = newObjective(s)
	s.obs.Data(DataInfo{Set: set.String(), Report: told, Sources: s.sources, Train: len(s.train), Held: len(s.held)})
	return nil
}

// chooseMaxLen fills the longest example in, which the model must have positions for.
func (s *session) chooseMaxLen() error {
	positions := s.m.Config().MaxPos
	switch {
	case s.r.MaxLen == 0:
		s.r.MaxLen = min(defaultMaxLen, positions)
	case s.r.MaxLen > positions:
		return fmt.Errorf("max_len is %d: model %s has %d positions", s.r.MaxLen, s.m.Name(), positions)
	}
	return nil
}

func (s *session) close() {
	if s.m != nil {
		s.m.Close()
	}
	if s.be != nil {
		s.be.Close()
	}
}

// resolved is the recipe with what the model and the memory decided, to repeat the run from.
func (s *session) resolved() Recipe {
	r := s.r
	r.MicroTokens = s.micro
	if s.again {
		r.Checkpointing = "on"
	}
	return r
}

// identity is a hash of all that the run's numbers follow from. Where the results are put, and how often they are
// looked at, is no part of it.
func (s *session) identity() string {
	h := sha256.New()
	for _, part := range s.job.identity() {
		fmt.Fprintf(h, "%d %s\n", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func lengths(list []dataset.Tokens) []int {
	n := make([]int, len(list))
	for i, t := range list {
		n[i] = len(t.IDs)
	}
	return n
}

// allocate makes the model trainable and plans the memory of its steps.
func (s *session) allocate(ctx context.Context, micro int) error {
	if s.r.Method == Full {
		if err := s.makeTrainable(ctx); err != nil {
			return err
		}
	} else {
		if t, ok, _ := s.r.quantize(); ok { // checked when the recipe was resolved
			if err := s.m.Quantize(ctx, t); err != nil {
				return err
			}
		}
		if s.r.Int8Forward {
			if err := s.m.RepackForward(); err != nil {
				return err
			}
		}
		if err := s.attach(ctx); err != nil {
			return err
		}
		if len(s.chosen) > 0 {
			if err := s.makeTrainable(ctx); err != nil {
				return err
			}
		}
	}
	if err := s.checkDecay(); err != nil {
		return err
	}
	s.prepare(micro)
	return nil
}

// prepare allocates the optimiser and the workspace.
func (s *session) prepare(micro int) {
	s.micro = micro
	s.opt = newOptimizer(s.be, s.r.Optimizer, s.m.Params())
	plan := s.m.Plan(micro, model.Training)
	plan.Recompute = s.again || s.r.Checkpointing == "on"
	s.ws = s.m.NewWorkspaceFor(plan)
	s.work = countWork(s.m)
	s.peak = s.be.PeakFLOPS(100 * time.Millisecond)
}

// batch is a packed micro-batch as the model takes it.
func (s *session) batch(b *dataset.Batch, seed uint64) model.Batch {
	return model.Batch{IDs: b.IDs, Pos: b.Pos, Starts: b.Starts[:len(b.Starts)-1], Prefix: b.Prefix, Rows: b.Rows, Targets: b.Targets, Seed: seed, Regularise: s.r.regularisers()}
}

// stepStats is what an optimiser step amounts to.
type stepStats struct {
	tally
	norm           float64
	tokens, labels int
	flops          float64
}

// gradients computes the loss of optimiser step i, from 0, and its gradient, in micro-batches. Where ctx ends before
// the last of them, the error is its.
func (s *session) gradients(ctx context.Context, i int) (stepStats, error) {
	s.indices = s.schedule.AppendStep(s.indices[:0], i)
	batches := s.packer.Pack(s.train, s.indices, s.micro)
	s.stats = stepStats{}
	st := &s.stats
	if err := s.objective.begin(ctx, part{indices: s.indices, batches: batches}); err != nil {
		return *st, err
	}
	s.m.ZeroGrads()
	for j := range batches {
		if err := ctx.Err(); err != nil {
			return *st, err
		}
		if err := s.accumulate(i, j, &batches[j], st); err != nil {
			return *st, err
		}
	}
	if st.norm = s.opt.norm(); !finite(st.norm) {
		last := &batches[len(batches)-1]
		e := s.notFinite(i, last, s.batch(last, 0), nil)
		e.Rows = nil // the gradient is the sum over all micro-batches
		for _, k := range s.indices {
			e.name(s.train[k].Ref)
		}
		return *st, e
	}
	return *st, nil
}

// accumulate adds micro-batch j of step i, which the objective has begun, to the gradient and to st.
func (s *session) accumulate(i, j int, b *dataset.Batch, st *stepStats) error {
	mb := s.batch(b, dropoutSeed(s.r.Seed, i, j))
	nll, err := s.objective.add(b, mb, true, &st.tally)
	if err != nil {
		return fmt.Errorf("step %d: %w", i+1, err)
	}
	if !finite(st.loss) {
		return s.notFinite(i, b, mb, nll)
	}
	st.tokens += b.Tokens
	st.labels += len(b.Targets)
	st.flops += s.work.of(mb)
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// dropoutSeed is different for every micro-batch of a run and the same when it is computed again: SplitMix64 (Steele, Lea
// & Flood 2014) of the three in turn.
func dropoutSeed(seed uint64, step, micro int) uint64 {
	z := seed
	for _, x := range [...]uint64{uint64(step), uint64(micro)} {
		z = (z ^ x) + 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
	}
	return z
}

// NotFinite is the error of a run in which a value became NaN or infinite.
type NotFinite struct {
	Step  int           // from 1; of held-out rows, steps taken before
	Rows  []dataset.Ref // whose loss is not finite, or all rows of the step where the gradient is not
	Where string        // the layer, as [model.Model.FindNonFinite] names it
}

// name adds a row that is not named yet.
func (e *NotFinite) name(r dataset.Ref) {
	if !slices.Contains(e.Rows, r) {
		e.Rows = append(e.Rows, r)
	}
}

func (e *NotFinite) Error() string {
	var rows []string
	for i, r := range e.Rows {
		if i == 5 {
			rows = append(rows, fmt.Sprintf("and %d more", len(e.Rows)-i))
			break
		}
		rows = append(rows, r.String())
	}
	s := fmt.Sprintf("step %d is not finite, at rows %s", e.Step, strings.Join(rows, ", "))
	if e.Where != "" {
		s += ": first in " + e.Where
	}
	return s + " (try a lower --lr, or look at the rows)"
}

// notFinite says where a value stopped being finite. nll is nil where the losses are finite and a gradient is not.
func (s *session) notFinite(i int, b *dataset.Batch, mb model.Batch, nll []float32) *NotFinite {
	e := &NotFinite{Step: i + 1}
	row := func(r int) dataset.Ref {
		k, _ := slices.BinarySearch(b.Starts, r+1)
		return b.Refs[k-1]
	}
	for k, x := range nll {
		if !finite(float64(x)) {
			e.name(row(int(b.Rows[k])))
		}
	}
	if len(e.Rows) == 0 {
		for i, ref := range b.Refs {
			if b.Prefix[i] >= 0 || !slices.Contains(b.Prefix, int32(i)) { // not only a prefix of others
				e.name(ref)
			}
		}
	}
	e.Where = s.m.FindNonFinite(s.ws, mb)
	return e
}

// upTo is the numbers from 0 up to n.
func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// evaluate is the loss of the held-out rows.
func (s *session) evaluate(ctx context.Context) (Eval, error) {
	all := upTo(len(s.held))
	packer := dataset.Packer{Each: s.packer.Each}
	batches := packer.Pack(s.held, all, s.micro)
	var e Eval
	if err := s.objective.begin(ctx, part{held: true, indices: all, batches: batches}); err != nil {
		return e, fmt.Errorf("evaluate: %w", err)
	}
	var sum tally
	for j := range batches {
		if err := ctx.Err(); err != nil {
			return e, err
		}
		b := &batches[j]
		mb := s.batch(b, 0)
		nll, err := s.objective.add(b, mb, false, &sum)
		if err != nil {
			return e, fmt.Errorf("evaluate: %w", err)
		}
		if !finite(sum.loss) {
			return e, fmt.Errorf("held-out rows: %w", s.notFinite(s.opt.steps-1, b, mb, nll))
		}
		e.Labels += len(nll)
	}
	e.Loss, e.Rewards = sum.loss, sum.rewards()
	if s.heldBytes > 0 {
		bits := e.Loss * float64(e.Labels) / math.Ln2 / float64(s.heldBytes)
		e.BitsPerByte = &bits
	}
	return e, nil
}

// checkOut says why a run cannot be put into a folder.
func checkOut(dir string, resume bool) error {
	exists := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist) && resume:
		return fmt.Errorf("resume %s: no such folder", dir)
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("out is %s: a file, not a folder", dir)
	case resume && !exists(recipeFile):
		return fmt.Errorf("resume %s: no %s in it, so no run was started there", dir, recipeFile)
	case !resume && exists(recipeFile):
		return fmt.Errorf("out is %s: it holds a run already (--resume to go on with it, or choose another --out)", dir)
	case !resume && (exists("config.json") || exists("model.gguf") || exists("adapter_config.json")):
		return fmt.Errorf("out is %s: it holds a model or an adapter; choose another --out", dir)
	}
	return nil
}
