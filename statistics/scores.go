package statistics

import (
	"maps"
	"math"
	"slices"
)

// Mean is the mean of scores, NaN where there are none.
func Mean(scores []float64) float64 {
	sum := 0.0
	for _, s := range scores {
		sum += s
	}
	return sum / float64(len(scores))
}

// StandardError is that of the mean: the scores' standard deviation, taken with n - 1, over √n. It is NaN below two scores.
func StandardError(scores []float64) float64 {
	return Deviation(scores) / math.Sqrt(float64(len(scores)))
}

// GroupedError is the standard error of the mean of scores that hang together in groups, such as several verdicts on one prompt: that
// of a mean of groups, with one less than there are (Cochran 1977, ratio estimate). With one score a group it is [StandardError]. It is
// NaN below two groups.
func GroupedError(scores []float64, groups []string) float64 {
	mean := Mean(scores)
	off := map[string]float64{}
	for i, s := range scores {
		off[groups[i]] += s - mean
	}
	sum, n := 0.0, float64(len(off))
	for _, name := range slices.Sorted(maps.Keys(off)) { // the same bits each time
		sum += off[name] * off[name]
	}
	return math.Sqrt(sum*n/(n-1)) / float64(len(scores))
}

// Deviation is the standard deviation of scores, taken with n - 1. It is NaN below two.
func Deviation(scores []float64) float64 {
	mean, sum := Mean(scores), 0.0
	for _, s := range scores {
		sum += (s - mean) * (s - mean)
	}
	return math.Sqrt(sum / float64(len(scores)-1))
}

// Scores is the 95 % score interval of a mean of scores from 0 to 1, such as a win rate whose ties are halves. It is Wilson's
// with the variance that such scores have: p is in it where (mean - p)² ≤ z²(p(1-p) - m)/n, m being the sum of s(1-s) over n + z²,
// which is about a quarter of the share of ties: a few scores that are all ties may be so by chance. With no score between 0
// and 1 it is Wilson's own. groups names what scores belong to that hang together, such as the prompt of several verdicts; n is
// then as in [Grouped]. Where it is nil each score is by itself. Of no scores nothing is known: 0 to 1.
func Scores(scores []float64, groups []string) (low, high float64) {
	if len(scores) == 0 {
		return 0, 1
	}
	p, m, n := spread(scores, groups)
	a := normal95 * normal95 / n
	m *= a / (1 + a)
	// (1+a)x² - (2p+a)x + p² + m = 0
	half := math.Sqrt(max(0, (2*p+a)*(2*p+a)-4*(1+a)*(p*p+m)))
	return max(0, (2*p+a-half)/(2+2*a)), min(1, (2*p+a+half)/(2+2*a))
}

// spread is the mean of scores, that of s(1-s), and how many scores of their own these are worth, see [Grouped].
func spread(scores []float64, groups []string) (mean, within, n float64) {
	mean = Mean(scores)
	at := map[string]int{}
	var sums, sizes []float64
	for i, s := range scores {
		within += s * (1 - s) / float64(len(scores))
		if groups == nil {
			continue
		}
		k, ok := at[groups[i]]
		if !ok {
			k = len(sums)
			at[groups[i]], sums, sizes = k, append(sums, 0), append(sizes, 0)
		}
		sums[k] += s
		sizes[k]++
	}
	if groups == nil {
		return mean, within, float64(len(scores))
	}
	return mean, within, worth(sums, sizes, mean, mean*(1-mean)-within)
}

// Needed is how many scores in all put a half outside their interval, see [Scores], if more scores are like these; 0 where the
// mean is a half or nothing is known.
func Needed(scores []float64, groups []string) int {
	if len(scores) == 0 {
		return 0
	}
	p, m, worth := spread(scores, groups)
	d, z := (p-0.5)*(p-0.5), normal95*normal95
	// Where dn > z(1/4 - mn/(n+z)), which is dn² + z(d - 1/4 + m)n - z²/4 > 0.
	b := z * (d - 0.25 + m)
	n := math.Ceil((math.Sqrt(b*b+d*z*z) - b) / (2 * d) * float64(len(scores)) / worth)
	if !(n <= math.MaxInt32) {
		return 0
	}
	return int(n)
}
