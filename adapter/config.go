package adapter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/cria-llm/cria/internal/wholefile"
)

// Config is PEFT's adapter_config.json. Fields that are not named here are kept and written back as they were.
type Config struct {
	R             int     // rank
	Alpha         float64 // α; the scale follows from it and the rank
	Dropout       float64
	RSLoRA        bool     // the scale is α/√r instead of α/r
	DoRA          bool     // every module has a magnitude
	Base          string   // base_model_name_or_path
	TargetModules []string // names or ends of names of modules; empty where the file has a pattern, which is kept
	ModulesToSave []string // last parts of the names of [Adapter.Whole]
	Ranks, Alphas Patterns // rank_pattern and alpha_pattern

	rest map[string]json.RawMessage // the whole file as read
}

// Patterns gives some modules another value, in the order of the file: the first that matches a module counts. As in
// PEFT, Module is a regular expression for the end of a module's name, from a dot or from its beginning.
type Patterns []Pattern

// Pattern is one entry.
type Pattern struct {
	Module string
	Value  float64
}

const maxConfigFile = 16 << 20

// defaults are the fields that PEFT writes, for an adapter made here.
const defaults = `{"alpha_pattern":{},"auto_mapping":null,"base_model_name_or_path":null,"bias":"none","fan_in_fan_out":false,
"inference_mode":true,"init_lora_weights":true,"layers_pattern":null,"layers_to_transform":null,"lora_alpha":0,
"lora_dropout":0.0,"modules_to_save":null,"peft_type":"LORA","r":0,"rank_pattern":{},"revision":null,
"target_modules":[],"task_type":"CAUSAL_LM","use_dora":false,"use_rslora":false}`

func newConfig(o Options) Config {
	c := Config{R: o.Rank, Alpha: o.Alpha, Dropout: o.Dropout, RSLoRA: o.RSLoRA, DoRA: o.RowLengths != nil}
	if err := json.Unmarshal([]byte(defaults), &c.rest); err != nil {
		panic(err) // a constant
	}
	if o.FanInFanOut {
		c.rest["fan_in_fan_out"] = mustJSON(true)
	}
	return c
}

func readConfig(dir string) (Config, error) {
	text, err := wholefile.Read(filepath.Join(dir, configFile), maxConfigFile)
	if err != nil {
		return Config{}, err
	}
	c, err := parseConfig(text)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", configFile, err)
	}
	return c, nil
}

func parseConfig(text []byte) (Config, error) {
	var c Config
	if err := json.Unmarshal(text, &c.rest); err != nil {
		return Config{}, err
	}
	if err := c.refuse(); err != nil {
		return Config{}, err
	}
	for _, f := range []struct {
		key      string
		to       any
		want     string
		required bool
	}{
		{"r", &c.R, "a whole number", true},
		{"lora_alpha", &c.Alpha, "a number", true},
		{"lora_dropout", &c.Dropout, "a number", false},
		{"use_rslora", &c.RSLoRA, "true or false", false},
		{"use_dora", &c.DoRA, "true or false", false},
		{"base_model_name_or_path", &c.Base, "a string", false},
		{"rank_pattern", &c.Ranks, "an object of numbers", false},
		{"alpha_pattern", &c.Alphas, "an object of numbers", false},
		{"modules_to_save", &c.ModulesToSave, "a list of names", false},
	} {
		if !c.has(f.key) {
			if f.required {
				return Config{}, fmt.Errorf("%s is missing: the scale of an adapter is never guessed", f.key)
			}
			continue
		}
		if err := json.Unmarshal(c.rest[f.key], f.to); err != nil {
			return Config{}, fmt.Errorf("%s is %s, not %s", f.key, clip(c.rest[f.key]), f.want)
		}
	}
	for i, name := range c.ModulesToSave {
		if c.ModulesToSave[i] = name[strings.LastIndexByte(name, '.')+1:]; !slices.Contains(wholeModules(), c.ModulesToSave[i]) {
			return Config{}, fmt.Errorf("modules_to_save holds %q, which is not supported (%s are)", name, strings.Join(wholeModules(), " and "))
		}
	}
	// target_modules may also be one regular expression, which nothing here needs: the tensors say what is adapted.
	if json.Unmarshal(c.rest["target_modules"], &c.TargetModules) != nil {
		c.TargetModules = nil
	}
	return c, c.check()
}

// wholeModules are the last parts of the names of what an adapter may carry whole.
func wholeModules() []string { return []string{"embed_tokens", "lm_head", "wte"} }

// refuse names the first setting that changes what the adapter computes and is not supported.
func (c *Config) refuse() error {
	for _, f := range []struct {
		key   string
		plain []string // values, as JSON, that mean no such thing
	}{
		{"peft_type", []string{`"LORA"`}},
		{"bias", []string{`"none"`}},
		{"layer_replication", []string{"[]"}},
		{"trainable_token_indices", []string{"[]", "{}"}},
		{"target_parameters", []string{"[]"}},
		{"lora_bias", []string{"false"}},
		{"use_qalora", []string{"false"}},
		{"use_bdlora", []string{"false"}},
		{"alora_invocation_tokens", []string{"[]"}},
		{"megatron_config", nil},
		// The other ways to begin (PiSSA, OLoRA, LoftQ, CorDA, …) may change the base weights as well.
		{"init_lora_weights", []string{"true", "false", `"gaussian"`, `"orthogonal"`, `"eva"`}},
	} {
		if c.has(f.key) && !slices.Contains(f.plain, compact(c.rest[f.key])) {
			return fmt.Errorf("%s is %s, which is not supported yet (LoRA, rsLoRA and DoRA are)", f.key, clip(c.rest[f.key]))
		}
	}
	if !c.has("peft_type") {
		return fmt.Errorf("peft_type is missing, want \"LORA\"")
	}
	return nil
}

