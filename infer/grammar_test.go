package infer

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/cria-llm/cria/grammar"
)

const rowSchema = `{"type":"object","properties":{"instruction":{"type":"string","minLength":1},"input":{"type":"string"},
	"output":{"type":"string","minLength":1},"topic":{"enum":["maths","language","other"]},"level":{"type":"integer","minimum":1,"maximum":5}},
	"required":["instruction","output","topic","level"],"additionalProperties":false}`

// A small model that was never taught JSON writes rows a hundred times of a hundred, within the tokens that it has.
func TestEveryAnswerFitsItsGrammar(t *testing.T) {
	a := small(t)
	open, err := grammar.Compile([]byte(rowSchema))
	if err != nil {
		t.Fatal(err)
	}
	short, err := grammar.Compile([]byte(strings.ReplaceAll(rowSchema, `"string"`, `"string","maxLength":24`)))
	if err != nil {
		t.Fatal(err)
	}
	prompt, err := promptFor(a, "Write a row.")
	if err != nil {
		t.Fatal(err)
	}
	ends := map[StopReason]int{}
	if d := open.Start().Distance(); d > 64 {
		t.Fatalf("the shortest row has %d bytes, want what 64 tokens can hold for sure", d)
	}
	for seed := range 40 {
		s, g := DefaultSampling(), open
		if seed%2 == 0 {
			s, g = Sampling{Temperature: 1}, short
		}
		s.Seed = uint64(seed)
		res := generate(t, a, prompt, Options{MaxTokens: 64 + seed%50, Sampling: s, Grammar: g})
		var row struct {
			Instruction, Input, Output, Topic string
			Level                             int
		}
		d := json.NewDecoder(strings.NewReader(res.Text))
		d.DisallowUnknownFields()
		if err := d.Decode(&row); err != nil || row.Instruction == "" || row.Output == "" || row.Topic == "" || row.Level < 1 || row.Level > 5 || d.More() {
			t.Fatalf("seed %d: %q (%v)", seed, res.Text, err)
		}
		ends[res.StopReason]++
	}
	if ends[Length] == 0 || ends[Stopped] == 0 {
		t.Errorf("the answers ended by %v, want both ways", ends)
	}
}

// A grammar does not hold back what the model would write anyway, and an answer without room is told to be cut.
func TestAGrammarChangesNoAnswerThatFits(t *testing.T) {
	a := small(t)
	g, err := grammar.Compile([]byte(`{"type":"object","properties":{"a":{"const":"yes"}},"required":["a"]}`))
	if err != nil {
		t.Fatal(err)
	}
	prompt := encode(t, a, "Once upon a time")
	for _, most := range []int{3, 40} {
		res := generate(t, a, prompt, Options{MaxTokens: most, Grammar: g, Stop: []int32{-1, a.tok.EncodeText("z", false)[0], 1 << 30}})
		switch {
		case most == 3 && (res.StopReason != Length || json.Valid([]byte(res.Text))):
			t.Errorf("in %d tokens the answer is %q, ended by %s", most, res.Text, res.StopReason)
		case most == 40 && (res.StopReason != Stopped || strings.Join(strings.Fields(res.Text), "") != `{"a":"yes"}`):
			t.Errorf("in %d tokens the answer is %q, ended by %s", most, res.Text, res.StopReason)
		}
	}
}

func TestATeacherKeepsToASchema(t *testing.T) {
	teacher := NewTeacher(small(t))
	r := question("Write a row.")
	r.MaxTokens, r.Schema = 80, json.RawMessage(rowSchema)
	for range 2 {
		if res := taught(t, teacher, r); !json.Valid([]byte(res.Text)) {
			t.Errorf("the answer is %q", res.Text)
		}
	}
	for i := range 2 * maxGrammars {
		r.Schema = json.RawMessage(fmt.Sprintf(`{"enum":[%d]}`, 1000+i))
		if res := taught(t, teacher, r); strings.TrimSpace(res.Text) != fmt.Sprint(1000+i) || res.Finish != "stop" {
			t.Errorf("schema %d is answered %+v", i, res)
		}
	}
	if len(teacher.compiled) > maxGrammars || len(teacher.a.grammars) > maxGrammars {
		t.Errorf("%d schemas and the masks of %d grammars are kept", len(teacher.compiled), len(teacher.a.grammars))
	}
	r.Schema = json.RawMessage(`{"type":"string","format":"email"}`)
	if _, err := teacher.Chat(t.Context(), r); err == nil || !strings.Contains(err.Error(), `"format" is not supported`) {
		t.Errorf("error %v of a schema that is not supported", err)
	}
}
