package weigh

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
)

// spread is the values of a score among the rows that are left, sorted.
type spread []float64

// spreadOf leaves out rows that have no score.
func spreadOf(c Column, rows []int) spread {
	var s spread
	for _, i := range rows {
		if c.Missing[i] == "" {
			s = append(s, c.Values[i])
		}
	}
	slices.Sort(s)
	return s
}

// place is where a value of the spread stands, 0 for the least to 1 for the most; equal values share the middle of their
// places.
func (s spread) place(x float64) float64 {
	if len(s) < 2 {
		return 0.5
	}
	below := sort.SearchFloat64s(s, x)
	upTo := sort.Search(len(s), func(i int) bool { return s[i] > x })
	return (float64(below) + float64(upTo-below-1)/2) / float64(len(s)-1)
}

// quantile is the value at a place.
func (s spread) quantile(q float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	at := q * float64(len(s)-1)
	low := int(at)
	high := min(low+1, len(s)-1)
	return s[low] + (at-float64(low))*(s[high]-s[low])
}

// factor is what a term makes of a score.
func (t Term) factor(x float64, s spread) (float64, error) {
	var f float64
	switch t.Transform {
	case "none":
		if f = x; f < 0 {
			return 0, fmt.Errorf("%s is %s, and a weight is not below 0: give the term a transform", t.Score, number(x))
		}
	case "threshold":
		f = t.To[0]
		if x >= t.At {
			f = t.To[1]
		}
	case "quantile":
		f = between(s.place(x), []float64{0, 1}, t.From, t.To)
	case "linear":
		f = between(x, []float64{s[0], s[len(s)-1]}, t.From, t.To)
	case "log":
		// What is not above 0 has no logarithm, and is taken for the least.
		first := sort.Search(len(s), func(i int) bool { return s[i] > 0 })
		ends := t.From
		if ends == nil {
			if first == len(s) {
				return t.To[0], nil
			}
			ends = []float64{s[first], s[len(s)-1]}
		}
		f = between(math.Log(max(x, ends[0])), []float64{math.Log(ends[0]), math.Log(ends[1])}, nil, t.To)
	}
	return clamp(f, t.Clamp), nil
}

// between maps from, or all where it is nil, onto to; what lies outside becomes the nearer end, and a single point the middle.
func between(x float64, all, from, to []float64) float64 {
	if from == nil {
		from = all
	}
	share := 0.5
	if from[1] > from[0] {
		share = min(1, max(0, (x-from[0])/(from[1]-from[0])))
	}
	return to[0] + share*(to[1]-to[0])
}

func clamp(x float64, ends []float64) float64 {
	if ends == nil {
		return x
	}
	return min(ends[1], max(ends[0], x))
}

// weights are the mix's for the rows that are left.
func (m *Mix) weights(t *Table, rows []int) ([]float64, error) {
	out := make([]float64, len(rows))
	shares := 0.0
	for i := range out {
		if !m.Sum {
			out[i] = 1
		}
	}
	for _, term := range m.Terms {
		shares += term.Share
		c, err := t.column(term.Score)
		if err != nil {
			return nil, err
		}
		s := spreadOf(c, rows)
		for k, i := range rows {
			f := term.Missing
			if c.Missing[i] == "" {
				if f, err = term.factor(c.Values[i], s); err != nil {
					return nil, fmt.Errorf("row %d: %w", i, err)
				}
			}
			if m.Sum {
				out[k] += term.Share * f
			} else {
				out[k] *= math.Pow(f, term.Share)
			}
		}
	}
	for k := range out {
		if m.Sum && shares > 0 {
			out[k] /= shares
		}
		out[k] = clamp(out[k], m.Clamp)
	}
	return out, nil
}

// repeats are the ladder's for the rows that are left.
func (l *Ladder) repeats(t *Table, rows []int) ([]int, error) {
	c, err := t.column(l.Score)
	if err != nil {
		return nil, err
	}
	s := spreadOf(c, rows)
	out := make([]int, len(rows))
	for k, i := range rows {
		if c.Missing[i] != "" {
			out[k] = l.Missing
			continue
		}
		x := c.Values[i]
		if l.Quantiles {
			x = s.place(x)
		}
		out[k] = 1
		for _, r := range l.Steps { // from the highest
			if x >= r.From {
				out[k] = r.Repeat
				break
			}
		}
	}
	return out, nil
}

// byScore orders rows by a score, the highest first and the earliest first of equals; rows without it are left out.
func byScore(c Column, rows []int, lowest bool) []int {
	var list []int
	for _, i := range rows {
		if c.Missing[i] == "" {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int {
		if lowest {
			return cmp.Compare(c.Values[a], c.Values[b])
		}
		return cmp.Compare(c.Values[b], c.Values[a])
	})
	return list
}
