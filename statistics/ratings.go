package statistics

import "math"

// Game is what one contestant made against another: a Score of 1 for a win of A, 0 for one of B, 0.5 for a tie, or a likelihood.
type Game struct {
	A, B  int
	Score float64
}

// The scale of ratings is that of chess: a contestant 400 points ahead wins ten games for each that it loses, and the mean is 1000.
const (
	ratingScale = 400
	ratingMean  = 1000
)

// BradleyTerry finds the n contestants' ratings under which the games are likeliest, ties counting as half a win for each. Such
// ratings exist only where nobody, and no group, has lost to all others every time and nobody won so; ok says whether. The
// method is minorisation and maximisation (Hunter 2004), which is Zermelo's (1929), until no strength changes by 1e-10 of itself.
func BradleyTerry(n int, games []Game) (ratings []float64, ok bool) {
	won := make([][]float64, n) // of a contestant, from another
	for i := range won {
		won[i] = make([]float64, n)
	}
	for _, g := range games {
		won[g.A][g.B] += g.Score
		won[g.B][g.A] += 1 - g.Score
	}
	forth := func(i, j int) bool { return won[i][j] > 0 }
	back := func(i, j int) bool { return won[j][i] > 0 }
	if !reachesAll(n, forth) || !reachesAll(n, back) {
		return nil, false
	}
	strength := make([]float64, n)
	for i := range strength {
		strength[i] = 1
	}
	for range 100_000 {
		changed := 0.0
		for i := range n {
			wins, share := 0.0, 0.0
			for j := range n {
				if i != j {
					wins += won[i][j]
					share += (won[i][j] + won[j][i]) / (strength[i] + strength[j])
				}
			}
			if share > 0 {
				next := wins / share
				changed = max(changed, math.Abs(next/strength[i]-1))
				strength[i] = next
			}
		}
		logs := 0.0
		for _, s := range strength {
			logs += math.Log(s)
		}
		for i := range strength {
			strength[i] /= math.Exp(logs / float64(n))
		}
		if changed < 1e-10 {
			break
		}
	}
	for i, s := range strength {
		strength[i] = ratingMean + ratingScale*math.Log10(s)
	}
	return strength, true
}

// reachesAll says whether steps lead from the first of n to all.
func reachesAll(n int, step func(i, j int) bool) bool {
	seen, queue := make([]bool, n), []int{0}
	if n == 0 {
		return true
	}
	seen[0] = true
	for at := 0; at < len(queue); at++ {
		for j := range n {
			if !seen[j] && step(queue[at], j) {
				seen[j] = true
				queue = append(queue, j)
			}
		}
	}
	return len(queue) == n
}

// eloStep is how much a game moves an Elo rating at most.
const eloStep = 4

// Elo plays the games in their order, from 1000 for each of n contestants: after each, the winner takes 4 points times the
// chance that it had not to win. The order matters, so a rating to be told is the middle of many orders, see [Resample].
func Elo(n int, games []Game) []float64 {
	ratings := make([]float64, n)
	for i := range ratings {
		ratings[i] = ratingMean
	}
	for _, g := range games {
		moved := eloStep * (g.Score - Expected(ratings[g.A], ratings[g.B]))
		ratings[g.A] += moved
		ratings[g.B] -= moved
	}
	return ratings
}

// Expected is the win rate of a contestant with rating a against one with rating b.
func Expected(a, b float64) float64 { return 1 / (1 + math.Pow(10, (b-a)/ratingScale)) }
