package infer

import (
	"context"

	"github.com/cria-llm/cria/model"
)

// Pair is a prompt and what is to be measured after it, as tokens. Either may be empty.
type Pair struct {
	Prompt, Response []int32
}

// Loss is how unlikely a model finds a response.
type Loss struct {
	Sum    float64 // of -log p(token | prompt, tokens before it) over Tokens of the response, in nats
	Tokens int     // that were measured; the first of a response after no prompt is not, for nothing comes before it
	Cut    int     // tokens at the response's end that were not, for the model has no positions for them
}

// Losses measures each response after its prompt, with activations in float32. Pairs are computed together, and what several
// prompts begin with once: the same pairs have the same losses to the bit, and beside other pairs a sum is the same but for
// the order that it is made in, a millionth of it. A pair that is longer than the model's positions is measured as far as they
// reach. It keeps nothing between calls: who has many pairs, and wants to go on after an interruption, asks for some hundreds
// at a time.
func (a *Assistant) Losses(ctx context.Context, pairs []Pair) ([]Loss, error) {
	losses, seqs, of := a.laidOut(pairs)
	err := a.inBatches(ctx, seqs, 0, func(ws *model.Workspace, b model.Batch, all []laid) error {
		nll, err := a.m.Loss(ws, b, make([]float32, len(b.Targets)), false)
		if err != nil {
			return err
		}
		a.work.count(a.m, b)
		for _, at := range all {
			l := &losses[of[at.of]]
			for _, x := range nll[:l.Tokens] {
				l.Sum += float64(x)
			}
			nll = nll[l.Tokens:]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return losses, nil
}

// laidOut is the sequences that pairs are measured in, the pair that each is of, and how many tokens of each pair are measured.
func (a *Assistant) laidOut(pairs []Pair) (losses []Loss, seqs []sequence, of []int) {
	losses = make([]Loss, len(pairs))
	for i, p := range pairs {
		fit := min(len(p.Response), max(0, a.Context()-len(p.Prompt)))
		l := Loss{Tokens: fit, Cut: len(p.Response) - fit}
		if len(p.Prompt) == 0 && fit > 0 {
			l.Tokens--
		}
		if losses[i] = l; l.Tokens > 0 {
			ids := append(p.Prompt[:len(p.Prompt):len(p.Prompt)], p.Response[:fit]...)
			seqs, of = append(seqs, sequence{ids: ids[:len(ids)-1], next: ids[len(ids)-l.Tokens:]}), append(of, i)
		}
	}
	return losses, seqs, of
}
