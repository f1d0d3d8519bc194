package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/recipes"
	"github.com/cria-llm/cria/train"
	"github.com/cria-llm/cria/train/record"
)

func newPretrainCommand(a *app) *cobra.Command {
	var f pretrainFlags
	var asJSON, planOnly bool
	c := &cobra.Command{
		Use:   "pretrain --recipe FILE | --tokenizer FOLDER --text FILE... --layers N --hidden N --heads N --out FOLDER",
		Short: "Make a base model from raw text and random weights",
		Long: `pretrain makes a base model of Llama's shape from raw text, from random weights on. It says first what memory and time the
run takes, and refuses what does not fit. What it learned is measured on held-out documents in bits per byte, which compares
across tokenizers. An interrupted run, or one that was killed, goes on with --resume --out FOLDER, and ends in the same bits.`,
		Example: `  cria pretrain --tokenizer tok --text books.jsonl.gz --layers 6 --hidden 192 --heads 6 --out base
  cria pretrain --recipe base/recipe.yaml --seed 2 --out base-2
  cria pretrain --resume --out base`,
		Args: cobra.ArbitraryArgs, // further files of text
		RunE: func(c *cobra.Command, args []string) error {
			r, err := f.recipe(c, args)
			if err != nil {
				return err
			}
			w := a.stdout
			if asJSON {
				w = a.stderr
			}
			p := newProgress(c.Context(), a, w, train.Recipe{})
			defer p.close()
			full := r
			if x, err := r.Resolve(); err == nil {
				full = x
			}
			p.plan = func(plan train.Plan) { showPretrainPlan(w, a.paint(w), full, plan) }
			if planOnly {
				plan, err := train.PretrainPlan(c.Context(), r, p)
				p.close()
				if err != nil {
					showMisfit(w, a.paint(w), err)
					return err
				}
				p.plan(plan)
				if asJSON {
					return printJSON(a.stdout, planJSONOf(plan, nil))
				}
				return nil
			}
			ledger, done := ledgerFor(c.Context(), p)
			defer done()
			result, err := record.Pretrain(c.Context(), ledger, r, train.Options{Resume: f.resume}, p)
			p.close()
			if err != nil {
				showMisfit(w, a.paint(w), err)
				return err
			}
			showPretrained(w, a.paint(w), result)
			if asJSON {
				return printJSON(a.stdout, result)
			}
			return nil
		},
	}
	f.register(c.Flags())
	c.Flags().BoolVar(&planOnly, "plan", false, "say what the run takes, and write nothing")
	c.Flags().BoolVar(&asJSON, "json", false, "print the result, or the plan, as one line of JSON, and progress to standard error")
	return c
}

// showPretrainPlan is what a pretraining takes.
func showPretrainPlan(w io.Writer, p paint, r train.PretrainRecipe, plan train.Plan) {
	showMemory(w, p, plan)
	t := table{heading: "run"}
	t.row("model", fmt.Sprintf("%s weights: %d layers of %d, %d heads of %d (%d for keys), feed-forward %d, context %d",
		values(plan.Weights), r.Layers, r.Hidden, r.Heads, r.HeadDim, r.KVHeads, r.FFN, r.Context))
	t.row("optimizer", fmt.Sprintf("%s, rate %g, %s", r.Optimizer, r.LR, r.Schedule))
	t.row("steps", fmt.Sprintf("%s of at most %s tokens, %s at once", count(plan.Steps), count(r.BatchTokens), count(plan.MicroTokens)))
	t.row("tokens", count(plan.Tokens))
	showSpeed(&t, p, plan)
	t.print(w, p)
}

// showPretrained says what a pretraining came to and what to type next.
func showPretrained(w io.Writer, p paint, res train.Result) {
	t := table{heading: "done"}
	showHeldOut(&t, p, res)
	t.row("trained", fmt.Sprintf("%s, %s tokens in %s at %s", plural(res.Steps, "step"), count(res.Tokens), seconds(res.Seconds), speed(res.TokensPerSec)))
	showSpent(&t, p, res)
	t.row("peak memory", train.Bytes(res.PeakRSS))
	t.row("model", res.Adapter)
	t.row("next", p.accent("cria run "+quote(res.Adapter)+` --raw -p "Once upon a time"`))
	t.print(w, p)
}

