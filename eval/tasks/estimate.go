package tasks

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/cria-llm/cria/statistics"
)

// Value is a metric with its standard error and 95 % interval, which are nil where too little is known, or the number is too large.
type Value struct {
	Metric string   `json:"metric"`
	Value  *float64 `json:"value"`
	Stderr *float64 `json:"stderr"`
	CI95   Interval `json:"ci95"`
}

// Interval is from low to high, NaN where too little is known.
type Interval [2]float64

// MarshalJSON implements json.Marshaler: what is no number is null.
func (i Interval) MarshalJSON() ([]byte, error) {
	var list [2]*float64
	for k := range i {
		if !math.IsNaN(i[k]) && !math.IsInf(i[k], 0) {
			list[k] = &i[k]
		}
	}
	return json.Marshal(list)
}

// estimate is a metric of the items' scores. The standard error is that of a ratio of sums, which for a mean is the deviation
// with n - 1 over √n; through scale it goes by the slope.
func (m metric) estimate(name string, scores []Score) Value {
	v := Value{Metric: name, CI95: Interval{math.NaN(), math.NaN()}}
	scores = slices.DeleteFunc(slices.Clone(scores), Score.none)
	ratio, pulls := ratioOf(scores)
	if math.IsNaN(ratio) {
		return v
	}
	value := m.scaled(ratio)
	if math.IsInf(value, 0) { // as the perplexity of a text without spaces, which is one word
		return v
	}
	v.Value = &value
	if len(scores) >= 2 {
		plain := statistics.StandardError(pulls)
		stderr := plain * m.slopeAt(ratio)
		v.Stderr = &stderr
		v.CI95 = Interval{m.scaled(ratio - 1.96*plain), m.scaled(ratio + 1.96*plain)}
	}
	if m.share {
		v.CI95 = shareInterval(scores, v.CI95)
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

// shareInterval is the score interval of a share: of items that are right, wrong or half so, or of several things in each item.
// Of anything between, as F1 is, it is the normal one, which is given, as far as it goes from 0 to 1.
func shareInterval(scores []Score, normal Interval) Interval {
	var nums, dens []float64
	single, halves := true, true
	for _, s := range scores {
		nums, dens = append(nums, s.Num), append(dens, s.Den)
		single, halves = single && s.Den == 1, halves && 2*s.Num == math.Trunc(2*s.Num)
	}
	var low, high float64
	switch {
	case !single:
		low, high = statistics.Grouped(nums, dens)
	case halves || len(scores) < 2:
		low, high = statistics.Scores(nums, nil)
	default:
		low, high = max(0, normal[0]), min(1, normal[1])
	}
	return Interval{low, high}
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
