package dataset

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/chat/chattest"
)

// Every way to write a preference down is the same pair: prompts and answers as texts, as lists, and answers that are the
// whole conversation, with a prompt or without.
func TestEveryFormOfAPreferenceIsTheSame(t *testing.T) {
	t.Chdir(t.TempDir())
	sys := chat.Message{Role: chat.System, Content: "S"}
	single := Example{Messages: conv("A", "B"), Rejected: conv("A", "C"), Prompt: 1}
	withSystem := Example{Messages: append([]chat.Message{sys}, conv("A", "B")...), Rejected: append([]chat.Message{sys}, conv("A", "C")...), Prompt: 2}
	const (
		user   = `{"role":"user","content":"A"}`
		system = `{"role":"system","content":"S"}`
		b, c   = `{"role":"assistant","content":"B"}`, `{"role":"assistant","content":"C"}`
	)
	for _, tt := range []struct {
		row  string
		want Example
	}{
		{`{"prompt":"A","chosen":"B","rejected":"C"}`, single},
		{`{"prompt":"A","chosen":[` + b + `],"rejected":[` + c + `]}`, single},
		{`{"prompt":[` + user + `],"chosen":[` + b + `],"rejected":"C"}`, single},
		{`{"prompt":"A","chosen":[` + user + `,` + b + `],"rejected":[` + user + `,` + c + `]}`, single},
		{`{"prompt":null,"chosen":[` + user + `,` + b + `],"rejected":[` + user + `,` + c + `]}`, single},
		{`{"chosen":[` + user + `,` + b + `],"rejected":[` + user + `,` + c + `],"score":1}`, single},
		{`{"prompt":"A","chosen":"B","rejected":"C","system":"S"}`, withSystem},
		{`{"prompt":[` + system + `,` + user + `],"chosen":"B","rejected":[` + c + `]}`, withSystem},
		{`{"prompt":"A","chosen":[` + system + `,` + user + `,` + b + `],"rejected":[` + system + `,` + user + `,` + c + `]}`, withSystem},
		// What both answers begin with is no matter of preference.
		{`{"prompt":"A","chosen":[` + b + `,` + user + `,` + b + `],"rejected":[` + b + `,` + user + `,` + c + `]}`,
			Example{Messages: conv("A", "B", "A", "B"), Rejected: conv("A", "B", "A", "C"), Prompt: 3}},
	} {
		s := load(t, Options{Kind: Pairs}, write(t, "a.jsonl", tt.row))
		tt.want.Weight, tt.want.Repeat, tt.want.File, tt.want.Line, tt.want.Row = 1, 1, "a.jsonl", 1, 1
		if diff := cmp.Diff([]Example{tt.want}, s.Examples); diff != "" {
			t.Errorf("%s: %s", tt.row, diff)
		}
	}
	for _, prompt := range []string{`"A"`, `[` + user + `]`} {
		for _, answer := range []string{`"B"`, `[` + b + `]`, `[` + user + `,` + b + `]`} {
			row := `{"prompt":` + prompt + `,"completion":` + answer + `,"label":false,"weight":2,"repeat":3}`
			s := load(t, Options{Kind: Judged}, write(t, "a.jsonl", row))
			want := Example{Messages: conv("A", "B"), Prompt: 1, Verdict: Undesirable, Weight: 2, Repeat: 3, File: "a.jsonl", Line: 1, Row: 1}
			if diff := cmp.Diff([]Example{want}, s.Examples); diff != "" {
				t.Errorf("%s: %s", row, diff)
			}
		}
	}
}

