package train

import "github.com/cria-llm/cria/model"

// work counts the floating-point operations that a batch cannot do without: two for each multiplication that is added,
// none for anything computed again to save memory, none for padding. It is what the share of the machine's peak is
// taken of.
type work struct {
	perToken  float64 // linear layers, forward and backward
	perTarget float64 // output head
	perPair   float64 // attention, for each query and key it sees
}

func countWork(m *model.Model) work {
	c := m.Config()
	var w work
	lowest := -1
	trainedHead := false
	trained := make(map[string]bool)
	for _, p := range m.Params() {
		trained[p.Name] = true
		trainedHead = trainedHead || p.Name == headTensor || p.Name == embeddingTensor && c.Tied
	}
	if trained[embeddingTensor] {
		lowest = 0
	}
	for i, l := range m.Linears() {
		size := 2 * float64(l.In()) * float64(l.Out())
		passes := 1.0 // forward
		switch {
		case trained[l.Name+".weight"]:
			passes = 3
		case l.Delta != nil:
			// Both thin products, and the gradients by their input and by their weights.
			w.perToken += 3 * 2 * float64(l.Delta.R) * float64(l.In()+l.Out())
			passes = 2
		case lowest >= 0:
			passes = 2
		}
		if (l.Delta != nil || trained[l.Name+".weight"]) && lowest < 0 {
			lowest = i
		}
		w.perToken += passes * size
	}
	head := 2 * float64(c.Hidden) * float64(c.Vocab)
	w.perTarget = 2 * head
	if trainedHead {
		w.perTarget = 3 * head
	}
	// Scores and sums, forward; then their gradients by both factors.
	w.perPair = 3 * 2 * 2 * float64(c.Layers*c.Heads*c.HeadDim)
	return w
}

func (w work) of(b model.Batch) float64 {
	pairs := 0.0
	for i := range b.Starts {
		start, end := b.Sequence(i)
		prefix, prefixEnd := b.PrefixOf(i)
		n := float64(end - start)
		pairs += n*float64(prefixEnd-prefix) + n*(n+1)/2
	}
	return w.perToken*float64(len(b.IDs)) + w.perTarget*float64(len(b.Targets)) + w.perPair*pairs
}
