package weigh

import (
	"cmp"
	"math"
	"slices"

	"github.com/cria-llm/cria/statistics"
)

// Report tells what was measured, and what the rules did.
type Report struct {
	Rows     int `json:"rows"`
	Kept     int `json:"kept"`
	Epoch    int `json:"epoch"` // rows of an epoch, repeats counted
	Replaced int `json:"replaced"`
	// Effective is the sample size of Kish (1965): (Σw)²/Σw² of the weights times repeats. So many rows of equal weight would
	// be as many.
	Effective float64        `json:"effective"`
	Scores    []Distribution `json:"scores"`
	Weights   Distribution   `json:"weights"`
	LeftOut   []RuleCount    `json:"left_out"`
	Groups    []Group        `json:"groups"` // the most rows first
	// Gained and Lost are the kept rows whose share of an epoch's weight among them grew most, and shrank most.
	Gained []Change `json:"gained"`
	Lost   []Change `json:"lost"`
	Speed  Speed    `json:"speed"`
}

// Distribution is a score among all rows, or the weights among those kept.
type Distribution struct {
	Name    string         `json:"name"`
	Count   int            `json:"count"`
	Missing map[string]int `json:"missing,omitempty"` // by reason
	// MissingRows lists the rows without it.
	MissingRows []int   `json:"missing_rows,omitempty"`
	Mean        float64 `json:"mean"`
	Min         float64 `json:"min"`
	P10         float64 `json:"p10"`
	Median      float64 `json:"median"`
	P90         float64 `json:"p90"`
	Max         float64 `json:"max"`
	// Histogram counts values in bins of equal width from the first percentile to the last; what lies outside is in the
	// first or last bin.
	Histogram []int `json:"histogram"`
}

// RuleCount is how many rows a rule left out.
type RuleCount struct {
	Rule string `json:"rule"`
	Rows int    `json:"rows"`
}

// Group is the rows of a cluster, a category or of one text in a field.
type Group struct {
	By     string  `json:"by"` // cluster, category or field:NAME
	Name   string  `json:"name"`
	Rows   int     `json:"rows"`
	Kept   int     `json:"kept"`
	Before float64 `json:"before"` // share of an epoch's weight, 0 to 1
	After  float64 `json:"after"`
}

// Change is what a row's share of the weight of the rows that are kept was multiplied by.
type Change struct {
	Row    int     `json:"row"`
	Factor float64 `json:"factor"`
	Weight float64 `json:"weight"`
	Repeat int     `json:"repeat"`
	Text   string  `json:"text"` // how its question begins
}

const (
	bins    = 24
	changed = 5 // rows that gained, and that lost
)

func (a *applying) report(before []Verdict) (Report, error) {
	r := Report{Groups: []Group{}, Gained: []Change{}, Lost: []Change{}, Rows: len(a.rows), Kept: len(a.left), Replaced: a.replaced, LeftOut: countReasons(a.verdicts), Speed: a.t.Speed}
	for _, c := range a.t.Columns {
		r.Scores = append(r.Scores, c.distribution())
	}
	var weights spread
	var shared []float64
	for _, i := range a.left {
		v := a.verdicts[i]
		weights = append(weights, v.Weight)
		shared = append(shared, v.Weight*float64(v.Repeat))
		r.Epoch += v.Repeat
	}
	r.Effective = statistics.Effective(shared)
	slices.Sort(weights)
	r.Weights = weights.distribution("weight")

	was, is := shares(before), shares(a.verdicts)
	if err := a.groups(&r, was, is); err != nil {
		return r, err
	}
	r.Gained, r.Lost = a.changes(was, is)
	return r, nil
}

