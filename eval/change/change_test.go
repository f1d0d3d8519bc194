package change

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cria-llm/cria/eval/tasks"
	"github.com/cria-llm/cria/statistics"
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

// Of a model that says another thing than before, and knows no more of it than who always says one, only the guesses differ; who
// knew something can forget it, and who comes to know something has won.
func TestGuessesAreNotForgotten(t *testing.T) {
	for _, c := range []struct {
		before, after, guessing float64
		want                    Verdict
	}{
		{0.53, 0.38, 0.62, Guesses},
		{0.38, 0.62, 0.62, Guesses},
		{0.75, 0.6, 0.62, Forgot},
		{0.38, 0.75, 0.62, Won},
		{0.53, 0.38, 0, Forgot}, // no share of right choices
	} {
		won, lost := 50, 10
		if c.after < c.before {
			won, lost = lost, won
		}
		change := tasks.Change{Before: c.before, After: c.after, Diff: c.after - c.before, Won: won, Lost: lost, N: 300, P: 1e-6, Share: true}
		r := Report{Tasks: []Task{{Name: "boolq", Change: change, Guessing: c.guessing}}}
		r.judge()
		if got := r.Tasks[0]; got.Verdict != c.want || (got.Note() == "") != (c.want != Guesses) {
			t.Errorf("%g to %g, and %g for nothing: %s, %s", c.before, c.after, c.guessing, got.Verdict, got.Note())
		}
	}
}

// Of two models that are alike, 100 of 600 items of each of ten tasks changing by chance, at most 5 of 100 reports call anything won or
// forgotten, while without the correction more than a quarter would. A task that wins 67 and forgets 33 is found in two of three reports.
func TestVerdictsAreRarelyFalse(t *testing.T) {
	const reports, of = 1000, 10
	draw := rand.New(rand.NewPCG(1, 2))
	task := func(chance float64) Task {
		won := 0
		for range 100 {
			if draw.Float64() < chance {
				won++
			}
		}
		return Task{Change: measured(won, 100-won, 600, statistics.Sign(won, 100-won))}
	}
	alarms, uncorrected, found := 0, 0, 0
	for range reports {
		alike, one := &Report{}, &Report{Tasks: []Task{task(2. / 3)}}
		for range of {
			alike.Tasks = append(alike.Tasks, task(0.5))
		}
		one.Tasks = append(one.Tasks, alike.Tasks[1:]...)
		alike.judge()
		one.judge()
		if slices.ContainsFunc(alike.Tasks, func(t Task) bool { return t.Verdict != NotSeen }) {
			alarms++
		}
		if slices.ContainsFunc(alike.Tasks, func(t Task) bool { return t.P < Level }) {
			uncorrected++
		}
		if one.Tasks[0].Verdict == Won {
			found++
		}
	}
	t.Logf("of %d reports %d false, %d without the correction; %d found", reports, alarms, uncorrected, found)
	if alarms > 0.05*reports || uncorrected < reports/4 || found < 0.6*reports {
		t.Errorf("of %d reports %d false, %d without the correction; %d found", reports, alarms, uncorrected, found)
	}
}

