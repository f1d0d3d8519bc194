package statistics

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrap is the 95 % percentile interval of a statistic over n units: each of rounds times, n units are drawn with
// replacement and given to measure by their indices. The same seed gives the same interval. NaN is left out.
func Bootstrap(n, rounds int, seed uint64, measure func(drawn []int) float64) (low, high float64) {
	values := make([]float64, 0, rounds)
	resample(n, rounds, seed, func(drawn []int) { values = append(values, measure(drawn)) })
	low, _, high = Percentiles(values)
	return low, high
}

// Clustered is [Bootstrap] for units that come in clusters, such as several verdicts on one prompt, see [Resample].
func Clustered[Name comparable](cluster []Name, rounds int, seed uint64, measure func(drawn []int) float64) (low, high float64) {
	values := make([]float64, 0, rounds)
	Resample(cluster, rounds, seed, func(drawn []int) { values = append(values, measure(drawn)) })
	low, _, high = Percentiles(values)
	return low, high
}

// Resample draws units with replacement, rounds times, and gives use their indices. The units come in clusters, whose names are
// in cluster, and whole clusters are drawn, so that use gets as many units as the drawn clusters have.
func Resample[Name comparable](cluster []Name, rounds int, seed uint64, use func(drawn []int)) {
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
	resample(len(units), rounds, seed, func(drawn []int) {
		all = all[:0]
		for _, k := range drawn {
			all = append(all, units[k]...)
		}
		use(all)
	})
}

func resample(n, rounds int, seed uint64, use func(drawn []int)) {
	random := rand.New(rand.NewPCG(seed, 0x62_6f_6f_74))
	drawn := make([]int, n)
	for range rounds {
		for i := range drawn {
			drawn[i] = random.IntN(n)
		}
		use(drawn)
	}
}

// Percentiles are the values that 2.5, 50 and 97.5 % of values are below, without those that are NaN, and NaN without any.
func Percentiles(values []float64) (low, middle, high float64) {
	sorted := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(sorted) == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	slices.Sort(sorted)
	at := func(p float64) float64 { return sorted[int(math.Round(p*float64(len(sorted)-1)))] }
	return at(0.025), at(0.5), at(0.975)
}
