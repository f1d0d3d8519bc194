package infer

import (
	"context"
	"slices"

	"github.com/cria-llm/cria/model"
)

const (
	batchTokens = 2048 // that are computed at once, without a cache: more of them gain no speed
	worthwhile  = 16   // tokens that sequences have in common, from which on they are computed once
)

// sequence is tokens to be run.
type sequence struct {
	ids []int32
	own int // the last so many are computed for this sequence alone
}

// laid is a sequence in a batch: its last token is in the row before end.
type laid struct{ of, end int }

// inBatches packs sequences of at most the model's positions end to end, as many as fit, and runs each batch in one
// workspace, with activations in float32, that holds so many rows of logits at once. What several begin with stands in a batch
// once.
func (a *Assistant) inBatches(ctx context.Context, seqs []sequence, logits int, run func(ws *model.Workspace, b model.Batch, rows []laid) error) error {
	longest, total := 0, 0
	order := make([]int, len(seqs))
	for i, s := range seqs {
		longest, total = max(longest, len(s.ids)), total+len(s.ids)
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return slices.Compare(seqs[i].ids, seqs[j].ids) })
	plan := a.m.Plan(max(longest, min(batchTokens, total)), model.Inference)
	plan.LogitRows = logits
	ws := a.m.NewWorkspaceFor(plan)
	return a.m.Exactly(func() error {
		for len(order) > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			var b packing
			for len(order) > 0 {
				n, prefix := b.group(seqs, order, plan.Tokens)
				if n == 0 {
					break
				}
				b.lay(seqs, order[:n], prefix)
				order = order[n:]
			}
			if err := run(ws, b.Batch, b.rows); err != nil {
				return err
			}
		}
		return nil
	})
}

// packing is a batch that is being laid out.
type packing struct {
	model.Batch
	rows []laid
}

// group is how many of the sequences come next, and how many tokens all of them begin with: as many as save the most, within
// so many tokens of a batch.
func (b *packing) group(seqs []sequence, order []int, most int) (n, prefix int) {
	room := most - len(b.IDs)
	first := seqs[order[0]]
	if len(first.ids) > room {
		return 0, 0
	}
	prefix = len(first.ids) - first.own
	lengths := len(first.ids)
	for n = 1; n < len(order); n++ {
		next := seqs[order[n]]
		p := min(common(first.ids[:prefix], next.ids), len(next.ids)-next.own)
		lengths += len(next.ids)
		if p < worthwhile || p*n < prefix*(n-1) || lengths-p*n > room {
			break
		}
		prefix = p
	}
	if n == 1 {
		prefix = 0
	}
	return n, prefix
}

// lay adds sequences whose first tokens, so many, are the same.
func (b *packing) lay(seqs []sequence, group []int, prefix int) {
	before := int32(-1)
	if prefix > 0 {
		before = int32(len(b.Starts))
		b.add(seqs[group[0]].ids[:prefix], 0, -1)
	}
	for _, i := range group {
		b.add(seqs[i].ids[prefix:], prefix, before)
		b.rows = append(b.rows, laid{i, len(b.IDs)})
	}
}

func (b *packing) add(ids []int32, pos int, prefix int32) {
	b.Starts, b.Prefix = append(b.Starts, len(b.IDs)), append(b.Prefix, prefix)
	b.IDs = append(b.IDs, ids...)
	for i := range ids {
		b.Pos = append(b.Pos, int32(pos+i))
	}
}

// common is how many tokens two sequences begin with alike.
func common(a, b []int32) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
