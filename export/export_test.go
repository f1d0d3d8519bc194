package export

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model"
)

func backend(t testing.TB) compute.Backend {
	t.Helper()
	be, err := cpu.New(cpu.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(be.Close)
	return be
}

func run(t testing.TB, be compute.Backend, o Options) Report {
	t.Helper()
	if o.Prompts == nil { // few, for time
		o.Prompts = infer.GoldenPrompts()[:4]
	}
	r, err := Run(t.Context(), be, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Check == nil || r.Bytes == 0 || r.Path != o.Out {
		t.Errorf("report %+v", r)
	}
	var kept Report
	text, err := os.ReadFile(ReportFile(o.Out))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &kept); err != nil || kept.Bytes != r.Bytes || kept.Check.KLMean != r.Check.KLMean {
		t.Errorf("kept %s (%v)", text, err)
	}
	return r
}

func open(t testing.TB, be compute.Backend, path string) *model.Model {
	t.Helper()
	m, err := model.Open(be, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// The tensors that two models compute with are the same to the bit.
func sameValues(t testing.TB, a, b *model.Model) {
	t.Helper()
	x, y := a.Tensors(), b.Tensors()
	if len(x) != len(y) {
		t.Fatalf("%d tensors, want %d", len(y), len(x))
	}
	for i := range x {
		if x[i].Name != y[i].Name || !slices.Equal(x[i].Floats(), y[i].Floats()) {
			t.Errorf("tensor %s is not %s", y[i].Name, x[i].Name)
		}
	}
}

func TestLaw07AGGUFFileIsTheModel(t *testing.T) {
	be := backend(t)
	path := shared.Path(t, "data", "models", "stories3M-f16.gguf")
	out := filepath.Join(t.TempDir(), "again.gguf")
	r := run(t, be, Options{Model: path, To: GGUF, Out: out})
	if c := r.Check; !c.GreedyEqual || c.KLMax != 0 || c.Top10 != 1 || r.Type != "F16" {
		t.Errorf("%+v of type %s", c, r.Type)
	}
	sameValues(t, open(t, be, path), open(t, be, out))
}

// An adapter that is merged in float32 is the adapter: the sum against a plain one.
func TestLaw07MergedIsTheSum(t *testing.T) {
	be := backend(t)
	dir := shared.Path(t, "golden", "public", "llama-gqa")
	base := filepath.Join(dir, "hf")
	for _, name := range []string{"adapter", "adapter-rslora", "adapter-dora"} {
		spec := base + "+" + filepath.Join(dir, name)
		out := filepath.Join(t.TempDir(), "merged")
		r := run(t, be, Options{Model: spec, To: Safetensors, Type: "F32", Out: out})
		if c := r.Check; !c.GreedyEqual || c.KLMax > 1e-6 {
			t.Errorf("%s: %+v", name, c)
		}
		if r.Merged == nil || r.Merged.KLMax > 1e-6 || !r.Merged.GreedyEqual {
			t.Errorf("%s, merged in memory: %+v", name, r.Merged)
		}
		a, err := adapter.Load(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		made := map[string][]float32{}
		for _, x := range open(t, be, out).Tensors() {
			made[x.Name] = x.Floats()
		}
		for _, x := range open(t, be, base).Tensors() {
			want := x.Floats()
			if p, ok := a.Modules[strings.TrimSuffix(x.Name, ".weight")]; ok {
				merge(want, p)
			}
			for i, v := range made[x.Name] {
				if math.Abs(float64(v-want[i])) > 2e-6*(1+math.Abs(float64(want[i]))) {
					t.Fatalf("%s, %s: value %d is %g, want %g", name, x.Name, i, v, want[i])
				}
			}
		}
	}
}

func merge(w []float32, p adapter.Pair) {
	for o := range p.Out {
		row := make([]float64, p.In)
		norm := 0.0
		for i := range row {
			row[i] = float64(w[o*p.In+i])
			for k := range p.R {
				row[i] += float64(p.Scale) * float64(p.B[o*p.R+k]) * float64(p.A[k*p.In+i])
			}
			norm += row[i] * row[i]
		}
		for i := range row {
			if len(p.Magnitude) > 0 {
				row[i] *= float64(p.Magnitude[o]) / math.Sqrt(norm)
			}
			w[o*p.In+i] = float32(row[i])
		}
	}
}

func TestLaw07WhatIsTooFarIsPutAside(t *testing.T) {
	be := backend(t)
	path := shared.Path(t, "data", "models", "stories3M-f16.gguf")
	dir := t.TempDir()
	out := filepath.Join(dir, "small.gguf")
	r, err := Run(t.Context(), be, Options{Model: path, To: GGUF, Type: "Q4_0", Out: out, MaxKL: 1e-9})
	var far *CheckError
	if !errors.As(err, &far) || far.Path != out+".failed" || r.Check == nil || r.Check.KLMean <= 1e-9 {
		t.Fatalf("%v, report %+v", err, r)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"small.gguf.failed", "small.gguf.failed.export.json"}) {
		t.Errorf("left: %v", got)
	}
}

func TestAnInterruptLeavesNothing(t *testing.T) {
	be := backend(t)
	golden := shared.Path(t, "golden", "public", "llama-gqa")
	for _, at := range []Stage{Writing, Checking} {
		for _, to := range Targets() {
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			_, err := Run(ctx, be, Options{Model: filepath.Join(golden, "hf") + "+" + filepath.Join(golden, "adapter"), To: to, Out: filepath.Join(dir, "x"), Progress: func(s Stage, done, of int64) {
				if s == at && done > of/3 {
					cancel()
				}
			}})
			cancel()
			if got := names(t, dir); !errors.Is(err, context.Canceled) || len(got) > 0 {
				t.Errorf("%s, %s: %v; left: %v", to, at, err, got)
			}
		}
	}
}

func TestNothingIsWrittenOver(t *testing.T) {
	be := backend(t)
	out := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(out, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{To: GGUF, Out: out}, {To: GGUF}, {To: GGUF, Out: filepath.Join(out, "no", "folder")}, {To: "tar", Out: out + "2"}, {To: GGUF, Out: out + "2", Type: "Q7"}} {
		if _, err := Run(t.Context(), be, o); err == nil {
			t.Errorf("%+v is done", o)
		}
	}
}

func names(t testing.TB, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// An adapter that carries a whole head unties it, and what is written has one.
func TestAWholeHeadIsExported(t *testing.T) {
	be := backend(t)
	base := shared.Path(t, "golden", "public", "llama-gqa", "hf")
	m := open(t, be, base)
	c := m.Config()
	head := m.Tensors()[0].Floats()
	for i := range head {
		head[i] *= 1 + float32(i%7)/20
	}
	a, err := adapter.Load(shared.Path(t, "golden", "public", "llama-gqa", "adapter"))
	if err != nil {
		t.Fatal(err)
	}
	a.Carry(model.HeadModule, adapter.Matrix{Values: head, Rows: c.Vocab, Cols: c.Hidden})
	dir := filepath.Join(t.TempDir(), "adapter")
	if err := a.Save(dir); err != nil {
		t.Fatal(err)
	}
	for _, to := range []Target{GGUF, Safetensors} {
		out := filepath.Join(t.TempDir(), "made.gguf")
		r := run(t, be, Options{Model: base + "+" + dir, To: to, Type: "F32", Out: out})
		made := open(t, be, out)
		if made.Config().Tied || !r.Check.GreedyEqual || r.Check.KLMax > 1e-6 {
			t.Errorf("%s: tied %t, %+v", to, made.Config().Tied, r.Check)
		}
	}
}
