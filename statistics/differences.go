package statistics

import "math"

// Differences is a 95 % interval of the mean of differences between two scores of the same thing, each score from 0 to 1: of
// right answers before and after, say. It is Agresti and Min's (Statistics in Medicine 24, 2005), the usual one after two more
// things were looked at, of which one changed, half of it for the better and half for the worse; so it has a width also where
// nothing changed. Of no differences nothing is known: -1 to 1.
func Differences(diffs []float64) (low, high float64) {
	n, sum, squares := float64(len(diffs)+2), 0.0, 1.0
	for _, d := range diffs {
		sum, squares = sum+d, squares+d*d
	}
	mean := sum / n
	half := normal95 * math.Sqrt((squares/n-mean*mean)/n)
	if len(diffs) == 0 {
		return -1, 1
	}
	return max(-1, mean-half), min(1, mean+half)
}