func TestSummaryNamesEveryTask(t *testing.T) {
	nan := math.NaN()
	task := func(name string, v Verdict) Task {
		return Task{Name: name, Verdict: v, Change: tasks.Change{CI95: tasks.Interval{-0.031, 0.02}}}
	}
	single, ratio := task("one", NotSeen), task("text", NotSeen)
	single.CI95 = tasks.Interval{nan, nan}
	ratio.Ratio, ratio.RatioCI95 = 0.9, tasks.Interval{0.5, 1.6}
	for _, c := range []struct {
		list []Task
		want string
	}{
		{[]Task{task("a", NotSeen)}, "Of 1 task tuning changed none that can be seen. No difference is seen in a (0.031); in brackets, how large one may be all the same."},
		{[]Task{single}, "Of 1 task tuning changed none that can be seen. No difference is seen in one."},
		{[]Task{ratio, task("g", Guesses)}, "Of 2 tasks tuning changed the guesses on g. No difference is seen in text (times 2); in brackets, how large one may be all the same."},
		{[]Task{task("a", NotSeen), task("b", Won), task("c", Won), task("d", Forgot)}, "Of 4 tasks tuning won b, c and forgot d. No difference is seen in a (0.031); in brackets, how large one may be all the same."},
		{[]Task{task("a", Won), task("b", Won), task("c", Forgot), task("d", Guesses)}, "Of 4 tasks tuning won a, b; forgot c; changed the guesses on d."},
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

// report has a task of each verdict, and numbers that are no shares.
func report() *Report {
	task := func(name string, c tasks.Change, holm float64) Task {
		return Task{Name: name, Change: c, Holm: holm, Verdict: verdict(c, holm)}
	}
	perplexity := measured(30, 10, 100, 0.001)
	perplexity.Metric, perplexity.Share, perplexity.Lower = "perplexity", false, true
	perplexity.Before, perplexity.After, perplexity.Diff, perplexity.CI95 = 20, 15, -5, tasks.Interval{-8, -2}
	perplexity.Ratio, perplexity.RatioCI95 = 0.75, tasks.Interval{0.62, 0.91}
	nan := math.NaN()
	single := tasks.Change{Metric: "bits_per_byte", Before: 1, After: 1, CI95: tasks.Interval{nan, nan}, N: 1, P: 1, Lower: true}
	empty := tasks.Change{Metric: "acc", Before: nan, After: nan, Diff: nan, CI95: tasks.Interval{nan, nan}, P: 1, Share: true}
	return &Report{Before: "base", After: "base+<b>run</b>", Tasks: []Task{
		task("won", measured(30, 10, 100, 0.001), 0.01), task("forgot", measured(10, 30, 100, 0.001), 0.01), task("same", measured(10, 9, 100, 1), 1),
		task("fell", perplexity, 0.01), task("single", single, 1), task("empty", empty, 1),
	}}
}

// Every task is in the picture, in the ink of its verdict; better is to the right, also where it is lower.
func TestPictureShowsEveryTask(t *testing.T) {
	r := report()
	svg := r.Picture().SVG()
	var at []float64 // of the discs and rings, from the left
	dec := xml.NewDecoder(bytes.NewReader(svg))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v: %s", err, svg)
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "circle" {
			x, err := strconv.ParseFloat(e.Attr[1].Value, 64)
			if err != nil {
				t.Fatal(err)
			}
			at = append(at, x)
		}
	}
	if len(at) != 2*5+2 {
		t.Fatalf("%d discs and rings, want those of 5 tasks and of the legend", len(at))
	}
	for i, c := range []struct {
		name   string
		better bool
	}{{"won", true}, {"forgot", false}, {"same", true}, {"fell", true}} {
		if after, before := at[2*i], at[2*i+1]; (after > before) != c.better || min(after, before) < from || max(after, before) > to {
			t.Errorf("%s: before at %g, after at %g", c.name, before, after)
		}
	}
	for _, task := range r.Tasks {
		if !strings.Contains(string(svg), ">"+task.Name+"<") || !strings.Contains(string(svg), string(task.Verdict)) {
			t.Errorf("%s is not in the picture", task.Name)
		}
	}
	if strings.Contains(string(svg), "NaN") || strings.Contains(string(svg), "<b>") {
		t.Errorf("%s", svg)
	}
	if _, err := r.Picture().PNG(); err != nil {
		t.Error(err)
	}
	if _, err := (&Report{}).Picture().PNG(); err != nil {
		t.Errorf("of no task: %v", err)
	}
}

// The page has all numbers, needs nothing from elsewhere, and reads no name as markup.
func TestPageIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "change.html")
	if err := report().WriteHTML(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(b), "http://www.w3.org/2000/svg", "")
	for _, bad := range []string{"://", "<script", "<b>", "NaN", "ZgotmplZ"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, want := range []string{"<svg", "perplexity", "×0.75", "×0.62 to ×0.91", "no items in common"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// Of three items that changed, the one that changed most comes first, and what is right or wrong is told so.
func TestExamplesAreThoseThatChangedMost(t *testing.T) {
	outcome := func(at string, score tasks.Score, said string) tasks.Outcome {
		return tasks.Outcome{Item: tasks.Item{Where: at, Prompt: "asked", Target: "right"}, Measured: tasks.Measured{Said: said}, Scores: []tasks.Score{score}}
	}
	s := func(num float64) tasks.Score { return tasks.Score{Num: num, Den: 1} }
	before := []tasks.Outcome{outcome("1", s(0), "x"), outcome("2", s(0.5), ""), outcome("3", s(1), ""), outcome("4", s(1), ""), outcome("gone", s(1), "")}
	after := []tasks.Outcome{outcome("3", s(1), ""), outcome("2", s(0.75), ""), outcome("1", s(1), "y"), outcome("4", s(0), "")}
	won, forgot := examples(before, after, false)
	if len(won) != 2 || won[0].Where != "1" || won[1].Where != "2" || len(forgot) != 1 || forgot[0].Where != "4" {
		t.Fatalf("won %+v, forgot %+v", won, forgot)
	}
	if e := won[0]; e.Before != (Side{"wrong", "x"}) || e.After != (Side{"right", "y"}) || e.Asked != "asked" || e.Right != "right" {
		t.Errorf("%+v", e)
	}
	if won, forgot = examples(before, after, true); len(won) != 1 || len(forgot) != 2 {
		t.Errorf("where lower is better, %d won and %d forgot", len(won), len(forgot))
	}
}
