package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/eval/robust"
	"github.com/cria-llm/cria/eval/tasks"
)

// robustFlags are the flags of cria eval MODEL that ask otherwise.
type robustFlags struct {
	list       string
	rounds     int
	variations []robust.Variation // of list, once it is checked
}

const (
	allVariations = "all"
	maxRounds     = 100
)

func (f *robustFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.list, "robust", "", "ask the same otherwise too, and say what that costs: all that makes sense, or of `LIST` order, paraphrase, template, typos=RATE, case=upper|lower|random:RATE, distractor=before|after, sampled")
	fs.Lookup("robust").NoOptDefVal = allVariations
	fs.IntVar(&f.rounds, "rounds", 3, "orders of options, and drawn answers, of --robust")
}

// taken takes a list that stands behind a bare --robust from the arguments.
func (f *robustFlags) taken(c *cobra.Command, args []string) []string {
	if !c.Flags().Changed("robust") || f.list != allVariations || len(args) != 2 {
		return args
	}
	for i, arg := range args {
		if _, err := robust.Parse(strings.Split(arg, ",")); err == nil {
			f.list = arg
			return slices.Delete(slices.Clone(args), i, i+1)
		}
	}
	at := 1 // of what is no MODEL either, for the error to say what there is
	if _, err := os.Stat(args[1]); err == nil {
		at = 0
	}
	f.list = args[at]
	return slices.Delete(slices.Clone(args), at, at+1)
}

// checkRobust reads what is to be asked otherwise.
func (f *evalFlags) checkRobust(c *cobra.Command) (err error) {
	r := &f.robust
	switch asked := c.Flags().Changed("robust"); {
	case r.rounds < 1 || r.rounds > maxRounds:
		return usagef(c, "--rounds is %d: from 1 to %d", r.rounds, maxRounds)
	case !asked && c.Flags().Changed("rounds"):
		return usagef(c, "--rounds is of --robust, which is not there")
	case !asked:
		return nil
	case f.before != "":
		return usagef(c, "--robust looks at one model, and --before at two: leave one out; with --cache nothing is measured twice")
	case r.list == allVariations:
		r.variations = robust.All()
		return nil
	}
	if r.variations, err = robust.Parse(strings.Split(r.list, ",")); err != nil {
		return usagef(c, "--robust: %v", err)
	}
	return nil
}

// otherwise is what became of a task under variations, in the line of --json.
type otherwise struct {
	Robust  map[string]robust.Finding `json:"robust,omitempty"`
	Skipped []robust.Skipped          `json:"robust_skipped,omitempty"`
}

func otherwiseOf(r robust.Report) otherwise {
	o := otherwise{Skipped: r.Skipped}
	for _, f := range r.All() {
		if o.Robust == nil {
			o.Robust = map[string]robust.Finding{}
		}
		o.Robust[f.Variation] = f
	}
	return o
}

// showRobust prints a line for each variation of each task, and below which have no sense.
func showRobust(a *app, sets []*tasks.Set, reports []robust.Report) {
	paint := a.paint(a.stdout)
	t := table{heading: "asked otherwise: how much worse, and how much is answered the same way", right: map[int]bool{2: true, 3: true, 5: true, 6: true, 7: true}}
	t.row(paint.dim("task"), paint.dim("variation"), paint.dim("value"), paint.dim("drop"), paint.dim("95 %"), paint.dim("the same"), paint.dim("pairs"), paint.dim("items"))
	found := false
	for i, s := range sets {
		for k, f := range reports[i].All() {
			found = true
			cells := []string{"", f.Variation, fmt.Sprintf("%.4g", f.Value), fmt.Sprintf("%.3g", f.Drop), fmt.Sprintf("%.3g to %.3g", f.CI95[0], f.CI95[1]),
				percent(f.Consistency), percent(f.Agreement), count(f.N)}
			var more []string
			if f.Rounds > 1 {
				more = append(more, plural(f.Rounds, "round"))
			}
			if f.Settings != "" && !strings.Contains(f.Variation, "=") {
				more = append(more, f.Settings)
			}
			if len(more) > 0 {
				cells[1] += " (" + strings.Join(more, ", ") + ")"
			}
			if k == 0 {
				cells[0] = s.Name
			}
			t.row(cells...)
		}
	}
	if found {
		t.print(a.stdout, paint)
	}
	for i, s := range sets {
		for _, k := range reports[i].Skipped {
			fmt.Fprintln(a.stdout, paint.dim(fmt.Sprintf("%s, %s: left out, for %s", s.Name, k.Variation, k.Why)))
		}
	}
}
