package dataset

import "slices"

// Batch is sequences laid end to end for one forward and backward pass. Attention must not cross the bounds in Starts,
// except to a sequence's prefix.
type Batch struct {
	IDs    []int32 // the tokens, n in all
	Pos    []int32 // n positions within the sequence, its prefix included
	Starts []int   // where sequences begin in IDs, and n: one more than there are sequences
	// Prefix says for each sequence which earlier one comes before it, or -1. That one was cut off several sequences
	// that begin with the same tokens, which are computed once; it has no prefix itself and no labels.
	Prefix []int32
	// Rows are the packed places, ascending, whose next token is a label. The label is always in the same sequence.
	Rows    []int32
	Targets []int32   // for each of Rows, that next token
	Weights []float32 // for each of Rows, the weight of its sequence
	Of      []int32   // for each of Rows, its sequence: a place in the list of indices that was packed
	Refs    []Ref     // for each sequence, where it came from; a prefix stands for all that begin with it
	Tokens  int       // of the sequences as they were, with what they share counted for each
}

// shareMin is the fewest tokens that are worth being a sequence of their own.
const shareMin = 4

// Packer cuts optimiser steps into micro-batches, in memory that it keeps from one step to the next.
type Packer struct {
	Each int // neighbouring sequences that are never cut apart: 2 of pairs; 0 is 1

	batches []Batch
	sorted  []int32 // places in the batch's list, in the order of their tokens
	group   []int32 // for each place, the group it begins with, or -1
	shared  []int   // for each group, the tokens that it shares
	best    []int   // for each number of sorted places, what sharing saves at most
	from    []int   // and where the last group of that begins
	prompts []int   // for each sorted place, the tokens that it could share
	common  []int   // and how many of them it has in common with the place before
	where   []int32 // for each group, its sequence in the batch, or -1 while it has none
}

// Pack cuts a step, given as indices into tokens, into micro-batches of at most maxTokens tokens (0 for no limit), in
// order. A sequence longer than that has a batch of its own, and so have several that are not to be cut apart. How a step is cut does not change what is learned: every
// label is in exactly one batch, and the loss is divided by the [LossWeight] of the whole step. Sequences of a batch that
// begin with the same tokens, as those of one template do, share them. The batches are valid until the next call.
func (p *Packer) Pack(tokens []Tokens, indices []int, maxTokens int) []Batch {
	p.batches = p.batches[:0]
	for from := 0; from < len(indices); {
		to, n := from, 0
		for to < len(indices) {
			end, more := min(to+max(1, p.Each), len(indices)), 0
			for _, i := range indices[to:end] {
				more += len(tokens[i].IDs)
			}
			if n > 0 && maxTokens > 0 && n+more > maxTokens {
				break
			}
			n += more
			to = end
		}
		p.share(tokens, indices[from:to])
		b := p.next()
		for at, i := range indices[from:to] {
			p.add(b, &tokens[i], p.group[at])
			for len(b.Of) < len(b.Rows) {
				b.Of = append(b.Of, int32(from+at))
			}
		}
		b.Tokens = n
		from = to
	}
	return p.batches
}

// Pack is [Packer.Pack] with memory of its own.
func Pack(tokens []Tokens, indices []int, maxTokens int) []Batch {
	return new(Packer).Pack(tokens, indices, maxTokens)
}

// next is one more batch, empty, in the memory of an earlier one where there is any.
func (p *Packer) next() *Batch {
	if n := len(p.batches); n < cap(p.batches) {
		p.batches = p.batches[:n+1]
	} else {
		p.batches = append(p.batches, Batch{})
	}
	b := &p.batches[len(p.batches)-1]
	*b = Batch{IDs: b.IDs[:0], Pos: b.Pos[:0], Starts: append(b.Starts[:0], 0), Prefix: b.Prefix[:0],
		Rows: b.Rows[:0], Targets: b.Targets[:0], Weights: b.Weights[:0], Of: b.Of[:0], Refs: b.Refs[:0]}
	return b
}

