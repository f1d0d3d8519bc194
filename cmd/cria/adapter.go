package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/infer"
)

func newAdapterCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "adapter",
		Short: "Add adapters up: stack, merge",
		Args:  cobra.ArbitraryArgs,
		RunE:  group,
	}
	c.AddCommand(newStackCommand(a), newMergeCommand(a))
	return c
}

// addUp is what stack and merge share: where the result goes, and what it is compared on.
type addUp struct {
	app     *app
	out     string
	base    string
	threads int
	json    bool
	exact   bool // the result is the sum, and an error where it is not
}

func (u *addUp) register(fs *pflag.FlagSet) {
	fs.SortFlags = false
	fs.StringVar(&u.out, "out", "", "`FOLDER` for the new adapter")
	fs.StringVar(&u.base, "base", "", "`MODEL` on which the result is compared with the exact sum (default the adapters' own, where it is there)")
	fs.IntVar(&u.threads, "threads", 0, "processor threads of the comparison (default all)")
	fs.BoolVar(&u.json, "json", false, "print one line of JSON")
}

func newStackCommand(a *app) *cobra.Command {
	u := addUp{app: a, exact: true}
	c := &cobra.Command{
		Use:   "stack --out FOLDER ADAPTER[=WEIGHT]...",
		Short: "Add adapters up into one, exactly",
		Long: `stack writes one adapter that changes a model by the weighted sum of what the given ones do: their ranks stand side by
side, so that nothing is lost. A weight is 1 unless given; a negative one takes away. The result is loaded again and
compared with the sum.`,
		Example: `  cria adapter stack --out both french facts
  cria adapter stack --out calmer tone=0.5 facts`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			return u.run(c, args, 1, func(_ context.Context, list []adapter.Weighted) (*adapter.Adapter, *adapter.MergeReport, error) {
				made, err := adapter.Stack(list)
				return made, nil, err
			})
		},
	}
	u.register(c.Flags())
	return c
}

func newMergeCommand(a *app) *cobra.Command {
	u := addUp{app: a}
	var o adapter.MergeOptions
	var method string
	c := &cobra.Command{
		Use:   "merge --out FOLDER ADAPTER[=WEIGHT]...",
		Short: "Make one adapter of several, of a rank of its own",
		Long: `merge computes one adapter from several, and says how far it is from their exact sum.

  linear           the average: a weight is 1/n unless given
  task-arithmetic  the sum: a weight is 1 unless given
  svd              the sum at the rank of the largest, which is the closest there is
  ties             the largest values of each; a sign is chosen for each place, and what has it is averaged
  dare             values are dropped at random and the others scaled up, then summed
  dare-ties        dropped as in dare, then averaged as in ties`,
		Example: `  cria adapter merge --out both --method svd --rank 16 french facts
  cria adapter merge --out both --method ties --density 0.3 french=0.7 facts=0.3`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			for _, name := range []string{"rank", "scale", "density"} {
				if c.Flags().Changed(name) && c.Flags().Lookup(name).Value.String() == "0" {
					return usagef(c, "--%s cannot be 0", name)
				}
			}
			o.Method = adapter.Method(method)
			scale := o.Scale
			if scale == 0 {
				scale = 1
			}
			return u.run(c, args, scale, func(ctx context.Context, list []adapter.Weighted) (*adapter.Adapter, *adapter.MergeReport, error) {
				made, report, err := adapter.Merge(ctx, list, o)
				return made, &report, err
			})
		},
	}
	u.register(c.Flags())
	c.Flags().StringVar(&method, "method", "linear", "`METHOD`: "+adapter.MethodNames())
	c.Flags().IntVar(&o.Rank, "rank", 0, "most of the result (default the sum of the ranks; for svd the largest)")
	c.Flags().Float64Var(&o.Scale, "scale", 0, "multiplies the result (default 1)")
	c.Flags().Float64Var(&o.Density, "density", 0, "share of values that ties, dare and dare-ties keep (default 0.2, 0.5, 0.5)")
	c.Flags().Uint64Var(&o.Seed, "seed", 0, "of what dare and dare-ties drop")
	return c
}

