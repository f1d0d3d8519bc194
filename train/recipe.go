package train

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// Method is what is trained.
type Method string

// LoRA trains low-rank additions to linear layers (Hu et al. 2021), Full every weight.
const (
	LoRA Method = "lora"
	Full Method = "full"
)

// Recipe is everything that a run can be repeated from. Its YAML form has the same names; a key that is not listed
// here is an error. Zero values stand for the defaults that [Recipe.Resolve] fills in.
type Recipe struct {
	Base     string   `yaml:"base"`     // model: a folder, a .gguf file, or the id of one that was pulled
	Data     []Source `yaml:"data"`     // files of rows, folders of them, or ids of datasets that were pulled
	Out      string   `yaml:"out"`      // the run's folder
	Template string   `yaml:"template"` // conversation template; alpaca

	Method  Method   `yaml:"method"`           // lora
	Rank    int      `yaml:"rank"`             // of LoRA; 16
	Alpha   float64  `yaml:"alpha"`            // LoRA's scale is alpha/rank; twice the rank
	Dropout float64  `yaml:"dropout"`          // on LoRA's input; 0
	Targets []string `yaml:"targets"`          // linear layers that LoRA adapts: names, patterns, or all-linear
	Layers  string   `yaml:"layers,omitempty"` // blocks whose layers LoRA adapts: 0-5,8 or last:4; all
	RSLoRA  bool     `yaml:"rslora,omitempty"` // the scale is alpha/√rank
	DoRA    bool     `yaml:"dora,omitempty"`   // every row gets a length of its own
	Init    string   `yaml:"init,omitempty"`   // where A and B begin: pissa, at the principal singular vectors; A random and B 0
	// LoRAPlus multiplies the rate of B (Hayou et al. 2024); 1.
	LoRAPlus float64 `yaml:"lora_plus,omitempty"`

	// What is trained of the matrices outside the blocks: by LoRA beside it, by method full of last_layers.
	TrainEmbeddings bool     `yaml:"train_embeddings,omitempty"`
	TrainHead       bool     `yaml:"train_head,omitempty"`
	LastLayers      int      `yaml:"last_layers,omitempty"` // of method full: train so many blocks and the final norm alone; all
	Freeze          []string `yaml:"freeze,omitempty"`      // of method full: patterns of tensors that stay as they are

	// Type in which the base's frozen linear layers are held in memory, as in QLoRA; empty for as they are. It is left out
	// of recipes that do not use it, so that these are what they were before it existed.
	Quantize string `yaml:"quantize,omitempty"`
	// Int8Forward multiplies with the quantised base in integers in the forward pass, with activations rounded to a byte.
	Int8Forward bool `yaml:"int8_forward,omitempty"`

	// Objective is what is learned; sft. The fields after it belong to preferences.
	Objective         Objective `yaml:"objective,omitempty"`
	Beta              float64   `yaml:"beta,omitempty"`                // how much rewards weigh; 0.1, and 2 for simpo. λ of orpo
	Gamma             float64   `yaml:"gamma,omitempty"`               // margin of simpo; 0.5, and -1 for none
	DPOLabelSmoothing float64   `yaml:"dpo_label_smoothing,omitempty"` // share of pairs that are the wrong way round; 0
	DesirableWeight   float64   `yaml:"desirable_weight,omitempty"`    // of kto, a factor on the loss of such answers; 1
	UndesirableWeight float64   `yaml:"undesirable_weight,omitempty"`  // and of the others; 1

	LR     float64 `yaml:"lr"`     // highest learning rate; 2e-4 for LoRA, 5e-5 for full; of preferences 5e-5 and 1e-6; of lion a fifth
	Warmup float64 `yaml:"warmup"` // share of the steps over which it rises; 0.03, and -1 for none
	MinLR  float64 `yaml:"min_lr"` // share of lr at the end of the schedule; 0
	// Optimizer is how the gradient moves the weights; adamw.
	Optimizer Optimizer `yaml:"optimizer,omitempty"`
	// AdamWLR is the highest rate of what Muon leaves to AdamW; lr.
	AdamWLR float64 `yaml:"adamw_lr,omitempty"`
	// Schedule is how the rate falls after the warm-up; cosine.
	Schedule    Schedule `yaml:"schedule,omitempty"`
	Beta1       float64  `yaml:"beta1"`        // AdamW and Lion; 0.9
	Beta2       float64  `yaml:"beta2"`        // AdamW, 0.999, and Lion, 0.99
	Eps         float64  `yaml:"eps"`          // AdamW; 1e-8
	WeightDecay float64  `yaml:"weight_decay"` // of matrices alone; 0
	Clip        float64  `yaml:"clip"`         // largest norm of the gradient; 1, and -1 for no limit
	// DecayNorms has the weights of norms, and DoRA's magnitudes, decay too; NoDecay names what does not, by patterns.
	DecayNorms bool     `yaml:"decay_norms,omitempty"`
	NoDecay    []string `yaml:"no_decay,omitempty"`

	NEFTune        float64 `yaml:"neftune,omitempty"`         // noise on the embeddings in training; 0
	LabelSmoothing float64 `yaml:"label_smoothing,omitempty"` // share of a label's likelihood that is asked of all tokens; 0
	ZLoss          float64 `yaml:"z_loss,omitempty"`          // weight of the square of the logits' log-sum-exp; 0

	Epochs      float64 `yaml:"epochs"`       // times through the data; 1 unless steps says otherwise
	Steps       int     `yaml:"steps"`        // optimiser steps, instead of epochs
	BatchTokens int     `yaml:"batch_tokens"` // most tokens of an optimiser step; 4096
	MicroTokens int     `yaml:"micro_tokens"` // most tokens computed at once; what memory allows, at most 2048
	// Checkpointing computes layers again in the backward, which takes time and saves memory: on, off, or by the plan where
	// memory is short. It changes no bit of what is learned.
	Checkpointing string `yaml:"checkpointing,omitempty"`
	MaxLen        int    `yaml:"max_len"` // most tokens of an example; 1024, or what the model has positions for
	Long          string `yaml:"long"`    // examples that are longer: drop or split; drop

	EvalFraction float64 `yaml:"eval_fraction"` // share of the rows held out; 0.02, and -1 for none
	EvalEvery    int     `yaml:"eval_every"`    // steps between evaluations; a fifth of the run, and -1 for its ends alone
	Limit        int     `yaml:"limit"`         // read only so many rows; 0 for all
	SkipBadRows  bool    `yaml:"skip_bad_rows"` // leave bad rows out instead of stopping
	SaveEvery    int     `yaml:"save_every"`    // steps between checkpoints; 0 for by the clock

	// Guards end the run before its last step; 0 for none. What was trained until then is its result.
	EarlyStop    int     `yaml:"early_stop,omitempty"`     // after so many evaluations without a better one; the best is the result
	MaxSeconds   float64 `yaml:"max_seconds,omitempty"`    // of training and evaluation
	MaxEnergyWh  float64 `yaml:"max_energy_wh,omitempty"`  // measured where the machine can, else estimated
	MaxCost      float64 `yaml:"max_cost,omitempty"`       // in the currency of the prices
	PricePerHour float64 `yaml:"price_per_hour,omitempty"` // of the machine
	PricePerKWh  float64 `yaml:"price_per_kwh,omitempty"`  // of the energy
	Watts        float64 `yaml:"watts,omitempty"`          // that the machine takes, where that cannot be measured; 5 a thread
	// Looks at what training did besides.
	ForgetText string `yaml:"forget_text,omitempty"` // general text whose loss is measured before and after: a file, or none; one of its own
	Probe      int    `yaml:"probe,omitempty"`       // prompts to answer after training, which must stop (law 1); 20, and -1 for none

	Seed    uint64 `yaml:"seed"`
	Threads int    `yaml:"threads"` // 0 for all

	// Assume is what a plan takes for granted of a base and rows that are not on this machine.
	Assume *Assume `yaml:"assume,omitempty"`
}

