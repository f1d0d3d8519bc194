package infer

// Work counts what [Assistant.Losses] has to do for some pairs.
type Work struct {
	Tokens int
	// FLOPs is the floating-point operations of the base's linear layers, its head and attention: two for each
	// multiplication that is added.
	FLOPs float64
}

// Work is that of measuring the pairs.
func (a *Assistant) Work(pairs []Pair) Work {
	c := a.m.Config()
	perToken := 0.0
	for _, l := range a.m.Linears() {
		perToken += 2 * float64(l.In()) * float64(l.Out())
	}
	var w Work
	for _, p := range pairs {
		n := min(len(p.Prompt)+len(p.Response), max(len(p.Prompt), a.Context()))
		labels := n - len(p.Prompt)
		if len(p.Prompt) == 0 {
			labels--
		}
		if labels <= 0 {
			continue
		}
		w.Tokens += n
		w.FLOPs += perToken*float64(n) + 2*float64(c.Hidden)*float64(c.Vocab)*float64(labels) +
			4*float64(c.Layers*c.Heads*c.HeadDim)*float64(n)*float64(n+1)/2
	}
	return w
}

// PeakFLOPS is how many floating-point operations a second the machine reaches at this moment, 0 where that cannot be
// measured. Asking takes a tenth of a second.
func (a *Assistant) PeakFLOPS() float64 { return peakFLOPS(a.m.Backend()) }
