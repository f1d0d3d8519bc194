package train

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/model"
)

// Assume is what a plan takes for granted of a base and rows that are not on this machine. A run reads none of it.
type Assume struct {
	Shape     string `yaml:"shape,omitempty"`      // of the base, as in [model.Shape]; where the base's name is not one
	Rows      int    `yaml:"rows,omitempty"`       // of the data
	RowTokens int    `yaml:"row_tokens,omitempty"` // of a row on average, the template's included
}

// absent is the shape to plan with where the recipe's base is not on this machine and its shape is known.
func (r Recipe) absent() (model.Config, bool, error) {
	if _, err := adapter.ParseSpec(r.Base); err == nil {
		return model.Config{}, false, nil
	}
	if r.Assume != nil && r.Assume.Shape != "" {
		c, err := model.Shape(r.Assume.Shape)
		return c, true, err
	}
	name, ok := model.ShapeOf(r.Base)
	if !ok {
		return model.Config{}, false, nil
	}
	c, err := model.Shape(name)
	return c, true, err
}

// planAbsent plans a run on a base that is not there: memory follows from its shape, with weights that rest in BF16, and
// time from the share of the machine's peak that a small model reaches when it is trained in the same way. Rows that are
// not there either are as many and as long as the recipe assumes; rows that are have a token for every four bytes.
func planAbsent(ctx context.Context, r Recipe, cfg model.Config, obs Observer) (Plan, error) {
	s, assumed, err := openAbsent(ctx, r, cfg, obs)
	if err != nil {
		return Plan{}, err
	}
	defer s.close()
	p, misfit := s.plan(freeMemory())
	if p.Total == 0 {
		return p, misfit
	}
	p.Notes = append(p.Notes, fmt.Sprintf("base %s is not here: planned by its shape, with weights in BF16", r.Base), assumed)
	if p.DiskFree > 0 && p.Disk > p.DiskFree {
		p.Notes = append(p.Notes, fmt.Sprintf("the run's folder takes up to %s, and %s is free", Bytes(p.Disk), Bytes(p.DiskFree)))
	}
	if err := s.estimate(ctx, &p); err != nil {
		return p, err
	}
	return p, misfit
}

// openAbsent is a session to plan with, and what it takes for granted of the rows.
func openAbsent(ctx context.Context, r Recipe, cfg model.Config, obs Observer) (_ *session, assumed string, err error) {
	s := &session{r: r, obs: obs}
	s.job = tuning{s}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	// A template of the base's own is not here either; for memory and time the default is as good.
	if s.template, err = chat.Named(r.Template); err != nil {
		if s.template, err = chat.Named(chat.Default); err != nil {
			return nil, "", err
		}
	}
	if s.be, err = cpu.New(cpu.Options{Threads: r.Threads}); err != nil {
		return nil, "", err
	}
	if s.m, err = model.Hollow(s.be, cfg, compute.BF16); err != nil {
		return nil, "", err
	}
	if err := s.aim(); err != nil {
		return nil, "", err
	}
	assumed, err = s.readAbsent(ctx)
	return s, assumed, err
}

// readAbsent reads the data where they are there, and makes rows up otherwise. It says which, for people.
func (s *session) readAbsent(ctx context.Context) (string, error) {
	missing := ""
	for _, path := range paths(s.r.Data) {
		if _, err := dataset.Files(path); err != nil {
			missing = path
			break
		}
	}
	if missing == "" {
		return "without the base's tokenizer a token is taken to be four bytes", s.readData(ctx, quarters{})
	}
	a := s.r.Assume
	if a == nil || a.Rows < 1 || a.RowTokens < 2 {
		return "", fmt.Errorf("data: %s is not here: name rows that are, or say in the recipe what to assume of them (assume: {rows: 52002, row_tokens: 120})", missing)
	}
	if err := s.chooseMaxLen(); err != nil {
		return "", err
	}
	if a.RowTokens > s.r.MaxLen {
		return "", fmt.Errorf("assume: row_tokens is %d, more than max_len, %d", a.RowTokens, s.r.MaxLen)
	}
	kind := s.r.Objective.rows()
	s.packer.Each = kind.Each()
	row := func(n int) dataset.Tokens { // nobody looks at the tokens
		t := dataset.Tokens{IDs: make([]int32, n), Train: make([]bool, n), Weight: 1, Repeat: 1}
		for i := n / 2; i < n; i++ {
			t.Train[i] = true
		}
		return t
	}
	rows := a.Rows - int(float64(a.Rows)*max(0, s.r.EvalFraction))
	s.train = slices.Repeat([]dataset.Tokens{row(a.RowTokens)}, rows*kind.Each())
	for i := range kind.Each() { // one is as long as a row may be
		s.train[i] = row(s.r.MaxLen)
	}
	var err error
	s.schedule, err = dataset.Plan(s.train, dataset.PlanOptions{
		BatchTokens: s.r.BatchTokens, Epochs: s.r.Epochs, Steps: s.r.Steps, Seed: s.r.Seed, Each: kind.Each(),
	})
	if err != nil {
		return "", err
	}
	s.objective = newObjective(s)
	return fmt.Sprintf("%s is not here: assumed to be %d rows of %d tokens, half of them learned", missing, a.Rows, a.RowTokens), nil
}

// small is what is trained for a moment to see what share of its peak the machine reaches: wide enough for the matrix
// products to be as fast as larger ones, and small enough for a second or two.
var small = BenchOptions{Shape: "1024x1x16x16x2816x1024", Length: 128, Batch: 2, Steps: 1, Type: compute.BF16}

// estimate completes the plan with the time that its operations take at the speed at which those of a small model are done.
func (s *session) estimate(ctx context.Context, p *Plan) error {
	o := small
	o.Method, o.Rank, o.Quantize, o.Int8Forward, o.Threads = s.r.Method, s.r.Rank, s.r.Quantize, s.r.Int8Forward, s.r.Threads
	res, err := Bench(ctx, o)
	if err != nil {
		return err
	}
	w := workOf(s.m, s.trained())
	var flops, tokens float64
	for _, t := range s.train {
		n, labels := float64(len(t.IDs)), 0.0
		for _, is := range t.Train {
			if is {
				labels++
			}
		}
		tokens += n
		flops += w.perToken*n + w.perTarget*labels + w.perPair*n*(n+1)/2
	}
	peak := s.be.PeakFLOPS(100 * time.Millisecond)
	p.PeakShare = res.FLOPsFraction
	p.TokensPerS = p.PeakShare * peak * tokens / flops
	if p.Checkpointing { // the forward pass again, besides the two or three that are counted
		passes := 2.0
		if s.r.Method == Full {
			passes = 3
		}
		p.TokensPerS *= passes / (passes + 1)
	}
	p.Seconds = float64(p.Tokens) / p.TokensPerS
	s.forecast(p)
	return nil
}

// quarters stands in for a tokenizer: a token for every four bytes of text, and every control token there is.
type quarters struct{}

func (quarters) EncodeText(text string, _ bool) []int32 { return make([]int32, (len(text)+3)/4) }
func (quarters) TokenID(string) (int32, bool)           { return 1, true }
func (quarters) BOS() (int32, bool)                     { return 1, true }
func (quarters) EOS() (int32, bool)                     { return 2, true }
func (quarters) AddsBOS() bool                          { return true }
