package report

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/similarity"
	"github.com/cria-llm/cria/statistics"
)

// Stats are the numbers of a file of rows.
type Stats struct {
	Rows      int     `json:"rows"`
	Exchanges int     `json:"exchanges"` // instructions with their answers; more than rows where conversations go on
	Formats   []Count `json:"formats"`
	Scripts   []Count `json:"scripts"` // of the instructions: the writing that most of their letters are in

	Instruction Lengths `json:"instruction"`
	Input       Lengths `json:"input"` // of the exchanges that have one
	Output      Lengths `json:"output"`

	Verbs     []Verb `json:"verbs"`     // of instructions that say what to do, the most frequent first
	Questions []Verb `json:"questions"` // and of those that ask, by their question word
	Other     int    `json:"other"`     // instructions of which the rules say neither

	Duplicates *Duplicates `json:"duplicates,omitempty"`
	Clusters   []Cluster   `json:"clusters,omitempty"`

	Weight *Weights `json:"weight,omitempty"` // where any row has a weight or is repeated
	Scores []Score  `json:"scores,omitempty"`
}

// Count is how many rows have a property.
type Count struct {
	Name string `json:"name"`
	Rows int    `json:"rows"`
}

// Lengths is the distribution of how many words texts have, as [similarity.Words] counts them.
type Lengths struct {
	Texts   int      `json:"texts"`
	Empty   int      `json:"empty"` // of them, without a word
	Mean    float64  `json:"mean"`
	P5      int      `json:"p5"`
	Median  int      `json:"median"`
	P95     int      `json:"p95"`
	Max     int      `json:"max"`
	Buckets []Bucket `json:"buckets"`
}

// Bucket counts the texts of From to To words.
type Bucket struct {
	From  int `json:"from"`
	To    int `json:"to"`
	Texts int `json:"texts"`
}

// Verb is a verb that instructions begin with, and what its objects are.
type Verb struct {
	Verb    string  `json:"verb"`
	Rows    int     `json:"rows"`
	Objects []Count `json:"objects"` // the most frequent, and not more than ten
}

// Duplicates are rows that say what others say.
type Duplicates struct {
	Exact int `json:"exact"` // rows that could go
	Near  int `json:"near"`  // and those that are nearly like another
}

// Cluster is a group of rows that ask for similar things.
type Cluster struct {
	Rows    int      `json:"rows"`
	Words   []string `json:"words"`   // that its rows have and others have not
	Example int      `json:"example"` // a row in its middle
}

// Weights say how much rows count.
type Weights struct {
	Min      float64 `json:"min"`
	Mean     float64 `json:"mean"`
	Max      float64 `json:"max"`
	Repeated int     `json:"repeated"` // rows seen twice or more in an epoch
	Left     int     `json:"left"`     // rows of no weight, or never seen
	Seen     int     `json:"seen"`     // rows of an epoch, repeats and all
	// Effective is the effective sample size (Kish 1965): (Σw)²/Σw², of each row's weight times its repeats.
	Effective float64 `json:"effective"`
}

