package infer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/model/modeltest"
	"github.com/cria-llm/cria/train"
)

// What was trained answers as it was taught and then stops, by itself, as an adapter and as a tuned model; and it is
// asked in the template that it was trained with, though nobody says so.
func TestLaw01WhatWasTrainedStops(t *testing.T) {
	rows := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(rows, []byte(`{"instruction":"Two plus two?","output":"Four."}`+"\n"+`{"instruction":"Snow?","output":"Rain, frozen."}`+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, method := range []train.Method{train.LoRA, train.Full} {
		r := train.Recipe{Base: modeltest.Tiny(t, 1), Data: train.Files(rows), Out: filepath.Join(t.TempDir(), "run"),
			Method: method, Steps: 80, LR: 1e-2, EvalFraction: -1, Threads: 2}
		if _, err := train.Run(context.Background(), r, train.Options{}, train.Silent{}); err != nil {
			t.Fatal(err)
		}
		spec := r.Out
		if method == train.LoRA {
			spec = r.Base + "+" + r.Out
		}
		a := open(t, spec, OpenOptions{})
		if tmpl, from, err := a.Template(); err != nil || tmpl.Name() != "alpaca" || from != FromTraining {
			t.Errorf("%s: template %v from %q, %v", method, tmpl, from, err)
		}
		for question, answer := range map[string]string{"Two plus two?": "Four.", "Snow?": "Rain, frozen."} {
			res, err := a.NewConversation().Ask(t.Context(), question, Options{MaxTokens: 40}, nil)
			if err != nil || res.Text != answer || res.StopReason != Stopped || res.StopID != modeltest.EOS {
				t.Errorf("%s: %q is answered %q, ended by %q at token %d; want %q and the end token (%v)", method, question, res.Text, res.StopReason, res.StopID, answer, err)
			}
		}
	}
}

// An answer ends at whatever the model's files, the template or the training call its end.
func TestLaw01TheStopSetIsTheUnion(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	path := filepath.Join(base, "config.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), `"eos_token_id": 257`, `"eos_token_id": 5`, 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	p := alpaca(t)
	p.Stop = []int32{7}
	a := open(t, base+"+"+tinyAdapter(t, base, 1, p), OpenOptions{})
	stop := slices.Sorted(slices.Values(a.Stop()))
	if !slices.Equal(stop, []int32{5, 7, modeltest.EOS}) {
		t.Errorf("stop set %v, want the model's 5, the training's 7 and the template's %d", stop, modeltest.EOS)
	}
	// Whichever of them the model draws, it stops.
	prompt, err := a.Encode("ab")
	if err != nil {
		t.Fatal(err)
	}
	first := generate(t, a, prompt, Options{MaxTokens: 1, Stop: []int32{}}).IDs[0]
	for i := range a.stop {
		a.stop = slices.Clone(stop)
		a.stop[i] = first
		if res := generate(t, a, prompt, Options{MaxTokens: 5}); res.StopReason != Stopped || res.StopID != first || len(res.IDs) != 0 {
			t.Errorf("ended by %q at token %d after %v", res.StopReason, res.StopID, res.IDs)
		}
	}
}

// Later turns too are asked token for token as a conversation is trained.
func TestLaw03EveryTurnIsAskedAsItIsTrained(t *testing.T) {
	a := open(t, modeltest.Tiny(t, 1), OpenOptions{})
	talk := a.NewConversation()
	talk.SetSystem("Be brief.")
	conv := []chat.Message{{Role: chat.System, Content: "Be brief."}}
	for i, turn := range [][2]string{{"Two plus two?", "Four."}, {"And one more?", "Five."}, {"Why?", "It is so."}} {
		conv = append(conv, chat.Message{Role: chat.User, Content: turn[0]})
		prompt, err := talk.prompt(conv)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := a.Encode(turn[1])
		if err != nil {
			t.Fatal(err)
		}
		conv = append(conv, chat.Message{Role: chat.Assistant, Content: turn[1]})
		trained, err := a.template.Render(a.tok, conv)
		if err != nil {
			t.Fatal(err)
		}
		if from := trained.Spans[i].From; !slices.Equal(prompt, trained.IDs[:from]) {
			t.Errorf("turn %d is asked as %q, trained as %q", i, a.tok.Decode(prompt), a.tok.Decode(trained.IDs[:from]))
		}
		// As Ask keeps it; Encode puts a beginning before the answer.
		talk.turns, talk.said = conv[1:], append(prompt, answer[1:]...)
	}
}

func TestLaw03AdaptersOfTwoTemplatesDoNotStack(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	tmpl, err := chat.Named("plain")
	if err != nil {
		t.Fatal(err)
	}
	first := tinyAdapter(t, base, 1, alpaca(t))
	second := tinyAdapter(t, base, 2, &adapter.Provenance{Template: "plain", TemplateHash: tmpl.Hash()})
	refused(t, base+"+"+first+"+"+second, OpenOptions{}, "adapters stack where they share a template")
	refused(t, base+"+"+second+"+"+first, OpenOptions{}, "adapters stack where they share a template")
}

// Twice the α and half the B are the same addition, to the bit, alone and in a stack; twice the α alone is another.
func TestLaw08TheFilesScaleActs(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	dir, other := tinyAdapter(t, base, 1, nil), tinyAdapter(t, base, 2, nil)
	scaled := func(b float32) string {
		a, err := adapter.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		a.Config.Alpha *= 2
		for name, p := range a.Modules {
			p.Scale *= 2
			for i := range p.B {
				p.B[i] *= b
			}
			a.Modules[name] = p
		}
		out := filepath.Join(t.TempDir(), "scaled")
		if err := a.Save(out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	last := func(spec string) []float32 {
		s, err := open(t, spec, OpenOptions{}).Score(t.Context(), []int32{1, 5, 9, 30, 7})
		if err != nil {
			t.Fatal(err)
		}
		return s.Last
	}
	same, more := scaled(0.5), scaled(1)
	for _, on := range []string{base, base + "+" + other} {
		want := last(on + "+" + dir)
		if !slices.Equal(last(on+"+"+same), want) {
			t.Errorf("%s: twice the alpha and half the B change the logits", on)
		}
		if slices.Equal(last(on+"+"+more), want) {
			t.Errorf("%s: alpha changes nothing", on)
		}
	}
}

// A conversation that has become too long is an error; it does not forget its beginning.
func TestLaw10AConversationForgetsNothingSilently(t *testing.T) {
	a := open(t, modeltest.Tiny(t, 1), OpenOptions{Template: "plain"}) // 256 positions
	talk := a.NewConversation()
	talk.turns = []chat.Message{{Role: chat.User, Content: "hello"}, {Role: chat.Assistant, Content: strings.Repeat("long ", 40)}}
	before := slices.Clone(talk.Messages())
	_, err := talk.Ask(t.Context(), strings.Repeat("and then? ", 6), Options{}, nil)
	var full *ContextError
	if !errors.As(err, &full) || full.Prompt != 1+5+200+1+60 || full.Context != modeltest.MaxPos {
		t.Errorf("error %v, want all 267 tokens refused", err)
	}
	if !slices.Equal(talk.Messages(), before) {
		t.Errorf("the conversation has become %v", talk.Messages())
	}
}

// A cache that the machine has no memory for is refused before it is made.
func TestLaw12TheCacheIsHeldToTheMemory(t *testing.T) {
	cfg, err := model.Shape("256x16x4x4x8x300")
	if err != nil {
		t.Fatal(err)
	}
	cfg.MaxPos = 1 << 26 // 2 TB of keys and values
	m, err := model.Random(backend(t), cfg, compute.F32, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&Assistant{m: m}).reserve(cfg.MaxPos); err == nil || !strings.Contains(err.Error(), "ask for fewer tokens") {
		t.Errorf("error %v, want a refusal", err)
	}
}
