package train

import (
	"context"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/model"
)

// objective is what a run learns: how the log-likelihoods of labels become the loss of a step.
type objective interface {
	// ready is called once before training, while the model has what it was opened with. before is how many tokens that
	// runs forward, and aside the sequences that are computed besides those trained on and held out.
	ready(ctx context.Context) error
	before() int
	aside() [][]dataset.Tokens
	// begin is told all micro-batches of a step, or of the held-out rows, before the first of them is computed.
	begin(ctx context.Context, p part) error
	// add computes one of them, with its share of the gradient where backward is true, and adds its share of the loss to
	// t. nll is of its labels, also where the loss is not finite.
	add(b *dataset.Batch, mb model.Batch, backward bool, t *tally) (nll []float32, err error)
}

// part is the sequences whose losses are averaged together.
type part struct {
	held    bool  // they are those held out
	indices []int // of the sequences, into the session's train or held
	batches []dataset.Batch
}

// tally is what a part comes to.
type tally struct {
	loss float64 // weighted mean
	rated
}

// newObjective is what the recipe asks for, of a session that has its data.
func newObjective(s *session) objective {
	switch {
	case s.r.Objective == KTO:
		return newKTO(s)
	case s.r.Objective.preference():
		return newPairwise(s)
	}
	return &supervised{s: s}
}

// supervised learns the labels themselves: the loss is the weighted mean of their negative log-likelihoods, over the whole
// step (law 5).
type supervised struct {
	s     *session
	total float64 // weight of the part's labels
	scale []float32
}

func (o *supervised) ready(context.Context) error { return nil }
func (o *supervised) before() int                 { return 0 }
func (o *supervised) aside() [][]dataset.Tokens   { return nil }

func (o *supervised) begin(_ context.Context, p part) error {
	o.total = dataset.LossWeight(p.batches)
	return nil
}

func (o *supervised) add(b *dataset.Batch, mb model.Batch, backward bool, t *tally) ([]float32, error) {
	o.scale = o.scale[:0]
	for _, w := range b.Weights {
		o.scale = append(o.scale, float32(float64(w)/o.total))
	}
	nll, err := o.s.m.Loss(o.s.ws, mb, o.scale, backward)
	for k, x := range nll {
		t.loss += float64(b.Weights[k]) / o.total * float64(x)
	}
	return nll, err
}
