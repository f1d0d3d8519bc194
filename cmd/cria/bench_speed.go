package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/model"
)

// speedFlags are what bench prompt and bench generate share.
type speedFlags struct {
	tokens  int
	model   string
	shape   string
	weights string
	threads int
	asJSON  bool
}

func (f *speedFlags) register(c *cobra.Command, short string, tokens int) {
	fs := c.Flags()
	fs.SortFlags = false
	fs.IntVarP(&f.tokens, "tokens", short, tokens, "`N` tokens")
	fs.StringVar(&f.model, "model", "", "`MODEL` to measure, with its adapters")
	fs.StringVar(&f.shape, "shape", "", "random weights of this `SHAPE` instead: "+strings.Join(model.ShapeNames(), ", ")+", or HIDDENxLAYERSxHEADSxKVHEADSxFFNxVOCAB")
	fs.StringVar(&f.weights, "weights", "f32", "`TYPE` of random weights: "+strings.Join(compute.TypeNames(), ", "))
	fs.IntVar(&f.threads, "threads", 0, "processor threads (default all)")
	fs.BoolVar(&f.asJSON, "json", false, "print the result as one line of JSON")
}

// run opens or makes the model and shows how fast measure finds it.
func (f *speedFlags) run(c *cobra.Command, a *app, measure func(*model.Model) (infer.Speed, error)) error {
	if c.Flags().Changed("model") == c.Flags().Changed("shape") {
		return usagef(c, "give either --model or --shape")
	}
	show := func(m *model.Model) error {
		s, err := measure(m)
		if err != nil {
			return err
		}
		if f.asJSON {
			return printJSON(a.stdout, s)
		}
		p := a.paint(a.stdout)
		t := table{heading: fmt.Sprintf("%s, %s tokens", m.Name(), count(f.tokens))}
		t.row("speed", p.bold(speed(s.TokensPerS)))
		t.row("memory bandwidth", percent(s.BandwidthFraction)+" of what the machine reaches")
		t.row("operations", percent(s.FLOPSFraction)+" of the peak of "+m.Backend().Name())
		t.print(a.stdout, p)
		return nil
	}
	if f.model != "" {
		return withModel(c, f.model, infer.OpenOptions{}, f.threads, func(as *infer.Assistant) error { return show(as.Model()) })
	}
	return f.random(c, show)
}

// random makes up a model of the shape.
func (f *speedFlags) random(c *cobra.Command, do func(*model.Model) error) error {
	cfg, err := model.Shape(f.shape)
	if err != nil {
		return usagef(c, "%v", err)
	}
	t, err := compute.ParseType(f.weights)
	if err != nil {
		return usagef(c, "--weights: %v", err)
	}
	be, err := cpu.New(cpu.Options{Threads: f.threads})
	if err != nil {
		return err
	}
	defer be.Close()
	m, err := model.Random(be, cfg, t, 0)
	if err != nil {
		return err
	}
	defer m.Close()
	return do(m)
}
