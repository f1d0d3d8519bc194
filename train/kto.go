package train

import (
	"context"

	"github.com/cria-llm/cria/dataset"
)

// kto learns from answers of which each is desirable or not (Ethayarajh et al. 2024, equation 8): the loss is the mean over
// a step's answers, by weight. What an answer's reward is measured against is the divergence from the base, which is
// estimated for each step as a whole on prompts with answers of other rows, so that cutting a step changes nothing
// (law 5); it is 0 at least and has no gradient.
type kto struct {
	answers
	mismatched [2][]dataset.Tokens // of the session's train and held
	base       [2][]float64        // the base's log-probabilities of these
	packer     dataset.Packer
	indices    []int
	total      float64 // weight of the part's answers
	kl         float64
}

func newKTO(s *session) *kto {
	o := new(kto)
	o.init(s, o.rate)
	for i, list := range [][]dataset.Tokens{s.train, s.held} {
		o.mismatched[i] = dataset.Mismatch(list, s.r.MaxLen)
		o.base[i] = make([]float64, len(list))
	}
	return o
}

func (o *kto) ready(ctx context.Context) error {
	if err := o.answers.ready(ctx); err != nil {
		return err
	}
	return o.s.asBase(func() error {
		for i, list := range o.mismatched {
			if err := o.s.logProbs(ctx, list, o.base[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o *kto) before() int {
	return o.answers.before() + tokensOf(o.mismatched[0]) + tokensOf(o.mismatched[1])
}

func (o *kto) aside() [][]dataset.Tokens { return o.mismatched[:] }

func (o *kto) begin(ctx context.Context, p part) error {
	o.part, o.total = p, 0
	tokens := o.tokens()
	for _, i := range p.indices {
		o.total += float64(tokens[i].Weight)
	}
	return o.estimate(ctx)
}

// estimate computes kl.
func (o *kto) estimate(ctx context.Context) error {
	side := 0
	if o.part.held {
		side = 1
	}
	list, base := o.mismatched[side], o.base[side]
	o.indices = o.indices[:0]
	for _, i := range o.part.indices {
		if len(list[i].IDs) > 0 {
			o.indices = append(o.indices, i)
		}
	}
	var sum, weight float64
	for _, i := range o.indices {
		sum -= float64(list[i].Weight) * base[i]
		weight += float64(list[i].Weight)
	}
	batches := o.packer.Pack(list, o.indices, o.s.micro)
	for j := range batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := &batches[j]
		nll, err := o.s.m.Loss(o.s.ws, o.s.batch(b, 0), b.Weights, false)
		if err != nil {
			return err
		}
		for k, x := range nll {
			sum -= float64(b.Weights[k]) * float64(x)
		}
	}
	o.kl = 0
	if weight > 0 {
		o.kl = max(0, sum/weight)
	}
	return nil
}

func (o *kto) rate(b *dataset.Batch, t *tally) {
	tokens, r := o.tokens(), &o.s.r
	t.kl = o.kl
	for k, a := range o.list {
		row := &tokens[o.part.indices[int(b.Of[0])+k]]
		weight := float64(row.Weight)
		desirable := row.Verdict == dataset.Desirable
		loss, by := ktoLoss(r, a, o.kl, desirable)
		share := weight / o.total
		t.loss += share * loss
		o.slope[k] = share * by
		t.add(weight, r.Beta*a.gain(), desirable)
		if desirable {
			t.compare(weight, a.gain(), o.kl)
		} else {
			t.compare(weight, o.kl, a.gain())
		}
	}
}

// ktoLoss is the loss of an answer and its derivative by the answer's log-probability.
func ktoLoss(r *Recipe, a answer, kl float64, desirable bool) (loss, by float64) {
	lambda, sign := r.DesirableWeight, 1.0
	if !desirable {
		lambda, sign = r.UndesirableWeight, -1
	}
	v := sigmoid(sign * r.Beta * (a.gain() - kl))
	return lambda * (1 - v), -lambda * sign * r.Beta * v * (1 - v)
}
