package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/recipes"
	"github.com/cria-llm/cria/train"
)

// recipeFlags are the flags that make a recipe, of train and plan alike.
type recipeFlags struct {
	given     train.Recipe // values of the flags
	data      []string
	repeat    []string // FILE=N
	share     []string
	method    string
	optimizer string
	schedule  string
	objective string
	file      string // --recipe
	resume    bool
}

func (f *recipeFlags) register(fs *pflag.FlagSet) {
	fs.SortFlags = false
	r := &f.given
	fs.StringVar(&r.Base, "base", "", "`MODEL` to train: a folder, a .gguf file, or the id of one that was pulled")
	fs.StringArrayVar(&f.data, "data", nil, "`FILE` of rows: JSONL, JSON, CSV or Parquet, a folder of them, or a dataset that was pulled; more may follow, and the flag may be repeated")
	fs.StringArrayVar(&f.repeat, "repeat", nil, "`FILE=N`: an epoch has each row of that file N times, 2.5 for one")
	fs.StringArrayVar(&f.share, "share", nil, "`FILE=X`: that file carries a share X of the loss weight, 0.3 for one")
	fs.StringVar(&r.Out, "out", "", "`FOLDER` for the run, which becomes the adapter")
	fs.StringVar(&f.file, "recipe", "", "recipe `FILE` (YAML), or a published one: "+strings.Join(recipes.Names(), ", ")+"; flags win over what it says")
	fs.BoolVar(&f.resume, "resume", false, "go on with the run in --out from its last checkpoint")

	fs.StringVar(&f.method, "method", "", "`METHOD`, lora or full (default lora)")
	fs.IntVar(&r.Rank, "rank", 0, "rank of LoRA (default 16)")
	fs.Float64Var(&r.Alpha, "alpha", 0, "LoRA's scale is alpha/rank (default twice the rank)")
	fs.Float64Var(&r.Dropout, "dropout", 0, "share of LoRA's input that is dropped (default 0)")
	fs.BoolVar(&r.RSLoRA, "rslora", false, "rsLoRA: the scale is alpha/√rank")
	fs.BoolVar(&r.DoRA, "dora", false, "DoRA: every row of an adapted layer gets a length of its own")
	fs.StringVar(&r.Quantize, "quantize", "", "`TYPE` to hold the base's frozen layers in (QLoRA): "+quantizeHelp()+" (default as they are)")
	fs.BoolVar(&r.Int8Forward, "int8-forward", false, "multiply with the quantised base in integers in the forward pass")
	fs.StringSliceVar(&r.Targets, "targets", nil, "linear `LAYERS` that LoRA adapts: q_proj,v_proj or patterns, '*.mlp.*' (default all-linear)")
	fs.StringVar(&r.Layers, "layers", "", "`BLOCKS` whose layers LoRA adapts, 0-5,8 or last:4 (default all)")
	fs.StringVar(&r.Init, "init", "", "where LoRA begins: `pissa`, at the principal part of the weights (default A random, B 0)")
	fs.Float64Var(&r.LoRAPlus, "lora-plus", 0, "LoRA+: what multiplies the rate of B, 16 for one (default 1)")
	fs.BoolVar(&r.TrainEmbeddings, "train-embeddings", false, "train the embedding too: beside LoRA, or with --last-layers")
	fs.BoolVar(&r.TrainHead, "train-head", false, "train the output head too: beside LoRA, or with --last-layers")
	fs.IntVar(&r.LastLayers, "last-layers", 0, "of method full: train the last `N` blocks and the final norm alone (default all)")
	fs.StringSliceVar(&r.Freeze, "freeze", nil, "of method full: `PATTERNS` of tensors that stay as they are, 'layers.[0-3].*'")

	fs.StringVar(&f.objective, "objective", "", "what is learned, `sft|dpo|ipo|orpo|kto|simpo` (default sft)")
	fs.Float64Var(&r.Beta, "beta", 0, "how much rewards weigh, λ of orpo (default 0.1, and 2 for simpo)")
	fs.Float64Var(&r.Gamma, "gamma", 0, "margin of simpo, 0 for none (default 0.5)")
	fs.Float64Var(&r.DPOLabelSmoothing, "dpo-label-smoothing", 0, "share of the pairs of dpo that are the wrong way round (default 0)")
	fs.Float64Var(&r.DesirableWeight, "desirable-weight", 0, "factor of kto on the loss of desirable answers (default 1)")
	fs.Float64Var(&r.UndesirableWeight, "undesirable-weight", 0, "factor of kto on the loss of the others (default 1)")

	fs.Float64Var(&r.Epochs, "epochs", 0, "times through the data (default 1)")
	fs.IntVar(&r.Steps, "steps", 0, "optimiser steps, instead of --epochs")
	fs.Float64Var(&r.LR, "lr", 0, "highest learning rate (default 2e-4 for lora, 5e-5 for full; of preferences 5e-5 and 1e-6; of lion a fifth)")
	fs.Float64Var(&r.Warmup, "warmup", 0, "share of the steps over which the rate rises, 0 for none (default 0.03)")
	fs.StringVar(&f.optimizer, "optimizer", "", "how the gradient moves the weights, `adamw|adamw8bit|lion|adafactor|muon` (default adamw)")
	fs.Float64Var(&r.AdamWLR, "adamw-lr", 0, "rate of what muon leaves to AdamW (default --lr)")
	fs.StringVar(&f.schedule, "schedule", "", "how the rate falls, `cosine|linear|constant|wsd` (default cosine)")
	fs.Float64Var(&r.MinLR, "min-lr", 0, "rate at the end, as a share of --lr (default 0)")
	fs.Float64Var(&r.WeightDecay, "weight-decay", 0, "on matrices alone (default 0)")
	fs.BoolVar(&r.DecayNorms, "decay-norms", false, "let the weights of norms decay too")
	fs.StringSliceVar(&r.NoDecay, "no-decay", nil, "`NAMES` of parameters that do not decay, with * for any part: model.embed_tokens.*")
	fs.Float64Var(&r.NEFTune, "neftune", 0, "noise on the embeddings in training, 5 for one (default 0)")
	fs.Float64Var(&r.LabelSmoothing, "label-smoothing", 0, "share of a label's likelihood that is asked of all tokens alike (default 0)")
	fs.Float64Var(&r.ZLoss, "z-loss", 0, "weight of the square of the logits' log-sum-exp, 1e-4 for one (default 0)")
	fs.Float64Var(&r.Clip, "clip", 0, "largest norm of the gradient, 0 for no limit (default 1)")

	fs.IntVar(&r.BatchTokens, "batch-tokens", 0, "most tokens of an optimiser step (default 4096)")
	fs.IntVar(&r.MicroTokens, "micro-tokens", 0, "most tokens computed at once (default what memory allows, at most 2048)")
	fs.StringVar(&r.Checkpointing, "checkpointing", "", "compute layers again in the backward, to save memory, `auto|on|off` (default auto)")
	fs.IntVar(&r.MaxLen, "max-len", 0, "most tokens of an example (default 1024, or what the model has positions for)")
	fs.StringVar(&r.Long, "long", "", "what becomes of longer examples, `drop|split` (default drop)")
	fs.StringVar(&r.Template, "template", "", "conversation `TEMPLATE`: auto|model|alpaca|chatml|vicuna|plain|FILE.jinja (default auto: the model's own, or alpaca)")

	fs.Float64Var(&r.EvalFraction, "eval-fraction", 0, "share of the rows held out, 0 for none (default 0.02)")
	fs.IntVar(&r.EvalEvery, "eval-every", 0, "steps between evaluations (default a fifth of the run; -1 for its start and end alone)")
	fs.IntVar(&r.Limit, "limit", 0, "read only so many rows (default all)")
	fs.BoolVar(&r.SkipBadRows, "skip-bad-rows", false, "leave bad rows out, instead of stopping at the first")
	fs.IntVar(&r.SaveEvery, "save-every", 0, "steps between checkpoints (default by the clock)")
	registerGuards(fs, &r.EarlyStop, guardFlags{&r.MaxSeconds, &r.MaxEnergyWh, &r.MaxCost, &r.PricePerHour, &r.PricePerKWh, &r.Watts})
	fs.StringVar(&r.ForgetText, "forget-text", "", "`FILE` of general text whose loss is measured before and after, or none (default one of cria's own)")
	fs.IntVar(&r.Probe, "probe", 0, "prompts to answer after training, which must stop, 0 for none (default 20)")
	fs.Uint64Var(&r.Seed, "seed", 0, "of every random draw (default 0)")
	fs.IntVar(&r.Threads, "threads", 0, "processor threads (default all)")
}

