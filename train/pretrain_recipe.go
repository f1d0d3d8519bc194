package train

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/model"
)

// PretrainRecipe is everything that a pretraining can be repeated from: the text, the shape of the model and how it is
// trained. Its YAML form has the same names; a key that is not listed here is an error. Zero values stand for the defaults
// that [PretrainRecipe.Resolve] fills in.
type PretrainRecipe struct {
	Tokenizer string `yaml:"tokenizer"` // a folder that has a tokenizer.json, or that file
	Text      []Text `yaml:"text"`      // files of raw text
	Out       string `yaml:"out"`       // the run's folder, which becomes the model's

	Layers    int     `yaml:"layers"`
	Hidden    int     `yaml:"hidden"`     // width of the residual stream
	Heads     int     `yaml:"heads"`      // query heads
	KVHeads   int     `yaml:"kv_heads"`   // key and value heads; as many as heads
	HeadDim   int     `yaml:"head_dim"`   // hidden/heads
	FFN       int     `yaml:"ffn"`        // inner width of the feed-forward; 8/3 of hidden, in whole 64s
	Tied      *bool   `yaml:"tied"`       // the output head is the embedding; true
	Context   int     `yaml:"context"`    // positions, and most tokens of a sequence; 256
	RopeTheta float64 `yaml:"rope_theta"` // base of the rotary frequencies; 10000
	NormEps   float64 `yaml:"norm_eps"`   // 1e-5
	InitStd   float64 `yaml:"init_std"`   // deviation of the first weights; 0.02
	Type      string  `yaml:"type"`       // of the saved weights: f16, bf16 or f32; f16

	Optimizer   Optimizer `yaml:"optimizer"`    // muon, adamw, adamw8bit, lion or adafactor; muon
	LR          float64   `yaml:"lr"`           // highest learning rate; 5e-3 for muon, 4e-4 for lion, 2e-3 for the others
	AdamWLR     float64   `yaml:"adamw_lr"`     // of what muon leaves to AdamW; lr
	Warmup      float64   `yaml:"warmup"`       // share of the steps over which it rises; 0.02, and -1 for none
	MinLR       float64   `yaml:"min_lr"`       // share of lr at the end of the schedule; 0
	Schedule    Schedule  `yaml:"schedule"`     // how the rate falls after the warm-up; cosine
	Beta1       float64   `yaml:"beta1"`        // AdamW and Lion; 0.9
	Beta2       float64   `yaml:"beta2"`        // AdamW, 0.95, and Lion, 0.99
	Eps         float64   `yaml:"eps"`          // AdamW; 1e-8
	WeightDecay float64   `yaml:"weight_decay"` // of matrices alone; 0.1, and -1 for none
	Clip        float64   `yaml:"clip"`         // largest norm of the gradient; 1, and -1 for no limit

	Epochs      float64 `yaml:"epochs"`       // times through the text; 1 unless steps or tokens say otherwise
	Tokens      int     `yaml:"tokens"`       // tokens to train on, instead of epochs
	Steps       int     `yaml:"steps"`        // optimiser steps, instead of epochs
	BatchTokens int     `yaml:"batch_tokens"` // most tokens of an optimiser step; 8192
	MicroTokens int     `yaml:"micro_tokens"` // most tokens computed at once; 1024

	EvalFraction float64 `yaml:"eval_fraction"` // share of the documents held out; 0.01, and -1 for none
	EvalTokens   int     `yaml:"eval_tokens"`   // about how many tokens of these an evaluation reads; 65536, and -1 for all
	EvalEvery    int     `yaml:"eval_every"`    // steps between evaluations; a fifth of the run, and -1 for its ends alone
	SaveEvery    int     `yaml:"save_every"`    // steps between checkpoints; 0 for by the clock

	// Guards, as those of [Recipe].
	EarlyStop    int     `yaml:"early_stop,omitempty"`
	MaxSeconds   float64 `yaml:"max_seconds,omitempty"`
	MaxEnergyWh  float64 `yaml:"max_energy_wh,omitempty"`
	MaxCost      float64 `yaml:"max_cost,omitempty"`
	PricePerHour float64 `yaml:"price_per_hour,omitempty"`
	PricePerKWh  float64 `yaml:"price_per_kwh,omitempty"`
	Watts        float64 `yaml:"watts,omitempty"`

	Seed    uint64 `yaml:"seed"`
	Threads int    `yaml:"threads"` // 0 for all
}

