package statistics

import (
	"cmp"
	"math"
	"slices"
)

// Point is a place on a receiver operating characteristic: the shares of negatives and of positives whose score is at least
// Threshold.
type Point struct {
	Threshold      float64 `json:"threshold"`
	FalsePositives float64 `json:"false_positive_rate"`
	TruePositives  float64 `json:"true_positive_rate"`
}

// ROC is the curve of a score, from the highest threshold to the lowest, a point for every distinct score; the first, at
// (0, 0), is left out.
func ROC(scores []float64, positive []bool) []Point {
	order := byScore(scores)
	var points []Point
	p, n := 0, 0
	for i, k := range order {
		if positive[k] {
			p++
		} else {
			n++
		}
		if i+1 == len(order) || scores[order[i+1]] != scores[k] {
			points = append(points, Point{scores[k], float64(n), float64(p)})
		}
	}
	for i := range points {
		points[i].FalsePositives /= float64(n)
		points[i].TruePositives /= float64(p)
	}
	return points
}

// AUC is the area under that curve: the chance that a positive has a higher score than a negative, a tie counting half
// (Mann and Whitney 1947). It is NaN without both.
func AUC(scores []float64, positive []bool) float64 {
	order := byScore(scores)
	var area float64
	p, n := 0, 0
	for i := 0; i < len(order); {
		tiedP, tiedN := 0, 0
		j := i
		for ; j < len(order) && scores[order[j]] == scores[order[i]]; j++ {
			if positive[order[j]] {
				tiedP++
			} else {
				tiedN++
			}
		}
		area += float64(tiedN) * (float64(p) + float64(tiedP)/2)
		p, n, i = p+tiedP, n+tiedN, j
	}
	if p == 0 || n == 0 {
		return math.NaN()
	}
	return area / float64(p) / float64(n)
}

// byScore are the indices of scores, highest first.
func byScore(scores []float64) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return order
}
