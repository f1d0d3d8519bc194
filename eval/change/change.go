// Package change says what tuning won and what it forgot: how each task's number differs between two models, over the same
// items, and whether that is more than chance. It measures nothing itself.
//
//	r, err := change.New("base", "base+my-run", []string{"boolq"}, before, after)
//	fmt.Println(r.Summary())
//	err = atomicfile.WriteBytes("change.svg", r.Picture().SVG())
package change

import (
	"fmt"
	"math"
	"strings"

	"github.com/cria-llm/cria/eval/tasks"
	"github.com/cria-llm/cria/internal/amount"
	"github.com/cria-llm/cria/statistics"
)

// Verdict is what a task's change comes to.
type Verdict string

// Verdicts. Won and Forgot have p, corrected for all tasks, below Level, and a number that moved the same way as most items.
const (
	Won     Verdict = "won"
	Forgot  Verdict = "forgot"
	Uneven  Verdict = "uneven"         // most items went one way and the number the other
	Guesses Verdict = "guesses differ" // more than chance, but neither model does better than one who knows nothing
	NotSeen Verdict = "no difference seen"
	Nothing Verdict = "no items in common"
)

// Level is the highest p that counts.
const Level = 0.05

// Task is how a task's numbers changed.
type Task struct {
	Name         string
	tasks.Change                // of the task's own number
	Holm         float64        // P, corrected for the number of tasks
	Others       []tasks.Change // of its other numbers, which are not tested
	Verdict      Verdict
	Guessing     float64 // what one who knows nothing gets, of shares of right choices; 0 of other numbers
	Apart        int     // items that count in one of the two measurements alone, and are left out
	// WonMost and ForgotMost are the items that changed most, by the task's own number.
	WonMost, ForgotMost []Example
}

// Report is what changed from one model to another.
type Report struct {
	Before, After string // the models
	Tasks         []Task
}

// New compares measurements of tasks, of the same number and in the same order.
func New(before, after string, names []string, was, is []tasks.Result) (*Report, error) {
	if len(was) != len(names) || len(is) != len(names) {
		return nil, fmt.Errorf("%d tasks with %d measurements before and %d after", len(names), len(was), len(is))
	}
	r := &Report{Before: before, After: after}
	for i, name := range names {
		list, err := tasks.Difference(was[i], is[i])
		if err != nil {
			return nil, fmt.Errorf("task %s: %w", name, err)
		}
		t := Task{Name: name, Change: list[0], Others: list[1:], Apart: apart(was[i].Outcomes, is[i].Outcomes)}
		t.Guessing, _ = is[i].Guessing()
		t.WonMost, t.ForgotMost = examples(was[i].Outcomes, is[i].Outcomes, t.Lower)
		r.Tasks = append(r.Tasks, t)
	}
	r.judge()
	return r, nil
}

// judge corrects p of all tasks for their number, and says what each comes to.
func (r *Report) judge() {
	var ps []float64
	for _, t := range r.Tasks {
		ps = append(ps, t.P)
	}
	for i, p := range statistics.Holm(ps) {
		t := &r.Tasks[i]
		t.Holm, t.Verdict = p, verdict(t.Change, p)
		if t.Verdict != NotSeen && t.Guessing > 0 && !t.knows(t.Change.Before) && !t.knows(t.Change.After) {
			t.Verdict = Guesses
		}
	}
}

// knows says that a share of the items is more than one who knows nothing gets, beyond chance.
func (t Task) knows(share float64) bool {
	low, _ := statistics.Wilson(int(math.Round(share*float64(t.N))), t.N)
	return low > t.Guessing
}

// Note says of a task whose guesses differ why that counts for nothing; it is empty of others.
func (t Task) Note() string {
	if t.Verdict != Guesses {
		return ""
	}
	return fmt.Sprintf("%s: neither %.4g nor %.4g is surely above the %.4g of one who knows nothing: what changed is the guesses", t.Name, t.Change.Before, t.Change.After, t.Guessing)
}

// missed is how large a change could be that was not seen: the end of its interval that is further from none.
func (t Task) missed() string {
	switch {
	case t.Ratio > 0 && !math.IsNaN(t.RatioCI95[0]):
		return fmt.Sprintf("times %.3g", max(t.RatioCI95[1], 1/t.RatioCI95[0]))
	case !math.IsNaN(t.CI95[0]):
		return fmt.Sprintf("%.2g", max(-t.CI95[0], t.CI95[1]))
	}
	return ""
}

func verdict(c tasks.Change, p float64) Verdict {
	better := c.Diff
	if c.Lower {
		better = -better
	}
	switch {
	case c.N == 0:
		return Nothing
	case p >= Level:
		return NotSeen
	case c.Won > c.Lost && better > 0:
		return Won
	case c.Won < c.Lost && better < 0:
		return Forgot
	}
	return Uneven
}

// apart counts the items that one of two lists has alone.
func apart(a, b []tasks.Outcome) int {
	seen := map[string]bool{}
	for _, o := range a {
		seen[o.Where] = true
	}
	both := 0
	for _, o := range b {
		if seen[o.Where] {
			both++
		}
	}
	return len(a) + len(b) - 2*both
}

// Summary is a sentence or two on all tasks.
func (r *Report) Summary() string {
	names := map[Verdict][]string{}
	var unseen []string
	bounded := false
	for _, t := range r.Tasks {
		names[t.Verdict] = append(names[t.Verdict], t.Name)
		if t.Verdict != NotSeen {
			continue
		}
		name := t.Name
		if m := t.missed(); m != "" {
			name, bounded = name+" ("+m+")", true
		}
		unseen = append(unseen, name)
	}
	var parts []string
	for _, v := range []struct {
		verdict Verdict
		text    string
	}{{Won, "won"}, {Forgot, "forgot"}, {Uneven, "is uneven on"}, {Guesses, "changed the guesses on"}} {
		if list := names[v.verdict]; len(list) > 0 {
			parts = append(parts, v.text+" "+strings.Join(list, ", "))
		}
	}
	text := "Of " + amount.Plural(len(r.Tasks), "task") + " tuning "
	switch len(parts) {
	case 0:
		text += "changed none that can be seen"
	case 2:
		text += parts[0] + " and " + parts[1]
	default:
		text += strings.Join(parts, "; ")
	}
	if list := names[Nothing]; len(list) > 0 {
		text += "; nothing is in common in " + strings.Join(list, ", ")
	}
	if len(unseen) > 0 {
		text += ". No difference is seen in " + strings.Join(unseen, ", ")
		if bounded {
			text += "; in brackets, how large one may be all the same"
		}
	}
	return text + "."
}
