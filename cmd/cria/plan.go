package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/train"
)

func newPlanCommand(a *app) *cobra.Command {
	var f recipeFlags
	var shape string
	var asJSON bool
	c := &cobra.Command{
		Use:   "plan --base MODEL --data FILE...",
		Short: "Say what memory and time a training run takes",
		Long: `plan takes the flags of train and says what the run would take: bytes by kind, steps, tokens, and the time at the speed
that one step is measured at. It writes nothing. Where memory is short it names settings that fit, and the exit code is 1.

A base that is not on this machine is planned by its shape, which --shape names, or the name of the base where it is a
known one; rows that are not there are what the recipe assumes of them.`,
		Example: `  cria plan --base smollm2-135m --data rows.jsonl
  cria plan --recipe alpaca-7b
  cria plan --shape llama-7b --quantize nf4 --data rows.jsonl`,
		Args: cobra.ArbitraryArgs, // further files of rows
		RunE: func(c *cobra.Command, args []string) error {
			if shape != "" {
				if c.Flags().Changed("base") {
					return usagef(c, "--shape takes the place of --base: one of them")
				}
				if err := c.Flags().Set("base", shape); err != nil {
					return err
				}
			}
			r, err := f.recipe(c, args)
			if err != nil {
				return err
			}
			if shape != "" {
				assume := train.Assume{Shape: shape}
				if r.Assume != nil {
					assume.Rows, assume.RowTokens = r.Assume.Rows, r.Assume.RowTokens
				}
				r.Assume = &assume
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
			case misfit != nil && plan.TokensPerS == 0:
				showMemory(w, a.paint(w), plan)
			default:
				showPlan(w, a.paint(w), p.r, plan)
			}
			return err
		},
	}
	f.register(c.Flags())
	c.Flags().StringVar(&shape, "shape", "", "a base that is not here, by its `SHAPE`: "+strings.Join(model.ShapeNames(), ", ")+", or HIDDENxLAYERSxHEADSxKVHEADSxFFNxVOCAB")
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
	share := float64(plan.Trainable) / float64(plan.Weights)
	t.row("method", fmt.Sprintf("%s: %s values on a base of %s (%s)", whatIsTrained(r), values(plan.Trainable), values(plan.Weights), percent(share)))
	for _, n := range plan.Notes {
		t.row("note", n)
	}
	t.row("steps", fmt.Sprintf("%s of at most %s tokens, %s at once", count(plan.Steps), count(r.BatchTokens), count(plan.MicroTokens)))
	t.row("tokens", count(plan.Tokens))
	if plan.Before > 0 {
		t.row("reference", seconds(plan.Before)+" for the base's log-probabilities, before the first step")
	}
	showSpeed(&t, p, plan)
	t.print(w, p)
}

// showSpeed is what was measured, and the time that follows from it.
func showSpeed(t *table, p paint, plan train.Plan) {
	if plan.TokensPerS > 0 {
		t.row("speed", fmt.Sprintf("%s, %s of the peak of %s", speed(plan.TokensPerS), percent(plan.PeakShare), plan.Backend))
		t.row("time", p.bold(seconds(plan.Seconds))+" at that speed")
		energy := fmt.Sprintf("about %s Wh, estimated at %.0f W", wattHours(plan.WattHours), plan.Watts)
		if plan.Cost != nil {
			energy += fmt.Sprintf("; %s at the prices given", money(*plan.Cost))
		}
		t.row("energy", energy)
	}
}

// showSources tells, where there are several files, what an epoch has of each.
func showSources(w io.Writer, p paint, list []dataset.Source) {
	if len(list) < 2 {
		return
	}
	t := table{right: map[int]bool{1: true, 2: true, 3: true, 4: true}}
	t.row(p.dim("an epoch has of"), p.dim("rows"), p.dim("tokens"), p.dim("learned"), p.dim("loss weight"))
	for _, s := range list {
		rows := count(s.Rows)
		if s.Times != 1 {
			rows = fmt.Sprintf("%s × %.3g", rows, s.Times)
		}
		t.row(plain(s.File), rows, count(int(math.Round(s.Tokens))), count(int(math.Round(s.Labels))), percent(s.Weight))
	}
	t.print(w, p)
}

