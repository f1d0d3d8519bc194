package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/train"
)

func newBenchTrainCommand(a *app) *cobra.Command {
	var o train.BenchOptions
	var method, weights string
	var asJSON bool
	c := &cobra.Command{
		Use:   "train --shape SHAPE --data FILE | --length N",
		Short: "Time training steps on random weights of a shape",
		Long: `train times optimiser steps on random weights, with the lengths that the rows of a file would have at four characters a
token, after one step that does not count. Tokens are real tokens, without padding. Rows with an input begin with the
same tokens, and rows without, as they do under Alpaca's template; what a step's rows share is computed once and counts
for each.

` + shapeHelp() + "\n" + typeHelp(),
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("shape") {
				return usagef(c, "--shape is missing")
			}
			if c.Flags().Changed("data") == c.Flags().Changed("length") {
				return usagef(c, "give either --data or --length")
			}
			o.Method = train.Method(method)
			var err error
			if o.Type, err = compute.ParseType(weights); err != nil {
				return usagef(c, "--weights: %v", err)
			}
			res, err := train.Bench(c.Context(), o)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(a.stdout, res)
			}
			p := a.paint(a.stdout)
			t := table{heading: "training " + o.Shape + ", " + method}
			t.row("speed", fmt.Sprintf("%s (%s of the tokens are learned)", speed(res.TokensPerSec), percent(res.ResponseShare)))
			t.row("useful operations", fmt.Sprintf("%s of the peak of %s", percent(res.FLOPsFraction), res.Backend))
			t.row("peak memory", train.Bytes(res.PeakRSS))
			t.row("measured", fmt.Sprintf("%s tokens in %s", count(res.Tokens), seconds(res.Seconds)))
			t.print(a.stdout, p)
			return nil
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&o.Shape, "shape", "", "shape of the model")
	fs.StringVar(&o.Data, "data", "", "file of rows whose lengths count")
	fs.IntVar(&o.Length, "length", 0, "examples of `N` tokens each, in place of a file's")
	fs.StringVar(&method, "method", string(train.LoRA), "lora or full")
	fs.StringVar(&weights, "weights", "f32", "`TYPE` in which the frozen weights of LoRA rest")
	fs.StringVar(&o.Quantize, "quantize", "", "`TYPE` that the linear layers among them are encoded in anew: "+quantizeHelp())
	fs.BoolVar(&o.Int8Forward, "int8-forward", false, "multiply with quantised layers in integers in the forward pass")
	fs.IntVar(&o.Rank, "rank", 16, "rank of LoRA")
	fs.IntVar(&o.Batch, "batch", 4, "examples of a step")
	fs.IntVar(&o.Steps, "steps", 4, "steps that are timed")
	fs.IntVar(&o.MaxLen, "max-len", 512, "most tokens of an example")
	fs.Uint64Var(&o.Seed, "seed", 0, "of the weights and of the order of the rows")
	fs.IntVar(&o.Threads, "threads", 0, "processor threads (default all)")
	fs.BoolVar(&asJSON, "json", false, "print the result as one line of JSON")
	return c
}
