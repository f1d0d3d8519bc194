package change

import (
	"math"
	"testing"

	"github.com/cria-llm/cria/eval/tasks"
)

// measured is a change of so many items won and lost, of n.
func measured(won, lost, n int, p float64) tasks.Change {
	d := float64(won-lost) / float64(n)
	return tasks.Change{Metric: "acc", Before: 0.4, After: 0.4 + d, Diff: d, CI95: tasks.Interval{d - 0.02, d + 0.02}, Won: won, Lost: lost, N: n, P: p, Share: true}
}

func TestVerdicts(t *testing.T) {
	lower := measured(30, 10, 100, 0.002)
	lower.Lower, lower.Diff = true, -0.3
	strange := lower
	strange.Diff = 0.3
	for _, c := range []struct {
		change tasks.Change
		p      float64
		want   Verdict
	}{
		{measured(30, 10, 100, 0), 0.01, Won},
		{measured(10, 30, 100, 0), 0.01, Forgot},
		{measured(30, 10, 100, 0), 0.05, NotSeen},
		{lower, 0.01, Won},
		{strange, 0.01, Uneven},
		{tasks.Change{Diff: math.NaN()}, 1, Nothing},
	} {
		if got := verdict(c.change, c.p); got != c.want {
			t.Errorf("%+v, p %g: %s, want %s", c.change, c.p, got, c.want)
		}
	}
}

func TestSummaryNamesEveryTask(t *testing.T) {
	task := func(name string, v Verdict) Task { return Task{Name: name, Verdict: v} }
	for _, c := range []struct {
		list []Task
		want string
	}{
		{[]Task{task("a", NotSeen)}, "Of 1 task tuning won and forgot none that can be seen."},
		{[]Task{task("a", NotSeen), task("b", Won), task("c", Won), task("d", Forgot)}, "Of 4 tasks tuning won b, c and forgot d; no difference is seen in a."},
		{[]Task{task("a", Forgot), task("b", Nothing), task("c", Uneven)}, "Of 3 tasks tuning forgot a and is uneven on c; nothing is in common in b."},
	} {
		if got := (&Report{Tasks: c.list}).Summary(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestEveryTaskIsMeasuredTwice(t *testing.T) {
	if _, err := New("a", "b", []string{"x", "y"}, make([]tasks.Result, 2), make([]tasks.Result, 1)); err == nil {
		t.Error("a missing measurement has no error")
	}
}
