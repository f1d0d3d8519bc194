package statistics

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrap is the 95 % percentile interval of a statistic over n units: each of rounds times, n units are drawn with
// replacement and given to measure by their indices. The same seed gives the same interval. NaN is left out.
func Bootstrap(n, rounds int, seed uint64, measure func(drawn []int) float64) (low, high float64) {
	random := rand.New(rand.NewPCG(seed, 0x62_6f_6f_74))
	drawn := make([]int, n)
	values := make([]float64, 0, rounds)
	for range rounds {
		for i := range drawn {
			drawn[i] = random.IntN(n)
		}
		if v := measure(drawn); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return math.NaN(), math.NaN()
	}
	slices.Sort(values)
	at := func(p float64) float64 { return values[int(math.Round(p*float64(len(values)-1)))] }
	return at(0.025), at(0.975)
}

// Clustered is [Bootstrap] for units that come in clusters, such as several verdicts on one prompt: whole clusters are drawn. In
// cluster are the names of the units' clusters; measure gets as many units as the drawn clusters have.
func Clustered[Name comparable](cluster []Name, rounds int, seed uint64, measure func(drawn []int) float64) (low, high float64) {
	at := map[Name]int{}
	var units [][]int
	for i, name := range cluster {
		k, ok := at[name]
		if !ok {
			k = len(units)
			at[name], units = k, append(units, nil)
		}
		units[k] = append(units[k], i)
	}
	var all []int
	return Bootstrap(len(units), rounds, seed, func(drawn []int) float64 {
		all = all[:0]
		for _, k := range drawn {
			all = append(all, units[k]...)
		}
		return measure(all)
	})
}