func (c *Config) has(key string) bool {
	raw, ok := c.rest[key]
	return ok && string(raw) != "null"
}

// Far above any rank that adapters have, and any number of modules that one would list.
const (
	maxRank     = 1 << 16
	maxPatterns = 1 << 12
)

func (c *Config) check() error {
	switch {
	case c.R < 1 || c.R > maxRank:
		return fmt.Errorf("r is %d, outside 1..%d", c.R, maxRank)
	case !usableAlpha(c.Alpha):
		return fmt.Errorf("lora_alpha is %g, not a positive number", c.Alpha)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("lora_dropout is %g, outside 0..1", c.Dropout)
	}
	if n := max(len(c.Ranks), len(c.Alphas)); n > maxPatterns {
		return fmt.Errorf("%d patterns in rank_pattern or alpha_pattern, more than %d", n, maxPatterns)
	}
	for _, p := range c.Ranks {
		if p.Value < 1 || p.Value > maxRank || p.Value != math.Trunc(p.Value) {
			return fmt.Errorf("rank_pattern %q is %g, not a whole number in 1..%d", p.Module, p.Value, maxRank)
		}
	}
	for _, p := range c.Alphas {
		if !usableAlpha(p.Value) {
			return fmt.Errorf("alpha_pattern %q is %g, not a positive number", p.Module, p.Value)
		}
	}
	return nil
}

func usableAlpha(x float64) bool { return x > 0 && x <= 1e6 }

// scale is what multiplies B·A.
func (c *Config) scale(r int, alpha float64) float32 {
	if c.RSLoRA {
		return float32(alpha / math.Sqrt(float64(r)))
	}
	return float32(alpha / float64(r))
}

// module is the rank and the alpha of one module.
func (c *Config) module(name string) (r int, alpha float64, err error) {
	rank, err := c.Ranks.match(name, float64(c.R))
	if err != nil {
		return 0, 0, fmt.Errorf("rank_pattern: %w", err)
	}
	alpha, err = c.Alphas.match(name, c.Alpha)
	if err != nil {
		return 0, 0, fmt.Errorf("alpha_pattern: %w", err)
	}
	return int(rank), alpha, nil
}

func (ps Patterns) match(name string, absent float64) (float64, error) {
	for _, p := range ps {
		// Most entries are plain names. A dot in them matches itself, so this agrees with the expression.
		if name == p.Module || strings.HasSuffix(name, "."+p.Module) {
			return p.Value, nil
		}
		re, err := regexp.Compile(`^(?:.*\.)?(?:` + p.Module + `)$`)
		if err != nil {
			return 0, fmt.Errorf("%q is no regular expression", p.Module)
		}
		if re.MatchString(name) {
			return p.Value, nil
		}
	}
	return absent, nil
}

// UnmarshalJSON keeps the order of the object.
func (ps *Patterns) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("not an object")
	}
	*ps = nil
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var value float64
		if err := d.Decode(&value); err != nil {
			return err
		}
		*ps = append(*ps, Pattern{Module: key.(string), Value: value})
	}
	return nil
}

// MarshalJSON writes the object in order.
func (ps Patterns) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, p := range ps {
		if i > 0 {
			out = append(out, ',')
		}
		key, err := json.Marshal(p.Module)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(p.Value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}

// json is the file: every field that was read, with what changed since put in, sorted as PEFT does.
func (c *Config) json() ([]byte, error) {
	old, err := parseConfig(mustJSON(c.rest))
	fresh := err != nil
	all := maps.Clone(c.rest)
	if all == nil {
		all = newConfig(Options{}).rest
	}
	set := func(key string, changed bool, value any) {
		if fresh || changed {
			all[key] = mustJSON(value)
		}
	}
	set("r", c.R != old.R, c.R)
	set("lora_alpha", c.Alpha != old.Alpha, c.Alpha)
	set("lora_dropout", c.Dropout != old.Dropout, c.Dropout)
	set("use_rslora", c.RSLoRA != old.RSLoRA, c.RSLoRA)
	set("use_dora", c.DoRA != old.DoRA, c.DoRA)
	set("base_model_name_or_path", c.Base != old.Base, c.Base)
	set("rank_pattern", !slices.Equal(c.Ranks, old.Ranks), c.Ranks)
	set("alpha_pattern", !slices.Equal(c.Alphas, old.Alphas), c.Alphas)
	if !slices.Equal(c.ModulesToSave, old.ModulesToSave) {
		set("modules_to_save", true, c.ModulesToSave)
	}
	set("target_modules", !slices.Equal(c.TargetModules, old.TargetModules), c.TargetModules)
	return json.MarshalIndent(all, "", "  ") // a map's keys come out sorted
}

// mustJSON encodes values of this package, of which none can fail.
func mustJSON(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

// clip shortens what a file holds for an error message.
func clip(raw []byte) string {
	s := compact(raw)
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

func nameSeed(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}
