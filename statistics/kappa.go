package statistics

import "math"

// Kappa is Cohen's: how much more two raters agree than they would by chance, given how often each says what; 1 is always, 0
// as chance would (Cohen 1960). It is NaN where chance alone agrees always, as when both only ever say one thing.
func Kappa[Label comparable](a, b []Label) float64 {
	n := float64(len(a))
	said := map[Label][2]float64{}
	agreed := 0.0
	for i := range a {
		if a[i] == b[i] {
			agreed++
		}
		x := said[a[i]]
		x[0]++
		said[a[i]] = x
		y := said[b[i]]
		y[1]++
		said[b[i]] = y
	}
	chance := 0.0
	for _, s := range said {
		chance += s[0] * s[1] // whole numbers: the order does not matter
	}
	if chance == n*n {
		return math.NaN()
	}
	return (agreed/n - chance/(n*n)) / (1 - chance/(n*n))
}