// addedJSON is the result for other programs.
type addedJSON struct {
	Adapter    string            `json:"adapter"` // its folder
	Hash       string            `json:"hash"`
	Rank       int               `json:"rank"`
	Modules    int               `json:"modules"`
	Parameters int               `json:"parameters"`
	Method     string            `json:"method,omitempty"`
	Kept       *float64          `json:"kept,omitempty"` // share of the merged change's squared norm within the rank
	Parents    []adapter.Parent  `json:"parents"`
	Comparison *infer.Comparison `json:"comparison"` // with the exact sum; null where no base was at hand
}

// run makes the adapter, writes it, and compares what was written with the sum of the given ones times scale.
func (u *addUp) run(c *cobra.Command, args []string, scale float64, do func(context.Context, []adapter.Weighted) (*adapter.Adapter, *adapter.MergeReport, error)) error {
	switch {
	case len(args) == 0:
		return usagef(c, "no adapters are named")
	case u.out == "":
		return usagef(c, "--out is missing: the folder for the new adapter")
	}
	list, err := infer.LoadWeighted(args)
	if err != nil {
		return err
	}
	if err := infer.CheckNew(u.out); err != nil {
		return err
	}
	made, report, err := do(c.Context(), list)
	if err != nil {
		return err
	}
	if u.base == "" {
		if u.base = infer.RecordedBase(args, list); u.base != "" {
			made.Config.Base = u.base // that of a parent may be a path from its own folder
		}
	}
	hash, err := made.Hash()
	if err != nil {
		return err
	}
	j := addedJSON{Adapter: u.out, Hash: hash, Rank: made.Config.R, Modules: len(made.Modules), Parameters: made.Params(),
		Method: made.Provenance.Method, Parents: made.Provenance.Parents}
	for _, p := range made.Modules {
		j.Rank = max(j.Rank, p.R)
	}
	if report != nil {
		j.Kept = &report.Kept
	}
	if u.base == "" {
		err = made.Save(u.out)
	} else {
		for i := range list {
			list[i].Weight = j.Parents[i].Weight * scale
		}
		j.Comparison, err = u.compare(c, list, made)
	}
	if err != nil {
		return err
	}
	if u.json {
		return printJSON(u.app.stdout, j)
	}
	u.print(u.app.stdout, u.app.paint(u.app.stdout), j, made.Config.Base)
	return nil
}

func (u *addUp) compare(c *cobra.Command, list []adapter.Weighted, made *adapter.Adapter) (*infer.Comparison, error) {
	be, err := cpu.New(cpu.Options{Threads: u.threads})
	if err != nil {
		return nil, err
	}
	defer be.Close()
	far, err := infer.SaveCompared(c.Context(), be, u.base, list, made, u.out)
	switch {
	case err != nil:
		return nil, err
	case u.exact && !far.Same():
		return nil, fmt.Errorf("%s does not compute the sum of its parents: KL is up to %.3g nats a token", u.out, far.KLMax)
	}
	return &far, nil
}

func (u *addUp) print(w io.Writer, p paint, j addedJSON, recorded string) {
	t := table{heading: "adapter " + plain(u.out)}
	t.row("rank", fmt.Sprintf("%s on %s, %s values", count(j.Rank), plural(j.Modules, "layer"), values(j.Parameters)))
	if j.Kept != nil {
		t.row("kept", percent(*j.Kept)+" of the merged change's squared norm is within the rank")
	}
	t.print(w, p)
	printLineage(w, p, u.out, j.Hash, j.Method, j.Parents)
	if j.Comparison == nil {
		base := "names no base"
		if recorded != "" {
			base = "was made for " + plain(recorded) + ", which is not there"
		}
		fmt.Fprintln(w, p.warn("not compared with the exact sum: the adapter "+base+" (--base MODEL)"))
		return
	}
	printComparison(w, p, *j.Comparison)
	t = table{}
	t.row("next", p.accent("cria chat "+quote(u.base+"+"+filepath.Clean(u.out))))
	t.print(w, p)
}
