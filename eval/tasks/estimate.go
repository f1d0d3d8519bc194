package tasks

import (
	"math"

	"github.com/cria-llm/cria/statistics"
)

// Value is a metric with its standard error and 95 % interval, which are nil where too little is known.
type Value struct {
	Metric string     `json:"metric"`
	Value  *float64   `json:"value"`
	Stderr *float64   `json:"stderr"`
	CI95   [2]float64 `json:"-"`
}

// estimate is a metric of the items' scores. The standard error is that of a ratio of sums, which for a mean is the deviation
// with n - 1 over √n; through scale it goes by the slope.
func (m metric) estimate(name string, scores []Score) Value {
	v := Value{Metric: name, CI95: [2]float64{math.NaN(), math.NaN()}}
	ratio, pulls := ratioOf(scores)
	if math.IsNaN(ratio) {
		return v
	}
	value := m.scaled(ratio)
	v.Value = &value
	if len(scores) >= 2 {
		plain := statistics.StandardError(pulls)
		stderr := plain * m.slopeAt(ratio)
		v.Stderr = &stderr
		v.CI95 = [2]float64{m.scaled(ratio - 1.96*plain), m.scaled(ratio + 1.96*plain)}
	}
	if m.share {
		v.CI95[0], v.CI95[1] = shareInterval(scores)
	}
	return v
}

// ratioOf is the sum of the numerators over that of the denominators, NaN where there is none, and how far each item pulls it:
// the ratio's standard error is that of a mean of these.
func ratioOf(scores []Score) (ratio float64, pulls []float64) {
	var sum, size float64
	for _, s := range scores {
		sum, size = sum+s.Num, size+s.Den
	}
	if size == 0 {
		return math.NaN(), nil
	}
	ratio = sum / size
	for _, s := range scores {
		pulls = append(pulls, (s.Num-ratio*s.Den)*float64(len(scores))/size)
	}
	return ratio, pulls
}

// shareInterval is the score interval of a share, of items that are worth 0 to 1 each, or of several things in each.
func shareInterval(scores []Score) (low, high float64) {
	var nums, dens []float64
	single := true
	for _, s := range scores {
		nums, dens, single = append(nums, s.Num), append(dens, s.Den), single && s.Den == 1
	}
	if single {
		return statistics.Scores(nums)
	}
	return statistics.Grouped(nums, dens)
}

func (m metric) scaled(ratio float64) float64 {
	if m.scale == nil {
		return ratio
	}
	return m.scale(ratio)
}

func (m metric) slopeAt(ratio float64) float64 {
	if m.slope == nil {
		return 1
	}
	return m.slope(ratio)
}
