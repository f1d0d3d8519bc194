// Package robust says how much of what a model can do on a task depends on how it is asked: its options in another order, its
// prompt in other words or another template, typing errors, capitals, a sentence that has nothing to do with the question, and
// answers that are drawn instead of the likeliest.
//
// A variation changes no right answer, so what a model knows it should say again. Each is measured on the same items as the plain task
// and told by its drop, with a paired interval, and by its consistency, the share of items that are answered the same way, right
// or wrong. Examples before a question, and what answers are compared with, stay as they are.
//
//	plain, err := tasks.Measure(ctx, a, set, o)
//	report, err := robust.Measure(ctx, a, set, plain, robust.All(), robust.Options{Options: o, Rounds: 3})
package robust

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/cria-llm/cria/eval/tasks"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/statistics"
)

// Options of a measurement: those of the plain one, and more.
type Options struct {
	tasks.Options
	Rounds int // of orders and of drawn answers
	// Progress, where it is not nil, hears what is measured, and how far that is.
	Progress func(doing string, done, of int)
}

// Finding is what became of a task under a variation.
type Finding struct {
	Variation string  `json:"-"`     // its name, with its settings where the name alone would be there twice
	Value     float64 `json:"value"` // of the task's own number, over all rounds
	// Drop is how much worse that is than when asked plainly, over the items that count in both.
	Drop float64        `json:"drop"`
	CI95 tasks.Interval `json:"ci95"` // of Drop
	// Consistency is the share of items that are answered the same way in all rounds and, but for drawn answers, when asked plainly;
	// Agreement the share of pairs of these that are the same.
	Consistency float64  `json:"consistency"`
	Agreement   float64  `json:"agreement"`
	N           int      `json:"n"` // items that count
	TooLong     int      `json:"too_long,omitempty"`
	Rounds      int      `json:"rounds,omitempty"`
	Spread      *float64 `json:"spread,omitempty"` // the deviation of the rounds' values
	Settings    string   `json:"settings,omitempty"`
	Most        string   `json:"most,omitempty"` // of the average: the variation of the largest drop, where there is one
}

// Skipped is a variation that has no sense for a task, and why.
type Skipped struct {
	Variation string `json:"variation"`
	Why       string `json:"why"`
}

// Report is a task's.
type Report struct {
	Findings []Finding
	Average  *Finding // over the variations, of the items that count in all; nil below two
	Skipped  []Skipped
}

// All are the findings, the average last.
func (r Report) All() []Finding {
	list := slices.Clone(r.Findings)
	if r.Average != nil {
		list = append(list, *r.Average)
	}
	return list
}

// round is one way in which the items are asked.
type round struct {
	set      *tasks.Set
	sampling infer.Sampling
	from     map[string][]int // by item, where the options that stand in its prompt came from; nil leaves them
}