func TestLaw11ABadPreferenceNamesItself(t *testing.T) {
	t.Chdir(t.TempDir())
	const user = `{"role":"user","content":"A"}`
	for _, tt := range []struct {
		kind      Kind
		row, want string
	}{
		{Pairs, `{"prompt":"A","chosen":"B"}`, `field "rejected": missing: preference rows have "chosen" and "rejected"`},
		{Pairs, `{"chosen":"B","rejected":"C"}`, `field "prompt": missing: nothing says what chosen answers`},
		{Pairs, `{"prompt":"A","chosen":"B","rejected":7}`, `field "rejected": a number, must be a string or a list of messages`},
		{Pairs, `{"prompt":"A","chosen":"B","rejected":""}`, `field "rejected": empty: the response is what is learned`},
		{Pairs, `{"prompt":" ","chosen":"B","rejected":"C"}`, `field "prompt": empty: there is nothing to answer`},
		{Pairs, `{"prompt":"A","chosen":"B","rejected":"B"}`, `field "rejected": the same as chosen: neither is preferred`},
		{Pairs, `{"prompt":"A","chosen":[{"role":"user","content":"X"},{"role":"assistant","content":"B"}],"rejected":"C"}`,
			`field "chosen": neither an answer of the assistant nor a conversation that begins with the prompt`},
		{Pairs, `{"chosen":[` + user + `,{"role":"assistant","content":"B"}],"rejected":[{"role":"user","content":"X"},{"role":"assistant","content":"B"}]}`,
			`field "rejected[0].content": differs from chosen[0].content: both must answer the same prompt`},
		{Pairs, `{"prompt":[` + user + `,{"role":"assistant","content":"B"}],"chosen":"C","rejected":"D"}`, `field "prompt[1].role": assistant: the prompt ends with the user's message`},
		{Pairs, `{"prompt":"A","chosen":[{"role":"assistant","content":"B"},` + user + `],"rejected":"C"}`, `field "chosen[1].role": the last message has no answer`},
		{Pairs, `{"prompt":"A","chosen":[{"role":"bot","content":"B"}],"rejected":"C"}`, `field "chosen[0].role": unknown role "bot"`},
		{Pairs, `{"instruction":"A","output":"B"}`, `alpaca rows ("instruction" and "output") are for objective sft; wanted are pairs of answers ("prompt", "chosen" and "rejected")`},
		{Pairs, `{"prompt":"A","completion":"B","label":true}`, `judged rows ("prompt" and "completion" and "label") are for objective kto; wanted are pairs`},
		{Judged, `{"prompt":"A","completion":"B"}`, `field "label": missing: judged rows have "prompt" and "completion" and "label"`},
		{Judged, `{"prompt":"A","completion":"B","label":1}`, `field "label": 1: must be true (a desirable answer) or false`},
		{Judged, `{"prompt":"A","completion":"B","label":"true"}`, `field "label": "true": must be true (a desirable answer) or false`},
		{Judged, `{"prompt":"A","chosen":"B","rejected":"C"}`, `preference rows ("chosen" and "rejected") are for objective dpo, ipo, orpo or simpo; wanted are judged answers`},
		{Conversations, `{"prompt":"A","chosen":"B","rejected":"C"}`, `preference rows ("chosen" and "rejected") are for objective dpo, ipo, orpo or simpo; wanted are conversations`},
		{Conversations, `{"prompt":"A","completion":"B","label":false}`, `field "label": false: a judged row (for objective kto), and its answer would be learned whatever it says`},
	} {
		path := write(t, "a.jsonl", "\n\n"+tt.row+"\n")
		_, err := Load(context.Background(), []string{path}, Options{Kind: tt.kind})
		var bad *BadRows
		if !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), "a.jsonl:3: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\n%v, want\na.jsonl:3: %s", tt.row, err, tt.want)
		}
	}
	// A class that is a number is no verdict, and imitated as before.
	load(t, Options{}, write(t, "a.jsonl", `{"prompt":"A","completion":"B","label":1}`))
}

// pairs are examples of n pairs of several lengths.
func pairs(n int) []Example {
	var out []Example
	for i := range n {
		q := fmt.Sprintf("question %d", i)
		out = append(out, Example{Messages: conv(q, strings.Repeat("b", i%5+1)), Rejected: conv(q, strings.Repeat("c", i%3+1)), Prompt: 1,
			Weight: float64(i%3) + 1, Repeat: i%2 + 1, File: "f", Line: i + 1, Row: i + 1})
	}
	return out
}

