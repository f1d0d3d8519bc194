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

// countWork is of what the model trains now.
func countWork(m *model.Model) work {
	var trained []shaped
	for _, p := range m.Params() {
		trained = append(trained, shaped{p.Name, p.Shape})
	}
	return workOf(m, trained)
}

// workOf is of a model that these are trained of, or will be.
func workOf(m *model.Model, list []shaped) work {
	c := m.Config()
	var w work
	trained := make(map[string][]int)
	for _, p := range list {
		trained[p.name] = p.shape
	}
	is := func(name string) bool { return trained[name] != nil }
	below := !is(embeddingTensor(m)) // everything that is trained
	for _, l := range m.Linears() {
		size := 2 * float64(l.In()) * float64(l.Out())
		passes := 1.0 // forward
		delta := trained[l.Name+".lora_A.weight"]
		switch {
		case is(l.Name + ".weight"):
			passes, below = 3, false
		case delta != nil:
			// Both thin products, and the gradients by their input and by their weights.
			w.perToken += 3 * 2 * float64(delta[0]) * float64(l.In()+l.Out())
			passes, below = 2, false
		case !below:
			passes = 2
		}
		w.perToken += passes * size
	}
	trainedHead := is(headTensor) || is(embeddingTensor(m)) && c.Tied
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
		n := float64(end - start)
		pairs += n*float64(b.Before(i)) + n*(n+1)/2
	}
	return w.perToken*float64(len(b.IDs)) + w.perTarget*float64(len(b.Targets)) + w.perPair*pairs
}