// Text is a file of raw text in a recipe: a path alone, or with how often an epoch has its documents and the line that
// separates those of a .txt.
type Text struct {
	Path      string  `yaml:"path"`
	Repeat    float64 `yaml:"repeat,omitempty"` // 1
	Separator string  `yaml:"separator,omitempty"`
}

// UnmarshalYAML takes a path for the whole.
func (t *Text) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&t.Path)
	}
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if key := n.Content[i]; !slices.Contains([]string{"path", "repeat", "separator"}, key.Value) {
			return fmt.Errorf("line %d: unknown key %q", key.Line, key.Value)
		}
	}
	type plain Text
	return n.Decode((*plain)(t))
}

// ReadPretrainRecipe reads a recipe's YAML as [ReadRecipe] does.
func ReadPretrainRecipe(path string) (PretrainRecipe, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return PretrainRecipe{}, fmt.Errorf("read recipe: %w", err)
	}
	r, err := ParsePretrainRecipe(b)
	if err != nil {
		return r, fmt.Errorf("recipe %s: %w", path, err)
	}
	return r, nil
}

// ParsePretrainRecipe is ReadPretrainRecipe for text that is at hand.
func ParsePretrainRecipe(text []byte) (PretrainRecipe, error) {
	var r PretrainRecipe
	err := parseYAML(text, &r)
	return r, err
}

// YAML is the recipe as it is written into the run's folder.
func (r PretrainRecipe) YAML() []byte { return writeYAML(r) }

// Resolve fills in the defaults and says which field cannot be used, and what could.
func (r PretrainRecipe) Resolve() (PretrainRecipe, error) {
	set := func(x *float64, v float64) {
		if *x == 0 {
			*x = v
		}
	}
	count := func(x *int, v int) {
		if *x == 0 {
			*x = v
		}
	}
	if r.Optimizer == "" {
		r.Optimizer = Muon
	}
	if r.Schedule == "" {
		r.Schedule = Cosine
	}
	if r.Type == "" {
		r.Type = "f16"
	}
	if r.Tied == nil {
		tied := true
		r.Tied = &tied
	}
	r.Type = strings.ToLower(r.Type)
	count(&r.KVHeads, r.Heads)
	if r.Heads > 0 {
		count(&r.HeadDim, r.Hidden/r.Heads)
	}
	count(&r.FFN, (r.Hidden*8/3+63)/64*64)
	count(&r.Context, 256)
	set(&r.RopeTheta, 10000)
	set(&r.NormEps, 1e-5)
	set(&r.InitStd, 0.02)
	if r.Optimizer == Muon {
		set(&r.LR, 5e-3)
	}
	set(&r.LR, r.Optimizer.rate(2e-3))
	set(&r.Warmup, 0.02)
	set(&r.Beta1, 0.9)
	if r.Optimizer == Lion {
		set(&r.Beta2, 0.99)
	}
	set(&r.Beta2, 0.95)
	set(&r.Eps, 1e-8)
	set(&r.WeightDecay, 0.1)
	set(&r.Clip, 1)
	if r.Steps == 0 && r.Tokens == 0 {
		set(&r.Epochs, 1)
	}
	count(&r.BatchTokens, 8192)
	count(&r.MicroTokens, min(r.BatchTokens, 1024))
	set(&r.EvalFraction, 0.01)
	count(&r.EvalTokens, 65536)
	return r, r.check()
}

