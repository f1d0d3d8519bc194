package statistics

import "math"

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

// Deviation is the standard deviation of scores, taken with n - 1. It is NaN below two.
func Deviation(scores []float64) float64 {
	mean, sum := Mean(scores), 0.0
	for _, s := range scores {
		sum += (s - mean) * (s - mean)
	}
	return math.Sqrt(sum / float64(len(scores)-1))
}

// Scores is the 95 % score interval of a mean of scores from 0 to 1, such as a win rate whose ties are halves. It is Wilson's
// with the variance that such scores have: p is in it where (mean - p)² ≤ z²(p(1-p) - m)/n, m being the mean of s(1-s), which
// is a quarter of the share of ties. With no score between 0 and 1 it is Wilson's own. Of no scores nothing is known: 0 to 1.
func Scores(scores []float64) (low, high float64) {
	if len(scores) == 0 {
		return 0, 1
	}
	p, m := Mean(scores), 0.0
	for _, s := range scores {
		m += s * (1 - s)
	}
	a := normal95 * normal95 / float64(len(scores))
	m *= a / float64(len(scores))
	// (1+a)x² - (2p+a)x + p² + am = 0
	half := math.Sqrt(max(0, (2*p+a)*(2*p+a)-4*(1+a)*(p*p+m)))
	return max(0, (2*p+a-half)/(2+2*a)), min(1, (2*p+a+half)/(2+2*a))
}

// Needed is how many scores in all are likely to put a half outside the 95 % interval of the mean, if the mean and the
// deviation of more scores are those of these; 0 where the mean is a half or nothing is known.
func Needed(scores []float64) int {
	d, s := math.Abs(Mean(scores)-0.5), Deviation(scores)
	if !(d > 0) || math.IsNaN(s) {
		return 0
	}
	n := math.Ceil(normal95 * normal95 * s * s / (d * d))
	if n > math.MaxInt32 {
		return 0
	}
	return max(1, int(n))
}
