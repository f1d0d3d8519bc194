package statistics

import (
	"cmp"
	"slices"
)

// Holm corrects p values for being many (Holm, Scandinavian Journal of Statistics 6, 1979): whoever calls what comes out below
// 0.05 a difference sees one where there is none anywhere in at most 5 of 100 such lists.
func Holm(ps []float64) []float64 {
	order := make([]int, len(ps))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ps[a], ps[b]) })
	corrected := make([]float64, len(ps))
	highest := 0.0
	for k, i := range order {
		highest = max(highest, min(1, ps[i]*float64(len(ps)-k)))
		corrected[i] = highest
	}
	return corrected
}