// pretrainFlags are the flags that make a recipe of a pretraining.
type pretrainFlags struct {
	given     train.PretrainRecipe
	text      []string
	optimizer string
	schedule  string
	untied    bool
	file      string // --recipe
	resume    bool
}

func (f *pretrainFlags) register(fs *pflag.FlagSet) {
	fs.SortFlags = false
	r := &f.given
	fs.StringVar(&r.Tokenizer, "tokenizer", "", "`FOLDER` that has a tokenizer.json, or that file")
	fs.StringArrayVar(&f.text, "text", nil, "`FILE` of raw text, .txt or .jsonl with the field text, or either with .gz; more may follow")
	fs.StringVar(&r.Out, "out", "", "`FOLDER` for the run, which becomes the model")
	fs.StringVar(&f.file, "recipe", "", "recipe `FILE` (YAML), or "+strings.Join(recipes.Pretraining(), ", ")+"; flags win over what it says")
	fs.BoolVar(&f.resume, "resume", false, "go on with the run in --out from its last checkpoint")

	fs.IntVar(&r.Layers, "layers", 0, "blocks of the model")
	fs.IntVar(&r.Hidden, "hidden", 0, "width of the residual stream")
	fs.IntVar(&r.Heads, "heads", 0, "query heads")
	fs.IntVar(&r.KVHeads, "kv-heads", 0, "key and value heads (default --heads)")
	fs.IntVar(&r.HeadDim, "head-dim", 0, "width of a head (default hidden/heads)")
	fs.IntVar(&r.FFN, "ffn", 0, "inner width of the feed-forward (default 8/3 of hidden, in whole 64s)")
	fs.BoolVar(&f.untied, "untied", false, "an output head of its own, apart from the embedding")
	fs.IntVar(&r.Context, "context", 0, "positions, and most tokens of a sequence (default 256)")
	fs.Float64Var(&r.RopeTheta, "rope-theta", 0, "base of the rotary frequencies (default 10000)")
	fs.Float64Var(&r.InitStd, "init-std", 0, "deviation of the first weights (default 0.02)")
	fs.StringVar(&r.Type, "type", "", "of the saved weights, `f16|bf16|f32` (default f16)")

	fs.Float64Var(&r.Epochs, "epochs", 0, "times through the text (default 1)")
	fs.IntVar(&r.Tokens, "tokens", 0, "tokens to train on, instead of --epochs")
	fs.IntVar(&r.Steps, "steps", 0, "optimiser steps, instead of --epochs")
	fs.StringVar(&f.optimizer, "optimizer", "", "how the gradient moves the weights, `muon|adamw|adamw8bit|lion|adafactor` (default muon)")
	fs.Float64Var(&r.LR, "lr", 0, "highest learning rate (default 5e-3 for muon, 4e-4 for lion, 2e-3 for the others)")
	fs.Float64Var(&r.AdamWLR, "adamw-lr", 0, "rate of what muon leaves to AdamW: embedding, head and norms (default --lr)")
	fs.Float64Var(&r.Warmup, "warmup", 0, "share of the steps over which the rate rises, 0 for none (default 0.02)")
	fs.StringVar(&f.schedule, "schedule", "", "how the rate falls, `cosine|linear|constant|wsd` (default cosine)")
	fs.Float64Var(&r.MinLR, "min-lr", 0, "rate at the end, as a share of --lr (default 0)")
	fs.Float64Var(&r.WeightDecay, "weight-decay", 0, "on matrices alone, 0 for none (default 0.1)")
	fs.Float64Var(&r.Clip, "clip", 0, "largest norm of the gradient, 0 for no limit (default 1)")
	fs.IntVar(&r.BatchTokens, "batch-tokens", 0, "most tokens of an optimiser step (default 8192)")
	fs.IntVar(&r.MicroTokens, "micro-tokens", 0, "most tokens computed at once (default 1024)")

	fs.Float64Var(&r.EvalFraction, "eval-fraction", 0, "share of the documents held out, 0 for none (default 0.01)")
	fs.IntVar(&r.EvalTokens, "eval-tokens", 0, "about how many tokens of these an evaluation reads (default 65536; -1 for all)")
	fs.IntVar(&r.EvalEvery, "eval-every", 0, "steps between evaluations (default a fifth of the run; -1 for its start and end alone)")
	fs.IntVar(&r.SaveEvery, "save-every", 0, "steps between checkpoints (default by the clock)")
	registerGuards(fs, &r.EarlyStop, guardFlags{&r.MaxSeconds, &r.MaxEnergyWh, &r.MaxCost, &r.PricePerHour, &r.PricePerKWh, &r.Watts})
	fs.Uint64Var(&r.Seed, "seed", 0, "of every random draw (default 0)")
	fs.IntVar(&r.Threads, "threads", 0, "processor threads (default all)")
}

