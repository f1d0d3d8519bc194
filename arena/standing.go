package arena

import (
	"math"

	"github.com/cria-llm/cria/statistics"
)

// Standing is how a model stands against a baseline, with shares in percent, as a report tells it. Numbers that are not
// known are nil.
type Standing struct {
	Model     string      `json:"model"`
	Baseline  string      `json:"baseline"`
	WinRate   *float64    `json:"win_rate"`
	Interval  [2]float64  `json:"ci95"`
	Bootstrap *[2]float64 `json:"ci95_bootstrap"`
	// StandardError is that of the mean of all rows, with n - 1, as alpaca_eval has it, whichever prompts they are of.
	StandardError *float64 `json:"standard_error"`

	Minimal         *float64    `json:"lc_win_rate_minimal"`
	MinimalInterval *[2]float64 `json:"lc_minimal_ci95"`
	Extreme         bool        `json:"lc_extreme"` // of the minimal form, see [Controlled]
	// Full is the win rate in another form, where more is known.
	Full         *float64    `json:"lc_win_rate,omitempty"`
	FullInterval *[2]float64 `json:"lc_ci95,omitempty"`
	Form         string      `json:"lc_form,omitempty"`

	Wins    int      `json:"wins"`
	Ties    int      `json:"ties"`
	Losses  int      `json:"losses"`
	N       int      `json:"n"`
	Skipped int      `json:"n_skipped"`
	P       float64  `json:"sign_test_p"`
	Needed  int      `json:"n_needed"` // rows in all that would settle it; 0 where nobody can tell
	Longer  *float64 `json:"longer_won"`
}

// Stand counts annotations. more may be nothing. Below five verdicts length is not controlled for.
func Stand(a *Annotations, more Control, seed uint64) (Standing, error) {
	s := Summarise(a.Outcomes(), seed)
	var won []float64
	for _, r := range a.Rows {
		if !math.IsNaN(r.Preference) {
			won = append(won, r.Won())
		}
	}
	st := Standing{
		Model: a.Model, Baseline: a.Baseline, WinRate: percent(s.WinRate), Interval: percents(s.Interval), Bootstrap: statistics.KnownBetween(percents(s.Bootstrap)),
		StandardError: percent(statistics.StandardError(won)), Wins: s.Wins, Ties: s.Ties, Losses: s.Losses, N: s.N, Skipped: s.Failed, P: s.P, Needed: s.Needed,
		Longer: percent(s.Longer),
	}
	if s.N < folds {
		return st, nil
	}
	c, err := LengthControlled(a, Control{}, rounds, seed)
	if err != nil {
		return st, err
	}
	st.Minimal, st.MinimalInterval, st.Extreme = percent(c.WinRate), statistics.KnownBetween(percents(c.Interval)), c.Extreme
	if more.Difficulty == nil {
		return st, nil
	}
	if c, err = LengthControlled(a, more, rounds, seed); err != nil {
		return st, err
	}
	st.Full, st.FullInterval, st.Form = percent(c.WinRate), statistics.KnownBetween(percents(c.Interval)), more.Form()
	return st, nil
}

func percent(share float64) *float64 { return statistics.Known(100 * share) }

func percents(i [2]float64) [2]float64 { return [2]float64{100 * i[0], 100 * i[1]} }