// changes are the rows that are kept whose share of what is kept grew most, and shrank most.
func (a *applying) changes(was, is []float64) (gained, lost []Change) {
	gained, lost = []Change{}, []Change{}
	base := 0.0
	for _, i := range a.left {
		base += was[i]
	}
	const same = 1e-4 // what rounding a weight may do
	var list []Change
	for _, i := range a.left {
		if was[i] > 0 {
			list = append(list, Change{Row: i, Factor: is[i] / was[i] * base, Weight: a.verdicts[i].Weight, Repeat: a.verdicts[i].Repeat})
		}
	}
	slices.SortStableFunc(list, func(a, b Change) int { return cmp.Compare(b.Factor, a.Factor) })
	take := func(c Change) Change {
		if x := a.rows[c.Row].Exchanges(); len(x) > 0 {
			c.Text = clip(x[0].Ask(), 70)
		}
		return c
	}
	for _, c := range list {
		if c.Factor > 1+same && len(gained) < changed {
			gained = append(gained, take(c))
		}
	}
	for _, c := range slices.Backward(list) {
		if c.Factor < 1-same && len(lost) < changed {
			lost = append(lost, take(c))
		}
	}
	return gained, lost
}

// groups tells of the groups that the rules or scores know.
func (a *applying) groups(r *Report, was, is []float64) error {
	var kinds []string
	if a.t.Cluster != nil {
		kinds = append(kinds, "cluster")
	}
	if a.t.Categories != nil {
		kinds = append(kinds, "category")
	}
	for _, s := range a.rules.Select {
		if groupField(s.Per) != "" && !slices.Contains(kinds, s.Per) {
			kinds = append(kinds, s.Per)
		}
	}
	for _, kind := range kinds {
		names, err := a.t.groups(a.rows, kind)
		if err != nil {
			return err
		}
		found := map[string]*Group{}
		for i, name := range names {
			g := found[name]
			if g == nil {
				g = &Group{By: kind, Name: name}
				found[name] = g
			}
			g.Rows++
			if a.verdicts[i].LeftOut == "" {
				g.Kept++
			}
			g.Before, g.After = g.Before+was[i], g.After+is[i]
		}
		var list []Group
		for _, name := range sortedKeys(found) {
			list = append(list, *found[name])
		}
		slices.SortStableFunc(list, func(a, b Group) int { return b.Rows - a.Rows })
		r.Groups = append(r.Groups, list...)
	}
	return nil
}

// shares are the rows' shares of an epoch's weight.
func shares(list []Verdict) []float64 {
	sum := 0.0
	for _, v := range list {
		sum += v.Weight * float64(v.Repeat)
	}
	out := make([]float64, len(list))
	for i, v := range list {
		if sum > 0 {
			out[i] = v.Weight * float64(v.Repeat) / sum
		}
	}
	return out
}

func countReasons(list []Verdict) []RuleCount {
	counts := map[string]int{}
	for _, v := range list {
		if v.LeftOut != "" {
			counts[v.LeftOut]++
		}
	}
	out := []RuleCount{}
	for _, rule := range sortedKeys(counts) {
		out = append(out, RuleCount{rule, counts[rule]})
	}
	slices.SortStableFunc(out, func(a, b RuleCount) int { return b.Rows - a.Rows })
	return out
}

func (c Column) distribution() Distribution {
	all := make([]int, len(c.Values))
	missing := map[string]int{}
	var rows []int
	for i := range all {
		all[i] = i
		if c.Missing[i] != "" {
			missing[c.Missing[i]]++
			rows = append(rows, i)
		}
	}
	d := spreadOf(c, all).distribution(c.Score.Name)
	d.Missing, d.MissingRows = missing, rows
	return d
}

func (s spread) distribution(name string) Distribution {
	d := Distribution{Name: name, Count: len(s)}
	if len(s) == 0 {
		return d
	}
	sum := 0.0
	for _, x := range s {
		sum += x
	}
	d.Mean = sum / float64(len(s))
	d.Min, d.P10, d.Median, d.P90, d.Max = s[0], s.quantile(0.1), s.quantile(0.5), s.quantile(0.9), s[len(s)-1]
	low, high := s.quantile(0.01), s.quantile(0.99)
	d.Histogram = make([]int, bins)
	for _, x := range s {
		at := 0
		if high > low {
			at = int(math.Floor((x - low) / (high - low) * bins))
		}
		d.Histogram[min(bins-1, max(0, at))]++
	}
	return d
}
