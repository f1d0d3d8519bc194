package train

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/tokenizer"
)

// pretraining is the job of [Pretrain].
type pretraining struct {
	*session
	recipe PretrainRecipe // resolved
	corpus *dataset.Corpus
	saved  compute.Type // that the weights are saved in
}

// Pretrain makes a base model from random weights and raw text, as the recipe says. What it promises is what [Run] does.
func Pretrain(ctx context.Context, r PretrainRecipe, o Options, obs Observer) (Result, error) {
	r, err := r.Resolve()
	if err != nil {
		return Result{}, err
	}
	return begin(ctx, r.common(), o, obs, func() (*session, error) { return openPretraining(ctx, r, obs) })
}

// PretrainPlan is what [Pretrain] would do first, as [PlanOnly] says of Run.
func PretrainPlan(ctx context.Context, r PretrainRecipe, obs Observer) (Plan, error) {
	r, err := r.Resolve()
	if err != nil {
		return Plan{}, err
	}
	s, err := openPretraining(ctx, r, obs)
	if err != nil {
		return Plan{}, err
	}
	defer s.close()
	return s.planOnly(ctx)
}

// openPretraining reads the text and makes the model's first weights. The recipe is resolved.
func openPretraining(ctx context.Context, r PretrainRecipe, obs Observer) (_ *session, err error) {
	s := &session{r: r.common(), obs: obs}
	p := &pretraining{session: s, recipe: r}
	s.job = p
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if p.saved, err = r.savedType(); err != nil {
		return nil, err
	}
	if p.tok, err = tokenizer.Open(r.Tokenizer); err != nil {
		return nil, err
	}
	p.corpus, err = dataset.ReadCorpus(ctx, r.sources(), p.tok, dataset.CorpusOptions{
		Context: r.Context, Seed: r.Seed, Held: max(0, r.EvalFraction), HeldTokens: max(0, r.EvalTokens),
	})
	if err != nil {
		return nil, err
	}
	c := p.corpus
	s.train, s.held, s.heldBytes, s.dataHash = c.Train, c.Held, c.HeldBytes, c.Hash
	epochs := r.Epochs
	if r.Tokens > 0 {
		epochs = float64(r.Tokens) / float64(max(1, c.Tokens()))
	}
	s.objective = newObjective(s)
	s.schedule, err = dataset.Plan(s.train, dataset.PlanOptions{BatchTokens: r.BatchTokens, Epochs: epochs, Steps: r.Steps, Seed: r.Seed})
	if err != nil {
		return nil, err
	}
	if s.be, err = cpu.New(cpu.Options{Threads: r.Threads}); err != nil {
		return nil, err
	}
	if s.m, err = model.New(s.be, r.config(p.tok.VocabSize()), r.InitStd, r.Seed); err != nil {
		return nil, err
	}
	obs.Data(DataInfo{Set: c.String(), Report: c.Report(), Train: len(c.Train), Held: len(c.Held)})
	return s, nil
}

func (p *pretraining) command() string { return "cria pretrain" }

func (p *pretraining) yaml() []byte {
	r := p.recipe
	r.MicroTokens = p.micro
	return r.YAML()
}

func (p *pretraining) identity() []string {
	r := p.recipe.withoutGuards()
	r.MicroTokens = p.micro
	r.Tokenizer, r.Text, r.Out, r.Type, r.Threads, r.EvalEvery, r.SaveEvery = "", nil, "", "", 0, 0, 0
	// The text's hash does not tell how it became tokens: the first of them do, and the vocabulary's size by the weights'.
	return []string{string(r.YAML()), p.m.Hash(), p.dataHash, fmt.Sprint(len(p.train), p.train[0].IDs, p.train[len(p.train)-1].IDs)}
}

// save writes the model, holds what was written to what was trained (law 7), and says what it was made with.
func (p *pretraining) save() error {
	end, _ := p.tok.EOS() // there is one, or there were no sequences
	begin := end
	if id, ok := p.tok.BOS(); ok && p.tok.AddsBOS() {
		begin = id
	}
	if err := p.m.SaveNew(p.r.Out, p.saved, p.recipe.Tokenizer, begin, end); err != nil {
		return err
	}
	if err := p.checkSaved(); err != nil {
		return err
	}
	return p.about().Write(p.r.Out)
}

func (p *pretraining) about() *adapter.Provenance {
	end, _ := p.tok.EOS() // there is one, or there were no sequences
	return &adapter.Provenance{DataHash: p.dataHash, Recipe: string(p.yaml()), Stop: []int32{end}, Created: time.Now().UTC().Truncate(time.Second)}
}

// roundingLoss is the most by which the loss of a batch may change, relatively, when the weights are rounded for the file.
const roundingLoss = 0.02

// checkSaved opens the model that was written and compares its loss with that of the trained one.
func (p *pretraining) checkSaved() error {
	m, err := model.Open(p.be, p.r.Out)
	if err != nil {
		return fmt.Errorf("open what was saved: %w", err)
	}
	defer m.Close()
	list := p.held
	if len(list) == 0 {
		list = p.train
	}
	b := dataset.Pack(list, []int{0}, 0)
	mean := func(m *model.Model, ws *model.Workspace) (float64, error) {
		nll, err := m.Loss(ws, p.batch(&b[0], 0), b[0].Weights, false)
		sum := 0.0
		for _, x := range nll {
			sum += float64(x)
		}
		return sum / float64(len(nll)), err
	}
	want, err := mean(p.m, p.ws)
	if err != nil {
		return err
	}
	got, err := mean(m, m.NewWorkspace(len(b[0].IDs), model.Training))
	if err != nil {
		return fmt.Errorf("what was saved: %w", err)
	}
	if most := roundingLoss * want; p.saved == compute.F32 && got != want || !(math.Abs(got-want) <= most) {
		return fmt.Errorf("what was saved as %s has a loss of %.4f on a text where the trained model has %.4f: save it in a wider type", p.saved, got, want)
	}
	return nil
}
