package arena

import (
	"cmp"
	"slices"

	"github.com/cria-llm/cria/statistics"
)

// Match is the outcome of a pair of named contestants; the Outcome is A's.
type Match struct {
	A, B string
	Outcome
}

// Matches are the annotations as such, with the model as A.
func (a *Annotations) Matches() []Match {
	var all []Match
	for _, o := range a.Outcomes() {
		all = append(all, Match{a.Model, a.Baseline, o})
	}
	return all
}

// Rating is how a contestant stands among several. The ratings are on the scale of chess, about a mean of 1000. Numbers that are
// not known are nil.
type Rating struct {
	Name  string   `json:"name"`
	N     int      `json:"n"`        // matches counted
	Score *float64 `json:"win_rate"` // in percent, over all of them, whoever they were against
	// BradleyTerry is the likeliest rating, and nil where none is: see [statistics.BradleyTerry]. Its interval is nil also where more than
	// 2.5 % of the draws had none: somebody lost or won all there, so nobody knows where the interval ends.
	BradleyTerry   *float64    `json:"bradley_terry"`
	BradleyTerry95 *[2]float64 `json:"bradley_terry_ci95"`
	// Elo is the middle of the ratings when prompts are drawn again, which puts the matches in random orders.
	Elo   *float64    `json:"elo"`
	Elo95 *[2]float64 `json:"elo_ci95"`
}

// Rate rates the contestants of matches, best first. Prompts are drawn again for the intervals; the same seed gives the same.
// skipped is how many draws had no likeliest ratings, as where somebody lost every match drawn.
func Rate(matches []Match, seed uint64) (ratings []Rating, skipped int) {
	at := map[string]int{}
	var games []statistics.Game
	var prompts []string
	number := func(name string) int {
		i, ok := at[name]
		if !ok {
			i = len(ratings)
			at[name], ratings = i, append(ratings, Rating{Name: name})
		}
		return i
	}
	for _, m := range matches {
		if m.Failed != "" || m.A == m.B {
			continue
		}
		games = append(games, statistics.Game{A: number(m.A), B: number(m.B), Score: m.Outcome.A})
		prompts = append(prompts, m.ID)
	}
	n := len(ratings)
	sums := make([]float64, n)
	for _, g := range games {
		ratings[g.A].N++
		ratings[g.B].N++
		sums[g.A] += g.Score
		sums[g.B] += 1 - g.Score
	}
	strengths, ok := statistics.BradleyTerry(n, games)
	likely, elo := make([][]float64, n), make([][]float64, n)
	statistics.Resample(prompts, rounds, seed, func(drawn []int) {
		again := make([]statistics.Game, len(drawn))
		for k, i := range drawn {
			again[k] = games[i]
		}
		for i, r := range statistics.Elo(n, again) {
			elo[i] = append(elo[i], r)
		}
		found, ok := statistics.BradleyTerry(n, again)
		if !ok {
			skipped++
		}
		for i, r := range found {
			likely[i] = append(likely[i], r)
		}
	})
	for i := range ratings {
		r := &ratings[i]
		r.Score = percent(sums[i] / float64(r.N))
		if ok {
			r.BradleyTerry = &strengths[i]
			if skipped*40 <= rounds {
				low, _, high := statistics.Percentiles(likely[i])
				r.BradleyTerry95 = statistics.KnownBetween([2]float64{low, high})
			}
		}
		low, middle, high := statistics.Percentiles(elo[i])
		r.Elo, r.Elo95 = statistics.Known(middle), statistics.KnownBetween([2]float64{low, high})
	}
	rank := func(r Rating) float64 {
		if r.BradleyTerry != nil {
			return *r.BradleyTerry
		}
		return *r.Elo
	}
	slices.SortStableFunc(ratings, func(a, b Rating) int { return cmp.Compare(rank(b), rank(a)) })
	return ratings, skipped
}