func encode(t *testing.T, examples []Example, name string, maxLen int) ([]Tokens, Report) {
	t.Helper()
	list, rep, err := Encode(context.Background(), examples, template(t, name), chattest.Full(), maxLen, DropLong)
	if err != nil {
		t.Fatal(err)
	}
	return list, rep
}

// Of a pair the answers after the prompt are learned, with their ends, and of an answer within the prompt nothing is.
func TestLaw02OfAPreferenceOnlyTheAnswerIsRated(t *testing.T) {
	e := Example{Messages: conv("A", "first", "B", "yes"), Rejected: conv("A", "first", "B", "no"), Prompt: 3, Weight: 1, Repeat: 1}
	for _, name := range []string{"alpaca", "chatml", "plain"} {
		list, _ := encode(t, []Example{e}, name, 0)
		if len(list) != 2 {
			t.Fatalf("%d sequences of a pair", len(list))
		}
		prompt, err := template(t, name).Prompt(chattest.Full(), e.Messages[:3])
		if err != nil {
			t.Fatal(err)
		}
		for i, conv := range [][]chat.Message{e.Messages, e.Rejected} {
			whole, err := template(t, name).Render(chattest.Full(), conv)
			if err != nil {
				t.Fatal(err)
			}
			x := list[i]
			last := whole.Spans[len(whole.Spans)-1]
			if !slices.Equal(x.IDs, whole.IDs) || slices.Index(x.Train, true) != last.From || last.From != len(prompt) || x.labels() != last.To-last.From || !x.Rated {
				t.Errorf("%s: labels %v of %v, want %v", name, x.Train, whole.IDs, last)
			}
		}
	}
}