func (r PretrainRecipe) check() error {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("%s is %v: %s", field, value, want)
	}
	given := 0
	for _, set := range []bool{r.Steps != 0, r.Tokens != 0, r.Epochs != 0} {
		if set {
			given++
		}
	}
	switch {
	case r.Tokenizer == "":
		return errors.New("tokenizer is missing: a folder that has a tokenizer.json, or that file")
	case len(r.Text) == 0:
		return errors.New("text is missing: one or more files of raw text")
	case r.Out == "":
		return errors.New("out is missing: the folder for the run")
	case r.Layers < 1:
		return bad("layers", r.Layers, "1 or more")
	case r.Hidden < 1:
		return bad("hidden", r.Hidden, "1 or more")
	case r.Heads < 1:
		return bad("heads", r.Heads, "1 or more")
	case r.Context < 2:
		return bad("context", r.Context, "2 or more")
	case !(r.InitStd > 0 && r.InitStd < 10):
		return bad("init_std", r.InitStd, "a small positive number")
	case r.Tokens < 0:
		return bad("tokens", r.Tokens, "1 or more")
	case given > 1:
		return errors.New("of steps, tokens and epochs, one says how long to train")
	case !(r.WeightDecay >= 0) && r.WeightDecay != -1:
		return bad("weight_decay", r.WeightDecay, "0 or more, or -1 for none")
	case r.EvalTokens < -1:
		return bad("eval_tokens", r.EvalTokens, "1 or more, or -1 for all")
	}
	for i, t := range r.Text {
		switch {
		case t.Path == "":
			return fmt.Errorf("text %d has no path", i+1)
		case !(t.Repeat >= 0 && t.Repeat <= 1000):
			return fmt.Errorf("text %s: repeat is %v: above 0 to 1000", t.Path, t.Repeat)
		}
	}
	if _, err := r.savedType(); err != nil {
		return err
	}
	// The vocabulary is the tokenizer's: here one that every shape allows stands for it.
	if err := r.config(1).Check(); err != nil {
		return err
	}
	c := r.common()
	if c.Epochs == 0 && c.Steps == 0 {
		c.Epochs = 1 // tokens become epochs once the text is read
	}
	return c.check()
}

// savedType is the type that the weights are saved in.
func (r PretrainRecipe) savedType() (compute.Type, error) {
	t, err := compute.ParseType(r.Type)
	if err != nil || t != compute.F32 && t != compute.F16 && t != compute.BF16 {
		return 0, fmt.Errorf("type is %q: f16, bf16 or f32", r.Type)
	}
	return t, nil
}

// config is the model's shape.
func (r PretrainRecipe) config(vocab int) model.Config {
	return model.Config{Family: "llama", Hidden: r.Hidden, Layers: r.Layers, Heads: r.Heads, KVHeads: r.KVHeads, HeadDim: r.HeadDim,
		FFN: r.FFN, Vocab: vocab, MaxPos: r.Context, NormEps: float32(r.NormEps), RopeTheta: r.RopeTheta, Tied: *r.Tied}
}

// common is what a pretraining has in common with a fine-tuning of every weight, as a session runs it.
func (r PretrainRecipe) common() Recipe {
	return Recipe{
		Base: "-", Data: Files("-"), Template: "alpaca", Long: "drop", Out: r.Out, Method: Full,
		Optimizer: r.Optimizer, LR: r.LR, AdamWLR: r.AdamWLR, Warmup: r.Warmup, MinLR: r.MinLR, Schedule: r.Schedule,
		Beta1: r.Beta1, Beta2: r.Beta2, Eps: r.Eps, WeightDecay: math.Max(0, r.WeightDecay), Clip: r.Clip,
		Epochs: r.Epochs, Steps: r.Steps, BatchTokens: r.BatchTokens, MicroTokens: r.MicroTokens,
		EvalFraction: r.EvalFraction, EvalEvery: r.EvalEvery, SaveEvery: r.SaveEvery, Seed: r.Seed, Threads: r.Threads,
		EarlyStop: r.EarlyStop, MaxSeconds: r.MaxSeconds, MaxEnergyWh: r.MaxEnergyWh, MaxCost: r.MaxCost,
		PricePerHour: r.PricePerHour, PricePerKWh: r.PricePerKWh, Watts: r.Watts,
	}
}

// sources are the texts as the dataset reads them.
func (r PretrainRecipe) sources() []dataset.TextSource {
	var list []dataset.TextSource
	for _, t := range r.Text {
		list = append(list, dataset.TextSource{Path: t.Path, Repeat: t.Repeat, Separator: t.Separator})
	}
	return list
}