// ReadRecipe reads a recipe's YAML. A key that does not exist, a second document and a wrong type are errors that name
// the line.
func ReadRecipe(path string) (Recipe, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Recipe{}, fmt.Errorf("read recipe: %w", err)
	}
	r, err := ParseRecipe(b)
	if err != nil {
		return Recipe{}, fmt.Errorf("recipe %s: %w", path, err)
	}
	return r, nil
}

// ParseRecipe is ReadRecipe for text that is at hand.
func ParseRecipe(text []byte) (Recipe, error) {
	var r Recipe
	if err := parseYAML(text, &r); err != nil {
		return Recipe{}, err
	}
	return r, nil
}

// parseYAML reads one strict document.
func parseYAML(text []byte, to any) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(to); err != nil && !errors.Is(err, io.EOF) {
		return plainYAML(err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("a second YAML document follows: a recipe is one")
	}
	return nil
}

// writeYAML is a recipe as it is written into the run's folder.
func writeYAML(recipe any) []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(recipe); err != nil {
		panic(err) // plain fields always encode
	}
	return b.Bytes()
}

// unknownKey is how the YAML decoder reports a key that the recipe does not have.
var unknownKey = regexp.MustCompile(`^line (\d+): field (.*) not found in type .*$`)

// plainYAML puts the decoder's first complaint into one line for people.
func plainYAML(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var several *yaml.TypeError
	if errors.As(err, &several) && len(several.Errors) > 0 {
		text = several.Errors[0]
	}
	if m := unknownKey.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("line %s: unknown key %q", m[1], m[2])
	}
	return errors.New(strings.ReplaceAll(text, "\n", "; "))
}

