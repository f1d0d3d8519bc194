package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/eval/robust"
	"github.com/cria-llm/cria/eval/tasks"
	"github.com/cria-llm/cria/infer"
)

// evalFlags are the flags of cria eval MODEL.
type evalFlags struct {
	tasks    []string
	data     string
	limit    int
	seed     uint64
	shots    int
	longest  int
	template string
	cache    string
	threads  int
	judge    judgeFlags
	robust   robustFlags
	json     bool
	before   string
	picture  string
	html     string
}

func (f *evalFlags) add(fs *pflag.FlagSet) {
	fs.SortFlags = false
	fs.StringSliceVar(&f.tasks, "tasks", nil, "`TASKS`: names of cria eval list, or files of YAML")
	fs.StringVar(&f.data, "data", "", "`DIR` that has the tasks' files")
	fs.StringVar(&f.before, "before", "", "`MODEL` as it was before: say what tuning won and what it forgot, over the same items")
	fs.StringVar(&f.picture, "picture", "", "`FILE`, .svg or .png, for a picture of what changed since --before")
	fs.StringVar(&f.html, "html", "", "`FILE` for a page with that picture and all numbers")
	fs.IntVar(&f.limit, "limit", 0, "draw so many items of each task, of each subject its part (default all)")
	fs.Uint64Var(&f.seed, "seed", 0, "`N`, of all that is drawn")
	fs.IntVar(&f.shots, "shots", -1, "answered examples before each question (default as the task says)")
	fs.Lookup("shots").DefValue = "0" // unsaid: help has it in words
	fs.IntVar(&f.longest, "answer-tokens", 0, "longest answer, of tasks that have the model answer (default as the task says)")
	fs.StringVar(&f.template, "template", "", "conversation `TEMPLATE` of a base that was not trained with one, for tasks that ask in it")
	fs.StringVar(&f.cache, "cache", "", "`FILE` that keeps what is measured, to go on from (default none)")
	fs.IntVar(&f.threads, "threads", 0, "processor threads (default all)")
	f.robust.add(fs)
	f.judge.addWho(fs, "who says of tasks with the metric judge whether answers are as good as the right ones: ")
	fs.BoolVar(&f.json, "json", false, `print one line of JSON, {"TASK":{"metric":…,"value":…,"stderr":…,"ci95":[…,…],"n":…,"of":…,"too_long":…,"cut":…,"others":[…]},…}; with --robust each also has "robust":{"typos":{"value","drop","ci95","consistency",…},…}, with --before each also has "before":{…} and "change":{"metric":…,"diff":…,"ci95":[…],"won":…,"forgot":…,"p":…,"p_holm":…,"n":…,"verdict":…,…}`)
}

// evaluated is a task in the line of --json.
type evaluated struct {
	tasks.Result
	ItemsPerSecond *float64   `json:"items_per_second,omitempty"` // of those that were not cached
	Before         *evaluated `json:"before,omitempty"`
	Change         *changed   `json:"change,omitempty"`
	otherwise
}

func (f *evalFlags) run(c *cobra.Command, a *app, spec string) (err error) {
	switch {
	case len(f.tasks) == 0:
		return usagef(c, "--tasks is missing: names of cria eval list, or files of YAML")
	case f.data == "":
		return usagef(c, "--data is missing: the folder that has the tasks' files")
	case f.limit < 0:
		return usagef(c, "--limit is %d: a number of items", f.limit)
	case f.longest < 0:
		return usagef(c, "--answer-tokens is %d: a number of tokens", f.longest)
	case f.shots < 0 && c.Flags().Changed("shots"):
		return usagef(c, "--shots is %d: a number of examples", f.shots)
	}
	for _, model := range []string{spec, f.before} {
		if isURL(model) {
			return usagef(c, "%s is an endpoint, and those do not say how likely a given text is: MODEL is a folder, a file or a name (cria arena asks endpoints)", model)
		}
	}
	if err := f.checkRobust(c); err != nil {
		return err
	}
	list, err := tasks.Find(f.tasks)
	if err != nil {
		return usagef(c, "--tasks: %v", err)
	}
	if err := f.checkJudge(c, list); err != nil {
		return err
	}
	if err := f.checkBefore(c, spec); err != nil {
		return err
	}
	// What is wrong with any file is told before anything is measured.
	var sets []*tasks.Set
	for _, t := range list {
		if f.longest > 0 && t.Kind == tasks.Answer {
			t.Tokens = f.longest
		}
		s, err := t.Read(c.Context(), f.data)
		if err != nil {
			return err
		}
		n := t.Shots.N
		if f.shots >= 0 {
			n = f.shots
		}
		if err := s.Show(c.Context(), f.data, n); err != nil {
			return err
		}
		sets = append(sets, s)
	}
	cache, err := tasks.OpenCache(f.cache)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cache.Close()) }()
	judge, asked, closed, err := f.openAnswerJudge(c.Context(), a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closed()) }()
	var before []tasks.Result
	if f.before != "" {
		if before, _, err = f.measure(c, a, f.before, "before, ", sets, cache, judge, asked); err != nil {
			return err
		}
	}
	results, reports, err := f.measure(c, a, spec, "", sets, cache, judge, asked)
	if err != nil {
		return err
	}
	all := map[string]evaluated{}
	for i, s := range sets {
		e := evaluatedOf(results[i])
		e.otherwise = otherwiseOf(reports[i])
		all[s.Name] = e
	}
	if f.before != "" {
		return f.reportChange(a, spec, sets, before, results, all, asked)
	}
	if f.json {
		return printJSON(a.stdout, all)
	}
	showEvaluated(a, sets, all)
	for i, s := range sets {
		showLeftOut(a, "", leftOut(s, results[i]))
	}
	showRobust(a, sets, reports)
	f.showSpent(a, asked)
	if base := baseOf(spec); base != "" {
		var t table
		t.row("next", a.paint(a.stdout).accent("--before "+quote(base))+" says what tuning won and what it forgot")
		t.print(a.stdout, a.paint(a.stdout))
	}
	return nil
}

