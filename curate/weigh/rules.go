package weigh

import (
	"fmt"
	"slices"
	"strings"
)

// Rules say what becomes of rows by their scores. They are done in the order of the fields Drop, Select, Weight and Repeat.
// See docs/weigh.md for how they are written.
type Rules struct {
	About    string
	Scores   []string // to be measured besides those that the rules go by
	Vectors  Vectors
	Clusters int // how many; 0 is 100, or fewer of fewer than 1,000 rows
	Keywords []Category

	// DropMissing leaves out rows that lack a score which a rule goes by. Otherwise each rule says what becomes of them.
	DropMissing bool
	Drop        []Condition
	Select      []Step
	Weight      *Mix
	Repeat      *Ladder
	// Multiply says that the weights and repeats that rows have count on top; otherwise rules that give weights or repeats
	// replace them.
	Multiply bool
	// AsIs leaves weights as the mix has them; otherwise all are divided by their mean over an epoch.
	AsIs bool
}

// Condition is a comparison of a score. A row without the score does not meet it.
type Condition struct {
	Score string
	Op    string // <, <=, > or >=
	Value float64
}

func (c Condition) String() string { return fmt.Sprintf("%s %s %s", c.Score, c.Op, number(c.Value)) }

func (c Condition) meets(x float64) bool {
	switch c.Op {
	case "<":
		return x < c.Value
	case "<=":
		return x <= c.Value
	case ">":
		return x > c.Value
	}
	return x >= c.Value
}

// Step picks some of the rows that are left, and leaves out the others.
type Step struct {
	// Kind is top or bottom, of the highest or lowest By; facility-location or k-center, by the rows' vectors; apart, which
	// takes the highest By that are less like any taken than Similarity; or random.
	Kind string
	// Share, above 0, is a share of all rows of the file; otherwise Count is how many.
	Share float64
	Count int
	By    string
	// Per picks in each group by itself: cluster, category, or field:NAME. A Count is shared among the groups by their sizes.
	Per        string
	Remaining  bool // Share is of the rows that are left
	Similarity float64
	Seed       uint64
}

func (s Step) String() string {
	n := number(s.Share)
	if s.Share == 0 {
		n = fmt.Sprint(s.Count)
	}
	text := s.Kind + ": " + n
	if s.By != "" {
		text += ", by: " + s.By
	}
	if s.Remaining {
		text += ", of: remaining"
	}
	if s.Per != "" {
		text += ", per: " + s.Per
	}
	return text
}

// vectors says whether the step looks at the rows' vectors.
func (s Step) vectors() bool {
	return s.Kind == "facility-location" || s.Kind == "k-center" || s.Kind == "apart"
}

// Mix makes a weight of terms.
type Mix struct {
	// Sum adds the terms up, by their shares; otherwise they are multiplied, each to the power of its share.
	Sum   bool
	Terms []Term
	Clamp []float64 // least and most, or nil
}

// Term makes a factor of a score.
type Term struct {
	Score string
	// Transform is quantile: the row's place among all, 0 to 1; linear; log; threshold; or none: the score itself.
	Transform string
	From      []float64 // of quantiles or scores; nil is from the least to the most that there is
	To        []float64 // what From becomes; what lies outside becomes the nearer end
	At        float64   // of a threshold: scores below become To[0], others To[1]
	Clamp     []float64
	Share     float64
	Missing   float64 // what a row without the score has
}

// Ladder repeats rows by the highest step that their score reaches.
type Ladder struct {
	Score     string
	Quantiles bool // of the rows that are left; otherwise steps are scores
	Steps     []Rung
	Missing   int // what a row without the score has
}

// Rung is the least a row needs for a number of repeats. Rows below the lowest are repeated once.
type Rung struct {
	From   float64
	Repeat int
}

// scores lists what the rules go by, in order.
func (r *Rules) scores() []string {
	var list []string
	add := func(names ...string) {
		for _, n := range names {
			if n != "" && !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
	}
	for _, c := range r.Drop {
		add(c.Score)
	}
	for _, s := range r.Select {
		add(s.By)
	}
	if r.Weight != nil {
		for _, t := range r.Weight.Terms {
			add(t.Score)
		}
	}
	if r.Repeat != nil {
		add(r.Repeat.Score)
	}
	return list
}

// Needs lists all scores that are to be measured: those that the rules go by, then the others.
func (r *Rules) Needs() []string {
	list := r.scores()
	for _, n := range r.Scores {
		if !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// needsClusters and needsVectors say what besides scores the rules go by.
func (r *Rules) needsClusters() bool {
	return slices.Contains(r.Needs(), rarity.Name) ||
		slices.ContainsFunc(r.Select, func(s Step) bool { return s.Per == "cluster" })
}

func (r *Rules) needsVectors() bool {
	return r.needsClusters() || slices.ContainsFunc(r.Select, Step.vectors)
}

// groupField is the field that a step goes by in groups, or "".
func groupField(per string) string {
	name, ok := strings.CutPrefix(per, fieldScore)
	if !ok {
		return ""
	}
	return name
}
