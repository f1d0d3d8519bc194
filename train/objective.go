package train

import (
	"context"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/model"
)

// objective is what a run learns: how the log-likelihoods of labels become the loss of a step.
type objective interface {
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
}

// supervised learns the labels themselves: the loss is the weighted mean of their negative log-likelihoods, over the whole
// step (law 5).
type supervised struct {
	s     *session
	total float64 // weight of the part's labels
	scale []float32
}

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
