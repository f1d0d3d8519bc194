package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/eval/change"
	"github.com/cria-llm/cria/eval/tasks"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/statistics"
)

// checkBefore says whether both models are there, before hours go into one of them.
func (f *evalFlags) checkBefore(c *cobra.Command, after string) error {
	if f.before == "" && c.Flags().Changed("before") {
		return usagef(c, "--before is empty: the MODEL that %s is compared with%s", after, baseHint(after))
	}
	if err := f.checkPictures(c, after); err != nil {
		return err
	}
	if f.before == "" {
		return nil
	}
	for _, spec := range []string{f.before, after} {
		spec, err := located(spec)
		if err != nil {
			return err
		}
		if _, err := adapter.ParseSpec(spec); err != nil {
			return err
		}
	}
	return nil
}

// checkPictures says whether files for what changed can be written.
func (f *evalFlags) checkPictures(c *cobra.Command, after string) error {
	for _, out := range []struct{ flag, path string }{{"--picture", f.picture}, {"--html", f.html}} {
		if out.path == "" {
			continue
		}
		if f.before == "" {
			return usagef(c, "%s shows what changed since --before MODEL, which is missing%s", out.flag, baseHint(after))
		}
		if info, err := os.Stat(filepath.Dir(out.path)); err != nil || !info.IsDir() {
			return usagef(c, "%s %s: there is no folder %s", out.flag, out.path, filepath.Dir(out.path))
		}
	}
	if end := filepath.Ext(f.picture); f.picture != "" && end != ".svg" && end != ".png" {
		return usagef(c, "--picture %s: a name that ends in .svg or .png", f.picture)
	}
	return nil
}

// writePictures writes the files that were asked for.
func (f *evalFlags) writePictures(r *change.Report) error {
	if f.html != "" {
		if err := r.WriteHTML(f.html); err != nil {
			return err
		}
	}
	switch {
	case f.picture == "":
		return nil
	case filepath.Ext(f.picture) == ".png":
		pixels, err := r.Picture().PNG()
		if err != nil {
			return err
		}
		return atomicfile.WriteBytes(f.picture, pixels)
	}
	return atomicfile.WriteBytes(f.picture, r.Picture().SVG())
}

// baseHint names the base of MODEL+ADAPTER as what to compare with.
func baseHint(after string) string {
	if base := baseOf(after); base != "" {
		return ", --before " + quote(base)
	}
	return ""
}

// baseOf is the MODEL of MODEL+ADAPTER as it was typed, empty where there is no adapter.
func baseOf(spec string) string {
	if s, err := adapter.ParseSpec(spec); err == nil && (s.Model == spec || strings.HasPrefix(spec, s.Model+"+")) {
		if s.Model == spec {
			return ""
		}
		return s.Model
	}
	if base, _, more := strings.Cut(spec, "+"); more {
		return base
	}
	return ""
}

// changed is what became of a task, in the line of --json.
type changed struct {
	Metric string         `json:"metric"`
	Before *float64       `json:"before"` // over the items that count in both
	After  *float64       `json:"after"`
	Diff   *float64       `json:"diff"`
	Stderr *float64       `json:"stderr"`
	CI95   tasks.Interval `json:"ci95"`
	Won    int            `json:"won"`
	Forgot int            `json:"forgot"`
	P      float64        `json:"p"`
	Holm   *float64       `json:"p_holm,omitempty"` // of the task's own number
	N      int            `json:"n"`
	Apart  int            `json:"apart,omitempty"`
	// Ratio is of perplexities.
	Ratio     *float64        `json:"ratio,omitempty"`
	RatioCI95 *tasks.Interval `json:"ratio_ci95,omitempty"`
	// Guessing is what one who knows nothing gets of a share of right choices.
	Guessing float64        `json:"guessing,omitempty"`
	Verdict  change.Verdict `json:"verdict,omitempty"`
	Others   []changed      `json:"others,omitempty"`
}

