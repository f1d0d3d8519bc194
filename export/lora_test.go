package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
	"github.com/cria-llm/cria/internal/shared"
)

// few keeps the comparison short; one is asked in the conversation template.
func few() []infer.Prompt { return []infer.Prompt{{Text: "ab"}, {Question: "Who?"}} }

// LoRA → GGUF → PEFT keeps every bit of the weights, and PEFT → PEFT every bit of the folder.
func TestAnAdapterGoesThroughBothFormsAndBack(t *testing.T) {
	be := backend(t)
	base, from := shared.Path(t, "golden", "public", "llama-gqa", "hf"), shared.Path(t, "golden", "public", "llama-gqa", "adapter-rslora")
	dir := t.TempDir()
	file := filepath.Join(dir, "lora")
	if r := run(t, be, Options{Model: base + "+" + from, To: GGUFLoRA, Out: file, Prompts: few()}); r.Check.KLMax > 1e-9 || r.Type != "F32" {
		t.Errorf("in GGUF: %+v", r)
	}
	for _, spec := range []string{base + "+" + file, base + "+" + from} {
		out := filepath.Join(dir, "peft-"+filepath.Base(spec))
		if r := run(t, be, Options{Model: spec, To: PEFT, Out: out, Prompts: few()}); r.Check.KLMax > 1e-9 {
			t.Errorf("%s: %+v", spec, r)
		}
		same := []string{"adapter_model.safetensors"}
		if spec != base+"+"+file {
			same = append(same, "adapter_config.json")
		}
		for _, name := range same {
			want, err := os.ReadFile(filepath.Join(from, name))
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join(out, name))
			if filepath.Ext(name) == ".json" {
				got, want = compact(t, got), compact(t, want)
			}
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %s changed (%v)", spec, name, err)
			}
		}
	}
}

func compact(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSeveralAdaptersAreWrittenAsTheirSum(t *testing.T) {
	be := backend(t)
	golden := shared.Path(t, "golden", "public", "llama-gqa")
	in := func(name string) string { return filepath.Join(golden, name) }
	out := filepath.Join(t.TempDir(), "sum.gguf")
	r := run(t, be, Options{Model: in("hf") + "+" + in("adapter") + "+" + in("adapter-rslora"), To: GGUFLoRA, Out: out, Prompts: few()})
	if r.Check.KLMax > 1e-6 || !r.Check.GreedyEqual {
		t.Errorf("%+v", r.Check)
	}
	var merge *adapter.MergeInstead
	if _, err := Run(t.Context(), be, Options{Model: in("hf") + "+" + in("adapter-dora"), To: GGUFLoRA, Out: filepath.Join(t.TempDir(), "x")}); !errors.As(err, &merge) {
		t.Errorf("DoRA in GGUF: %v", err)
	}
	if _, err := Run(t.Context(), be, Options{Model: in("hf"), To: PEFT, Out: filepath.Join(t.TempDir(), "x")}); err == nil {
		t.Error("a model without an adapter is written as one")
	}
}

// What lies in the folder for Ollama: the model, and a Modelfile of its template, stop tokens, licence and lineage.
func TestAFolderForOllama(t *testing.T) {
	be := backend(t)
	golden := shared.Path(t, "golden", "public", "llama-gqa")
	base, tuned := copyOf(t, filepath.Join(golden, "hf")), filepath.Join(golden, "adapter")
	if err := os.WriteFile(filepath.Join(base, "LICENSE"), []byte("You may.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(base, "generation_config.json"), []byte(`{"do_sample": true, "temperature": 0.6, "top_k": 20, "eos_token_id": 2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"", "llama3.2:1b"} {
		out := filepath.Join(t.TempDir(), "folder")
		r := run(t, be, Options{Model: base + "+" + tuned, To: Ollama, Type: "F32", Out: out, Prompts: few(), Template: "vicuna", From: from})
		if r.Check.KLMax > 1e-6 {
			t.Errorf("%+v", r.Check)
		}
		text, err := os.ReadFile(filepath.Join(out, "Modelfile"))
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"# Adapter: llama-gqa (hash ", "TEMPLATE \"\"\"{{", " ASSISTANT:", "LICENSE \"\"\"You may.\n\"\"\"", "PARAMETER stop \"</s>\"\nPARAMETER temperature 0.6\nPARAMETER top_k 20\n"}
		if from == "" {
			want = append(want, "\nFROM ./model.gguf\n")
		} else {
			want = append(want, "\nFROM llama3.2:1b\nADAPTER ./adapter.gguf\n")
		}
		for _, w := range want {
			if !strings.Contains(string(text), w) {
				t.Errorf("no %q in\n%s", w, text)
			}
		}
	}
}

// A model's own template that nobody can render is not replaced by another in silence.
func TestAnUnknownTemplateIsNotReplaced(t *testing.T) {
	base := copyOf(t, shared.Path(t, "golden", "public", "llama-gqa", "hf"))
	if err := os.WriteFile(filepath.Join(base, "chat_template.jinja"), []byte("{{ frobnicate(messages) }}"), 0o600); err != nil {
		t.Fatal(err)
	}
	be, o := backend(t), Options{Model: base, To: Ollama, Type: "F32", Out: filepath.Join(t.TempDir(), "folder"), Prompts: few()}
	if _, err := Run(t.Context(), be, o); err == nil || !strings.Contains(err.Error(), "--no-template") {
		t.Errorf("exported: %v", err)
	}
	o.NoTemplate = true
	run(t, be, o)
	text, err := os.ReadFile(filepath.Join(o.Out, "Modelfile"))
	if err != nil || strings.Contains(string(text), "\nTEMPLATE") || !strings.Contains(string(text), "# TEMPLATE is left out") {
		t.Errorf("%s, %v", text, err)
	}
}

func copyOf(t *testing.T, dir string) string {
	to := filepath.Join(t.TempDir(), "base")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// What Ollama makes of a conversation is, token for token, what the model was trained with.
func TestOllamasTokensAreThoseOfTraining(t *testing.T) {
	j := &job{src: infertest.Nano(t, infer.OpenOptions{Template: "alpaca"})}
	tpl, err := j.ollamaTemplate()
	if err != nil {
		t.Fatal(err)
	}
	if len(tpl.Notes) > 0 {
		t.Errorf("notes %q", tpl.Notes)
	}
	got, err := tpl.Execute([]chat.Message{{Role: chat.User, Content: "Hi."}})
	if err != nil || !strings.HasSuffix(got, "\n\n### Instruction:\nHi.\n\n### Response:") {
		t.Errorf("%q, %v", got, err)
	}
}
