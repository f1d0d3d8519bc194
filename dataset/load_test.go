package dataset

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/internal/shared"
)

// write puts a file into the test's own folder, which is made the current one so that messages have short paths.
func write(t testing.TB, name, content string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func load(t testing.TB, opt Options, paths ...string) *Set {
	t.Helper()
	s, err := Load(context.Background(), paths, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func gz(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(content))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func conv(turns ...string) []chat.Message {
	var out []chat.Message
	for i, s := range turns {
		role := chat.User
		if i%2 == 1 {
			role = chat.Assistant
		}
		out = append(out, chat.Message{Role: role, Content: s})
	}
	return out
}

func TestEveryFormatIsRecognised(t *testing.T) {
	t.Chdir(t.TempDir())
	sys := chat.Message{Role: chat.System, Content: "S"}
	withInput := conv("A", "B")
	withInput[0].Input = "I"
	tests := []struct {
		row, format, mapping string
		want                 [][]chat.Message
	}{
		{`{"instruction":"A","input":"I","output":"B"}`, "alpaca", "instruction+input → user, output → assistant", [][]chat.Message{withInput}},
		{`{"instruction":"A","output":"B"}`, "alpaca", "instruction+input → user, output → assistant", [][]chat.Message{conv("A", "B")}},
		{`{"instruction":"A","input":null,"output":"B","system":"S"}`, "alpaca", "instruction+input → user, output → assistant", [][]chat.Message{append([]chat.Message{sys}, conv("A", "B")...)}},
		{`{"instruction":"A","context":"I","response":"B"}`, "dolly", "instruction+context → user, response → assistant", [][]chat.Message{withInput}},
		{`{"prompt":"A","completion":"B"}`, "prompt+completion", "prompt → user, completion → assistant", [][]chat.Message{conv("A", "B")}},
		{`{"prompt":"A","response":"B"}`, "prompt+response", "prompt → user, response → assistant", [][]chat.Message{conv("A", "B")}},
		{`{"question":"A","answer":"B"}`, "question+answer", "question → user, answer → assistant", [][]chat.Message{conv("A", "B")}},
		{`{"messages":[{"role":"system","content":"S"},{"role":"user","content":"A"},{"role":"assistant","content":"B"}]}`, "messages",
			"messages[].content → system, user or assistant by role", [][]chat.Message{append([]chat.Message{sys}, conv("A", "B")...)}},
		{`{"prompt":"A","messages":[{"role":"user","content":"A"},{"role":"assistant","content":"B"}]}`, "messages",
			"messages[].content → system, user or assistant by role", [][]chat.Message{conv("A", "B")}},
		{`{"conversations":[{"from":"human","value":"A"},{"from":"gpt","value":"B"},{"from":"user","value":"C"},{"from":"assistant","value":"D"}]}`, "sharegpt",
			"conversations[].value → user (from human), assistant (from gpt) or system", [][]chat.Message{conv("A", "B", "C", "D")}},
		{`{"instruction":"A","instances":[{"input":"I","output":"B"},{"output":"B"}]}`, "self-instruct",
			"instruction+instances[].input → user, instances[].output → assistant", [][]chat.Message{withInput, conv("A", "B")}},
		{`{"instruction":"\ud83d\ude00 \\ud83d","output":"é\u00e9"}`, "alpaca", "instruction+input → user, output → assistant", [][]chat.Message{conv("😀 \\ud83d", "éé")}},
	}
	for _, tt := range tests {
		for _, content := range []string{tt.row, "[" + tt.row + "]"} {
			s := load(t, Options{}, write(t, "a.json", content))
			if f := s.Files[0]; f.Format != tt.format || f.Mapping != tt.mapping {
				t.Errorf("%s: format %s (%s), want %s (%s)", tt.row, f.Format, f.Mapping, tt.format, tt.mapping)
			}
			var got [][]chat.Message
			for _, e := range s.Examples {
				got = append(got, e.Messages)
				if e.Weight != 1 || e.Repeat != 1 || e.Line != 1 || e.Row != 1 || e.File != "a.json" {
					t.Errorf("%s: %+v", tt.row, e)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s: %s", tt.row, diff)
			}
		}
	}
}

// Row 17 of a file is spoilt in every way there is. The message must say where, which field, and what was expected.
func TestLaw11ABadRowNamesItself(t *testing.T) {
	t.Chdir(t.TempDir())
	const hint = " (fix the row, or --skip-bad-rows to leave such rows out): "
	tests := []struct{ row, want string }{
		{`{"instruction":"A","output":" \n"}`, `field "output": empty: the response is what is learned`},
		{`{"instruction":"A","output":""}`, `field "output": empty: the response is what is learned`},
		{`{"instruction":" ","output":"B"}`, `field "instruction": empty: there is nothing to answer`},
		{`{"instruction":"A"}`, `field "output": missing: alpaca rows have "instruction" and "output"`},
		{`{"output":"B"}`, `field "instruction": missing: alpaca rows have "instruction" and "output"`},
		{`{"instruction":"A","output":7}`, `field "output": a number, must be a string`},
		{`{"instruction":"A","output":null}`, `field "output": null, must be a string`},
		{`{"instruction":"A","output":["B"]}`, `field "output": a list, must be a string`},
		{`{"instruction":"A","output":"B","input":{}}`, `field "input": an object, must be a string`},
		{`{"instruction":"A","output":"B","output":"C"}`, `field "output": given twice`},
		{`{"instruction":"A","output":"\ud83d!"}`, `field "output": the escape \ud83d is half a character`},
		{`{"instruction":"A","output":"\\\ude00"}`, `field "output": the escape \ude00 is half a character`},
		{`{"instruction":"A","output":"B","response":"C"}`, `mixes two formats: alpaca ("output") and dolly ("response"); name the one that is meant, or remove a field`},
		{`{"prompt":"A","completion":"B"}`, `a prompt+completion row ("prompt" and "completion") in a file whose rows are alpaca ("instruction" and "output")`},
		{`{"instruction":"A","output":"B","weight":-1}`, `field "weight": -1: must be a finite number, 0 or more`},
		{`{"instruction":"A","output":"B","weight":1e999}`, `field "weight": 1e999: must be a finite number, 0 or more`},
		{`{"instruction":"A","output":"B","weight":1e39}`, `field "weight": 1e39: must be a finite number, 0 or more`},
		{`{"instruction":"A","output":"B","weight":"2"}`, `field "weight": "2": must be a finite number, 0 or more`},
		{`{"instruction":"A","output":"B","repeat":1001}`, `field "repeat": 1001: must be a whole number from 0 to 1000`},
		{`{"instruction":"A","output":"B","repeat":1.5}`, `field "repeat": 1.5: must be a whole number from 0 to 1000`},
		{`{"instruction":"A","output":"B"`, `not JSON: it ends in the middle`},
		{`{"instruction":"A","output":"B"}}`, `} follows the object`},
		{"{\"instruction\":\"A\",\"output\":\"\xff\"}", `not valid UTF-8`},
		{`7`, `a number, must be an object`},
		{`["A"]`, `a list, must be an object`},
		{`instruction,output`, `not JSON: must be an object`},
	}
	good := `{"instruction":"A","output":"B"}` + "\n"
	for _, tt := range tests {
		path := write(t, "a.jsonl", strings.Repeat(good, 15)+"\n"+tt.row+"\n"+good)
		_, err := Load(context.Background(), []string{path}, Options{})
		if err == nil || !strings.HasPrefix(err.Error(), "a.jsonl:17: "+tt.want+hint) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s\n got %v\nwant a.jsonl:17: %s%s…", tt.row, err, tt.want, hint)
			continue
		}
		// The row's own text, as far as it can be printed on one line.
		if shown := excerpt([]byte(tt.row), 80); !strings.HasSuffix(err.Error(), hint+shown) {
			t.Errorf("%v does not end with the row %s", err, shown)
		}
		var row *RowError
		if !errors.As(err, &row) || row.Ref != (Ref{"a.jsonl", 17, 16}) {
			t.Errorf("%s: %+v", tt.row, row)
		}
		// Left out when asked, and then counted and listed.
		s := load(t, Options{SkipBad: true}, path)
		if len(s.Examples) != 16 || len(s.Skipped) != 1 || s.Files[0].Bad != 1 || s.Files[0].Rows != 17 {
			t.Errorf("%s: %d examples, %d skipped, %+v", tt.row, len(s.Examples), len(s.Skipped), s.Files[0])
		}
		if want := "  1 × " + tt.want + ": a.jsonl:17"; !strings.Contains(s.String(), want) {
			t.Errorf("summary lacks %q:\n%s", want, s)
		}
	}
}

// Of several files and bad rows, the first bad row is shown whole and the others by file and line.
func TestLaw11TheFileIsTheRowsOwn(t *testing.T) {
	t.Chdir(t.TempDir())
	good, bad := `{"prompt":"A","completion":"B"}`+"\n", `{"prompt":"who?","completion":""}`+"\n"
	first, second := write(t, "a.jsonl", good+good), write(t, "b.jsonl", good+bad+strings.Replace(bad, "who", "why", 1))
	_, err := Load(context.Background(), []string{first, second}, Options{})
	want := `b.jsonl:2: field "completion": empty: the response is what is learned (fix the row, or --skip-bad-rows to leave such rows out): ` +
		strings.TrimSpace(bad) + "; and 1 more bad row: b.jsonl:3"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestLaw11TurnsNameThemselves(t *testing.T) {
	t.Chdir(t.TempDir())
	tests := []struct{ row, want string }{
		{`{"messages":[{"role":"tool","content":"A"}]}`, `field "messages[0].role": unknown role "tool": must be system, user or assistant`},
		{`{"messages":[{"role":"user","content":"A"},{"role":"assistant","content":" "}]}`, `field "messages[1].content": empty: the response is what is learned`},
		{`{"messages":[{"role":"user","content":"A"},{"role":"user","content":"B"}]}`, `field "messages[1].role": two user messages in a row: user and assistant must take turns`},
		{`{"messages":[{"role":"user","content":"A"}]}`, `field "messages[0].role": no assistant turn: there is nothing to learn`},
		{`{"messages":[{"role":"user","content":null}]}`, `field "messages[0].content": null, must be a string`},
		{`{"messages":[{"role":"user"}]}`, `field "messages[0].content": missing`},
		{`{"messages":[{"role":"user","content":"A"},{"role":"assistant","content":"B","weight":0}]}`, `field "messages[1].weight": 0: a single message cannot be weighted, only the row`},
		{`{"messages":[{"role":"user","content":"A"},{"role":"assistant","content":"B","tool_calls":[]}]}`, `field "messages[1].tool_calls": tool calls cannot be learned yet`},
		{`{"messages":["A"]}`, `field "messages[0]": a string, must be an object`},
		{`{"messages":[]}`, `field "messages": empty: there is nothing to learn`},
		{`{"messages":"A"}`, `field "messages": a string, must be a list`},
		{`{"system":"S","messages":[{"role":"system","content":"T"},{"role":"user","content":"A"},{"role":"assistant","content":"B"}]}`, `field "system": the conversation has a system message already`},
		{`{"conversations":[{"from":"bot","value":"A"}]}`, `field "conversations[0].from": unknown role "bot": must be human, gpt, system, user or assistant`},
		{`{"conversations":[{"from":"gpt","value":"A"}]}`, `field "conversations[0].from": the assistant speaks first: the first turn must be the user's`},
		{`{"instruction":"A","instances":[{"output":"B"},{"output":""}]}`, `field "instances[1].output": empty: the response is what is learned`},
		{`{"text":"A"}`, `no known format (its fields: text; known formats: alpaca, dolly, self-instruct, prompt+completion, prompt+response, question+answer, messages, sharegpt)`},
	}
	for _, tt := range tests {
		_, err := Load(context.Background(), []string{write(t, "a.jsonl", tt.row)}, Options{})
		if want := "a.jsonl:1: " + tt.want + " (fix"; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s…", tt.row, err, want)
		}
	}
}

func TestLaw11ElementsOfAnArrayKnowTheirLine(t *testing.T) {
	t.Chdir(t.TempDir())
	path := write(t, "a.json", "\xef\xbb\xbf[\r\n  {\n    \"instruction\": \"A [\\\"{\",\n    \"output\": \"]}\"\n  },\n\n  {\"instruction\": \"C\", \"output\": 3},\n  {\"instruction\": \"D\",\n   \"output\": unquoted},\n  {\"instruction\": \"E\", \"output\": \"F\"}\n]\n")
	s := load(t, Options{SkipBad: true}, path)
	var got []string
	for _, e := range s.Examples {
		got = append(got, fmt.Sprintf("%s row %d: %s → %s", e.Ref(), e.Row, e.Messages[0].Content, e.Messages[1].Content))
	}
	if diff := cmp.Diff([]string{`a.json:2 row 1: A ["{ → ]}`, "a.json:10 row 4: E → F"}, got); diff != "" {
		t.Error(diff)
	}
	if len(s.Skipped) != 2 || s.Skipped[0].Ref.Line != 7 || s.Skipped[1].Ref.Line != 8 {
		t.Errorf("skipped %v", s.Skipped)
	}
	// A quote that is not closed takes the rest of the file with it; the message leads to it all the same.
	_, err := Load(context.Background(), []string{write(t, "b.json", "[\n{\"prompt\":\"A\",\"completion\":\"B\"},\n{\"prompt\":\"A,\"completion\":\"B\"}\n]")}, Options{})
	if want := "b.json: the array is not closed: the file ends in or after the element that begins at line 3"; fmt.Sprint(err) != want {
		t.Error(err)
	}
	// Without leave to skip, the first bad row is what is reported.
	_, err = Load(context.Background(), []string{path}, Options{})
	if err == nil || !strings.HasPrefix(err.Error(), `a.json:7: field "output": a number, must be a string`) {
		t.Error(err)
	}
}

func TestSameDataSameHashHoweverStored(t *testing.T) {
	t.Chdir(t.TempDir())
	a, b := `{"instruction":"A","output":"B","weight":2}`, `{"instruction":"C","output":"D","repeat":3}`
	want := load(t, Options{}, write(t, "a.jsonl", a+"\n"+b+"\n"))
	if want.Examples[0].Weight != 2 || want.Examples[1].Repeat != 3 {
		t.Fatalf("%+v", want.Examples)
	}
	for name, content := range map[string]string{
		"crlf, blank lines, no newline at the end": "\r\n" + a + "\r\n \r\n" + b,
		"byte order mark":                          "\xef\xbb\xbf" + a + "\n" + b,
		"array":                                    "[" + a + "," + b + "]",
		"gzip":                                     gz(t, a+"\n"+b),
		"gzip in two parts":                        gz(t, a+"\n") + gz(t, b),
		"other format":                             `{"messages":[{"role":"user","content":"A"},{"role":"assistant","content":"B"}],"weight":2.0}` + "\n" + `{"messages":[{"role":"user","content":"C"},{"role":"assistant","content":"D"}],"repeat":3}`,
	} {
		if got := load(t, Options{}, write(t, "b", content)); got.Hash() != want.Hash() {
			t.Errorf("%s: another hash: %+v", name, got.Examples)
		}
	}
	for _, content := range []string{b + "\n" + a, a, a + "\n" + strings.Replace(b, "3", "4", 1), strings.Replace(a, "2", "3", 1) + "\n" + b} {
		if load(t, Options{}, write(t, "b", content)).Hash() == want.Hash() {
			t.Errorf("same hash: %s", content)
		}
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Chdir(t.TempDir())
	good := `{"instruction":"A","output":"B"}`
	for content, want := range map[string]string{
		"":                             "a: the file is empty",
		" \n":                          "a: the file is empty",
		"[]":                           "a: has no rows",
		"instruction,output\nA,B":      "a: begins with instruction,output A,B: must be a JSON array of objects or one JSON object a line",
		"RAR1\x1b[31m\x00":             "a: begins with RAR1�[31m�: must be a JSON array of objects or one JSON object a line",
		"PAR1\x1b[31m\x00":             "a: is too short for a Parquet file",
		"[" + good:                     "a: the array is not closed: the file ends in or after the element that begins at line 1",
		"[" + good + ",":               "a: the array is not closed: the file ends in or after the element that begins at line 1",
		"[" + good + "]\n" + good:      `a: line 2: {"instruction":"A","output":"B… follows the end of the array`,
		gz(t, good)[:30]:               "a: unexpected EOF",
		"{\n  \"instruction\": \"A\"}": "a:1: not JSON: a row is an object on one line, or an element of an array (fix",
	} {
		_, err := Load(context.Background(), []string{write(t, "a", content)}, Options{})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q\n got %v\nwant %s", content, err, want)
		}
	}
	if _, err := Load(context.Background(), []string{t.TempDir()}, Options{}); err == nil || !strings.Contains(err.Error(), ": is a folder without files of rows") {
		t.Error(err)
	}
	if _, err := Load(context.Background(), []string{"none.jsonl"}, Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Load(context.Background(), nil, Options{}); err == nil {
		t.Error("no error without files")
	}
	if _, err := Load(context.Background(), []string{"a"}, Options{Format: "csv"}); err == nil || !strings.Contains(err.Error(), "alpaca, dolly") {
		t.Error(err)
	}
	_, err := Load(context.Background(), []string{write(t, "a", strings.Repeat(`{"text":"A"}`+"\n", 3))}, Options{SkipBad: true})
	if want := "a: none of its 3 rows can be learned from; the first: a:1: no known format"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Load(ctx, []string{write(t, "a", good)}, Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestLongLinesLimitAndManyBadRows(t *testing.T) {
	t.Chdir(t.TempDir())
	long := strings.Repeat("x", 3<<20)
	s := load(t, Options{}, write(t, "a", `{"prompt":"A","completion":"`+long+`"}`+"\n"+`{"prompt":"A","completion":"B"}`))
	if len(s.Examples) != 2 || s.Examples[0].Messages[1].Content != long || s.Examples[1].Line != 2 {
		t.Error("a line of 3 MB is not read whole")
	}
	good, bad := `{"prompt":"A","completion":"B"}`+"\n", `{"prompt":"A"}`+"\n"
	s = load(t, Options{Limit: 3}, write(t, "a", good+good), write(t, "b", good+bad))
	if len(s.Examples) != 3 || s.Examples[2].File != "b" {
		t.Errorf("limit of 3 rows gives %+v", s.Examples)
	}
	_, err := Load(context.Background(), []string{write(t, "a", good+bad+bad+good+bad)}, Options{})
	if err == nil || !strings.HasSuffix(err.Error(), `; and 2 more bad rows: a:3, 5`) {
		t.Error(err)
	}
	_, err = Load(context.Background(), []string{write(t, "a", good+strings.Repeat(bad, 5000))}, Options{})
	if err == nil || !strings.HasSuffix(err.Error(), `; and at least 99 more bad rows: a:3, 4, 5, 6, 7, …`) {
		t.Error(err)
	}
	both := `{"instruction":"A","output":"B","response":"C","id":7}` + "\n"
	s = load(t, Options{Format: "dolly"}, write(t, "a", both))
	if s.Examples[0].Messages[1].Content != "C" || !cmp.Equal(s.Files[0].Ignored, []string{"output", "id"}) {
		t.Errorf("%+v %+v", s.Examples, s.Files)
	}
}

// The public files, counted with another program.
func TestPublicFilesLoad(t *testing.T) {
	file := func(name string) string { return shared.Path(t, "data", "alpaca", name) }
	tests := []struct {
		name, format        string
		rows, examples, bad int
	}{
		{"alpaca_28k.jsonl", "alpaca", 27703, 27694, 9},
		{"dolly_3k.json", "alpaca", 2996, 2996, 0},
		{"seed_tasks.jsonl", "self-instruct", 175, 175, 0},
		{"user_oriented_instructions.jsonl", "self-instruct", 252, 252, 0},
	}
	for _, tt := range tests {
		s := load(t, Options{SkipBad: true}, file(tt.name))
		f := s.Files[0]
		if f.Format != tt.format || f.Rows != tt.rows || f.Examples != tt.examples || f.Bad != tt.bad {
			t.Errorf("%s: %+v, want %+v\n%s", tt.name, f, tt, s)
		}
		t.Log(s)
	}
	_, err := Load(context.Background(), []string{file("alpaca_28k.jsonl")}, Options{})
	want := `alpaca_28k.jsonl:5370: field "output": empty: the response is what is learned (fix the row, or --skip-bad-rows to leave such rows out): {"instruction": "What year was the movie`
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "; and 8 more bad rows: ") {
		t.Errorf("got %v\nwant %s", err, want)
	}
	t.Log(err)
	s := load(t, Options{}, file("dolly_3k.json"))
	if e := s.Examples[1]; e.Line != lineOf(t, file("dolly_3k.json"), "Which episodes of season four")-1 {
		t.Errorf("second row begins at line %d", e.Line)
	}
}

// lineOf is the first line of a file that contains a text.
func lineOf(t *testing.T, path, text string) int {
	data, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	return 1 + strings.Count(string(data[:bytes.Index(data, []byte(text))]), "\n")
}

// In an array that is written on one line, the line alone would name every row alike.
func TestRowsOnOneLineAreNamedByNumber(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.json")
	text := `[{"instruction":"a","output":"b"},{"instruction":"c"},{"instruction":"d"}]`
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Load(context.Background(), []string{path}, Options{})
	if err == nil || !strings.HasPrefix(err.Error(), path+` row 2: field "output": missing`) || !strings.HasSuffix(err.Error(), "row 3") {
		t.Errorf("error is %v, want rows 2 and 3", err)
	}
}
