package train

import (
	"context"
	"fmt"
	"math"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/model"
)

// answer is what a preference knows of an answer.
type answer struct {
	logp float64 // log-probability given its prompt, end of turn included, in nats
	ref  float64 // the base's, 0 where none is compared with
	n    int     // tokens of it
}

func (a answer) mean() float64 { return a.logp / float64(a.n) }

// gain is how much more probable the answer has become.
func (a answer) gain() float64 { return a.logp - a.ref }

// answers goes from the labels of micro-batches to answers, and back from the derivatives of the loss by their
// log-probabilities to the scales of the labels: a preference's loss is a function of these sums alone.
type answers struct {
	s     *session
	part  part
	rate  func(b *dataset.Batch, t *tally) // gives every answer of a micro-batch its derivative
	back  func(nll []float32) []float32    // scales, kept so that a step allocates nothing
	refs  [2][]float64                     // the base's log-probabilities of the session's train and held
	batch *dataset.Batch
	tally *tally

	list  []answer  // of the micro-batch
	slope []float64 // the derivative of the loss by the log-probability of each
	scale []float32
}

func (a *answers) init(s *session, rate func(b *dataset.Batch, t *tally)) {
	a.s, a.rate, a.back = s, rate, a.scales
	a.refs = [2][]float64{make([]float64, len(s.train)), make([]float64, len(s.held))}
}

// tokens are the sequences of the part.
func (a *answers) tokens() []dataset.Tokens {
	if a.part.held {
		return a.s.held
	}
	return a.s.train
}

// add implements objective: one forward pass, then where it is asked for the backward with scales that follow from it.
func (a *answers) add(b *dataset.Batch, mb model.Batch, backward bool, t *tally) ([]float32, error) {
	a.batch, a.tally = b, t
	if backward {
		return a.s.m.LossScaled(a.s.ws, mb, a.back)
	}
	nll, err := a.s.m.Loss(a.s.ws, mb, b.Weights, false)
	if err == nil {
		a.take(nll)
	}
	return nll, err
}

// take sums up the answers and rates them.
func (a *answers) take(nll []float32) {
	b := a.batch
	first := int(b.Of[0])
	refs := a.refs[0]
	if a.part.held {
		refs = a.refs[1]
	}
	a.list, a.slope = a.list[:0], a.slope[:0]
	for place := first; place <= int(b.Of[len(b.Of)-1]); place++ {
		a.list = append(a.list, answer{ref: refs[a.part.indices[place]]})
		a.slope = append(a.slope, 0)
	}
	for k, x := range nll {
		w := &a.list[int(b.Of[k])-first]
		w.logp -= float64(x)
		w.n++
	}
	a.rate(b, a.tally)
	for _, w := range a.list {
		if !finite(w.logp) {
			a.tally.loss = math.NaN() // some losses saturate
		}
	}
}

func (a *answers) scales(nll []float32) []float32 {
	a.take(nll)
	a.scale = a.scale[:0]
	for _, place := range a.batch.Of {
		a.scale = append(a.scale, float32(-a.slope[place-a.batch.Of[0]])) // nll is minus the log-probability
	}
	return a.scale
}

// ready has the base's log-probabilities of all rows computed, for objectives that need them.
func (a *answers) ready(ctx context.Context) error {
	if !a.s.r.Objective.reference() {
		return nil
	}
	return a.s.asBase(func() error {
		for i, list := range [][]dataset.Tokens{a.s.train, a.s.held} {
			if err := a.s.logProbs(ctx, list, a.refs[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *answers) before() int {
	if !a.s.r.Objective.reference() {
		return 0
	}
	return tokensOf(a.s.train) + tokensOf(a.s.held)
}

func (a *answers) aside() [][]dataset.Tokens { return nil }

func tokensOf(list []dataset.Tokens) int {
	n := 0
	for _, t := range list {
		n += len(t.IDs)
	}
	return n
}

// asBase calls f while the model is its base: with frozen adapters on, and the one that is trained off. Weights that are
// trained where they are must not have been changed yet.
func (s *session) asBase(f func() error) error {
	if s.r.Method == Full {
		return f()
	}
	return s.m.Without(f)
}

// logProbsAtOnce is how many rows are packed together: what bounds the memory of a pass over all data.
const logProbsAtOnce = 256

// logProbs computes the log-probability of the labels of each sequence, in the order of the list, so that it has the same
// bits whenever the model has. Sequences without tokens have 0.
func (s *session) logProbs(ctx context.Context, list []dataset.Tokens, to []float64) error {
	packer := dataset.Packer{Each: s.packer.Each}
	var indices []int
	step := logProbsAtOnce * max(1, packer.Each)
	for from := 0; from < len(list); from += step {
		indices = indices[:0]
		for i := from; i < min(from+step, len(list)); i++ {
			if len(list[i].IDs) > 0 {
				indices = append(indices, i)
			}
		}
		batches := packer.Pack(list, indices, s.micro)
		for j := range batches {
			if err := ctx.Err(); err != nil {
				return err
			}
			b := &batches[j]
			mb := s.batch(b, 0)
			nll, err := s.m.Loss(s.ws, mb, b.Weights, false)
			if err != nil {
				return fmt.Errorf("log-probabilities: %w", err)
			}
			for k, x := range nll {
				if !finite(float64(x)) {
					return fmt.Errorf("log-probabilities: %w", s.notFinite(s.opt.steps-1, b, mb, nll))
				}
				to[indices[b.Of[k]]] -= float64(x)
			}
		}
	}
	return nil
}
