package train

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/dataset"
)

// The folder of a base in one GGUF file is no place for a run: a full run would end by writing over the base.
func TestARunIsNotPutOverAModel(t *testing.T) {
	for _, name := range []string{"config.json", "model.gguf", "adapter_config.json"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		r := tinyRecipe(t)
		r.Out, r.Method, r.Rank = dir, Full, 0
		if _, err := Run(context.Background(), r, Options{}, Silent{}); err == nil || !strings.Contains(err.Error(), "choose another --out") {
			t.Errorf("beside %s: error is %v", name, err)
		}
	}
}

// Rows that are held out and all too long cost the run its evaluation, not its life.
func TestHeldOutRowsThatAreAllTooLong(t *testing.T) {
	r := tinyRecipe(t)
	set, err := dataset.Load(context.Background(), paths(r.Data), dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.EvalFraction = 1e-9 // one row
	_, held := set.Split(r.EvalFraction, r.Seed)
	text := bytes.Split(read(t, r.Data[0].Path), []byte("\n"))
	line := text[held[0].Line-1]
	// Rows are told apart by their words, so the one to hold out is found again with longer ones.
	long := bytes.Replace(line, []byte(`"output":"`), []byte(`"output":"`+strings.Repeat("ab", 4000)), 1)
	for seed := range uint64(1000) {
		text[held[0].Line-1] = long
		if err := os.WriteFile(r.Data[0].Path, bytes.Join(text, []byte("\n")), 0o666); err != nil {
			t.Fatal(err)
		}
		if set, err = dataset.Load(context.Background(), paths(r.Data), dataset.Options{}); err != nil {
			t.Fatal(err)
		}
		if _, now := set.Split(r.EvalFraction, seed); now[0].Line == held[0].Line {
			r.Seed = seed
			break
		}
	}
	var seen notes
	res, err := Run(context.Background(), r, Options{}, &seen)
	if err != nil {
		t.Fatal(err)
	}
	if res.EvalBefore != nil || res.EvalAfter != nil || !strings.Contains(strings.Join(seen.text, "\n"), "held-out loss is not measured") {
		t.Errorf("result %+v, notes %q", res, seen.text)
	}
}

type notes struct {
	Silent
	text []string
}

func (n *notes) Noted(text string) { n.text = append(n.text, text) }

// An interrupt after the look before training and before the first step loses neither that look nor the speed.
func TestResumeBeforeTheFirstStepKeepsTheFirstLook(t *testing.T) {
	r := tinyRecipe(t)
	r.Steps = 2
	ctx, cancel := context.WithCancel(context.Background())
	var stop *Interrupted
	if _, err := Run(ctx, r, Options{}, afterLook{cancel: cancel}); !errors.As(err, &stop) || stop.Step != 0 {
		t.Fatalf("error is %v, want an interrupt after step 0", err)
	}
	run(t, r, Options{Resume: true})
	points, err := ReadMetrics(filepath.Join(r.Out, metricsFile))
	if err != nil {
		t.Fatal(err)
	}
	looks := 0
	for _, p := range points {
		if p.Step == 0 && p.EvalLoss != nil {
			looks++
		}
	}
	if looks != 1 {
		t.Errorf("%d looks before training in %s, want 1", looks, metricsFile)
	}
}

// A run that is interrupted while it finishes still says how fast its steps were.
func TestSpeedIsOfAllPartsOfARun(t *testing.T) {
	r := tinyRecipe(t)
	r.Steps, r.EvalEvery = 2, -1
	ctx, cancel := context.WithCancel(context.Background())
	var stop *Interrupted
	if _, err := Run(ctx, r, Options{}, stopAfter{step: 2, cancel: cancel}); !errors.As(err, &stop) || stop.Step != 2 {
		t.Fatalf("error is %v, want an interrupt after step 2", err)
	}
	if res := run(t, r, Options{Resume: true}); res.TokensPerSec <= 0 {
		t.Errorf("speed is %g", res.TokensPerSec)
	}
}

type afterLook struct {
	Silent
	cancel context.CancelFunc
}

func (a afterLook) Evaluated(Eval) { a.cancel() }

// The recipe beside the result repeats the run: it says how many tokens were computed at once.
func TestTheStoredRecipeIsTheResolvedOne(t *testing.T) {
	r := tinyRecipe(t)
	r.Steps = 1
	run(t, r, Options{})
	p, err := adapter.ReadProvenance(r.Out)
	if err != nil {
		t.Fatal(err)
	}
	if want := string(read(t, r.Out, recipeFile)); p.Recipe != want {
		t.Errorf("cria.json has the recipe\n%s, want\n%s", p.Recipe, want)
	}
}

// More steps than an int can multiply are too many, and no panic.
func TestBenchRefusesMoreStepsThanRows(t *testing.T) {
	for _, steps := range []int{10, math.MaxInt} {
		_, err := Bench(context.Background(), BenchOptions{Shape: "64x2x2x2x64x128", Data: rows(t, 40), Steps: steps, Threads: 1})
		if err == nil || !strings.Contains(err.Error(), "has 40 rows") {
			t.Errorf("%d steps: error is %v", steps, err)
		}
	}
}

// A clock that saw no time pass gives a speed that JSON can hold.
func TestPerSecondIsFinite(t *testing.T) {
	if x := perSecond(100, 0); x != 0 {
		t.Errorf("100 in no time are %g a second, want 0 for unknown", x)
	}
}

// The gradient is the sum over all micro-batches: where it is not finite any of the step's rows may be why.
func TestLaw13AGradientNamesTheRowsOfTheWholeStep(t *testing.T) {
	r := tinyRecipe(t)
	r.Rank, r.Alpha, r.MicroTokens = 1, 1e6, 2
	s := openSession(t, r)
	for _, p := range s.m.Params() {
		if strings.HasSuffix(p.Name, "lora_A.weight") { // B is zero: the loss is the base's
			s.be.Write(p.Value, slices.Repeat([]float32{1e36}, p.Value.Len()))
		}
	}
	step := s.schedule.Step(0)
	if n := len(dataset.Pack(s.train, step, s.micro)); n < 2 {
		t.Fatalf("the step has %d micro-batch", n)
	}
	_, err := s.gradients(context.Background(), 0)
	var nf *NotFinite
	if !errors.As(err, &nf) || len(nf.Rows) != len(step) {
		t.Errorf("error %v, want all %d rows of the step", err, len(step))
	}
}