// whatIsTrained is what people call what a recipe trains.
func whatIsTrained(r train.Recipe) string {
	var what string
	switch {
	case r.Method == train.LoRA:
		what = "LoRA"
		if r.DoRA {
			what = "DoRA"
		}
		if r.RSLoRA {
			what = "rs" + what
		}
		what = fmt.Sprintf("%s of rank %d", what, r.Rank)
		if r.Init != "" {
			what += ", from " + r.Init
		}
	case r.LastLayers == 1:
		what = "the last block"
	case r.LastLayers > 1:
		what = fmt.Sprintf("the last %d blocks", r.LastLayers)
	default:
		what = "every weight"
	}
	if r.TrainEmbeddings {
		what += ", and the embedding"
	}
	if r.TrainHead {
		what += ", and the head"
	}
	if len(r.Freeze) > 0 {
		what += ", less what is frozen"
	}
	return what
}

// planJSON is a plan for other programs.
type planJSON struct {
	Fits          bool         `json:"fits"`
	TotalBytes    int64        `json:"total_bytes"`
	FreeBytes     int64        `json:"free_bytes"` // 0 where the machine does not say
	Memory        []memoryJSON `json:"memory"`
	Instead       []string     `json:"instead,omitempty"` // settings that would fit
	Backend       string       `json:"backend"`
	Trainable     int          `json:"trainable"`
	Weights       int          `json:"weights"`
	Steps         int          `json:"steps"`
	Tokens        int          `json:"tokens"`
	MicroTokens   int          `json:"micro_tokens"`
	Checkpointing bool         `json:"checkpointing,omitempty"` // layers are computed again in the backward
	TokensPerSec  float64      `json:"tokens_per_s"`
	PeakFraction  float64      `json:"flops_fraction"`
	Seconds       float64      `json:"seconds"`
	WattHours     float64      `json:"wh"` // estimated
	Cost          *float64     `json:"cost,omitempty"`
	Before        float64      `json:"reference_seconds,omitempty"` // of these, for the base's log-probabilities
	Sources       []sourceJSON `json:"sources,omitempty"`           // where there are several
	Notes         []string     `json:"notes,omitempty"`             // layers that quantize leaves as they are
}

// sourceJSON is what an epoch has of a file.
type sourceJSON struct {
	File   string  `json:"file"`
	Rows   int     `json:"rows"`   // of the file, that are trained on
	Times  float64 `json:"times"`  // how often an epoch has them, besides their own repeat
	Tokens float64 `json:"tokens"` // a mean, where times is no whole number
	Labels float64 `json:"labels"` // of these, learned
	Weight float64 `json:"weight_fraction"`
}

type memoryJSON struct {
	Kind  string `json:"kind"`
	Bytes int64  `json:"bytes"`
}

func planJSONOf(p train.Plan, misfit *train.DoesNotFit) planJSON {
	j := planJSON{
		Fits: p.Fits(), TotalBytes: p.Total, FreeBytes: p.Available, Backend: p.Backend, Trainable: p.Trainable,
		Weights: p.Weights, Steps: p.Steps, Tokens: p.Tokens, MicroTokens: p.MicroTokens, Checkpointing: p.Checkpointing, TokensPerSec: p.TokensPerS,
		PeakFraction: p.PeakShare, Seconds: p.Seconds, WattHours: p.WattHours, Cost: p.Cost, Before: p.Before, Notes: p.Notes,
	}
	for _, item := range p.Memory {
		j.Memory = append(j.Memory, memoryJSON(item))
	}
	if len(p.Sources) > 1 {
		for _, s := range p.Sources {
			j.Sources = append(j.Sources, sourceJSON(s))
		}
	}
	if misfit != nil {
		j.Instead = misfit.Instead
	}
	return j
}
