package infer

import (
	"context"
	"slices"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// foreseenRows is how many rows of logits are looked at together.
const foreseenRows = 64

// Foreseen is a loss, and whether the model, taking the likeliest token each time, would have said the response itself.
type Foreseen struct {
	Loss
	Greedy bool // true of no token
}

// Foresee is Losses that looks at the whole vocabulary, and so takes longer for long responses.
func (a *Assistant) Foresee(ctx context.Context, pairs []Pair) ([]Foreseen, error) {
	losses, seqs, of := a.laidOut(pairs)
	list := make([]Foreseen, len(pairs))
	for i, l := range losses {
		list[i] = Foreseen{l, true}
	}
	row := make([]float32, a.m.Config().Vocab)
	err := a.inBatches(ctx, seqs, foreseenRows, func(ws *model.Workspace, b model.Batch, all []laid) error {
		var owner []int
		for _, at := range all {
			owner = append(owner, slices.Repeat([]int{of[at.of]}, len(seqs[at.of].next))...)
		}
		a.work.count(a.m, b)
		return a.m.Logits(ws, b, b.Rows, func(at int, logits compute.Buffer) {
			for i := range logits.Len() / len(row) {
				a.m.Backend().Read(row, logits.Slice(i*len(row), (i+1)*len(row)))
				f, next := &list[owner[at+i]], b.Targets[at+i]
				f.Sum += nll(row, next)
				f.Greedy = f.Greedy && argmax(row) == next
			}
		})
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
