package tasks

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/chat"
)

const options = `task: mine
files: [mine.jsonl]
kind: choice
prompt: "{{ q }} {{ a }} or {{ b }}?"
choices: ["{{ a }}", "{{ b }}"]
right: "{{ a }}"
options: [a, b]
question: [q]
metrics: [acc]
`

func read(t *testing.T, definition, rows string) *Set {
	t.Helper()
	task, err := Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	s, err := task.Read(t.Context(), folder(t, map[string]string{"mine.jsonl": rows}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Options that are the choices move with them, also where the template of what is right moves too; labels stay, and what says of
// each whether it is right moves.
func TestOptionsMove(t *testing.T) {
	s := read(t, options, `{"q":"Is it","a":"red","b":"blue"}`)
	it, err := s.Reordered(t.Context(), s.Items[0], []int{1, 0})
	if err != nil || it.Prompt != "Is it blue or red?" || !slices.Equal(it.Choices, []string{"blue", "red"}) || it.Right != 1 {
		t.Errorf("%+v, error %v", it, err)
	}
	if s.Items[0].Prompt != "Is it red or blue?" || s.Items[0].Right != 0 {
		t.Errorf("the item itself becomes %+v", s.Items[0])
	}
	labels := strings.NewReplacer(`["{{ a }}", "{{ b }}"]`, "[A, B]", `right: "{{ a }}"`, "rights: r", "[acc]", "[mc2]").Replace(options)
	s = read(t, labels, `{"q":"Is it","a":"red","b":"blue","r":[0,1]}`)
	it, err = s.Reordered(t.Context(), s.Items[0], []int{1, 0})
	if err != nil || it.Prompt != "Is it blue or red?" || !slices.Equal(it.Choices, []string{"A", "B"}) || !slices.Equal(it.Rights, []float64{1, 0}) {
		t.Errorf("%+v, error %v", it, err)
	}
	byNumber := strings.Replace(options, `right: "{{ a }}"`, "right: 0", 1)
	for definition, want := range map[string]string{
		strings.Replace(byNumber, `["{{ a }}", `, `["{{ a }} it is", `, 1): "neither labels nor the options",
		strings.Replace(byNumber, "[a, b]", "[a, c]", 1):                   `no field "c"`,
		strings.Replace(byNumber, "[a, b]", "[a]", 1):                      `"a" is no list`,
		strings.Replace(byNumber, "[a, b]", "[a, b, q]", 1):                "3 options for 2 choices",
	} {
		s := read(t, definition, `{"q":"Is it","a":"red","b":"blue"}`)
		if _, err := s.Reordered(t.Context(), s.Items[0], []int{1, 0}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v of %s, want %q", err, definition, want)
		}
	}
}

// A question is changed in its fields, and what is right stays though its template has them too; in a paraphrase, the examples
// are asked as the question is.
func TestQuestionsAreAskedAnew(t *testing.T) {
	task, err := Parse([]byte(strings.Replace(ownTask, "metrics:", `question: [q]
description: "Now: "
paraphrases: ["<{{ q }}>", {prompt: "({{ q }})", description: ""}]
metrics:`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{"mine.jsonl": `{"q":"3","a":"c"}`, "shots.jsonl": "{\"q\":\"1\",\"a\":\"a\"}\n"})
	s, err := task.Read(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Show(t.Context(), dir, 1); err != nil {
		t.Fatal(err)
	}
	it, err := s.Reasked(t.Context(), s.Items[0], func(_ int, text string) string { return text + "!" })
	if err != nil || s.Asked(it) != "Now: 1 a\n\n3!" || it.Target != "c" {
		t.Errorf("%q, %+v, error %v", s.Asked(it), it, err)
	}
	for k, want := range []string{"Now: <1> a\n\n<3>", "(1) a\n\n(3)"} {
		other, err := s.Reworded(t.Context(), k)
		if err != nil || other.Asked(other.Items[0]) != want || other.Items[0].Target != "c" {
			t.Errorf("paraphrase %d asks %q, want %q, error %v", k, other.Asked(other.Items[0]), want, err)
		}
	}
	if got := s.Asked(s.Items[0]); got != "Now: 1 a\n\n3" {
		t.Errorf("the set itself asks %q", got)
	}
	if _, err := s.Reasked(t.Context(), Item{Where: "elsewhere"}, nil); err == nil {
		t.Error("an item of no row is asked anew")
	}
}

// In the template, a choice is measured as the assistant's answer to the prompt, without the end of its turn.
func TestChoicesInTheTemplate(t *testing.T) {
	a := nanoModel(t)
	s := read(t, strings.Replace(options, "metrics:", "chat: true\nmetrics:", 1), `{"q":"Is it","a":"red","b":"dark blue"}`)
	r, err := Measure(t.Context(), a, s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ask := []chat.Message{{Role: chat.User, Content: "Is it red or dark blue?"}}
	before, err := a.Prompt(ask)
	if err != nil {
		t.Fatal(err)
	}
	part, err := a.Score(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []string{"red", "dark blue"} {
		said, err := a.Answered(append(ask, chat.Message{Role: chat.Assistant, Content: c}))
		if err != nil {
			t.Fatal(err)
		}
		ids := said.IDs
		for !said.Train[len(ids)-1] {
			ids = ids[:len(ids)-1]
		}
		ids = ids[:len(ids)-1] // the end of the turn
		whole, err := a.Score(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		want := whole.NLL*float64(len(ids)-1) - part.NLL*float64(len(before)-1)
		if got := r.Outcomes[0].Losses[i]; math.Abs(got-want) > 2e-4*want+2e-4 {
			t.Errorf("%q loses %g, want %g", c, got, want)
		}
	}
	plain, err := s.asked(a)
	if err != nil {
		t.Fatal(err)
	}
	if other, err := s.InTemplate(false).asked(a); err != nil || other == plain {
		t.Errorf("what is asked in the template and plainly is kept as one, error %v", err)
	}
}

// Each item's mean counts, over those that all measurements have.
func TestAveraged(t *testing.T) {
	acc := metric{name: "acc", share: true}
	right, wrong := Score{1, 1}, Score{0, 1}
	r := Averaged([]Result{
		result(acc, []int{1, 2, 3, 4}, []Score{right, wrong, right, {}}),
		result(acc, []int{4, 3, 2}, []Score{right, wrong, wrong}),
	})
	if r.N != 3 || *r.Value.Value != 0.25 || r.Outcomes[1].Scores[0].Num != 0.5 || !r.Outcomes[2].Scores[0].none() {
		t.Errorf("%+v of %g", r.Outcomes, *r.Value.Value)
	}
	if r := Averaged(nil); r.N != 0 || r.Value.Value != nil {
		t.Errorf("of none: %+v", r)
	}
}

// Of an answer counts what the first extraction that finds anything finds, or all of it.
func TestStated(t *testing.T) {
	task, err := Named("gsm8k")
	if err != nil {
		t.Fatal(err)
	}
	s := &Set{Task: task}
	for said, want := range map[string]string{"It is 3.\n#### 1,800": "1800", "It is $5 then 7.": "7", "I do not Know.": "i do not know"} {
		if got := s.Stated(Outcome{Measured: Measured{Said: said}}); got != want {
			t.Errorf("%q states %q, want %q", said, got, want)
		}
	}
}
