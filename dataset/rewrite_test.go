package dataset

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func readRecords(t *testing.T, content string) []*Record {
	t.Helper()
	path := write(t, filepath.Join(t.TempDir(), "rows.jsonl"), content)
	var out []*Record
	if err := Records(context.Background(), path, Options{}, func(r *Record) error { out = append(out, r); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestARecordKeepsEveryFieldAndOrder(t *testing.T) {
	rows := []string{
		`{"id": 1.50, "instruction": "a <b>", "input": "", "output": "", "tags": ["x", {"y": null}]}`,
		`{"instruction": "c", "output": "d", "n": 12345678901234567890}`,
		`{"instruction":"e","output":"\u00e9",  "n":1}`,
	}
	recs := readRecords(t, strings.Join(rows, "\n"))
	if len(recs) != len(rows) {
		t.Fatalf("%d records", len(recs))
	}
	for i, r := range recs {
		got, err := r.MarshalJSON()
		if err != nil || string(got) != rows[i] {
			t.Errorf("got %s, %v, want %s", got, err, rows[i])
		}
	}
	if got := len(recs[0].Turns); got != 3 {
		t.Errorf("an instruction, an empty input and an empty output are %d turns", got)
	}
	if recs[1].Ref.Line != 2 {
		t.Errorf("the second row is at %v", recs[1].Ref)
	}
}

func TestARecordsTextsAreChangedWhereTheyStand(t *testing.T) {
	rec := readRecords(t, `{"messages": [{"role": "user", "content": "q", "name": "z"}, {"role": "assistant", "content": "a"}], "k": 1}`)[0]
	same := rec.Clone()
	if err := rec.SetText("messages[1].content", "b & c"); err != nil {
		t.Fatal(err)
	}
	if err := rec.Set("weight", 1.5); err != nil {
		t.Fatal(err)
	}
	got, _ := rec.MarshalJSON()
	want := `{"messages": [{"role": "user", "content": "q", "name": "z"}, {"role": "assistant", "content": "b & c"}], "k": 1, "weight": 1.5}`
	if strings.ReplaceAll(string(got), " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if rec.Turns[1].Text != "b & c" || same.Turns[1].Text != "a" || same.Field("weight") != nil {
		t.Error("the turn was not changed, or its clone was")
	}
	if err := rec.SetText("output", "x"); err == nil {
		t.Error("a field that the row does not have was set")
	}
}

func TestRecordsAreWrittenAndReadAgain(t *testing.T) {
	recs := readRecords(t, "{\"instruction\": \"a\", \"output\": \"b\\n\"}\n{\"instruction\": \"c\", \"output\": \"d\"}")
	path := filepath.Join(t.TempDir(), "out.jsonl")
	i := 0
	err := Lines(path, func() (*Record, error) {
		if i == len(recs) {
			return nil, nil
		}
		i++
		return recs[i-1], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	if want := "{\"instruction\": \"a\", \"output\": \"b\\n\"}\n{\"instruction\": \"c\", \"output\": \"d\"}\n"; string(text) != want {
		t.Errorf("wrote %s", text)
	}
}
