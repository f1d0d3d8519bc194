package infer

import "github.com/cria-llm/cria/model"

// Work is what [Assistant.Losses] had to do.
type Work struct {
	Tokens int // computed; what several texts begin with counts once
	// FLOPs is the floating-point operations of the base's linear layers, its head and attention: two for each
	// multiplication that is added.
	FLOPs float64
}

// Work is that of all losses since the assistant was opened.
func (a *Assistant) Work() Work { return a.work }

// count adds that of a batch.
func (w *Work) count(m *model.Model, b model.Batch) {
	c := m.Config()
	perToken := 0.0
	for _, l := range m.Linears() {
		perToken += 2 * float64(l.In()) * float64(l.Out())
	}
	pairs := 0.0 // of a query and a key that it sees
	for i := range b.Starts {
		start, end := b.Sequence(i)
		n := float64(end - start)
		pairs += n*float64(b.Before(i)) + n*(n+1)/2
	}
	w.Tokens += len(b.IDs)
	w.FLOPs += perToken*float64(len(b.IDs)) + 2*float64(c.Hidden)*float64(c.Vocab)*float64(len(b.Targets)) +
		4*float64(c.Layers*c.Heads*c.HeadDim)*pairs
}

// PeakFLOPS is how many floating-point operations a second the machine reaches at this moment, 0 where that cannot be
// measured. Asking takes a tenth of a second.
func (a *Assistant) PeakFLOPS() float64 { return peakFLOPS(a.m.Backend()) }