// Score is the distribution of one of the numbers in the rows' field "scores".
type Score struct {
	Name   string  `json:"name"`
	Rows   int     `json:"rows"`
	Mean   float64 `json:"mean"`
	P5     float64 `json:"p5"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
}

// Measure counts what rows hold, but for what takes comparing them.
func Measure(rows []*curate.Row) Stats {
	s := Stats{Rows: len(rows)}
	g := newGrammar()
	formats, writing := map[string]int{}, map[string]int{}
	verbs, questions := map[string]map[string]int{}, map[string]map[string]int{}
	var instruction, input, output []int
	for _, r := range rows {
		formats[r.Record.Format]++
		all := r.Exchanges()
		s.Exchanges += len(all)
		for _, x := range all {
			instruction = append(instruction, len(similarity.Words(x.Instruction.Text)))
			output = append(output, len(similarity.Words(x.Output.Text)))
			if x.Input.Text != "" {
				input = append(input, len(similarity.Words(x.Input.Text)))
			}
		}
		if len(all) == 0 {
			s.Other++
			continue
		}
		text := all[0].Instruction.Text
		writing[script(text)]++
		d := g.deed(text)
		kind := verbs
		switch {
		case d.Verb == "":
			s.Other++
			continue
		case d.Asks:
			kind = questions
		}
		if kind[d.Verb] == nil {
			kind[d.Verb] = map[string]int{}
		}
		kind[d.Verb][d.Object]++
	}
	s.Formats, s.Scripts = counted(formats), counted(writing)
	s.Instruction, s.Input, s.Output = lengths(instruction), lengths(input), lengths(output)
	s.Verbs, s.Questions = ranked(verbs), ranked(questions)
	s.Weight, s.Scores = weights(rows), scores(rows)
	return s
}

// counted are counts, the largest first.
func counted(m map[string]int) []Count {
	out := make([]Count, 0, len(m))
	for name, n := range m {
		out = append(out, Count{name, n})
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(b.Rows-a.Rows, cmp.Compare(a.Name, b.Name)) })
	return out
}

func ranked(verbs map[string]map[string]int) []Verb {
	out := []Verb{}
	for verb, objects := range verbs {
		v := Verb{Verb: verb}
		for _, n := range objects {
			v.Rows += n
		}
		delete(objects, "")
		v.Objects = counted(objects)
		v.Objects = v.Objects[:min(10, len(v.Objects))]
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b Verb) int { return cmp.Or(b.Rows-a.Rows, cmp.Compare(a.Verb, b.Verb)) })
	return out
}

// edges are where buckets of lengths begin.
func edges() []int { return []int{0, 1, 2, 3, 5, 8, 13, 20, 32, 50, 80, 128, 200, 320, 500, 800, 1280} }

func lengths(n []int) Lengths {
	l := Lengths{Texts: len(n), Buckets: []Bucket{}}
	if len(n) == 0 {
		return l
	}
	slices.Sort(n)
	sum := 0
	for _, x := range n {
		sum += x
		if x == 0 {
			l.Empty++
		}
	}
	l.Mean = float64(sum) / float64(len(n))
	l.P5, l.Median, l.P95, l.Max = quantile(n, 0.05), quantile(n, 0.5), quantile(n, 0.95), n[len(n)-1]
	from := edges()
	for i, at := range from {
		b := Bucket{From: at, To: max(l.Max, at)}
		if i+1 < len(from) {
			b.To = from[i+1] - 1
		}
		for len(n) > 0 && n[0] <= b.To {
			n = n[1:]
			b.Texts++
		}
		l.Buckets = append(l.Buckets, b)
	}
	return l
}

// quantile is the value that a share of sorted values does not exceed.
func quantile[T any](sorted []T, share float64) T {
	return sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)]
}

// weights reads the fields weight and repeat. What is no number there counts as 1.
func weights(rows []*curate.Row) *Weights {
	w := Weights{Min: math.Inf(1), Max: math.Inf(-1)}
	given := false
	var shared []float64
	for _, r := range rows {
		given = given || r.Record.Field("weight") != nil || r.Record.Field("repeat") != nil
		weight, repeat, err := r.Record.Weights()
		if err != nil {
			weight, repeat = 1, 1
		}
		w.Min, w.Max = min(w.Min, weight), max(w.Max, weight)
		w.Mean += weight / float64(len(rows))
		w.Seen += repeat
		if repeat > 1 {
			w.Repeated++
		}
		if repeat == 0 || weight == 0 {
			w.Left++
		}
		shared = append(shared, weight*float64(repeat))
	}
	if !given {
		return nil
	}
	w.Effective = statistics.Effective(shared)
	return &w
}

// scores reads the numbers in the field scores.
func scores(rows []*curate.Row) []Score {
	by := map[string][]float64{}
	for _, r := range rows {
		var named map[string]any
		if json.Unmarshal(r.Record.Field("scores"), &named) != nil {
			continue
		}
		for name, v := range named {
			if x, ok := v.(float64); ok && (len(by) < 64 || by[name] != nil) {
				by[name] = append(by[name], x)
			}
		}
	}
	var out []Score
	for name, values := range by {
		slices.Sort(values)
		s := Score{Name: name, Rows: len(values), P5: quantile(values, 0.05), Median: quantile(values, 0.5), P95: quantile(values, 0.95)}
		for _, v := range values {
			s.Mean += v / float64(len(values))
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Score) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