// YAML is the recipe as it is written into the run's folder.
func (r Recipe) YAML() []byte { return writeYAML(r) }

// allLinear stands for every linear layer of the blocks.
const allLinear = "all-linear"

// Resolve fills in the defaults and says which field cannot be used, and what could.
func (r Recipe) Resolve() (Recipe, error) {
	set := func(x *float64, v float64) {
		if *x == 0 {
			*x = v
		}
	}
	if r.Method == "" {
		r.Method = LoRA
	}
	r.Quantize = strings.ToLower(r.Quantize)
	if r.Checkpointing == "auto" {
		r.Checkpointing = "" // a recipe that says so is one that does not
	}
	r.resolveObjective()
	if r.Method == LoRA {
		if r.Rank == 0 {
			r.Rank = 16
		}
		set(&r.Alpha, 2*float64(r.Rank))
		if len(r.Targets) == 0 {
			r.Targets = []string{allLinear}
		}
		set(&r.LR, r.Optimizer.rate(2e-4))
	}
	set(&r.LR, r.Optimizer.rate(5e-5))
	set(&r.Warmup, 0.03)
	set(&r.Beta1, 0.9)
	if r.Optimizer == Lion {
		set(&r.Beta2, 0.99)
	}
	set(&r.Beta2, 0.999)
	set(&r.Eps, 1e-8)
	set(&r.Clip, 1)
	if r.Steps == 0 {
		set(&r.Epochs, 1)
	}
	if r.BatchTokens == 0 {
		r.BatchTokens = 4096
	}
	if r.Long == "" {
		r.Long = "drop"
	}
	set(&r.EvalFraction, 0.02)
	return r, r.check()
}

