package arena

import (
	"errors"
	"math"

	"github.com/cria-llm/cria/statistics"
)

// Gamed is a verdict on the baseline against itself, told to be brief or wordy: what length alone wins.
type Gamed struct {
	Won        float64 // 0 to 1
	Length     float64 // the difference of lengths, over its standard deviation
	Difficulty float64
}

// Control is what is known besides a model's own annotations. Nothing is the minimal form.
type Control struct {
	Difficulty []float64 // of each row's instruction
	Gamed      []Gamed   // asks for Difficulty
}

// Fewest is the least number of verdicts that length can be controlled for.
const Fewest = folds

// Controlled is what length does to a win rate, and what is left without it (Dubois et al. 2024, arXiv 2404.04475).
type Controlled struct {
	// WinRate, from 0 to 1, is the mean of what the regression expects of every row had both answers the same length.
	WinRate float64
	// Interval has the 95 % percentiles when prompts are drawn again, at the same C. It is NaN where the penalty took all weights to 0 in
	// nearly every draw: that is the penalty's doing, and says nothing of chance.
	Interval [2]float64
	Length   float64 // the weight of tanh of the standardised difference: what being shorter wins, as the baseline's place is first
	Model    float64 // the weight of being the model
	Hard     float64 // the weight of the instruction's difficulty
	C        float64 // the inverse of the penalty, by cross-validation
	Extreme  bool    // the win rate moved so far that the regression may have failed, by alpaca_eval's rule
}

const (
	folds = 5
	// gamedWeight is that of each gamed row: alpaca_eval's 0.2, halved for two gamed baselines.
	gamedWeight = 0.2 / 2
)

// strengths are the inverse penalties tried: ten, evenly in the logarithm.
func strengths() []float64 {
	var c []float64
	for i := range 10 {
		c = append(c, math.Pow(10, -4+8*float64(i)/9))
	}
	return c
}

// LengthControlled is alpaca_eval's length-controlled win rate. A logistic regression without a bias, with an L1 penalty,
// of tanh(Δ/sd(Δ)), the instruction's difficulty where it is with, and 1 for rows of the model, where Δ is the baseline's length
// less the model's in characters; each row's share of yes is how far the model won. The penalty is the one with the least loss
// on five folds, which are alpaca_eval's. Difficulty alone is the form length_controlled_noreg, with gamed rows length_controlled_v1, with neither
// length_controlled_minimal, whose win rate is the sigmoid of one weight. rounds is how often prompts are drawn again for the
// interval, which is NaN for 0.
func LengthControlled(a *Annotations, with Control, rounds int, seed uint64) (Controlled, error) {
	if with.Difficulty != nil && len(with.Difficulty) != len(a.Rows) {
		return Controlled{}, errors.New("as many difficulties as annotations are needed")
	}
	if with.Gamed != nil && with.Difficulty == nil {
		return Controlled{}, errors.New("gamed rows need the difficulty of every instruction")
	}
	all := make([]int, len(a.Rows))
	valid := 0
	for i, r := range a.Rows {
		all[i] = i
		if !math.IsNaN(r.Preference) {
			valid++
		}
	}
	if valid < folds {
		return Controlled{}, errors.New("fewer verdicts than five, which is too few to fit anything to")
	}
	if a.Baseline == a.Model && a.Model != "" {
		return Controlled{WinRate: 0.5, Interval: [2]float64{0.5, 0.5}}, nil
	}
	delta := make([]float64, len(a.Rows))
	for i, r := range a.Rows {
		delta[i] = float64(length(r.Baseline.Text) - length(r.Model.Text))
	}
	rows := regression(a, with, delta, all)
	c := choose(rows)
	w := statistics.FitLasso(rows, c, nil)
	out := Controlled{C: c, Length: w[0], Model: w[len(w)-1], WinRate: expected(w, with, all)}
	if with.Difficulty != nil {
		out.Hard = w[1]
	}
	prompts := make([]string, len(a.Rows))
	for i, r := range a.Rows {
		prompts[i] = r.Instruction
	}
	out.Interval[0], out.Interval[1] = statistics.Clustered(prompts, rounds, seed, func(drawn []int) float64 {
		again := regression(a, with, delta, drawn)
		if len(again.X) == len(with.Gamed) {
			return math.NaN()
		}
		return expected(statistics.FitLasso(again, c, w), with, drawn)
	})
	if out.Interval[0] == out.Interval[1] {
		out.Interval = [2]float64{math.NaN(), math.NaN()}
	}
	won := statistics.Mean(rows.Share[len(with.Gamed):])
	down, up := min(won*3/4, won-0.1), max(won+(1-won)/4, won+0.1)
	out.Extreme = out.WinRate < down || out.WinRate > up
	return out, nil
}

