package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/train"
)

func newPlanCommand(a *app) *cobra.Command {
	var f recipeFlags
	var asJSON bool
	c := &cobra.Command{
		Use:   "plan --base MODEL --data FILE...",
		Short: "Say what memory and time a training run takes",
		Long: `plan takes the flags of train and says what the run would take: bytes by kind, steps, tokens, and the time at the speed
that one step is measured at. It writes nothing. Where memory is short it names settings that fit, and the exit code is 1.`,
		Args: cobra.ArbitraryArgs, // further files of rows
		RunE: func(c *cobra.Command, args []string) error {
			r, err := f.recipe(c, args)
			if err != nil {
				return err
			}
			if r.Out == "" {
				r.Out = "." // a plan writes nothing
			}
			w := a.stdout
			if asJSON {
				w = a.stderr
			}
			p := newProgress(c.Context(), a, w, r)
			defer p.close()
			plan, err := train.PlanOnly(c.Context(), r, p)
			p.close()
			var misfit *train.DoesNotFit
			if err != nil && !errors.As(err, &misfit) {
				return err
			}
			switch {
			case asJSON:
				if e := printJSON(a.stdout, planJSONOf(plan, misfit)); e != nil {
					return e
				}
			case misfit != nil:
				showMemory(w, a.paint(w), plan)
			default:
				showPlan(w, a.paint(w), p.r, plan)
			}
			return err
		},
	}
	f.register(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print the plan as one line of JSON")
	return c
}

// showMemory is the table of what the run's memory goes to.
func showMemory(w io.Writer, p paint, plan train.Plan) {
	t := table{heading: "memory", right: map[int]bool{1: true}}
	for _, item := range plan.Memory {
		t.row(item.Kind, train.Bytes(item.Bytes))
	}
	free, say := "the system does not say what is free", p.dim
	if plan.Available > 0 {
		free = fmt.Sprintf("of %s free", train.Bytes(plan.Available))
	}
	if !plan.Fits() {
		say = p.warn
	}
	t.row(p.bold("total"), p.bold(train.Bytes(plan.Total)), say(free))
	t.print(w, p)
}

// showPlan is what a run takes.
func showPlan(w io.Writer, p paint, r train.Recipe, plan train.Plan) {
	showMemory(w, p, plan)
	t := table{heading: "run"}
	what := "every weight"
	if r.Method == train.LoRA {
		what = fmt.Sprintf("LoRA of rank %d", r.Rank)
	}
	share := float64(plan.Trainable) / float64(plan.Weights)
	t.row("method", fmt.Sprintf("%s: %s values on a base of %s (%s)", what, values(plan.Trainable), values(plan.Weights), percent(share)))
	for _, n := range plan.Notes {
		t.row("note", n)
	}
	t.row("steps", fmt.Sprintf("%s of at most %s tokens, %s at once", count(plan.Steps), count(r.BatchTokens), count(plan.MicroTokens)))
	t.row("tokens", count(plan.Tokens))
	showSpeed(&t, p, plan)
	t.print(w, p)
}

// showSpeed is what was measured, and the time that follows from it.
func showSpeed(t *table, p paint, plan train.Plan) {
	if plan.TokensPerS > 0 {
		t.row("speed", fmt.Sprintf("%s, %s of the peak of %s", speed(plan.TokensPerS), percent(plan.PeakShare), plan.Backend))
		t.row("time", p.bold(seconds(plan.Seconds))+" at that speed")
	}
}

// planJSON is a plan for other programs.
type planJSON struct {
	Fits         bool         `json:"fits"`
	TotalBytes   int64        `json:"total_bytes"`
	FreeBytes    int64        `json:"free_bytes"` // 0 where the machine does not say
	Memory       []memoryJSON `json:"memory"`
	Instead      []string     `json:"instead,omitempty"` // settings that would fit
	Backend      string       `json:"backend"`
	Trainable    int          `json:"trainable"`
	Weights      int          `json:"weights"`
	Steps        int          `json:"steps"`
	Tokens       int          `json:"tokens"`
	MicroTokens  int          `json:"micro_tokens"`
	TokensPerSec float64      `json:"tokens_per_s"`
	PeakFraction float64      `json:"flops_fraction"`
	Seconds      float64      `json:"seconds"`
	Notes        []string     `json:"notes,omitempty"` // layers that quantize leaves as they are
}

type memoryJSON struct {
	Kind  string `json:"kind"`
	Bytes int64  `json:"bytes"`
}

func planJSONOf(p train.Plan, misfit *train.DoesNotFit) planJSON {
	j := planJSON{
		Fits: p.Fits(), TotalBytes: p.Total, FreeBytes: p.Available, Backend: p.Backend, Trainable: p.Trainable,
		Weights: p.Weights, Steps: p.Steps, Tokens: p.Tokens, MicroTokens: p.MicroTokens, TokensPerSec: p.TokensPerS,
		PeakFraction: p.PeakShare, Seconds: p.Seconds, Notes: p.Notes,
	}
	for _, item := range p.Memory {
		j.Memory = append(j.Memory, memoryJSON(item))
	}
	if misfit != nil {
		j.Instead = misfit.Instead
	}
	return j
}
