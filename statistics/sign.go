package statistics

import "math"

// Sign is the two-sided p of the exact sign test: how likely a fair coin is to part wins and losses at least as unevenly.
// Ties are left out before. Without wins and losses it is 1.
func Sign(wins, losses int) float64 {
	n, k := wins+losses, min(wins, losses)
	if 2*k >= n-1 { // as even as can be
		return 1
	}
	log := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	// The terms fall from k towards 0, each by j/(n-j+1).
	term := math.Exp(log(n) - log(k) - log(n-k) - float64(n)*math.Ln2)
	tail := 0.0
	for j := k; j >= 0 && term > tail*1e-17; j-- {
		tail += term
		term *= float64(j) / float64(n-j+1)
	}
	return min(1, 2*tail)
}