func (r Recipe) check() error {
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("%s is %v: %s", field, value, want)
	}
	switch {
	case r.Base == "":
		return errors.New("base is missing: the model to train, a folder or a .gguf file")
	case len(r.Data) == 0:
		return errors.New("data is missing: one or more files of rows")
	case r.Out == "":
		return errors.New("out is missing: the folder for the run")
	case r.Method != LoRA && r.Method != Full:
		return bad("method", fmt.Sprintf("%q", r.Method), "lora or full")
	case chat.CheckName(r.Template) != nil:
		return chat.CheckName(r.Template)
	case r.Method == Full && (r.Rank != 0 || r.Alpha != 0 || r.Dropout != 0 || len(r.Targets) != 0):
		return errors.New("method full trains every weight: rank, alpha, dropout and targets belong to method lora")
	case r.Method == Full && r.Quantize != "":
		return errors.New("method full trains every weight in float32: quantize belongs to method lora")
	case r.Method == Full && r.Int8Forward:
		return errors.New("method full trains every weight in float32: int8_forward belongs to method lora")
	case r.Method == LoRA && (r.Rank < 1 || r.Rank > 4096):
		return bad("rank", r.Rank, "1 to 4096")
	case r.Method == LoRA && !(finite(r.Alpha) && r.Alpha > 0):
		return bad("alpha", r.Alpha, "a positive number")
	case !(r.Dropout >= 0 && r.Dropout < 1):
		return bad("dropout", r.Dropout, "0 or more and below 1")
	case !(finite(r.LR) && r.LR > 0):
		return bad("lr", r.LR, "a positive number")
	case !(r.Warmup >= 0 && r.Warmup <= 1) && r.Warmup != -1:
		return bad("warmup", r.Warmup, "a share of the steps, above 0 to 1, or -1 for none")
	case !(r.MinLR >= 0 && r.MinLR <= 1):
		return bad("min_lr", r.MinLR, "a share of lr, 0 to 1")
	case r.Optimizer != "" && !slices.Contains(Optimizers(), r.Optimizer):
		return bad("optimizer", fmt.Sprintf("%q", r.Optimizer), optimizerNames())
	case !(finite(r.AdamWLR) && r.AdamWLR >= 0):
		return bad("adamw_lr", r.AdamWLR, "a positive number, or 0 for lr")
	case r.AdamWLR != 0 && r.Optimizer != Muon:
		return errors.New("adamw_lr is of what optimizer muon leaves to AdamW: elsewhere the rate is lr")
	case r.Schedule != "" && !slices.Contains(Schedules(), r.Schedule):
		return bad("schedule", r.Schedule, "cosine, linear, constant or wsd")
	case !(r.Beta1 > 0 && r.Beta1 < 1):
		return bad("beta1", r.Beta1, "between 0 and 1")
	case !(r.Beta2 > 0 && r.Beta2 < 1):
		return bad("beta2", r.Beta2, "between 0 and 1")
	case !(finite(r.Eps) && r.Eps > 0):
		return bad("eps", r.Eps, "a small positive number")
	case !(finite(r.WeightDecay) && r.WeightDecay >= 0):
		return bad("weight_decay", r.WeightDecay, "0 or more")
	case !finite(r.Clip) || r.Clip <= 0 && r.Clip != -1:
		return bad("clip", r.Clip, "a positive number, or -1 for no limit")
	case r.Steps < 0:
		return bad("steps", r.Steps, "1 or more")
	case r.Steps > 0 && r.Epochs != 0:
		return errors.New("steps and epochs are both set: one of them says how long to train")
	case r.Steps == 0 && !(finite(r.Epochs) && r.Epochs > 0):
		return bad("epochs", r.Epochs, "a positive number")
	case r.BatchTokens < 2:
		return bad("batch_tokens", r.BatchTokens, "2 or more")
	case r.MicroTokens < 0:
		return bad("micro_tokens", r.MicroTokens, "2 or more, or 0 for what memory allows")
	case r.Checkpointing != "" && r.Checkpointing != "on" && r.Checkpointing != "off":
		return bad("checkpointing", fmt.Sprintf("%q", r.Checkpointing), "auto, on or off")
	case r.MaxLen < 0 || r.MaxLen == 1:
		return bad("max_len", r.MaxLen, "2 or more, or 0 for the default")
	case r.Long != "drop" && r.Long != "split":
		return bad("long", fmt.Sprintf("%q", r.Long), "drop or split")
	case !(r.EvalFraction > 0 && r.EvalFraction < 1) && r.EvalFraction != -1:
		return bad("eval_fraction", r.EvalFraction, "above 0 and below 1, or -1 for none")
	case r.EvalEvery < -1:
		return bad("eval_every", r.EvalEvery, "1 or more, 0 for the default, or -1 for the start and the end alone")
	case r.SaveEvery < 0 || r.Limit < 0 || r.Threads < 0:
		return errors.New("save_every, limit and threads cannot be negative")
	}
	if err := checkSources(r.Data); err != nil {
		return err
	}
	if err := r.checkObjective(); err != nil {
		return err
	}
	if err := r.checkRegularise(); err != nil {
		return err
	}
	if err := r.checkChoice(); err != nil {
		return err
	}
	if err := r.checkGuards(); err != nil {
		return err
	}
	_, _, err := r.quantize()
	return err
}

// quantize is the type to hold the base's linear layers in, and false where they stay as they are.
func (r Recipe) quantize() (compute.Type, bool, error) {
	if r.Quantize == "" {
		return 0, false, nil
	}
	var names []string
	for _, t := range model.QuantizeTypes() {
		name := strings.ToLower(t.String())
		if name == r.Quantize {
			return t, true, nil
		}
		names = append(names, name)
	}
	return 0, false, fmt.Errorf("quantize is %q: one of %s", r.Quantize, strings.Join(names, ", "))
}
