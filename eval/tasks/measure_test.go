package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
	"github.com/cria-llm/cria/internal/shared"
)

var itemsEach = flag.Int("items", 2, "items of each task that TestPackedIsOneAtATime measures; 50 take 40 s")

func nanoModel(t testing.TB) *infer.Assistant {
	t.Helper()
	return infertest.Nano(t, infer.OpenOptions{Exact: true})
}

// alone is -log p of a text after a prompt, by itself, and whether it is the model's own, which needs all logits.
func alone(t testing.TB, a *infer.Assistant, prompt, text string, logits bool) (nll float64, greedy, fits bool) {
	t.Helper()
	before, err := a.Encode(prompt)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := a.Encode(prompt + text)
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) > a.Context() {
		return 0, false, false
	}
	if !logits {
		l, err := a.Losses(t.Context(), []infer.Pair{{Prompt: ids[:len(before)], Response: ids[len(before):]}})
		if err != nil {
			t.Fatal(err)
		}
		return l[0].Sum, false, true
	}
	whole, err := a.Score(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	part, err := a.Score(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	greedy = true
	for i := len(before); i < len(ids); i++ {
		greedy = greedy && whole.Argmax[i-1] == ids[i]
	}
	nll = whole.NLL * float64(len(ids)-1)
	if len(before) > 1 {
		nll -= part.NLL * float64(len(before)-1)
	}
	return nll, greedy, true
}

// Items in packed batches with shared beginnings are measured as each choice by itself, of every task of published items: the
// first of each, and all of LAMBADA, in float64 from the logits.
func TestPackedIsOneAtATime(t *testing.T) {
	data := shared.Path(t, "data", "bench")
	a := infertest.Open(t, shared.Path(t, "data", "models", "stories3M"), infer.OpenOptions{Exact: true})
	for _, name := range []string{"mmlu", "hellaswag", "piqa", "boolq", "truthfulqa_mc1", "truthfulqa_mc2", "lambada"} {
		t.Run(name, func(t *testing.T) {
			task, err := Named(name)
			if err != nil {
				t.Fatal(err)
			}
			s, err := task.Read(t.Context(), data)
			if err != nil {
				t.Fatal(err)
			}
			items := Sample(s.Items, *itemsEach, 7)
			got, err := s.measure(t.Context(), a, items)
			if err != nil {
				t.Fatal(err)
			}
			measured := 0
			for i, it := range items {
				texts := []string{it.Target}
				if s.Kind == Choice {
					texts = nil
					for _, c := range it.Choices {
						texts = append(texts, " "+c)
					}
				}
				var losses []float64
				tooLong := false
				for _, text := range texts {
					nll, greedy, fits := alone(t, a, it.Before+it.Prompt, text, s.Kind == Word || measured == 0)
					tooLong = tooLong || !fits
					losses = append(losses, nll)
					if s.Kind == Word && fits && greedy != got[i].Greedy {
						t.Errorf("%s: greedy %t, want %t", it.Where, got[i].Greedy, greedy)
					}
				}
				if tooLong != got[i].TooLong {
					t.Errorf("%s: too long %t, want %t", it.Where, got[i].TooLong, tooLong)
				}
				if tooLong {
					continue
				}
				measured++
				for k, want := range losses {
					if g := got[i].Losses[k]; math.Abs(g-want) > 2e-4*want+2e-4 {
						t.Errorf("%s: choice %d loses %g, want %g", it.Where, k, g, want)
					}
				}
			}
			if 2*measured < len(items) {
				t.Errorf("only %d of %d items fit", measured, len(items))
			}
		})
	}
}

// Where choices stand in the prompt, what follows is measured after each as by itself, the one under which it is likelier wins,
// and what is kept is not taken for a question whose choices are the same.
func TestWhatFollowsEachChoiceIsMeasured(t *testing.T) {
	a := nanoModel(t)
	task, err := Named("winogrande")
	if err != nil {
		t.Fatal(err)
	}
	s, err := task.Read(t.Context(), folder(t, map[string]string{"dev.jsonl": `{"sentence":"The cup missed the bag as the _ was too small.","option1":"cup","option2":"bag","answer":"2"}
{"sentence":"_ was the one who asked.","option1":"Ann","option2":"Berta","answer":"1"}
`, "train_xl.jsonl": `{"sentence":"Ann paid Berta, so _ was poorer.","option1":"Ann","option2":"Berta","answer":"1"}`}))
	if err != nil {
		t.Fatal(err)
	}
	c, err := OpenCache("")
	if err != nil {
		t.Fatal(err)
	}
	for _, shots := range []int{0, 1} {
		if err := s.Show(t.Context(), filepath.Dir(s.File), shots); err != nil {
			t.Fatal(err)
		}
		before := []string{"The cup missed the bag as the ", ""}
		if shots == 1 {
			for i, text := range before {
				before[i] = "Ann paid Berta, so Ann was poorer.\n\n" + text
			}
		}
		r, err := Measure(t.Context(), a, s, Options{Cache: c})
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range r.Outcomes {
			var losses []float64
			for k, choice := range o.Choices {
				want, _, _ := alone(t, a, before[i]+choice, " "+o.Continuation, true)
				losses = append(losses, want)
				if got := o.Losses[k]; math.Abs(got-want) > 2e-4*want+2e-4 {
					t.Errorf("%q after %q loses %g, want %g", o.Continuation, before[i]+choice, got, want)
				}
			}
			if right := losses[o.Right] < losses[1-o.Right]; right != (o.Scores[0].Num == 1) {
				t.Errorf("%s counts %g, with losses %v and %d right", o.Where, o.Scores[0].Num, losses, o.Right)
			}
		}
	}
	plain := s.Items[0]
	plain.Continuation = ""
	if s.keyOf("m", plain) == s.keyOf("m", s.Items[0]) {
		t.Error("choices, and what follows them, are kept under one key")
	}
}

// A document that fits is measured as one sequence, and of a longer one each token once.
func TestDocumentsAreMeasuredWhole(t *testing.T) {
	a := nanoModel(t)
	tok, err := a.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	task, err := Named("perplexity")
	if err != nil {
		t.Fatal(err)
	}
	text := "The llama went up the hill. It was a cold day, and nobody saw it go."
	s := &Set{Task: task, Items: []Item{{Target: text}}}
	r, err := Measure(t.Context(), a, s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	start, ok := tok.BOS()
	if !ok {
		start, _ = tok.EOS()
	}
	ids := append([]int32{start}, tok.EncodeText(text, true)...)
	want, err := a.Score(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	bits := want.NLL * float64(len(ids)-1) / math.Ln2 / float64(len(text))
	if math.Abs(*r.Value.Value-bits) > 1e-4*bits {
		t.Errorf("%g bits a byte, want %g", *r.Value.Value, bits)
	}
	long := ""
	for len(tok.EncodeText(long, true)) < 2*a.Context()+9 {
		long += text + " "
	}
	pairs, err := windows(a, long)
	if err != nil {
		t.Fatal(err)
	}
	var all []int32
	for i, p := range pairs {
		all = append(all, p.Response...)
		if n := len(p.Prompt) + len(p.Response); n > a.Context() || i > 0 && n != a.Context() {
			t.Errorf("window %d has %d tokens of %d", i, n, a.Context())
		}
	}
	if !slices.Equal(all, tok.EncodeText(long, true)) {
		t.Error("not each token is measured once")
	}
}

// A run that was ended goes on where it was and comes to the same numbers; whole runs measure nothing again.
func TestAnInterruptedRunGoesOn(t *testing.T) {
	a := nanoModel(t)
	task, err := Named("boolq")
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	for i := range 2*batchItems + 9 {
		fmt.Fprintf(&rows, "{\"question\":\"is %d even\",\"passage\":\"Numbers.\",\"answer\":%t}\n", i, i%2 == 0)
	}
	fmt.Fprintf(&rows, "{\"question\":\"long\",\"passage\":%q,\"answer\":true}\n", strings.Repeat("word ", 2*a.Context()))
	s, err := task.Read(t.Context(), folder(t, map[string]string{"boolq_dev.jsonl": rows.String()}))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Measure(t.Context(), a, s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if whole.TooLong != 1 || whole.N != len(s.Items)-1 {
		t.Errorf("%d too long and %d counted of %d", whole.TooLong, whole.N, len(s.Items))
	}
	path := filepath.Join(t.TempDir(), "cache")
	run := func(ctx context.Context, stop func()) (Result, error) {
		c, err := OpenCache(path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return Measure(ctx, a, s, Options{Cache: c, Progress: func(done, _ int) {
			if done > 0 {
				stop()
			}
		}})
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := run(ctx, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of an interrupted run", err)
	}
	// The last line is cut off, as by a crash.
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)-5], 0o666); err != nil {
		t.Fatal(err)
	}
	for _, cached := range []int{batchItems - 1, len(s.Items)} {
		r, err := run(t.Context(), func() {})
		if err != nil {
			t.Fatal(err)
		}
		if r.Cached != cached || *r.Value.Value != *whole.Value.Value || *r.Stderr != *whole.Stderr || r.N != whole.N || r.TooLong != 1 {
			t.Errorf("%+v with %d cached, want %d and %+v", r, r.Cached, cached, whole)
		}
	}
}

// Answers are what the model says greedily, up to a text that ends them, and what is counted may change without asking again.
func TestAnswersAreKept(t *testing.T) {
	a := nanoModel(t)
	task, err := Parse([]byte(ownTask))
	if err != nil {
		t.Fatal(err)
	}
	prompt, err := a.Encode("Once upon a")
	if err != nil {
		t.Fatal(err)
	}
	said, err := a.Generate(t.Context(), prompt, infer.Options{MaxTokens: 4}, nil)
	if err != nil {
		t.Fatal(err)
	}
	row, err := json.Marshal(map[string]string{"q": "Once upon a", "a": said.Text})
	if err != nil {
		t.Fatal(err)
	}
	s, err := task.Read(t.Context(), folder(t, map[string]string{"mine.jsonl": string(row) + "\n{\"q\":\"A\",\"a\":\"zzz zzz\"}\n"}))
	if err != nil {
		t.Fatal(err)
	}
	c, err := OpenCache("")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Measure(t.Context(), a, s, Options{Cache: c})
	if err != nil {
		t.Fatal(err)
	}
	if *r.Value.Value != 0.5 || len(r.Others) != 2 || r.N != 2 {
		t.Errorf("%g, %+v", *r.Value.Value, r)
	}
	task.Metrics = []string{"regex"}
	if r, err = Measure(t.Context(), a, s, Options{Cache: c}); err != nil || r.Cached != 2 || r.Metric != "regex" {
		t.Errorf("%+v, error %v", r, err)
	}
}