// measure puts all tasks to a model, and has it open no longer than that.
func (f *evalFlags) measure(c *cobra.Command, a *app, spec, prefix string, sets []*tasks.Set, cache *tasks.Cache, judge *tasks.Judge, asked *teacher) (results []tasks.Result, reports []robust.Report, err error) {
	err = withModel(c, spec, infer.OpenOptions{Exact: true, Template: f.template}, f.threads, func(m *infer.Assistant) error {
		shown := newWeighing(a, a.stderr)
		defer shown.close()
		for _, s := range sets {
			if judge != nil {
				judge.Progress = func(done, of int) {
					shown.asks(asked)
					shown.progress(prefix+s.Name+", judging", done, of)
				}
			}
			progress := func(doing string, done, of int) {
				shown.asks(nil)
				shown.progress(prefix+doing, done, of)
			}
			o := tasks.Options{Limit: f.limit, Seed: f.seed, Cache: cache, Judge: judge, Progress: func(done, of int) { progress(s.Name, done, of) }}
			r, err := tasks.Measure(c.Context(), m, s, o)
			if err != nil {
				return f.ended(err, asked)
			}
			report, err := robust.Measure(c.Context(), m, s, r, f.robust.variations, robust.Options{Options: o, Rounds: f.robust.rounds, Progress: progress})
			if err != nil {
				return f.ended(err, asked)
			}
			results, reports = append(results, r), append(reports, report)
		}
		return nil
	})
	return results, reports, err
}

// showSpent tells what a judge was asked and cost, where one was.
func (f *evalFlags) showSpent(a *app, asked *teacher) {
	if asked == nil {
		return
	}
	var t table
	asked.tell(&t)
	t.print(a.stdout, a.paint(a.stdout))
}

func evaluatedOf(r tasks.Result) evaluated {
	e := evaluated{Result: r}
	if r.Measured > 0 && r.Seconds > 0 {
		speed := float64(r.Measured) / r.Seconds
		e.ItemsPerSecond = &speed
	}
	return e
}

// showEvaluated prints a line for each number.
func showEvaluated(a *app, sets []*tasks.Set, all map[string]evaluated) {
	paint := a.paint(a.stdout)
	t := table{right: map[int]bool{2: true, 3: true, 5: true, 6: true}}
	t.row(paint.dim("task"), paint.dim("number"), paint.dim("value"), paint.dim("± stderr"), paint.dim("95 %"), paint.dim("items"), paint.dim("items/s"))
	number := func(x *float64) string {
		if x == nil {
			return "-"
		}
		return fmt.Sprintf("%.4g", *x)
	}
	for _, s := range sets {
		r := all[s.Name]
		for k, v := range append([]tasks.Value{r.Value}, r.Others...) {
			cells := []string{"", v.Metric, number(v.Value), number(v.Stderr), fmt.Sprintf("%.4g to %.4g", v.CI95[0], v.CI95[1])}
			if math.IsNaN(v.CI95[0]) {
				cells[4] = "-"
			}
			if k == 0 {
				cells[0], cells[2] = s.Name, paint.bold(cells[2])
				cells = append(cells, count(r.N), number(r.ItemsPerSecond))
			}
			t.row(cells...)
		}
	}
	t.print(a.stdout, paint)
}

// leftOut tells of items that a number is without, or that are not whole, and of a model that always says the same.
func leftOut(s *tasks.Set, r tasks.Result) []string {
	var lines []string
	tell := func(format string, args ...any) { lines = append(lines, s.Name+": "+fmt.Sprintf(format, args...)) }
	if r.TooLong > 0 {
		tell("%s too long for the model left out", plural(r.TooLong, "item"))
	}
	if r.Unjudged > 0 {
		tell("the judge came to no verdict on %s of %s, which its number is without; the first: %s", count(r.Unjudged), plural(r.N, "answer"), plain(r.FirstUnjudged()))
	}
	if r.Cut > 0 {
		tell("%s of %s cut off, after %s tokens or at the model's last position", count(r.Cut), plural(r.N, "answer"), count(s.Tokens))
	}
	if choice, n := r.Usual(); n >= 20 && 20*n >= 19*r.N {
		tell("the model says %q to %s of %s, whatever is asked", choice, count(n), plural(r.N, "item"))
	}
	return lines
}

// showLeftOut prints such lines. who is empty where they are of one model, or of both.
func showLeftOut(a *app, who string, lines []string) {
	for _, line := range lines {
		fmt.Fprintln(a.stdout, a.paint(a.stdout).warn(who+line))
	}
}