// regression makes the rows to fit, gamed ones first. Rows without a verdict count for the deviation of lengths only.
func regression(a *Annotations, with Control, delta []float64, drawn []int) statistics.Shares {
	of := make([]float64, len(drawn))
	for k, i := range drawn {
		of[k] = delta[i]
	}
	sd := statistics.Deviation(of)
	var s statistics.Shares
	add := func(length, difficulty, model, share, weight float64) {
		x := []float64{length, difficulty, model}
		if with.Difficulty == nil {
			x = []float64{length, model}
		}
		s.X, s.Share, s.Weight = append(s.X, x), append(s.Share, share), append(s.Weight, weight)
	}
	for _, g := range with.Gamed {
		add(math.Tanh(g.Length), g.Difficulty, 0, g.Won, gamedWeight)
	}
	for _, i := range drawn {
		if math.IsNaN(a.Rows[i].Preference) {
			continue
		}
		x, hard := 0.0, 0.0
		if sd > 0 {
			x = math.Tanh(delta[i] / sd)
		}
		if with.Difficulty != nil {
			hard = with.Difficulty[i]
		}
		add(x, hard, 1, a.Rows[i].Won(), 1)
	}
	return s
}

// expected is the mean win rate of the drawn rows without a difference of length.
func expected(w []float64, with Control, drawn []int) float64 {
	if with.Difficulty == nil {
		return statistics.Sigmoid(w[1])
	}
	sum := 0.0
	for _, i := range drawn {
		sum += statistics.Sigmoid(w[1]*with.Difficulty[i] + w[2])
	}
	return sum / float64(len(drawn))
}

// choose tries every strength on folds of the rows and takes the first whose losses, a mean over each fold, have the least sum.
func choose(rows statistics.Shares) float64 {
	var in, out [folds][]int
	for k, i := range dealt(len(rows.X)) {
		for f := range folds {
			if f == k%folds {
				out[f] = append(out[f], i)
			} else {
				in[f] = append(in[f], i)
			}
		}
	}
	var train, test [folds]statistics.Shares
	for f := range folds {
		train[f], test[f] = rows.Some(in[f]), rows.Some(out[f])
	}
	best, least := 0.0, math.Inf(1)
	var start [folds][]float64
	for _, c := range strengths() {
		loss := 0.0
		for f := range folds {
			start[f] = statistics.FitLasso(train[f], c, start[f])
			loss += test[f].Loss(start[f]) / float64(len(test[f].X))
		}
		if loss < least {
			best, least = c, loss
		}
	}
	return best
}

// dealt is the order in which scikit-learn's GroupKFold deals n groups of one size to folds: from the last to the first of what
// numpy's argsort makes of n equal numbers, which is not the order that they were in. Its quicksort cuts at the middle what is
// longer than 16.
func dealt(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[n-1-i] = i
	}
	at := func(i int) *int { return &order[n-1-i] }
	swap := func(i, j int) { *at(i), *at(j) = *at(j), *at(i) }
	type part struct{ from, to int }
	for parts := []part{{0, n - 1}}; len(parts) > 0; {
		p := parts[len(parts)-1]
		parts = parts[:len(parts)-1]
		if p.to-p.from < 16 {
			continue
		}
		i, j := p.from+1, p.to-2
		for swap((p.from+p.to)/2, p.to-1); i < j; i, j = i+1, j-1 {
			swap(i, j)
		}
		swap(i, p.to-1)
		parts = append(parts, part{p.from, i - 1}, part{i + 1, p.to})
	}
	return order
}