// pretrainFlagOf is the flag of each recipe field that has one.
var pretrainFlagOf = map[string]string{
	"Tokenizer": "tokenizer", "Text": "text", "Out": "out", "Layers": "layers", "Hidden": "hidden", "Heads": "heads",
	"KVHeads": "kv-heads", "HeadDim": "head-dim", "FFN": "ffn", "Tied": "untied", "Context": "context",
	"RopeTheta": "rope-theta", "InitStd": "init-std", "Type": "type", "Epochs": "epochs", "Tokens": "tokens", "Steps": "steps",
	"Optimizer": "optimizer", "LR": "lr", "AdamWLR": "adamw-lr", "Warmup": "warmup", "Schedule": "schedule",
	"MinLR": "min-lr", "WeightDecay": "weight-decay", "Clip": "clip", "BatchTokens": "batch-tokens",
	"MicroTokens": "micro-tokens", "EvalFraction": "eval-fraction", "EvalTokens": "eval-tokens", "EvalEvery": "eval-every",
	"EarlyStop": "early-stop", "MaxSeconds": "max-seconds", "MaxEnergyWh": "max-energy-wh", "MaxCost": "max-cost",
	"PricePerHour": "price-per-hour", "PricePerKWh": "price-per-kwh", "Watts": "watts",
	"SaveEvery": "save-every", "Seed": "seed", "Threads": "threads",
}

// recipe puts together what the run's folder says where one is resumed, then the recipe file, then the flags.
func (f *pretrainFlags) recipe(c *cobra.Command, args []string) (train.PretrainRecipe, error) {
	flags := c.Flags()
	if len(args) > 0 && !flags.Changed("text") {
		return train.PretrainRecipe{}, usagef(c, "unexpected %q: files of text follow --text", args[0])
	}
	for _, path := range append(f.text, args...) {
		f.given.Text = append(f.given.Text, train.Text{Path: path})
	}
	f.given.Optimizer, f.given.Schedule = train.Optimizer(f.optimizer), train.Schedule(f.schedule)
	tied := !f.untied
	f.given.Tied = &tied
	for _, name := range []string{"layers", "hidden", "heads", "context", "epochs", "tokens", "steps", "lr", "batch-tokens"} {
		if flags.Changed(name) && flags.Lookup(name).Value.String() == "0" {
			return train.PretrainRecipe{}, usagef(c, "--%s cannot be 0", name)
		}
	}
	for name, to := range map[string]*float64{"eval-fraction": &f.given.EvalFraction, "clip": &f.given.Clip,
		"warmup": &f.given.Warmup, "weight-decay": &f.given.WeightDecay} {
		if flags.Changed(name) && *to == 0 {
			*to = -1
		}
	}
	if flags.Changed("eval-every") && f.given.EvalEvery == 0 {
		f.given.EvalEvery = -1
	}

	r, err := recipeKind[train.PretrainRecipe]{train.ReadPretrainRecipe, train.ParsePretrainRecipe, func(r *train.PretrainRecipe) *string { return &r.Out }, pretrainFlagOf}.gather(c, f.file, f.resume, f.given)
	if err != nil {
		return r, err
	}
	if r.Out == "" {
		return r, usagef(c, "--out is missing: the folder for the run")
	}
	return r, nil
}