// The two of a pair stand side by side, in every step and every micro-batch, chosen first, as often as the row says.
func TestPairsStayTogether(t *testing.T) {
	list, rep := encode(t, pairs(20), "plain", 0)
	if len(list) != 40 || rep.Examples != 20 {
		t.Fatalf("%d sequences of %d pairs", len(list), rep.Examples)
	}
	s, err := Plan(list, PlanOptions{BatchTokens: 200, Epochs: 2, Each: 2, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[int]int)
	for i := range s.Steps() {
		step := s.Step(i)
		tokens := 0
		for k := 0; k < len(step); k += 2 {
			if step[k]%2 != 0 || step[k+1] != step[k]+1 {
				t.Fatalf("step %d is %v", i, step)
			}
			seen[step[k]/2]++
			tokens += len(list[step[k]].IDs) + len(list[step[k+1]].IDs)
		}
		if tokens > 200 && len(step) > 2 {
			t.Errorf("step %d has %d tokens", i, tokens)
		}
		p := Packer{Each: 2}
		next := 0
		for _, b := range p.Pack(list, step, 70) {
			if int(b.Of[0]) != next || next%2 != 0 || len(b.Of) != len(b.Rows) {
				t.Fatalf("a batch of %v begins at place %d of the step", b.Of, next)
			}
			for k, place := range b.Of {
				x := list[step[place]]
				if b.Weights[k] != x.Weight || !slices.Contains(x.IDs, b.Targets[k]) {
					t.Fatalf("label %d is not of sequence %d", b.Targets[k], step[place])
				}
			}
			next = int(b.Of[len(b.Of)-1]) + 1
		}
		if next != len(step) {
			t.Fatalf("%d of %d sequences are in batches", next, len(step))
		}
	}
	for i, e := range pairs(20) {
		if seen[i] != 2*e.Repeat {
			t.Errorf("pair %d is seen %d times in two epochs, want %d", i, seen[i], 2*e.Repeat)
		}
	}
	if _, err := Plan(list[:3], PlanOptions{BatchTokens: 9, Epochs: 1, Each: 2}); err == nil {
		t.Error("half a pair is planned")
	}
}

// A pair is dropped whole where one of its answers is too long.
func TestLaw10APairIsDroppedWhole(t *testing.T) {
	examples := pairs(2)
	examples[1].Rejected = conv("question 1", strings.Repeat("long ", 20))
	list, rep := encode(t, examples, "plain", 60)
	if len(list) != 2 || len(rep.Dropped) != 1 || rep.Dropped[0].Ref != examples[1].Ref() || rep.Dropped[0].Tokens < 100 {
		t.Errorf("%d sequences are left, dropped: %+v", len(list), rep.Dropped)
	}
	if _, _, err := Encode(context.Background(), examples, template(t, "plain"), chattest.Full(), 60, SplitLong); err == nil || !strings.Contains(err.Error(), "cannot be split") {
		t.Errorf("error %v", err)
	}
}

// Answers to one prompt are on one side of the split, and the weights of pairs are what a mixture counts.
func TestRowsOfOnePromptAreHeldOutTogether(t *testing.T) {
	var s Set
	for i := range 200 {
		q := fmt.Sprintf("question %d", i/2)
		s.Examples = append(s.Examples, Example{Messages: conv(q, fmt.Sprint(i)), Prompt: 1, Verdict: Desirable, Weight: 1, Repeat: 1, File: "f"})
	}
	train, held := s.Split(0.3, 1)
	if len(held) < 20 {
		t.Fatalf("%d held out", len(held))
	}
	for _, h := range held {
		for _, e := range train {
			if e.Messages[0] == h.Messages[0] {
				t.Fatalf("%v is on both sides", e.Messages[0])
			}
		}
	}
	hash := s.Hash()
	s.Examples[7].Verdict = Undesirable
	if s.Hash() == hash {
		t.Error("the verdict is no part of the hash")
	}
}

func TestAMixtureWeighsPairsNotTheirWords(t *testing.T) {
	examples := pairs(2) // weights 1 and 2
	examples[1].File, examples[1].Repeat = "g", 1
	examples[1].Messages = conv("question 1", strings.Repeat("many words ", 9))
	list, _ := encode(t, examples, "plain", 0)
	sources, err := Mix(list, []Part{{File: "f"}, {File: "g"}})
	if err != nil {
		t.Fatal(err)
	}
	if w := sources[1].Weight; w < 0.666 || w > 0.667 || sources[1].Rows != 1 {
		t.Errorf("%+v, want two thirds of the weight", sources[1])
	}
}

// A prompt meets the answer of the nearest row before it with another prompt that fits.
func TestMismatchedAnswersAreOfOtherRows(t *testing.T) {
	answers := []string{"bb", "ccc", "dddd", strings.Repeat("e", 50)}
	prompts := []string{"p", "p", "q", "r"}
	var examples []Example
	for i := range answers {
		examples = append(examples, Example{Messages: conv(prompts[i], answers[i]), Prompt: 1, Verdict: Desirable, Weight: 1, Repeat: 1, Row: i + 1})
	}
	list, _ := encode(t, examples, "plain", 0)
	tmpl := template(t, "plain")
	for i, of := range []int{2, 2, 1, 2} { // the last answer is too long for others
		got := Mismatch(list, 20)[i]
		want, err := tmpl.Render(chattest.Full(), conv(prompts[i], answers[of]))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.IDs, want.IDs) || !slices.Equal(got.Train, want.Train) || got.Ref != list[i].Ref {
			t.Errorf("prompt %d is followed by %v, want %v", i, got.IDs, want.IDs)
		}
	}
	if got := Mismatch(list[:1], 0); len(got) != 1 || len(got[0].IDs) != 0 {
		t.Errorf("a single row is mismatched with %v", got)
	}
	if got := Mismatch(list[:2], 0); len(got[0].IDs) != len(list[1].IDs) { // all of one prompt
		t.Errorf("rows of one prompt are mismatched with %v", got)
	}
}
