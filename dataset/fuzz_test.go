package dataset

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cria-llm/cria/chat"
)

// Whatever a row holds, it is either refused with a one-line reason or gives conversations that can be rendered.
func FuzzRow(f *testing.F) {
	for _, s := range []string{
		`{"instruction":"A","input":"I","output":"B"}`,
		`{"instruction":"A","instances":[{"input":"I","output":"B"}],"weight":0.5,"repeat":2}`,
		`{"prompt":"A","completion":"\ud83d\ude00","system":"S"}`,
		`{"messages":[{"role":"system","content":"S"},{"role":"user","content":"A"},{"role":"assistant","content":"B"}]}`,
		`{"conversations":[{"from":"human","value":"A"},{"from":"gpt","value":"B"}]}`,
		`{"messages":[{"role":"user","content":"A"},{"role":"assistant","content":"B","weight":0}]}`,
		`{"prompt":"A","chosen":"B","rejected":"C"}`, `{"prompt":"A","completion":"B","label":false}`,
		`{"prompt":[{"role":"user","content":"A"}],"chosen":[{"role":"assistant","content":"B"}],"rejected":"C","system":"S"}`,
		`{"chosen":[{"role":"user","content":"A"},{"role":"assistant","content":"B"}],"rejected":[{"role":"user","content":"A"},{"role":"assistant","content":"C"}]}`,
		`{"a":{"b":[[[1e999]]]},"a":"\udc00"}`, `{`, ``, `null`, "{\"\xff\":1}",
	} {
		f.Add([]byte(s))
	}
	kinds := [][]shape{Conversations.shapes(), Pairs.shapes(), Judged.shapes()}
	f.Fuzz(func(t *testing.T, data []byte) {
		all := kinds[len(data)%len(kinds)]
		examples, _, _, bad := parseRow(data, all, nil, false)
		if bad != nil {
			e := RowError{Field: bad.field, Problem: bad.text, Excerpt: excerpt(data, 80)}
			if bad.text == "" || len(examples) > 0 || strings.ContainsAny(e.Error()+e.Excerpt, "\n\x1b") {
				t.Fatalf("%q: %v", data, e.Error())
			}
			return
		}
		if len(examples) == 0 {
			t.Fatalf("%q: neither examples nor a problem", data)
		}
		for _, e := range examples {
			if err := chat.Check(e.Messages); err != nil {
				t.Fatalf("%q: %v", data, err)
			}
			if rated := all[0].kind != Conversations; rated != (e.Prompt > 0) || e.Prompt >= len(e.Messages) {
				t.Fatalf("%q: a prompt of %d messages of %d", data, e.Prompt, len(e.Messages))
			}
			if (all[0].kind == Pairs) != (e.Rejected != nil) || (all[0].kind == Judged) != (e.Verdict != Unjudged) {
				t.Fatalf("%q: %+v", data, e)
			}
			if !(e.Weight >= 0) || e.Repeat < 0 || e.Repeat > MaxRepeat {
				t.Fatalf("%q: weight %v, repeat %d", data, e.Weight, e.Repeat)
			}
		}
	})
}

// The splitter that finds elements and their lines agrees with encoding/json on every valid array, and comes to an end
// on everything else.
func FuzzElements(f *testing.F) {
	for _, s := range []string{
		`[]`, ` [ {"a":"]}"} , [1,[2]] ,"\"\\" ]`, "[1,\n2]\n", `[{"a":1},]`, `[`, `[1]2`, `[}`, "{\"a\":1}\n\n{\"b\":2}", "\xef\xbb\xbf[1]", "\x1f\x8b",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want []json.RawMessage
		valid := utf8.Valid(data) && json.Unmarshal(data, &want) == nil && want != nil
		var got []json.RawMessage
		r, err := openRows(bytes.NewReader(data))
		line := 1
		for err == nil {
			var one row
			if one, err = r.next(); err == nil {
				got = append(got, bytes.Clone(one.data))
				if one.line < line || one.line > 1+bytes.Count(data, []byte("\n")) {
					if len(data) > 1 && data[0] != 0x1f {
						t.Fatalf("line %d after %d", one.line, line)
					}
				}
				line = one.line
			}
		}
		if !valid {
			return
		}
		if !errors.Is(err, io.EOF) || len(got) != len(want) {
			t.Fatalf("%q: %d elements and error %v, want %d", data, len(got), err, len(want))
		}
		for i := range want {
			if !bytes.Equal(got[i], want[i]) {
				t.Fatalf("%q: element %d is %q, want %q", data, i, got[i], want[i])
			}
		}
	})
}

// Whatever a CSV file holds, its rows are JSON objects of its names, or say what is wrong with them.
func FuzzTable(f *testing.F) {
	for _, s := range []string{
		"instruction,output\r\nA,\"B, \"\"C\"\"\nD\"\r\n", "a\n\xff\n\"\n", ",weight\n1,0.5\n2,\n3,NaN\n", "a,b\n1\n1,2,3\n", "a;b\n", "\xef\xbb\xbflabel\nTRUE\n", "a,a\n", "\n\n\"a\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := openTable(bufio.NewReader(bytes.NewReader(data)), 1<<16)
		for err == nil {
			var one row
			if one, err = in.next(); err != nil || one.bad != nil {
				continue
			}
			r, bad := parseRecord(one.data, "")
			if bad == nil && len(r.names) != len(in.names) {
				t.Fatalf("%q: a row of %d fields, want %d", data, len(r.names), len(in.names))
			}
			if bad != nil && utf8.Valid(one.data) {
				t.Fatalf("%q: the row %q: %s", data, one.data, bad.text)
			}
		}
	})
}
