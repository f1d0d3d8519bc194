package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cria-llm/cria/chat"
)

func convert(t *testing.T, row, to string) (string, error) {
	t.Helper()
	got, err := readRecords(t, row)[0].Convert(to)
	if err != nil {
		return "", err
	}
	text, err := got.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text), nil
}

func TestConvert(t *testing.T) {
	const talk = `{"id": 7, "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U", "name": "ann"}, {"role": "assistant", "content": "<A>"}], "weight": 2.0}`
	for _, c := range []struct{ row, to, want string }{
		{`{"id": 1, "instruction": "I", "input": "", "output": "O", "repeat": 2}`, "messages",
			`{"id": 1, "messages": [{"role": "user", "content": "I"}, {"role": "assistant", "content": "O"}], "repeat": 2}`},
		{`{"output": "O", "tag": [1.50], "system": "S", "instruction": "I", "input": "X"}`, "sharegpt",
			`{"conversations": [{"from": "system", "value": "S"}, {"from": "human", "value": "I\n\nX"}, {"from": "gpt", "value": "O"}], "tag": [1.50]}`},
		{`{"instruction": "I", "context": "X", "response": "O", "category": "c"}`, "alpaca", `{"instruction": "I", "input": "X", "output": "O", "category": "c"}`},
		{`{"instruction": "I", "input": "X", "output": "O"}`, "prompt-completion", `{"prompt": "I\n\nX", "completion": "O"}`},
		{`{"question": "Q", "answer": ""}`, "alpaca", `{"instruction": "Q", "input": "", "output": ""}`},
		{talk, "sharegpt", `{"id": 7, "conversations": [{"from": "system", "value": "S"}, {"from": "human", "value": "U", "name": "ann"}, {"from": "gpt", "value": "<A>"}], "weight": 2.0}`},
		{talk, "alpaca", `{"id": 7, "system": "S", "instruction": "U", "input": "", "output": "<A>", "weight": 2.0}`},
		{talk, "messages", talk},
		{`{"messages": [{"role": "user", "content": "U"}, {"role": "assistant", "content": "A"}], "system": "S"}`, "prompt-completion",
			`{"prompt": "U", "completion": "A", "system": "S"}`},
	} {
		got, err := convert(t, c.row, c.to)
		if err != nil {
			t.Errorf("%s to %s: %v", c.row, c.to, err)
			continue
		}
		if d := cmp.Diff(tidy(t, c.want), tidy(t, got)); d != "" {
			t.Errorf("%s to %s: %s", c.row, c.to, d)
		}
	}
}

// tidy writes JSON without the white space between its parts.
func tidy(t *testing.T, text string) string {
	t.Helper()
	var v json.RawMessage = []byte(text)
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestConvertSaysWhatCannotBeSaid(t *testing.T) {
	for _, c := range []struct{ row, to, want string }{
		{`{"messages": [{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}`, "alpaca",
			`field "messages[2].content": a conversation of several turns: alpaca has one question and one answer`},
		{`{"messages": [{"role":"user","content":"a"}]}`, "prompt-completion", `no answer to it`},
		{`{"messages": [{"role":"assistant","content":"a"}]}`, "alpaca", `no text of a user`},
		{`{"messages": [{"role":"assistant","content":"a"},{"role":"user","content":"b"}]}`, "alpaca", `field "messages[1].content": a conversation of several turns`},
		{`{"messages": [{"role":"user","content":"a"},{"role":"assistant","content":"b"}], "input": "mine"}`, "alpaca", `field "input": stands in the way`},
		{`{"messages": [{"role":"user","content":"a","value":1}]}`, "sharegpt", `field "messages[0].value": stands in the way`},
		{`{"instruction": "a", "output": "b"}`, "chatml", `unknown format "chatml" to convert to: must be one of alpaca, messages, sharegpt, prompt-completion`},
	} {
		_, err := convert(t, c.row, c.to)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s to %s: %v, want %s", c.row, c.to, err, c.want)
		}
		var bad *RowError
		if c.to != "chatml" && (!errors.As(err, &bad) || bad.Ref.Line != 1) {
			t.Errorf("%s to %s: %v names no row", c.row, c.to, err)
		}
	}
}