// quantizeHelp lists the types that --quantize takes.
func quantizeHelp() string {
	var names []string
	for _, t := range model.QuantizeTypes() {
		names = append(names, strings.ToLower(t.String()))
	}
	return strings.Join(names, ", ")
}

// flagOf is the flag of each recipe field that has one.
var flagOf = map[string]string{
	"Base": "base", "Data": "data", "Out": "out", "Method": "method", "Rank": "rank", "Alpha": "alpha", "Dropout": "dropout",
	"Targets": "targets", "Layers": "layers", "RSLoRA": "rslora", "DoRA": "dora", "Init": "init", "LoRAPlus": "lora-plus",
	"TrainEmbeddings": "train-embeddings", "TrainHead": "train-head", "LastLayers": "last-layers", "Freeze": "freeze", "Quantize": "quantize", "Int8Forward": "int8-forward", "Epochs": "epochs", "Steps": "steps", "LR": "lr", "Optimizer": "optimizer", "AdamWLR": "adamw-lr", "Warmup": "warmup", "MinLR": "min-lr", "Schedule": "schedule",
	"WeightDecay": "weight-decay", "Clip": "clip", "DecayNorms": "decay-norms", "NoDecay": "no-decay",
	"NEFTune": "neftune", "LabelSmoothing": "label-smoothing", "ZLoss": "z-loss", "Objective": "objective", "Beta": "beta", "Gamma": "gamma", "DPOLabelSmoothing": "dpo-label-smoothing",
	"DesirableWeight": "desirable-weight", "UndesirableWeight": "undesirable-weight", "BatchTokens": "batch-tokens", "MicroTokens": "micro-tokens", "Checkpointing": "checkpointing",
	"MaxLen": "max-len", "Long": "long", "Template": "template", "EvalFraction": "eval-fraction", "EvalEvery": "eval-every",
	"EarlyStop": "early-stop", "MaxSeconds": "max-seconds", "MaxEnergyWh": "max-energy-wh", "MaxCost": "max-cost",
	"PricePerHour": "price-per-hour", "PricePerKWh": "price-per-kwh", "Watts": "watts", "ForgetText": "forget-text", "Probe": "probe",
	"Limit": "limit", "SkipBadRows": "skip-bad-rows", "SaveEvery": "save-every", "Seed": "seed", "Threads": "threads",
}