// Measure asks a task's items in other ways. plain is what the same set came to with the same options.
func Measure(ctx context.Context, a *infer.Assistant, s *tasks.Set, plain tasks.Result, list []Variation, o Options) (Report, error) {
	var report Report
	base := s.Drawn(o.Limit, o.Seed)
	var means []tasks.Result
	var consistency, agreement float64
	for _, v := range list {
		name := v.Name
		if several(list, v) {
			name = v.String()
		}
		rounds, settings, why, err := v.rounds(ctx, a, base, o)
		if err != nil {
			return report, fmt.Errorf("task %s, %s: %w", s.Name, name, err)
		}
		if why != "" {
			report.Skipped = append(report.Skipped, Skipped{name, why})
			continue
		}
		var results []tasks.Result
		for k, r := range rounds {
			asked := o.Options
			asked.Limit, asked.Sampling = 0, r.sampling
			if o.Progress != nil {
				doing := s.Name + ", " + name
				if len(rounds) > 1 {
					doing += fmt.Sprintf(" %d of %d", k+1, len(rounds))
				}
				asked.Progress = func(done, of int) { o.Progress(doing, done, of) }
			}
			result, err := tasks.Measure(ctx, a, r.set, asked)
			if err != nil {
				return report, err
			}
			results = append(results, result)
		}
		mean := tasks.Averaged(results)
		f, err := finding(plain, mean)
		if err != nil {
			return report, err
		}
		if f.N < 2 { // where an item is too long in one round, or has no verdict, it does not count
			report.Skipped = append(report.Skipped, Skipped{name, "fewer than two items count in all rounds"})
			continue
		}
		f.Variation, f.Settings, f.Rounds, f.TooLong = name, settings, len(rounds), len(rounds[0].set.Items)-mean.N
		if v.Name == Sampled {
			spread := deviation(results)
			f.Spread = &spread
		} else {
			rounds, results = append(rounds, round{set: base}), append(results, plain)
		}
		f.Consistency, f.Agreement = alike(rounds, results)
		report.Findings, means = append(report.Findings, f), append(means, mean)
		consistency, agreement = consistency+f.Consistency, agreement+f.Agreement
	}
	if len(means) < 2 {
		return report, nil
	}
	f, err := finding(plain, tasks.Averaged(means))
	if err != nil {
		return report, err
	}
	if n := float64(len(means)); f.N > 1 {
		most := slices.MaxFunc(report.Findings, func(a, b Finding) int { return cmp.Compare(a.Drop, b.Drop) })
		f.Variation, f.Settings = "average", fmt.Sprintf("of %d", len(means))
		if most.Drop > 0 {
			f.Most, f.Settings = most.Variation, fmt.Sprintf("%s, the largest drop %.3g by %s", f.Settings, most.Drop, most.Variation)
		}
		f.Consistency, f.Agreement = consistency/n, agreement/n
		report.Average = &f
	}
	return report, nil
}

// several says that a variation is there under other settings too.
func several(list []Variation, v Variation) bool {
	return slices.ContainsFunc(list, func(o Variation) bool { return o.Name == v.Name && o != v })
}

// finding compares the task's own number.
func finding(plain, mean tasks.Result) (Finding, error) {
	changes, err := tasks.Difference(plain, mean)
	if err != nil {
		return Finding{}, err
	}
	c := changes[0]
	f := Finding{Value: c.After, Drop: 0 - c.Diff, CI95: tasks.Interval{0 - c.CI95[1], 0 - c.CI95[0]}, N: c.N}
	if c.Lower {
		f.Drop, f.CI95 = c.Diff, c.CI95
	}
	return f, nil
}

// alike is the share of items that are answered the same way in every round, and of pairs of rounds of an item, over the items
// that count in all.
func alike(rounds []round, results []tasks.Result) (all, pairs float64) {
	answers := map[string][]string{}
	for k, r := range rounds {
		for _, o := range results[k].Outcomes {
			if len(answers[o.Where]) == k {
				answers[o.Where] = append(answers[o.Where], r.answer(o))
			}
		}
	}
	n, of := 0.0, float64(len(rounds)*(len(rounds)-1)/2)
	for _, list := range answers {
		if len(list) < len(rounds) {
			continue
		}
		same := 0.0
		for i, a := range list {
			for _, b := range list[:i] {
				if a == b {
					same++
				}
			}
		}
		n++
		pairs += same / of
		if same == of {
			all++
		}
	}
	return all / n, pairs / n
}

// answer is how an item was answered, whatever the place of the choice that was taken.
func (r round) answer(o tasks.Outcome) string {
	switch r.set.Kind {
	case tasks.Choice:
		chosen := r.set.Chosen(o)
		if from, moved := r.from[o.Where]; moved {
			chosen = from[chosen]
		}
		return strconv.Itoa(chosen)
	case tasks.Answer:
		return r.set.Stated(o)
	}
	return strconv.FormatBool(o.Greedy) // which word else is not known
}

func deviation(results []tasks.Result) float64 {
	var values []float64
	for _, r := range results {
		values = append(values, *r.Value.Value)
	}
	return statistics.Deviation(values)
}