// What is said in one format and in another is the same conversation for training, and back again the same row, but that an
// input stays with its instruction.
func TestConvertThereAndBack(t *testing.T) {
	text := rapid.StringMatching(`[ab<é"\\]{1,4}`)
	rapid.Check(t, func(t *rapid.T) {
		row := map[string]any{"id": rapid.IntRange(0, 9).Draw(t, "id"), "weight": 0.5}
		from := rapid.SampledFrom([]string{"alpaca", "messages", "sharegpt", "prompt-completion"}).Draw(t, "from")
		to := rapid.SampledFrom(Targets()).Draw(t, "to")
		turns := 1
		if listed(from) && listed(to) {
			turns = rapid.IntRange(1, 3).Draw(t, "turns")
		}
		system := rapid.Bool().Draw(t, "system")
		input := false
		switch from {
		case "alpaca":
			row["instruction"], row["input"], row["output"] = text.Draw(t, "instruction"), "", text.Draw(t, "output")
			if input = rapid.Bool().Draw(t, "has input"); input {
				row["input"] = text.Draw(t, "input")
			}
		case "prompt-completion":
			row["prompt"], row["completion"] = text.Draw(t, "prompt"), text.Draw(t, "completion")
		default:
			var list []any
			role, content, user, assistant, name := "role", "content", "user", "assistant", "messages"
			if from == "sharegpt" {
				role, content, user, assistant, name = "from", "value", "human", "gpt", "conversations"
			}
			if system {
				list = append(list, map[string]any{role: "system", content: "S"})
			}
			for range turns {
				list = append(list, map[string]any{role: user, content: text.Draw(t, "user")}, map[string]any{role: assistant, content: text.Draw(t, "assistant")})
			}
			row[name] = list
		}
		if system && !listed(from) {
			row["system"] = "S"
		}
		line, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		first := parsed(t, line)
		there, err := first.Convert(to)
		if err != nil {
			t.Fatalf("%s to %s: %v", line, to, err)
		}
		if d := cmp.Diff(flat(first), flat(there)); d != "" {
			t.Fatalf("%s to %s: %s", line, to, d)
		}
		out, err := there.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		// What was written is read again as the same.
		there = parsed(t, out)
		back, err := there.Convert(from)
		if err != nil {
			t.Fatalf("%s back to %s: %v", out, from, err)
		}
		if d := cmp.Diff(flat(first), flat(back)); d != "" {
			t.Fatalf("%s to %s and back: %s", line, to, d)
		}
		if input && to != "alpaca" {
			return
		}
		text, err := back.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if err := errors.Join(json.Unmarshal(line, &a), json.Unmarshal(text, &b)); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, b); d != "" {
			t.Fatalf("%s to %s and back: %s", line, to, d)
		}
	})
}

func parsed(t *rapid.T, line []byte) *Record {
	all := Conversations.shapes()
	recs, _, bad := recordsOf(row{data: line, line: 1}, all, nil, false, false)
	if bad != nil {
		t.Fatalf("%s: %s %s", line, bad.field, bad.text)
	}
	return recs[0]
}

// flat is a conversation as a model sees it that knows no inputs.
func flat(r *Record) []chat.Message {
	var out []chat.Message
	for _, t := range r.Turns {
		switch n := len(out); {
		case t.Input && t.Text != "":
			out[n-1].Content += "\n\n" + t.Text
		case !t.Input:
			out = append(out, chat.Message{Role: t.Role, Content: t.Text})
		}
	}
	return out
}

func TestSeveralConversationsAreRows(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "rows.jsonl"), `{"id": "s1", "instruction": "Add.", "instances": [{"input": "1 1", "output": "2", "n": 1}, {"output": "4"}], "is_classification": false}
{"id": "s2", "instruction": "Sing.", "instances": [{"input": "", "output": "La."}]}`)
	var got []string
	err := EachConversation(context.Background(), path, Options{}, func(r *Record) error {
		text, err := r.MarshalJSON()
		got = append(got, r.Format+" "+string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`alpaca {"id": "s1", "instruction": "Add.", "input": "1 1", "output": "2", "n": 1, "is_classification": false}`,
		`alpaca {"id": "s1", "instruction": "Add.", "output": "4", "is_classification": false}`,
		`alpaca {"id": "s2", "instruction": "Sing.", "input": "", "output": "La."}`,
	}
	if !slices.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

// Whatever a row holds, what it is converted to is read again as the same conversation.
func FuzzConvert(f *testing.F) {
	for _, s := range []string{
		`{"id":1,"instruction":"a","input":null,"output":"b","system":"s"}`,
		`{"messages":[{"role":"user","content":"a","x":[1]},{"role":"assistant","content":"b"}]}`,
		`{"conversations":[{"from":"human","value":"a"}],"prompt":1}`,
		`{"instruction":"a","instances":[{"input":"","output":"b"},{"output":"c","id":2}]}`,
	} {
		f.Add([]byte(s))
	}
	all := Conversations.shapes()
	f.Fuzz(func(t *testing.T, line []byte) {
		recs, _, bad := recordsOf(row{data: line, line: 1}, all, nil, false, true)
		if bad != nil {
			return
		}
		for _, r := range recs {
			for _, to := range Targets() {
				there, err := r.Convert(to)
				if err != nil {
					continue
				}
				text, err := there.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				again, _, bad := recordsOf(row{data: text, line: 1}, all, nil, false, false)
				if bad != nil {
					t.Fatalf("%s to %s gives %s: %s %s", line, to, text, bad.field, bad.text)
				}
				if d := cmp.Diff(flat(there), flat(again[0])); d != "" {
					t.Fatalf("%s to %s gives %s: %s", line, to, text, d)
				}
			}
		}
	})
}
