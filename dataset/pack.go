package dataset

// Batch is sequences laid end to end for one forward and backward pass. Attention must not cross the bounds in Starts.
type Batch struct {
	IDs    []int32 // the tokens, n in all
	Pos    []int32 // n positions; each sequence begins again at 0
	Starts []int   // where sequences begin in IDs, and n: one more than there are sequences
	// Rows are the packed places, ascending, whose next token is a label. The label is always in the same sequence.
	Rows    []int32
	Targets []int32   // for each of Rows, that next token
	Weights []float32 // for each of Rows, the weight of its sequence
	Refs    []Ref     // for each sequence, where it came from
}

// Pack cuts a step, given as indices into tokens, into micro-batches of at most maxTokens tokens (0 for no limit), in
// order. A sequence longer than that has a batch of its own. How a step is cut does not change what is learned: every
// label is in exactly one batch, and the loss is divided by the [LossWeight] of the whole step.
func Pack(tokens []Tokens, indices []int, maxTokens int) []Batch {
	var out []Batch
	for from := 0; from < len(indices); {
		to, n, labels := from, 0, 0
		for to < len(indices) {
			t := tokens[indices[to]]
			if n > 0 && maxTokens > 0 && n+len(t.IDs) > maxTokens {
				break
			}
			n += len(t.IDs)
			labels += t.labels()
			to++
		}
		b := Batch{
			IDs: make([]int32, 0, n), Pos: make([]int32, 0, n), Starts: make([]int, 1, to-from+1),
			Rows: make([]int32, 0, labels), Targets: make([]int32, 0, labels), Weights: make([]float32, 0, labels),
			Refs: make([]Ref, 0, to-from),
		}
		for _, i := range indices[from:to] {
			b.add(tokens[i])
		}
		out = append(out, b)
		from = to
	}
	return out
}

func (b *Batch) add(t Tokens) {
	start := len(b.IDs)
	for i, id := range t.IDs {
		b.IDs = append(b.IDs, id)
		b.Pos = append(b.Pos, int32(i))
		if i > 0 && t.Train[i] {
			b.Rows = append(b.Rows, int32(start+i-1))
			b.Targets = append(b.Targets, id)
			b.Weights = append(b.Weights, t.Weight)
		}
	}
	b.Starts = append(b.Starts, len(b.IDs))
	b.Refs = append(b.Refs, t.Ref)
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
