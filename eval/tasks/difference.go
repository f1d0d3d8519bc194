package tasks

import (
	"fmt"
	"math"

	"github.com/cria-llm/cria/statistics"
)

// Change is how a number differs between two measurements, over the items that count in both.
type Change struct {
	Metric        string
	Before, After float64 // over these items; NaN where there are none
	// Diff is After - Before. Its standard error is over items, what becomes of one before and after hanging together.
	Diff, Stderr float64
	CI95         Interval // of Diff; of shares [statistics.Differences]
	// Ratio is After / Before of numbers that are exponentials of a mean, as perplexities are, and 0 of others. Its interval is
	// that of the difference of the means.
	Ratio     float64
	RatioCI95 Interval
	Won, Lost int     // items that are better after, and worse
	P         float64 // of the exact sign test on these; of right and wrong answers it is McNemar's
	N         int
	Lower     bool // is better, as of perplexities
	Share     bool // from 0 to 1
}

// Difference says how every number of a task changed from one measurement to another. Items are the same that come from the
// same place of the task's file. Measurements that have not the same numbers are an error.
func Difference(before, after Result) ([]Change, error) {
	if len(before.numbers) != len(after.numbers) {
		return nil, fmt.Errorf("%d numbers before and %d after: measure the same task", len(before.numbers), len(after.numbers))
	}
	first := map[string]Outcome{}
	for _, o := range before.Outcomes {
		first[o.Where] = o
	}
	var pairs [][2]Outcome
	for _, o := range after.Outcomes {
		if was, ok := first[o.Where]; ok {
			pairs = append(pairs, [2]Outcome{was, o})
		}
	}
	var list []Change
	for k, n := range after.numbers {
		if was := before.numbers[k].full; was != n.full {
			return nil, fmt.Errorf("%s before and %s after: measure the same task", was, n.full)
		}
		var was, is []Score
		for _, p := range pairs {
			if b, a := p[0].Scores[k], p[1].Scores[k]; !b.none() && !a.none() {
				was, is = append(was, b), append(is, a)
			}
		}
		list = append(list, n.change(was, is))
	}
	return list, nil
}

// change is of the scores of the same items.
func (n number) change(was, is []Score) Change {
	unknown := Interval{math.NaN(), math.NaN()}
	c := Change{Metric: n.full, N: len(is), Lower: n.lower, Share: n.share, P: 1, CI95: unknown, RatioCI95: unknown}
	before, pulled := ratioOf(was)
	after, pulls := ratioOf(is)
	c.Before, c.After = n.scaled(before), n.scaled(after)
	c.Diff = c.After - c.Before
	diffs, means := make([]float64, len(pulls)), make([]float64, len(pulls))
	for i := range pulls {
		means[i] = pulls[i] - pulled[i]
		diffs[i] = pulls[i]*n.slopeAt(after) - pulled[i]*n.slopeAt(before)
		better := is[i].Num*was[i].Den - was[i].Num*is[i].Den
		if n.lower {
			better = -better
		}
		switch {
		case better > 0:
			c.Won++
		case better < 0:
			c.Lost++
		}
	}
	c.Stderr = statistics.StandardError(diffs)
	if len(diffs) >= 2 {
		c.CI95 = Interval{c.Diff - 1.96*c.Stderr, c.Diff + 1.96*c.Stderr}
	}
	if n.factor && len(is) > 0 {
		c.Ratio = math.Exp(after - before)
		if half := 1.96 * statistics.StandardError(means); len(means) >= 2 {
			c.RatioCI95 = Interval{c.Ratio * math.Exp(-half), c.Ratio * math.Exp(half)}
		}
	}
	if n.share && len(is) > 0 {
		// Items have as many things before as after, on the average size.
		size := 0.0
		for _, s := range is {
			size += s.Den
		}
		size /= float64(len(is))
		for i := range diffs {
			diffs[i] = (is[i].Num - was[i].Num) / size
		}
		c.CI95[0], c.CI95[1] = statistics.Differences(diffs)
	}
	c.P = statistics.Sign(c.Won, c.Lost)
	return c
}
