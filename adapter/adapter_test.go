package adapter

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/internal/shared"
)

func folders(t *testing.T) []string {
	all, err := filepath.Glob(filepath.Join(shared.Path(t, "golden", "public"), "*", "adapter*"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no adapters: %v", err)
	}
	return all
}

func keysOf(t *testing.T, dir string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "adapter_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestPEFTFoldersAreWrittenBackUnchanged(t *testing.T) {
	for _, dir := range folders(t) {
		a, err := Load(dir)
		if err != nil {
			t.Error(err)
			continue
		}
		out := filepath.Join(t.TempDir(), "out")
		if err := a.Save(out); err != nil {
			t.Fatal(err)
		}
		want, err := safetensors.Open(filepath.Join(dir, "adapter_model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := safetensors.Open(filepath.Join(out, "adapter_model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Names(), want.Names()) {
			t.Errorf("%s: tensors %v, want %v", dir, got.Names(), want.Names())
		}
		for _, name := range want.Names() {
			w, _ := want.Tensor(name)
			g, _ := got.Tensor(name)
			if g.DType != w.DType || !slices.Equal(g.Shape, w.Shape) || string(g.Data) != string(w.Data) {
				t.Errorf("%s: tensor %s changed", dir, name)
			}
		}
		if got.Metadata()["format"] != "pt" {
			t.Errorf("metadata %v, want format pt", got.Metadata())
		}
		got.Close()
		want.Close()
		w, g := mustJSON(keysOf(t, dir)), mustJSON(keysOf(t, out))
		if string(w) != string(g) {
			t.Errorf("%s: configuration\n%s, want\n%s", dir, g, w)
		}
	}
}

func TestLaw08ScaleIsReadFromTheFile(t *testing.T) {
	for _, c := range []struct {
		folder string
		scale  float32
	}{{"adapter", 2}, {"adapter-rslora", 4}} {
		a, err := Load(shared.Path(t, "golden", "public", "llama-gqa", c.folder))
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Modules) != 14 {
			t.Errorf("%d modules, want 14", len(a.Modules))
		}
		p := a.Modules["model.layers.1.mlp.down_proj"]
		if p.Scale != c.scale || p.R != 4 || p.In != 128 || p.Out != 64 {
			t.Errorf("%s: scale %g, r %d, %d×%d", c.folder, p.Scale, p.R, p.Out, p.In)
		}
	}
}

// small writes an adapter of two modules and lets edit change its configuration's text.
func small(t *testing.T, edit func(string) string) string {
	t.Helper()
	a, err := New([]ModuleShape{{"model.layers.0.self_attn.q_proj", 8, 6}, {"model.layers.1.mlp.up_proj", 6, 10}}, Options{Rank: 2, Alpha: 4, Dropout: 0.1, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	a.Config.Base = "base"
	dir := t.TempDir()
	if err := a.Save(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "adapter_config.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(edit(string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func replace(old, with string) func(string) string {
	return func(s string) string {
		if !strings.Contains(s, old) {
			panic(old + " is not in " + s)
		}
		return strings.Replace(s, old, with, 1)
	}
}

func TestLaw08AlphaAndRankAreNeverGuessed(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"lora_alpha": 4`, `"lora_alfa": 4`, "lora_alpha is missing"},
		{`"lora_alpha": 4`, `"lora_alpha": null`, "lora_alpha is missing"},
		{`"lora_alpha": 4`, `"lora_alpha": 0`, "lora_alpha is 0"},
		{`"lora_alpha": 4`, `"lora_alpha": "4"`, "lora_alpha is \"4\", not a number"},
		{`"r": 2`, `"s": 2`, "r is missing"},
		{`"r": 2`, `"r": 3`, "want [r, in] with r = 3"},
		{`"r": 2`, `"r": -1`, "r is -1"},
		{`"r": 2`, `"r": 2.5`, "r is 2.5, not a whole number"},
	} {
		_, err := Load(small(t, replace(c.old, c.new)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.new, err, c.want)
		}
	}
}

func TestLaw08TheScaleFollowsTheFile(t *testing.T) {
	for _, c := range []struct {
		old, new string
		scale    float64
	}{
		{`"r": 2`, `"r": 2`, 2},
		{`"lora_alpha": 4`, `"lora_alpha": 3`, 1.5},
		{`"lora_alpha": 4`, `"lora_alpha": 0.5`, 0.25},
		{`"use_rslora": false`, `"use_rslora": true`, 4 / math.Sqrt2},
	} {
		a, err := Load(small(t, replace(c.old, c.new)))
		if err != nil {
			t.Fatal(err)
		}
		// And again as it is written.
		dir := t.TempDir()
		if err := a.Save(dir); err != nil {
			t.Fatal(err)
		}
		b, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range a.Names() {
			if x, y := a.Modules[name].Scale, b.Modules[name].Scale; x != float32(c.scale) || y != x {
				t.Errorf("%s: scale of %s %g, and written %g; want %g", c.new, name, x, y, c.scale)
			}
		}
	}
	// A change made by a program is written.
	a, err := Load(small(t, func(s string) string { return s }))
	if err != nil {
		t.Fatal(err)
	}
	a.Config.RSLoRA, a.Config.Alpha = true, 3
	for name, p := range a.Modules {
		p.Scale = float32(3 / math.Sqrt2)
		a.Modules[name] = p
	}
	dir := t.TempDir()
	if err := a.Save(dir); err != nil {
		t.Fatal(err)
	}
	if b, err := Load(dir); err != nil || !b.Config.RSLoRA || b.Config.Alpha != 3 {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestWhatChangesTheNumbersIsRefused(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"use_dora": false`, `"use_dora": true`, "lora_magnitude_vector"},
		{`"use_dora": false`, `"use_dora": 3`, "use_dora is 3, not true or false"},
		{`"bias": "none"`, `"bias": "all"`, `bias is "all"`},
		{`"modules_to_save": null`, `"modules_to_save": ["lm_head"]`, `no tensor base_model.model.…lm_head.weight`},
		{`"modules_to_save": null`, `"modules_to_save": ["classifier"]`, `modules_to_save holds "classifier"`},
		{`"modules_to_save": null`, `"modules_to_save": "lm_head"`, `modules_to_save is "lm_head", not a list`},
		{`"peft_type": "LORA"`, `"peft_type": "LOHA"`, `peft_type is "LOHA"`},
		{`"init_lora_weights": true`, `"init_lora_weights": "pissa"`, `init_lora_weights is "pissa"`},
		{`"revision": null`, `"layer_replication": [[0,1]]`, "layer_replication"},
		{`"rank_pattern": {}`, `"rank_pattern": {"(": 2}`, "no regular expression"},
		{`"lora_dropout": 0.1`, `"lora_dropout": 1`, "lora_dropout is 1"},
		{`{`, `[`, "adapter_config.json"},
	} {
		_, err := Load(small(t, replace(c.old, c.new)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.new, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("error of several lines: %v", err)
		}
	}
}

// An untrained DoRA begins with the lengths that it is given, keeps them in its files, and does not load as LoRA.
func TestDoRAKeepsItsMagnitudes(t *testing.T) {
	lengths := []float32{1, 2, 3, 4, 5, 6}
	a, err := New([]ModuleShape{{"model.layers.0.self_attn.q_proj", 8, 6}},
		Options{Rank: 2, Alpha: 4, RowLengths: func(string) []float32 { return lengths }})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := a.Save(dir); err != nil {
		t.Fatal(err)
	}
	b, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Modules["model.layers.0.self_attn.q_proj"].Magnitude; !b.Config.DoRA || !slices.Equal(got, lengths) {
		t.Errorf("magnitude %v, want %v", got, lengths)
	}
	if keysOf(t, dir)["use_dora"] != true || b.Params() != 2*8+6*2+6 {
		t.Errorf("use_dora is %v and %d values are trained", keysOf(t, dir)["use_dora"], b.Params())
	}
	path := filepath.Join(dir, "adapter_config.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(replace(`"use_dora": true`, `"use_dora": false`)(string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "lora_magnitude_vector") {
		t.Errorf("error %v, want one that names the magnitude", err)
	}
}

func TestLaw08PatternsGiveAModuleItsOwnRankAndAlpha(t *testing.T) {
	dir := small(t, func(s string) string {
		s = replace(`"alpha_pattern": {}`, `"alpha_pattern": {"layers\\.0\\..*q_proj": 6, "up_proj": 10}`)(s)
		return replace(`"rank_pattern": {}`, `"rank_pattern": {"layers.1.mlp.up_proj": 2, "up_proj": 9}`)(s)
	})
	if _, err := Load(small(t, replace(`"rank_pattern": {}`, `"rank_pattern": {"up_proj": 3}`))); err == nil || !strings.Contains(err.Error(), "r = 3") {
		t.Errorf("tensors of rank 2 under a pattern of rank 3: error %v", err)
	}
	a, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s := a.Modules["model.layers.0.self_attn.q_proj"].Scale; s != 3 {
		t.Errorf("scale of q_proj %g, want 6/2", s)
	}
	if s := a.Modules["model.layers.1.mlp.up_proj"].Scale; s != 5 {
		t.Errorf("scale of up_proj %g, want 10/2", s)
	}
	out := t.TempDir()
	if err := a.Save(out); err != nil {
		t.Fatal(err)
	}
	b, err := Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Config.Ranks, b.Config.Ranks) || !slices.Equal(a.Config.Alphas, b.Config.Alphas) {
		t.Errorf("patterns %v %v, want %v %v", b.Config.Ranks, b.Config.Alphas, a.Config.Ranks, a.Config.Alphas)
	}
}

// PEFT puts a pattern behind "(.*\.)?", so one that begins with ^ names a module from its very beginning.
func TestLaw08AnAnchoredPatternMatchesFromTheBeginning(t *testing.T) {
	ps := Patterns{{"^up_proj", 1}, {`^model\.layers\.0\..*up_proj`, 2}, {"q_proj|k_proj", 3}}
	for name, want := range map[string]float64{
		"model.layers.0.mlp.up_proj": 2, "model.layers.1.mlp.up_proj": 9, "up_proj": 1, "model.layers.1.self_attn.k_proj": 3,
	} {
		if got, err := ps.match(name, 9); err != nil || got != want {
			t.Errorf("%s has %g (%v), want %g", name, got, err, want)
		}
	}
}

func TestMissingHalfIsNamed(t *testing.T) {
	for _, half := range []string{"lora_A", "lora_B"} {
		dir := small(t, func(s string) string { return s })
		f, err := safetensors.Open(filepath.Join(dir, weightsFile))
		if err != nil {
			t.Fatal(err)
		}
		var kept []safetensors.Tensor
		for _, name := range f.Names() {
			if x, _ := f.Tensor(name); name != "base_model.model.model.layers.1.mlp.up_proj."+half+".weight" {
				x.Data = slices.Clone(x.Data)
				kept = append(kept, x)
			}
		}
		f.Close()
		if err := safetensors.Write(filepath.Join(dir, weightsFile), kept, nil); err != nil {
			t.Fatal(err)
		}
		_, err = Load(dir)
		if want := "no other half \"base_model.model.model.layers.1.mlp.up_proj." + half; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestNewAdapterChangesNothingYet(t *testing.T) {
	shapes := []ModuleShape{{"model.layers.0.self_attn.q_proj", 64, 32}, {"model.layers.0.self_attn.v_proj", 64, 16}}
	a, err := New(shapes, Options{Rank: 8, Alpha: 16, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	again, _ := New(shapes[:1], Options{Rank: 8, Alpha: 16, Seed: 1})
	p := a.Modules[shapes[0].Name]
	if !slices.Equal(p.A, again.Modules[shapes[0].Name].A) {
		t.Error("the same seed gives another A when another module is left out")
	}
	var top, sum float64
	for _, x := range p.A {
		top, sum = max(top, math.Abs(float64(x))), sum+float64(x)*float64(x)
	}
	// A uniform variable in ±b has variance b²/3; 512 draws come within a tenth of it.
	if b := 1.0 / 8; top > b || math.Abs(sum/512-b*b/3) > b*b/30 {
		t.Errorf("A reaches %g with variance %g, want ±%g and %g", top, sum/512, b, b*b/3)
	}
	if slices.ContainsFunc(p.B, func(x float32) bool { return x != 0 }) {
		t.Error("B is not zero")
	}
	if p.Scale != 2 || !slices.Equal(a.Config.TargetModules, []string{"q_proj", "v_proj"}) {
		t.Errorf("scale %g, targets %v", p.Scale, a.Config.TargetModules)
	}
}

func TestLaw03AnotherBaseOrTemplateIsNamed(t *testing.T) {
	a, err := Load(small(t, func(s string) string { return s }))
	if err != nil {
		t.Fatal(err)
	}
	if a.Provenance != nil || a.CheckBase("x", "1") != nil || a.Provenance.CheckTemplate("y", "2") != nil {
		t.Error("an adapter without cria.json must pass")
	}
	a.Provenance = &Provenance{Base: "alpha", BaseHash: "aaaa", Template: "chatml", TemplateHash: "cccc"}
	dir := t.TempDir()
	if err := a.Save(dir); err != nil {
		t.Fatal(err)
	}
	if a, err = Load(dir); err != nil {
		t.Fatal(err)
	}
	if err := a.CheckBase("renamed", "aaaa"); err != nil {
		t.Error(err)
	}
	err = a.CheckBase("beta", "bbbb")
	if err == nil || !strings.Contains(err.Error(), `"alpha" (hash aaaa)`) || !strings.Contains(err.Error(), `"beta" (hash bbbb)`) {
		t.Errorf("error %v, want both names and hashes", err)
	}
	err = a.Provenance.CheckTemplate("plain", "dddd")
	if err == nil || !strings.Contains(err.Error(), `"chatml"`) || !strings.Contains(err.Error(), `"plain"`) {
		t.Errorf("error %v, want both names", err)
	}
	a.Provenance = nil
	if err := a.Save(dir); err != nil {
		t.Fatal(err)
	}
	if a, err = Load(dir); err != nil || a.Provenance != nil {
		t.Errorf("provenance of another adapter stays: %v, %v", a.Provenance, err)
	}
}

func TestHalfPrecisionTensorsAreRead(t *testing.T) {
	for h, want := range map[uint16]float64{0x3c00: 1, 0xc000: -2, 0x3555: 0.333251953125, 0x0001: math.Ldexp(1, -24), 0x7bff: 65504, 0x8000: 0} {
		got, err := floats(safetensors.Tensor{DType: "F16", Shape: []int{1, 1}, Data: []byte{byte(h), byte(h >> 8)}})
		if err != nil || float64(got[0]) != want {
			t.Errorf("half %#04x is %g, want %g (%v)", h, got, want, err)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(defaults))
	f.Add([]byte(`{"peft_type":"LORA","r":4,"lora_alpha":8,"rank_pattern":{"a.*b":2},"alpha_pattern":{"x":1.5}}`))
	f.Add([]byte(`{"peft_type":"LORA","r":1e9,"lora_alpha":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseConfig(text)
		if err != nil {
			return
		}
		out, err := c.json()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseConfig(out)
		if err != nil || again.R != c.R || again.Alpha != c.Alpha || again.RSLoRA != c.RSLoRA {
			t.Fatalf("%s came back as %s: %v", text, out, err)
		}
		c.module("model.layers.0.self_attn.q_proj")
	})
}
