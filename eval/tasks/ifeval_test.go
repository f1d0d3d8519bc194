package tasks

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/eval/ifeval"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/internal/plainjson"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/language"
)

// A model that is asked IFEval's prompts gets the numbers that its answers get where they are checked from a file, and each of
// them is the model's greedy one in its own template.
func TestIFEvalOfAModelIsThatOfItsAnswers(t *testing.T) {
	dir := shared.Path(t, "data", "bench")
	a := nanoModel(t)
	task, err := Named("ifeval")
	if err != nil {
		t.Fatal(err)
	}
	task.Tokens = 24
	s, err := task.Read(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Items) != 541 {
		t.Errorf("%d prompts, want 541", len(s.Items))
	}
	r, err := Measure(t.Context(), a, s, Options{Limit: 40, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if r.N+r.TooLong != 40 || r.N < 30 {
		t.Fatalf("%d answered and %d too long of 40", r.N, r.TooLong)
	}
	var file strings.Builder
	e := plainjson.NewEncoder(&file)
	cut := 0
	for _, o := range r.Outcomes {
		if err := e.Encode(map[string]string{"prompt": o.Prompt, "response": o.Said}); err != nil {
			t.Fatal(err)
		}
		if o.Cut {
			cut++
		}
	}
	path := filepath.Join(t.TempDir(), "answers.jsonl")
	if err := os.WriteFile(path, []byte(file.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	prompts, err := ifeval.ReadPrompts(s.File)
	if err != nil {
		t.Fatal(err)
	}
	answers, err := ifeval.ReadAnswers(path)
	if err != nil {
		t.Fatal(err)
	}
	checked, err := ifeval.Check(prompts, answers, language.New().Code)
	if err != nil {
		t.Fatal(err)
	}
	want := ifeval.Total(checked.Results)
	if want.InstStrict.Value == 0 {
		t.Error("no instruction is followed: the test sees nothing")
	}
	for i, m := range []ifeval.Measure{want.PromptStrict, want.InstStrict, want.PromptLoose, want.InstLoose} {
		v := append([]Value{r.Value}, r.Others...)[i]
		if v.Metric != s.Metrics[i] || *v.Value != m.Value || math.Abs(*v.Stderr-m.Stderr) > 1e-12 {
			t.Errorf("%s is %g ± %g, want %g ± %g", v.Metric, *v.Value, *v.Stderr, m.Value, m.Stderr)
		}
		if v.CI95[0] > m.Value || v.CI95[1] < m.Value || v.CI95[0] == v.CI95[1] {
			t.Errorf("%s is %g, with an interval of %v", v.Metric, m.Value, v.CI95)
		}
	}
	if cut != r.Cut || cut == 0 {
		t.Errorf("%d answers cut, want %d", r.Cut, cut)
	}
	o := r.Outcomes[0]
	tmpl, _, err := a.Template()
	if err != nil {
		t.Fatal(err)
	}
	ids, err := a.Prompt([]chat.Message{{Role: chat.User, Content: o.Prompt}})
	if err != nil {
		t.Fatal(err)
	}
	said, err := a.Generate(t.Context(), ids, infer.Options{MaxTokens: 24, Lead: tmpl.Lead()}, nil)
	if err != nil || said.Text != o.Said {
		t.Errorf("%q was said, want %q (error %v)", o.Said, said.Text, err)
	}
}

// An answer in a conversation ends where the model's positions do, and is counted as cut; a prompt that leaves no position is
// left out.
func TestAnswersEndWithThePositions(t *testing.T) {
	a := nanoModel(t)
	task, err := Named("ifeval")
	if err != nil {
		t.Fatal(err)
	}
	row := func(key int, words int) string {
		text, err := json.Marshal(map[string]any{"key": key, "prompt": "Say" + strings.Repeat(" word", words),
			"instruction_id_list": []string{"punctuation:no_comma"}, "kwargs": []any{map[string]any{}}})
		if err != nil {
			t.Fatal(err)
		}
		return string(text) + "\n"
	}
	words := 0
	for ; ; words++ {
		ids, err := a.Prompt([]chat.Message{{Role: chat.User, Content: "Say" + strings.Repeat(" word", words)}})
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) >= a.Context()-3 {
			break
		}
	}
	s, err := task.Read(t.Context(), folder(t, map[string]string{"ifeval_input_data.jsonl": row(1, words) + row(2, 2*words)}))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Measure(t.Context(), a, s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.N != 1 || r.TooLong != 1 || r.Cut > 1 {
		t.Errorf("%d answered, %d cut and %d too long, want 1, at most 1, and 1", r.N, r.Cut, r.TooLong)
	}
}
