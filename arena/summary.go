package arena

import (
	"math"

	"github.com/cria-llm/cria/statistics"
)

// rounds of a bootstrap.
const rounds = 1000

// Summary is what the outcomes of many pairs come to, from A's side. Shares are from 0 to 1.
type Summary struct {
	N         int // outcomes, without those that failed
	Failed    int
	Wins      int
	Ties      int
	Losses    int
	Flips     int // ties because the seats named different winners
	Identical int // ties because the answers were the same

	WinRate       float64 // ties are half a win; NaN without outcomes
	StandardError float64 // of the win rate, in which outcomes of one prompt hang together; NaN below two prompts
	// Interval is the 95 % score interval of the win rate, in which outcomes of one prompt hang together, see [statistics.Scores].
	Interval  [2]float64
	Bootstrap [2]float64 // the 95 % percentiles when prompts are drawn again
	P         float64    // of the exact sign test on prompts that were won and lost, by the mean of their outcomes
	Needed    int        // outcomes in all that would settle it, see [statistics.Needed]

	First  float64 // the share of verdicts that went to the first seat, ties half: 0.5 is fair; NaN where no seat is known
	Longer float64 // the share of decided pairs of unequal length that the longer answer won; NaN where there are none
}

// Summarise counts outcomes. The same seed gives the same intervals.
func Summarise(outcomes []Outcome, seed uint64) Summary {
	s := Summary{First: math.NaN(), Longer: math.NaN()}
	var scores []float64
	var prompts []string
	lead := map[string]float64{} // of A, by prompt
	var first, seated, long, unequal float64
	for _, o := range outcomes {
		if o.Failed != "" {
			s.Failed++
			continue
		}
		s.N++
		switch sign(o.A) {
		case 1:
			s.Wins++
		case -1:
			s.Losses++
		default:
			s.Ties++
		}
		if o.Flipped {
			s.Flips++
		}
		if o.Identical {
			s.Identical++
		}
		if !math.IsNaN(o.FirstWon) {
			seated++
			first += o.FirstWon
		}
		if won := sign(o.A); won != 0 && o.Longer != 0.5 {
			unequal++
			if won == sign(o.Longer) {
				long++
			}
		}
		scores, prompts = append(scores, o.A), append(prompts, o.ID)
		lead[o.ID] += o.A - 0.5
	}
	if seated > 0 {
		s.First = first / seated
	}
	if unequal > 0 {
		s.Longer = long / unequal
	}
	s.WinRate, s.StandardError = statistics.Mean(scores), statistics.GroupedError(scores, prompts)
	won, lost := 0, 0
	for _, x := range lead {
		switch {
		case x > 0:
			won++
		case x < 0:
			lost++
		}
	}
	s.P, s.Needed = statistics.Sign(won, lost), statistics.Needed(scores, prompts)
	s.Bootstrap[0], s.Bootstrap[1] = statistics.Clustered(prompts, rounds, seed, func(drawn []int) float64 {
		sum := 0.0
		for _, i := range drawn {
			sum += scores[i]
		}
		return sum / float64(len(drawn))
	})
	s.Interval[0], s.Interval[1] = statistics.Scores(scores, prompts)
	return s
}
