package experts

import (
	"unicode/utf8"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/statistics"
)

// Rate is a share with its 95 % interval.
type Rate struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Share float64 `json:"share"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

func rate(count, of int) Rate {
	r := Rate{Count: count, Of: of}
	r.Low, r.High = statistics.Wilson(count, of)
	if of > 0 {
		r.Share = float64(count) / float64(of)
	}
	return r
}

// Found is how a detector did.
type Found struct {
	Detector string `json:"detector"`
	// Recall is the share of the answers that were revised in which it found something.
	Recall Rate `json:"recall"`
	// FalseAlarms is that share of the answers as they were left.
	FalseAlarms Rate `json:"false_alarms"`
	// Precision is the share of its findings, in both, that are in answers that were revised.
	Precision Rate `json:"precision"`
}

// Curve is how well a score tells answers that were revised from those that were left.
type Curve struct {
	Name string `json:"name"`
	// AUC is the chance that an answer that was revised scores higher than one that was left. Its 95 % interval is a
	// bootstrap over instructions.
	AUC  float64 `json:"auc"`
	Low  float64 `json:"auc_low"`
	High float64 `json:"auc_high"`
	// Pairs is the share of instructions whose own two answers are in order, a tie counting half.
	Pairs Rate               `json:"pairs"`
	Ties  int                `json:"ties"`
	ROC   []statistics.Point `json:"roc"`

	scores []float64
}

// Measured is how well detectors and scores find what people changed.
type Measured struct {
	Pairs     int     `json:"pairs"`   // revisions in the file
	Changed   int     `json:"changed"` // of these, more than white space; the rest is left out
	Detectors []Found `json:"detectors"`
	Any       Found   `json:"any"` // of all detectors together, the learned one left out
	Curves    []Curve `json:"curves"`
	// Gain is how much larger the last curve's area is than the first's, with a paired bootstrap interval.
	Gain     float64 `json:"gain"`
	GainLow  float64 `json:"gain_low"`
	GainHigh float64 `json:"gain_high"`
}

// resamples is how many bootstrap samples an interval is of.
const resamples = 2000

// Measure looks at both answers of every pair. learned may be nil.
func Measure(pairs []Pair, detectors []curate.Detector, learned *Score) Measured {
	m := Measured{Pairs: len(pairs)}
	var kept []Pair
	for _, p := range pairs {
		if p.Changed() {
			kept = append(kept, p)
		}
	}
	m.Changed = len(kept)
	detectors = alone(detectors)
	hits := make([][2]int, len(detectors)+1) // before, after; the last is of any
	var revised [2]int                       // those that the learned score finds
	shorter := Curve{Name: "shorter is worse"}
	rules := Curve{Name: "the detectors' confidence"}
	score := Curve{Name: "learned score"}
	for i, p := range kept {
		for side, text := range []string{p.Before, p.After} {
			x := p.exchange(i, text)
			right, hit := 1.0, false
			for j, d := range detectors {
				if c := confidence(d, x); c > 0 {
					hits[j][side]++
					hit = true
					right *= 1 - c
				}
			}
			if hit {
				hits[len(detectors)][side]++
			}
			shorter.scores = append(shorter.scores, -float64(utf8.RuneCountInString(text)))
			rules.scores = append(rules.scores, 1-right)
			if learned != nil {
				chance := learned.Of(x)
				score.scores = append(score.scores, chance)
				if chance >= Likely {
					revised[side]++
				}
			}
		}
	}
	found := func(name string, h [2]int) Found {
		return Found{name, rate(h[0], len(kept)), rate(h[1], len(kept)), rate(h[0], h[0]+h[1])}
	}
	for j, d := range detectors {
		m.Detectors = append(m.Detectors, found(d.Name, hits[j]))
	}
	m.Any = found("any", hits[len(detectors)])
	if learned != nil {
		m.Detectors = append(m.Detectors, found(DetectorName, revised))
	}
	m.Curves = []Curve{shorter, rules}
	if learned != nil {
		m.Curves = append(m.Curves, score)
	}
	for i := range m.Curves {
		m.Curves[i].fill(len(kept))
	}
	first, last := m.Curves[0], m.Curves[len(m.Curves)-1]
	m.Gain = last.AUC - first.AUC
	m.GainLow, m.GainHigh = statistics.Bootstrap(len(kept), resamples, 1, func(drawn []int) float64 {
		return last.auc(drawn) - first.auc(drawn)
	})
	return m
}

// fill computes what a curve says from its scores, which stand before and after in turn.
func (c *Curve) fill(n int) {
	all := make([]int, n)
	won, ties := 0, 0
	for i := range all {
		all[i] = i
		switch before, after := c.scores[2*i], c.scores[2*i+1]; {
		case before > after:
			won++
		case before == after:
			ties++
		}
	}
	c.AUC = c.auc(all)
	c.Low, c.High = statistics.Bootstrap(n, resamples, 1, c.auc)
	c.Pairs, c.Ties = rate(won+ties/2, n), ties
	c.ROC = statistics.ROC(c.scores, sides(n))
}

// auc is the area for some of the instructions.
func (c *Curve) auc(instructions []int) float64 {
	scores := make([]float64, 0, 2*len(instructions))
	for _, i := range instructions {
		scores = append(scores, c.scores[2*i], c.scores[2*i+1])
	}
	return statistics.AUC(scores, sides(len(instructions)))
}

// sides says of n instructions' answers, before and after in turn, which were revised.
func sides(n int) []bool {
	out := make([]bool, 2*n)
	for i := range n {
		out[2*i] = true
	}
	return out
}

// Recall is the share of the answers that were revised that a curve finds while no more than a share of the others is called
// wrong.
func (c Curve) Recall(falseAlarms float64) float64 {
	best := 0.0
	for _, p := range c.ROC {
		if p.FalsePositives <= falseAlarms {
			best = p.TruePositives
		}
	}
	return best
}
