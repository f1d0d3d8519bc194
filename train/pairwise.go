package train

import (
	"context"
	"math"

	"github.com/cria-llm/cria/dataset"
)

// pairwise learns which of two answers is the better one: the loss is the mean over a step's pairs, by weight. Both
// answers of a pair are in one micro-batch, so that cutting a step changes nothing (law 5).
type pairwise struct {
	answers
	loss   pairLoss
	reward func(beta float64, a answer) float64
	total  float64 // weight of the part's pairs
}

// pairLoss is the loss of a pair, and its derivatives by the log-probabilities of the two answers.
type pairLoss func(r *Recipe, chosen, rejected answer) (loss, byChosen, byRejected float64)

func newPairwise(s *session) *pairwise {
	o := &pairwise{reward: func(beta float64, a answer) float64 { return beta * a.mean() }}
	switch s.r.Objective {
	case IPO:
		o.loss = ipo
		o.reward = func(beta float64, a answer) float64 { return beta * a.gain() / float64(a.n) }
	case ORPO:
		o.loss = orpo
	case SimPO:
		o.loss = simpo
	default:
		o.loss = dpo
		o.reward = func(beta float64, a answer) float64 { return beta * a.gain() }
	}
	o.init(s, o.rate)
	return o
}

func (o *pairwise) begin(_ context.Context, p part) error {
	o.part, o.total = p, 0
	tokens := o.tokens()
	for k := 0; k < len(p.indices); k += 2 {
		o.total += float64(tokens[p.indices[k]].Weight)
	}
	return nil
}

func (o *pairwise) rate(b *dataset.Batch, t *tally) {
	tokens, r := o.tokens(), &o.s.r
	for k := 0; k < len(o.list); k += 2 {
		chosen, rejected := o.list[k], o.list[k+1]
		weight := float64(tokens[o.part.indices[int(b.Of[0])+k]].Weight)
		loss, byChosen, byRejected := o.loss(r, chosen, rejected)
		share := weight / o.total
		t.loss += share * loss
		o.slope[k], o.slope[k+1] = share*byChosen, share*byRejected
		up, down := o.reward(r.Beta, chosen), o.reward(r.Beta, rejected)
		t.add(weight, up, true)
		t.add(weight, down, false)
		t.compare(weight, up, down)
	}
}

// dpo is the loss of Rafailov et al. 2023, equation 7, with the label smoothing of conservative DPO (Mitchell 2023): ε is
// the share of pairs that are the wrong way round.
func dpo(r *Recipe, chosen, rejected answer) (loss, byChosen, byRejected float64) {
	h, e := r.Beta*(chosen.gain()-rejected.gain()), r.DPOLabelSmoothing
	loss = -(1-e)*logSigmoid(h) - e*logSigmoid(-h)
	d := r.Beta * (e*sigmoid(h) - (1-e)*sigmoid(-h))
	return loss, d, -d
}

// ipo is the loss of Azar et al. 2023, equation 17, on log-probabilities per token, as TRL has it.
func ipo(r *Recipe, chosen, rejected answer) (loss, byChosen, byRejected float64) {
	x := chosen.gain()/float64(chosen.n) - rejected.gain()/float64(rejected.n) - 1/(2*r.Beta)
	return x * x, 2 * x / float64(chosen.n), -2 * x / float64(rejected.n)
}

// orpo is the loss of Hong et al. 2024, equations 6 and 7, λ being beta: the mean negative log-likelihood of the chosen
// answer's tokens, and how its odds compare with the rejected one's. Both are of responses alone, and of log-probabilities
// per token.
func orpo(r *Recipe, chosen, rejected answer) (loss, byChosen, byRejected float64) {
	up, upBy := logOdds(chosen.mean())
	down, downBy := logOdds(rejected.mean())
	loss = -chosen.mean() - r.Beta*logSigmoid(up-down)
	d := -r.Beta * sigmoid(down-up)
	return loss, (d*upBy - 1) / float64(chosen.n), -d * downBy / float64(rejected.n)
}

// logOdds is log(p/(1-p)) of p = exp(x), and its derivative by x. An answer whose float32 probability is 1 has odds that
// are large, not infinite.
func logOdds(x float64) (odds, by float64) {
	x = math.Min(x, -1e-12)
	q := -math.Expm1(x) // 1-p
	return x - math.Log(q), 1 / q
}

// simpo is the loss of Meng et al. 2024, equation 6: log-probabilities per token, a margin, and no reference.
func simpo(r *Recipe, chosen, rejected answer) (loss, byChosen, byRejected float64) {
	z := r.Beta*(chosen.mean()-rejected.mean()) - max(0, r.Gamma)
	d := -r.Beta * sigmoid(-z)
	return -logSigmoid(z), d / float64(chosen.n), -d / float64(rejected.n)
}

// sigmoid is 1/(1+e^-x).
func sigmoid(x float64) float64 {
	if x < 0 {
		e := math.Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}

// logSigmoid is its logarithm.
func logSigmoid(x float64) float64 {
	return math.Min(x, 0) - math.Log1p(math.Exp(-math.Abs(x)))
}
