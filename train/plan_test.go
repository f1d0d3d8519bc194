package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/model"
)

// order notes what an observer is told, and what was on disk when the plan was.
type order struct {
	Silent
	out     string
	told    []string
	plan    Plan
	early   bool // the folder was there before the plan
	largest int64
}

func (o *order) Planned(p Plan) {
	_, err := os.Stat(o.out)
	o.told, o.plan, o.early = append(o.told, "plan"), p, err == nil
}
func (o *order) Evaluated(Eval) { o.told = append(o.told, "eval") }
func (o *order) Stepped(Step) {
	o.told = append(o.told, "step")
	if info, err := os.Stat(filepath.Join(o.out, checkpointFile)); err == nil {
		o.largest = max(o.largest, info.Size())
	}
}

// The plan is told once, before anything is trained or written, and is what the run then comes to.
func TestLaw12ThePlanComesFirst(t *testing.T) {
	for _, method := range []Method{LoRA, Full} {
		r := tinyRecipe(t)
		r.Method, r.Epochs, r.SaveEvery = method, 2, 1
		weights := "adapter_model.safetensors"
		if method == Full {
			r.Rank, weights = 0, "model.safetensors"
		}
		o := &order{out: r.Out}
		res, err := Run(context.Background(), r, Options{}, o)
		if err != nil {
			t.Fatal(err)
		}
		if o.told[0] != "plan" || slices.Contains(o.told[1:], "plan") || o.early {
			t.Errorf("told %v; the folder was there first: %v", o.told, o.early)
		}
		p := o.plan
		if p.Steps != res.Steps || p.Tokens != res.Tokens || p.Seconds != float64(p.Tokens)/p.TokensPerS {
			t.Errorf("plan %+v, the run took %d steps and %d tokens", p, res.Steps, res.Tokens)
		}
		// A checkpoint, the one that replaces it, and what was trained.
		if need := 2*o.largest + int64(len(read(t, r.Out, weights))); o.largest == 0 || p.Disk < need {
			t.Errorf("%s: planned %d bytes on disk, it takes %d", method, p.Disk, need)
		}
	}
}

// The time told follows from work that was done, which leaves everything as it was.
func TestLaw12SpeedIsMeasuredAndChangesNothing(t *testing.T) {
	s := weighted(t, 400)
	values := func() (all []float32) {
		for _, p := range s.m.Params() {
			x := make([]float32, p.Value.Len())
			s.be.Read(x, p.Value)
			all = append(all, x...)
		}
		return all
	}
	before, p := values(), Plan{Tokens: 1e6}
	began := time.Now()
	if err := s.calibrate(context.Background(), &p); err != nil {
		t.Fatal(err)
	}
	tokens := dataset.Pack(s.train, s.schedule.Step(0), s.micro)[0].Tokens
	// The micro-batch that is measured takes a part of the time of the whole call.
	if least := float64(tokens) / time.Since(began).Seconds(); p.TokensPerS < least || p.Seconds != 1e6/p.TokensPerS {
		t.Errorf("%g tokens a second, a million in %g seconds; at least %g were computed a second", p.TokensPerS, p.Seconds, least)
	}
	if !slices.Equal(values(), before) || s.opt.steps != 0 {
		t.Error("measuring moved a parameter")
	}
}

// What a run cannot have is refused before its folder is made.
func TestLaw12ARunThatDoesNotFitIsNotBegun(t *testing.T) {
	r := tinyRecipe(t)
	r.BatchTokens, r.MicroTokens = 1e12, 1e12
	o := &order{out: r.Out}
	_, err := Run(context.Background(), r, Options{}, o)
	var refused *DoesNotFit
	if !errors.As(err, &refused) || len(refused.Instead) == 0 || len(o.told) > 0 {
		t.Errorf("error %v after %v, want a refusal with settings that fit", err, o.told)
	}
	if _, err := os.Stat(r.Out); err == nil {
		t.Error("the run's folder was made")
	}
}

