package infer

import (
	"context"

	"github.com/cria-llm/cria/model"
)

// batchTokens is how many tokens of short sequences are computed at once, without a cache: more of them gain no speed.
const batchTokens = 1024

// inBatches packs sequences of at most the model's positions end to end, in order, as many as fit, and runs each batch in
// one workspace, with activations in float32: first is which of the sequences the batch begins with.
func (a *Assistant) inBatches(ctx context.Context, seqs [][]int32, run func(ws *model.Workspace, b model.Batch, first int) error) error {
	longest, total := 0, 0
	for _, s := range seqs {
		longest, total = max(longest, len(s)), total+len(s)
	}
	plan := a.m.Plan(max(longest, min(batchTokens, total)), model.Inference)
	plan.LogitRows = 0
	ws := a.m.NewWorkspaceFor(plan)
	return a.m.Exactly(func() error {
		for at := 0; at < len(seqs); {
			if err := ctx.Err(); err != nil {
				return err
			}
			var b model.Batch
			first := at
			for ; at < len(seqs) && len(b.IDs)+len(seqs[at]) <= plan.Tokens; at++ {
				b.Starts = append(b.Starts, len(b.IDs))
				b.IDs = append(b.IDs, seqs[at]...)
				for i := range seqs[at] {
					b.Pos = append(b.Pos, int32(i))
				}
			}
			if err := run(ws, b, first); err != nil {
				return err
			}
		}
		return nil
	})
}
