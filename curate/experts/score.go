package experts

import (
	"cmp"
	"math"
	"slices"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/statistics"
)

// Score says how likely it is that the people whose revisions it was learned from would revise an answer.
type Score struct {
	detectors []curate.Detector
	traits    []trait
	mean, by  []float64 // of traits and findings: what is taken off, and what is multiplied
	fit       statistics.Logistic
}

const (
	ridge       = 3.0
	ofTraits    = 0.55 // the scale of a trait beside that of the words
	ofWording   = 4.0
	rareFinding = 0.05 // a finding's spread counts as at least so much
)

// Learn fits a score to revisions: an answer as it was is to be revised, and one as it was left is not.
func Learn(pairs []Pair, detectors []curate.Detector) *Score {
	s := &Score{detectors: alone(detectors), traits: traits()}
	width := len(s.traits) + len(s.detectors)
	values, words := make([][]float64, 0, 2*len(pairs)), make([][]statistics.Feature, 0, 2*len(pairs))
	var revise []bool
	for i, p := range pairs {
		if !p.Changed() {
			continue
		}
		for _, text := range []string{p.Before, p.After} {
			x := p.exchange(i, text)
			values, words = append(values, s.values(x)), append(words, wording(text))
			revise = append(revise, len(revise)%2 == 0)
		}
	}
	s.mean, s.by = make([]float64, width), make([]float64, width)
	n := float64(len(values))
	for j := range width {
		var sum, squares float64
		for _, v := range values {
			sum += v[j]
			squares += v[j] * v[j]
		}
		s.mean[j] = sum / n
		spread := math.Sqrt(max(0, squares/n-s.mean[j]*s.mean[j]))
		if j >= len(s.traits) {
			spread = max(spread, rareFinding)
		}
		if spread > 1e-9 {
			s.by[j] = ofTraits / spread
		}
	}
	examples := make([][]statistics.Feature, len(values))
	for i := range values {
		examples[i] = s.features(values[i], words[i])
	}
	s.fit = statistics.FitLogistic(examples, revise, width+hashed, ridge)
	return s
}

// alone are the detectors that need one exchange only.
func alone(detectors []curate.Detector) []curate.Detector {
	return slices.DeleteFunc(slices.Clone(detectors), func(d curate.Detector) bool { return d.Look == nil })
}

// values are the traits of an answer and the highest confidence of each detector in it.
func (s *Score) values(x curate.Exchange) []float64 {
	a := viewOf(x)
	out := make([]float64, 0, len(s.traits)+len(s.detectors))
	for _, t := range s.traits {
		out = append(out, t.value(a))
	}
	for _, d := range s.detectors {
		out = append(out, confidence(d, x))
	}
	return out
}

// confidence is the highest of a detector's findings in the answer, 0 where there are none.
func confidence(d curate.Detector, x curate.Exchange) float64 {
	most := 0.0
	for _, f := range d.Look(x) {
		if f.Field == x.Output.Field {
			most = max(most, f.Confidence)
		}
	}
	return most
}

func (s *Score) features(values []float64, words []statistics.Feature) []statistics.Feature {
	out := make([]statistics.Feature, 0, len(values)+len(words))
	for j, v := range values {
		if f := (v - s.mean[j]) * s.by[j]; f != 0 {
			out = append(out, statistics.Feature{At: j, Value: f})
		}
	}
	for _, w := range words {
		out = append(out, statistics.Feature{At: len(values) + w.At, Value: w.Value * ofWording})
	}
	slices.SortFunc(out, func(a, b statistics.Feature) int { return cmp.Compare(a.At, b.At) }) // a sum's order is the same in every run
	return out
}

// Of is the chance that the answer would be revised, where as many are as are not.
func (s *Score) Of(x curate.Exchange) float64 {
	return 1 / (1 + math.Exp(-s.fit.Odds(s.features(s.values(x), wording(x.Output.Text)))))
}

// Reason is a trait or detector and how much it moves the log odds when it is one standard deviation above its mean.
type Reason struct {
	Name string  `json:"name"`
	Odds float64 `json:"log_odds"`
}

// Reasons are the traits and detectors that move the score most, the strongest first; of no score there are none.
func (s *Score) Reasons(n int) []Reason {
	if s == nil {
		return nil
	}
	var out []Reason
	for j := range s.mean {
		var name string
		if j < len(s.traits) {
			name = s.traits[j].name
		} else {
			name = s.detectors[j-len(s.traits)].Name
		}
		out = append(out, Reason{name, s.fit.Weights[j] * ofTraits})
	}
	slices.SortStableFunc(out, func(a, b Reason) int { return cmp.Compare(math.Abs(b.Odds), math.Abs(a.Odds)) })
	return out[:min(n, len(out))]
}