func changedOf(c tasks.Change) changed {
	number := statistics.Known
	j := changed{
		Metric: c.Metric, Before: number(c.Before), After: number(c.After), Diff: number(c.Diff), Stderr: number(c.Stderr),
		CI95: c.CI95, Won: c.Won, Forgot: c.Lost, P: c.P, N: c.N,
	}
	if c.Ratio > 0 {
		j.Ratio, j.RatioCI95 = number(c.Ratio), &c.RatioCI95
	}
	return j
}

// reportChange compares two measurements of the tasks.
func (f *evalFlags) reportChange(a *app, after string, sets []*tasks.Set, before, results []tasks.Result, all map[string]evaluated, asked *teacher) error {
	var names []string
	for _, s := range sets {
		names = append(names, s.Name)
	}
	r, err := change.New(f.before, after, names, before, results)
	if err != nil {
		return err
	}
	if err := f.writePictures(r); err != nil {
		return err
	}
	if f.json {
		for i, t := range r.Tasks {
			all[t.Name] = withBefore(all[t.Name], before[i], t)
		}
		return printJSON(a.stdout, all)
	}
	showChanged(a, r)
	for i, s := range sets {
		was, is := leftOut(s, before[i]), leftOut(s, results[i])
		showLeftOut(a, "", sharedOf(was, is, true))
		showLeftOut(a, "before, ", sharedOf(was, is, false))
		showLeftOut(a, "after, ", sharedOf(is, was, false))
	}
	f.showSpent(a, asked)
	return nil
}

// sharedOf are the lines that another list has too, or those that it has not.
func sharedOf(list, other []string, shared bool) []string {
	return slices.DeleteFunc(slices.Clone(list), func(line string) bool { return slices.Contains(other, line) != shared })
}

// withBefore puts what changed beside what was measured.
func withBefore(e evaluated, before tasks.Result, t change.Task) evaluated {
	was := evaluatedOf(before)
	c := changedOf(t.Change)
	c.Holm, c.Verdict, c.Apart, c.Guessing = &t.Holm, t.Verdict, t.Apart, t.Guessing
	for _, o := range t.Others {
		c.Others = append(c.Others, changedOf(o))
	}
	e.Before, e.Change = &was, &c
	return e
}

// showChanged prints a line for each number, and what all come to.
func showChanged(a *app, r *change.Report) {
	paint := a.paint(a.stdout)
	t := table{
		heading: "from " + plain(r.Before) + " to " + plain(r.After),
		right:   map[int]bool{2: true, 3: true, 4: true, 6: true, 7: true, 8: true, 9: true},
	}
	var head []string
	for _, name := range []string{"task", "number", "before", "after", "change", "95 %", "won", "forgot", "items", "p, Holm", ""} {
		head = append(head, paint.dim(name))
	}
	t.row(head...)
	for _, k := range r.Tasks {
		rows := k.Rows()
		cells, verdict := rows[0][:change.Test], string(k.Verdict)
		cells[4] = paint.bold(cells[4])
		switch k.Verdict {
		case change.Won:
			verdict = paint.good(verdict)
		case change.NotSeen, change.Guesses:
			verdict = paint.dim(verdict)
		default:
			verdict = paint.warn(verdict)
		}
		t.row(append(slices.Clip(cells), rows[0][change.Test+1], verdict)...)
		for _, o := range rows[1:] {
			t.row(o[:change.Test]...)
		}
	}
	t.print(a.stdout, paint)
	for _, k := range r.Tasks {
		if k.Apart > 0 {
			fmt.Fprintln(a.stdout, paint.warn(fmt.Sprintf("%s: %s counted in one of the two alone left out", k.Name, plural(k.Apart, "item"))))
		}
		if note := k.Note(); note != "" {
			fmt.Fprintln(a.stdout, paint.warn(note))
		}
	}
	fmt.Fprintln(a.stdout, r.Summary())
}
