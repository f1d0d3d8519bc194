package openai

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

type task struct {
	Instruction string `json:"instruction"`
	Output      string `json:"output"`
}

func TestDecodeReadsWhatModelsSay(t *testing.T) {
	want := task{"Name a prime.", "7"}
	for name, text := range map[string]string{
		"plain":           `{"instruction":"Name a prime.","output":"7"}`,
		"prose around":    "Sure! Here is [as asked] the {task}:\n{\"instruction\": \"Name a prime.\", \"output\": \"7\"}\nI hope it helps :-}",
		"a fence":         "```json\n{\"instruction\":\"Name a prime.\",\"output\":\"7\"}\n```",
		"a bare fence":    "```\n{\"instruction\":\"Name a prime.\",\"output\":\"7\"}\n```",
		"last comma":      `{"instruction":"Name a prime.","output":"7",}`,
		"thoughts":        "<think>Perhaps {\"instruction\":\"x\",\"output\":\"y\"}?</think>{\"instruction\":\"Name a prime.\",\"output\":\"7\"}",
		"byte order mark": "\ufeff {\"instruction\":\"Name a prime.\",\"output\":\"7\"}",
		"the same twice":  `{"instruction":"Name a prime.","output":"7"} {"instruction":"Name a prime.","output":"7"}`,
		"only one fits":   `Of [1, 2] I chose 2: {"instruction":"Name a prime.","output":"7"}`,
		"one is marked":   "{\"instruction\":\"x\",\"output\":\"y\"} was a draft.\n```json\n{\"instruction\":\"Name a prime.\",\"output\":\"7\"}\n```\n",
	} {
		var got task
		if err := Decode(text, &got); err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	var list []task
	if err := Decode("[{\"instruction\":\"a\",\"output\":\"line\nend\tand \\\"}]\\\" {\",},{\"instruction\":\"b\",\"output\":\"\"},]", &list); err != nil ||
		!reflect.DeepEqual(list, []task{{"a", "line\nend\tand \"}]\" {"}, {"b", ""}}) {
		t.Errorf("a list is %+v, %v", list, err)
	}
	var text string
	if err := Decode(`"a {word}"`, &text); err != nil || text != "a {word}" {
		t.Errorf("a string is %q, %v", text, err)
	}
	var n int
	if err := Decode(" 7 ", &n); err != nil || n != 7 {
		t.Errorf("a number is %d, %v", n, err)
	}
}

// What is not one whole value is an error, and never part of one.
func TestDecodeNeverGuesses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "no JSON",
		"null":                            "no JSON",
		"I cannot help with that.":        "no JSON",
		`{"instruction":"a","output":`:    "cut off",
		`{"instruction":"a","output":"b"`: "cut off",
		`[{"instruction":"a","output":"b"},{"instruction":"c"`:                   "cut off",
		`[{"instruction":"a","output":"b"},{"instruction":"c`:                    "cut off",
		`{"instruction":"a","output":"b","instruction":"c"}`:                     "twice",
		`{"instruction":"a","output":"b","Instruction":"c"}`:                     "twice",
		`{"instruction":"a","output":"b"} {"instruction":"c","output":"d"}`:      "two JSON values",
		`{"instruction":"a" "output":"b"}`:                                       "no comma",
		`{"instruction":"a", output:"b", "x": {"instruction":"c","output":"d"}}`: "no key",
		`["a", oops, {"instruction":"c","output":"d"}]`:                          "no value",
		`{"instruction":["a"],"output":"b"}`:                                     "another form",
		`[1, 2]`:                                                                 "another form",
		`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`:      "too deep",
		`{"instruction":"\q"}`:                                                   "escape",
	} {
		got := task{"before", "it"}
		if err := Decode(text, &got); err == nil || !strings.Contains(err.Error(), want) || got != (task{"before", "it"}) {
			t.Errorf("%.60s: %+v, %v, want %q", text, got, err, want)
		}
	}
	if err := Decode("{}", task{}); err == nil {
		t.Error("decoded into what is no pointer")
	}
}

// Whatever JSON there is within a fence and prose comes out as encoding/json reads it alone; other texts end in an error or
// a value, in a time that grows as they do.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{`{"a":[1,2.5e3,null,true,"x\n\u00e9"]}`, "[[[[", `{"a":"b",}`, "{{\"a\":1}}", `[1,{"a":2},]`, "```json\n{}\n```"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got, want any
		err := Decode(text, &got)
		if err == nil {
			if _, err := json.Marshal(got); err != nil {
				t.Errorf("%q became %v, which is no JSON: %v", text, got, err)
			}
		}
		if first := strings.TrimSpace(text); json.Unmarshal([]byte(first), &want) != nil || want == nil || !strings.HasPrefix(first, "{") {
			return
		}
		if err != nil {
			if says := err.Error(); !strings.Contains(says, "twice") && !strings.Contains(says, "too deep") {
				t.Errorf("%q is JSON and an error: %v", text, err)
			}
			return
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q became %v, want %v", text, got, want)
		}
		got = nil
		if err := Decode("Here:\n"+text+"\nDone.", &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q within prose became %v, %v, want %v", text, got, err, want)
		}
	})
}

// However a body is cut into events, it ends, within its bound.
func FuzzRead(f *testing.F) {
	f.Add(aWord, false)
	f.Add("data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", true)
	f.Add("data: {\"error\":{\"message\":\"x\"}}\n\n", true)
	f.Add(": x\r\ndata\r\n\r\ndata:{}\n\n", true)
	f.Fuzz(func(t *testing.T, body string, stream bool) {
		res, err := read(strings.NewReader(body), stream, hello)
		if (res == nil) == (err == nil) {
			t.Fatalf("%v, %v", res, err)
		}
		if err == nil && (res.Finish == "" || res.Usage.PromptTokens <= 0 || res.Usage.CompletionTokens < 0) {
			t.Errorf("answer %+v", res)
		}
		errorText([]byte(body))
	})
}

func BenchmarkDecode(b *testing.B) {
	var list []string
	for i := range 20 {
		list = append(list, fmt.Sprintf(`{"instruction":"Task %d","output":"%s",}`, i, strings.Repeat("some words ", 40)))
	}
	text := "Here are 20 tasks:\n```json\n[" + strings.Join(list, ",\n") + "]\n```"
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var tasks []task
		if err := Decode(text, &tasks); err != nil || len(tasks) != 20 {
			b.Fatal(err)
		}
	}
}