// noZero lists the flags for which 0 can only be a mistake: in a recipe it stands for the default.
var noZero = []string{"rank", "lora-plus", "last-layers", "alpha", "epochs", "steps", "lr", "batch-tokens", "beta", "desirable-weight", "undesirable-weight"}

// recipe puts together what the run's folder says where one is resumed, then the recipe file, then the flags.
func (f *recipeFlags) recipe(c *cobra.Command, args []string) (train.Recipe, error) {
	flags := c.Flags()
	if len(args) > 0 && !flags.Changed("data") {
		return train.Recipe{}, usagef(c, "unexpected %q: files of rows follow --data", args[0])
	}
	f.given.Data = train.Files(append(f.data, args...)...)
	f.given.Method, f.given.Schedule = train.Method(f.method), train.Schedule(f.schedule)
	f.given.Objective = train.Objective(f.objective)
	f.given.Optimizer = train.Optimizer(f.optimizer)
	for _, name := range noZero {
		if flags.Changed(name) && flags.Lookup(name).Value.String() == "0" {
			return train.Recipe{}, usagef(c, "--%s cannot be 0", name)
		}
	}
	for name, with := range map[string]struct {
		to *float64
		v  float64
	}{"eval-fraction": {&f.given.EvalFraction, -1}, "clip": {&f.given.Clip, -1}, "gamma": {&f.given.Gamma, -1}, "warmup": {&f.given.Warmup, -1}} {
		if flags.Changed(name) && *with.to == 0 {
			*with.to = with.v
		}
	}
	for name, to := range map[string]*int{"eval-every": &f.given.EvalEvery, "probe": &f.given.Probe} {
		if flags.Changed(name) && *to == 0 {
			*to = -1
		}
	}

	r, err := recipeKind[train.Recipe]{train.ReadRecipe, train.ParseRecipe, func(r *train.Recipe) *string { return &r.Out }, flagOf}.gather(c, f.file, f.resume, f.given)
	if err != nil {
		return r, err
	}
	data, err := f.mixed(r.Data)
	if err != nil {
		return r, usagef(c, "%v", err)
	}
	r.Data = data
	if r.Base, err = located(r.Base); err != nil {
		return r, err
	}
	switch {
	case r.Base == "":
		return r, usagef(c, "--base is missing: the model to train")
	case len(r.Data) == 0:
		return r, usagef(c, "--data is missing: one or more files of rows")
	}
	return r, nil
}

