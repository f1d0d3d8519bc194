package infer

import (
	"context"
	"slices"

	"github.com/cria-llm/cria/model"
)

const (
	batchTokens = 2048 // that are computed at once beside the longest text, without a cache: more of them gain no speed
	worthwhile  = 8    // tokens that sequences have in common, from which on they are computed once
)

// sequence is tokens to be run.
type sequence struct {
	ids  []int32
	own  int     // the last so many are computed for this sequence alone
	next []int32 // what is expected next behind the last tokens, one after the other
}

// laid is a sequence in a batch: where its tokens stand, run after run.
type laid struct {
	of   int
	runs []run
}

// run is so many tokens of a batch's sequence, from its first on, which is in row at.
type run struct{ seq, at, n int }

// row is that of the sequence's token i.
func (l laid) row(i int) int32 {
	r := 0
	for i >= l.runs[r].n {
		i -= l.runs[r].n
		r++
	}
	return int32(l.runs[r].at + i)
}

// inBatches packs sequences of at most the model's positions end to end, as many as fit, and runs each batch in one
// workspace, with activations in float32, that holds so many rows of logits at once. What several begin with stands in a batch
// once.
func (a *Assistant) inBatches(ctx context.Context, seqs []sequence, logits int, do func(ws *model.Workspace, b model.Batch, all []laid) error) error {
	longest, total := 0, 0
	order := make([]int, len(seqs))
	for i, s := range seqs {
		longest, total = max(longest, len(s.ids)), total+len(s.ids)
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return slices.Compare(seqs[i].ids, seqs[j].ids) })
	plan := a.m.Plan(min(longest+batchTokens, total), model.Inference)
	plan.LogitRows = logits
	ws := a.m.NewWorkspaceFor(plan)
	return a.m.Exactly(func() error {
		for len(order) > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			b := packing{most: plan.Tokens, alike: a.alike}
			for len(order) > 0 && b.lay(seqs, order[0]) {
				order = order[1:]
			}
			if err := do(ws, b.Batch, b.laid); err != nil {
				return err
			}
		}
		return nil
	})
}

// packing is a batch that is being laid out, of sequences in order.
type packing struct {
	model.Batch
	laid  []laid
	most  int                 // tokens, and rows that are scored
	alike func(n, m int) bool // whether sequences of so many tokens turn alike
}

// lay adds a sequence, behind what it has in common with the one before, where there is room.
func (b *packing) lay(seqs []sequence, i int) bool {
	s := seqs[i]
	before := b.inCommon(seqs, s)
	done := 0
	for _, r := range before {
		done += r.n
	}
	if len(b.IDs)+len(s.ids)-done > b.most || len(b.Rows)+len(s.next) > b.most {
		return false
	}
	if done < len(s.ids) {
		prefix, shared := int32(-1), int32(0)
		if n := len(before); n > 0 {
			prefix, shared = int32(before[n-1].seq), int32(before[n-1].n)
		}
		before = append(before, run{len(b.Starts), len(b.IDs), len(s.ids) - done})
		b.Starts, b.Prefix, b.Shared = append(b.Starts, len(b.IDs)), append(b.Prefix, prefix), append(b.Shared, shared)
		for at, id := range s.ids[done:] {
			b.IDs, b.Pos = append(b.IDs, id), append(b.Pos, int32(done+at))
		}
	}
	at := laid{i, before}
	for k, id := range s.next {
		b.Rows, b.Targets = append(b.Rows, at.row(len(s.ids)-len(s.next)+k)), append(b.Targets, id)
	}
	b.laid = append(b.laid, at)
	return true
}

// inCommon is what a sequence shares with the one laid before: all that both begin with, but for a last run that is not worth
// being one.
func (b *packing) inCommon(seqs []sequence, s sequence) []run {
	if len(b.laid) == 0 {
		return nil
	}
	last := b.laid[len(b.laid)-1]
	other := seqs[last.of]
	if !b.alike(len(s.ids), len(other.ids)) {
		return nil
	}
	left := min(common(s.ids, other.ids), len(s.ids)-s.own)
	whole := left == len(s.ids)
	var runs []run
	for _, r := range last.runs {
		if r.n = min(r.n, left); r.n == 0 || r.n < worthwhile && !whole {
			break
		}
		runs, left = append(runs, r), left-r.n
	}
	return runs
}

// common is how many tokens two sequences begin with alike.
func common(a, b []int32) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