// Every setting that a refusal offers fits the memory that the run was refused for, and leaves rows to train on.
func TestLaw12WhatIsOfferedFits(t *testing.T) {
	offered := map[string]bool{}
	for i, from := range []Recipe{{Method: Full}, {Method: LoRA, Rank: 64}, {Method: LoRA, Rank: 4, MicroTokens: 3000}, {Method: Full}, {Method: LoRA, Rank: 4}} {
		r := tinyRecipe(t)
		r.Method, r.Rank, r.MicroTokens = from.Method, from.Rank, from.MicroTokens
		long := `{"instruction":"a","output":"` + strings.Repeat("b", 150) + `"}` + "\n"
		text := long
		if i < 3 { // a smaller max_len leaves most rows; of the others, none
			text += strings.Repeat(`{"instruction":"a","output":"b"}`+"\n", 30)
		}
		r.Data, r.EvalFraction, r.Template = Files(put(t, "rows.jsonl", text)), -1, "plain"
		plan := func(r Recipe, free int64) (Plan, error) {
			r, err := r.Resolve()
			if err != nil {
				return Plan{}, err
			}
			s, err := open(context.Background(), r, Silent{})
			if err != nil {
				return Plan{}, err
			}
			defer s.close()
			return s.plan(free)
		}
		p, err := plan(r, 0)
		if err != nil {
			t.Fatal(err)
		}
		small := r
		small.MicroTokens = 1
		least, err := plan(small, 0)
		if err != nil {
			t.Fatal(err)
		}
		const fixed = scratchRest + scratchLogits + program
		frees := []int64{p.Total - 1}
		for _, share := range []int64{99, 90, 80, 70, 60, 40} {
			frees = append(frees, fixed+(least.Total-fixed)*share/100)
		}
		for _, free := range frees {
			_, err := plan(r, free)
			var refused *DoesNotFit
			if err == nil {
				continue // with fewer tokens at once
			}
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), Bytes(free)+" is free") {
				t.Fatal(err)
			}
			for _, setting := range refused.Instead {
				w, words := r, strings.Fields(setting)
				for i := 0; i+1 < len(words) && strings.HasPrefix(words[i], "--"); i += 2 {
					offered[words[i]] = true
					n := 0
					if _, err := fmt.Sscan(words[i+1], &n); err != nil && words[i] != "--method" && words[i] != "--quantize" && words[i] != "--optimizer" {
						t.Fatal(setting)
					}
					switch words[i] {
					case "--method":
						w.Method = Method(words[i+1])
					case "--quantize":
						w.Quantize = words[i+1]
					case "--optimizer":
						w.Optimizer = Optimizer(words[i+1])
					case "--rank":
						w.Rank = n
					case "--max-len":
						w.MaxLen = n
					case "--micro-tokens":
						w.MicroTokens = n
					default:
						t.Fatalf("%q is offered", setting)
					}
				}
				if _, err := plan(w, free); err != nil {
					t.Errorf("%s with %d bytes of %d: %s is offered: %v", r.Method, free, p.Total, setting, err)
				}
			}
		}
	}
	for _, flag := range []string{"--method", "--quantize", "--optimizer", "--rank", "--max-len", "--micro-tokens"} {
		if !offered[flag] {
			t.Errorf("%s is never offered", flag)
		}
	}
}

// Every kind of memory in the plan is as large as what is then allocated.
func TestLaw12EveryKindOfMemoryIsPlanned(t *testing.T) {
	full := func(r *Recipe) { r.Method, r.Rank = Full, 0 }
	for name, change := range map[string]func(r *Recipe){
		"lora":                                 func(r *Recipe) { r.Dropout = 0.1 },
		"dora of one block, and the head":      func(r *Recipe) { r.DoRA, r.Layers, r.TrainHead = true, "1", true },
		"lora of one block, and the embedding": func(r *Recipe) { r.Layers, r.TrainEmbeddings = "1", true },
		"full":                                 full,
		"full of the last block":               func(r *Recipe) { full(r); r.LastLayers = 1 },
		"full of the last block, and the head": func(r *Recipe) { full(r); r.LastLayers, r.TrainHead = 1, true },
		"full without the first block":         func(r *Recipe) { full(r); r.Freeze = []string{"layers.0.*", "embed_tokens"} },
	} {
		r := tinyRecipe(t)
		r.MicroTokens = 500
		change(&r)
		s := openSession(t, r)
		var rest, values, grads, moments, data int64
		for _, x := range s.m.Tensors() {
			rest += int64(len(x.Data))
		}
		for i, p := range s.opt.params {
			values, grads = values+4*int64(p.Value.Len()), grads+4*int64(p.Grad.Len())
			for _, part := range s.opt.rules[i].state() {
				moments += part.size()
			}
		}
		for _, list := range [][]dataset.Tokens{s.train, s.held} {
			for _, x := range list {
				data += 4*int64(len(x.IDs)) + int64(len(x.Train))
			}
		}
		for _, e := range s.set.Examples {
			for _, m := range e.Messages {
				data += int64(len(m.Content) + len(m.Input))
			}
		}
		want := []int64{rest, values, grads, moments, int64(model.WorkspaceBytes(s.m.Config(), s.ws.Plan())), data, scratchLogits + scratchRest, program}
		p, err := s.plan(0)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := s.sizes().workspace(), s.ws.Plan(); got != want {
			t.Errorf("%s: planned a workspace of %+v, allocated %+v", name, got, want)
		}
		var got []int64
		for _, item := range p.Memory {
			got = append(got, item.Bytes)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: planned %+v, allocated %v", name, p.Memory, want)
		}
	}
}