// lengths are the fields that say how long a run is. They replace one another.
var lengths = []string{"Epochs", "Steps", "Tokens"}

// recipeKind is a kind of recipe: how its YAML is read, where it says its folder, and the flags of its fields.
type recipeKind[R any] struct {
	read   func(path string) (R, error)
	parse  func(text []byte) (R, error)
	out    func(*R) *string
	flagOf map[string]string
}

// gather puts a recipe together: what the run's folder says where one is resumed, then the file, then the flags.
func (k recipeKind[R]) gather(c *cobra.Command, file string, resume bool, given R) (r R, err error) {
	if file != "" {
		if r, err = k.published(file); err != nil {
			return r, err
		}
	}
	if resume {
		out := *k.out(&r)
		if c.Flags().Changed("out") {
			out = *k.out(&given)
		}
		if out == "" {
			return r, usagef(c, "--resume needs --out, the folder of the run")
		}
		stored, err := k.read(filepath.Join(out, "recipe.yaml"))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return r, fmt.Errorf("resume %s: no recipe.yaml in it, so no run was started there", out)
		case err != nil:
			return r, err
		}
		r = overlay(stored, r, lengths, func(_ string, v reflect.Value) bool { return !v.IsZero() })
		*k.out(&r) = out
	}
	return overlay(r, given, lengths, func(field string, _ reflect.Value) bool { return c.Flags().Changed(k.flagOf[field]) }), nil
}

// published reads a file, or the published recipe of that name where there is no such file.
func (k recipeKind[R]) published(name string) (R, error) {
	text, published := recipes.Text(name)
	if _, err := os.Stat(name); err == nil || !published {
		return k.read(name)
	}
	r, err := k.parse(text)
	if err != nil {
		return r, fmt.Errorf("recipe %s: %w", name, err)
	}
	return r, nil
}

// overlay is base with the fields of over that are set. Of those in oneOf, which say the same thing, any replaces all.
func overlay[R any](base, over R, oneOf []string, set func(field string, v reflect.Value) bool) R {
	to, from := reflect.ValueOf(&base).Elem(), reflect.ValueOf(over)
	isSet := func(i int) bool { return set(to.Type().Field(i).Name, from.Field(i)) }
	inOneOf := func(i int) bool { return slices.Contains(oneOf, to.Type().Field(i).Name) }
	var replaced bool
	for i := range to.NumField() {
		replaced = replaced || inOneOf(i) && isSet(i)
	}
	for i := range to.NumField() {
		if replaced && inOneOf(i) {
			to.Field(i).SetZero()
		}
		if isSet(i) {
			to.Field(i).Set(from.Field(i))
		}
	}
	return base
}