// add puts a sequence at the end of the batch, after what it shares with its group.
func (p *Packer) add(b *Batch, t *Tokens, group int32) {
	prefix, from := int32(-1), 0
	if group >= 0 {
		from = p.shared[group]
		if p.where[group] < 0 {
			p.where[group] = int32(len(b.Refs))
			b.append(t, 0, from, -1)
		}
		prefix = p.where[group]
	}
	b.append(t, from, len(t.IDs), prefix)
}

// append puts tokens from..to of a sequence at the end, as a sequence.
func (b *Batch) append(t *Tokens, from, to int, prefix int32) {
	start := len(b.IDs)
	for i, id := range t.IDs[from:to] {
		b.IDs = append(b.IDs, id)
		b.Pos = append(b.Pos, int32(from+i))
		if i > 0 && t.Train[from+i] {
			b.Rows = append(b.Rows, int32(start+i-1))
			b.Targets = append(b.Targets, id)
			b.Weights = append(b.Weights, t.Weight)
		}
	}
	b.Starts = append(b.Starts, len(b.IDs))
	b.Prefix = append(b.Prefix, prefix)
	b.Refs = append(b.Refs, t.Ref)
}

// share decides which sequences of a batch share how many of their first tokens, so that the fewest are left to compute
// where a sequence has one prefix at most.
func (p *Packer) share(tokens []Tokens, indices []int) {
	n := len(indices)
	p.sorted, p.group = grown(p.sorted, n), grown(p.group, n)
	p.best, p.from = grown(p.best, n+1), grown(p.from, n+1)
	p.best[0] = 0
	p.shared, p.where = p.shared[:0], p.where[:0]
	for i := range n {
		p.sorted[i], p.group[i] = int32(i), -1
	}
	slices.SortStableFunc(p.sorted, func(a, b int32) int {
		x, y := &tokens[indices[a]], &tokens[indices[b]]
		return slices.Compare(x.IDs[:x.prompt()], y.IDs[:y.prompt()])
	})
	p.prompts, p.common = grown(p.prompts, n), grown(p.common, n)
	for i := range n {
		t := &tokens[indices[p.sorted[i]]]
		p.prompts[i], p.common[i] = t.prompt(), 0
		if i > 0 {
			before := &tokens[indices[p.sorted[i-1]]]
			p.common[i] = commonPrefix(before.IDs[:p.prompts[i-1]], t.IDs[:p.prompts[i]])
		}
	}
	// best[j] of the first j sorted places: the last group is i..j-1, which shares what all neighbours have in common.
	for j := 1; j <= n; j++ {
		p.best[j], p.from[j] = p.best[j-1], j-1
		common := p.prompts[j-1]
		for i := j - 2; i >= 0; i-- {
			if common = min(common, p.common[i+1]); common < shareMin {
				break
			}
			if saved := p.best[i] + (j-i-1)*common; saved > p.best[j] {
				p.best[j], p.from[j] = saved, i
			}
		}
	}
	for j := n; j > 0; j = p.from[j] {
		i := p.from[j]
		if j-i < 2 {
			continue
		}
		for _, place := range p.sorted[i:j] {
			p.group[place] = int32(len(p.shared))
		}
		p.shared, p.where = append(p.shared, slices.Min(p.common[i+1:j])), append(p.where, -1)
	}
}

// grown is list with n elements of any value, in its own memory where that is enough.
func grown[T any](list []T, n int) []T {
	return slices.Grow(list[:0], n)[:n]
}

// prompt is how many tokens come before the first that predicts a label: what may be shared.
func (t *Tokens) prompt() int {
	for i := 1; i < len(t.IDs); i++ {
		if t.Train[i] {
			return i - 1
		}
	}
	return max(0, len(t.IDs)-1)
}

// commonPrefix is how many tokens two lists have in common from their beginning.
func commonPrefix(a, b []int32) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// LossWeight is the sum of the weights of all labels: what the loss of an optimiser step is divided by. It is summed
// label by label, so that it has the same bits however the step was cut.
func LossWeight(batches []Batch) float64 {
	sum := 0.0
	for _, b := range batches {
		for _, w := range b.Weights {
			sum += float64(w)
		}
	}
	return sum
}
