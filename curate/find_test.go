package curate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/dataset"
)

// numbered are rows whose answers are the numbers from 0.
func numbered(t *testing.T, n int) []*Row {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"instruction": "Count.", "output": "%d"}`+"\n", i)
	}
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	rows, err := Read(t.Context(), path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// ends finds answers that end in a digit.
func ends(name, digit string) Detector {
	return Detector{Name: name, Look: func(x Exchange) []Finding {
		if !strings.HasSuffix(x.Output.Text, digit) {
			return nil
		}
		return []Finding{{Row: x.Row, Detector: name, Field: x.Output.Field, Confidence: 1, Why: "it ends in " + digit}}
	}}
}

func TestFindingsComeInTheOrderOfRowsAndDetectorsHoweverManyLook(t *testing.T) {
	rows := numbered(t, 1000)
	every := Detector{Name: "every", LookAll: func(_ context.Context, rows []*Row) ([]Finding, error) {
		var out []Finding
		for _, r := range slices.Backward(rows) {
			out = append(out, Finding{Row: r.Index, Detector: "every"})
		}
		return out, nil
	}}
	done := make(chan int, 1000)
	found, err := Find(t.Context(), rows, []Detector{every, ends("seven", "7"), ends("again", "7"), ends("three", "3")}, func(n int) { done <- n })
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, f := range found {
		got = append(got, fmt.Sprint(f.Row, f.Detector))
	}
	for i := range 1000 {
		switch i % 10 {
		case 7:
			want = append(want, fmt.Sprint(i, "seven"), fmt.Sprint(i, "again"))
		case 3:
			want = append(want, fmt.Sprint(i, "three"))
		}
		want = append(want, fmt.Sprint(i, "every"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("findings are not in order: %v", got[:12])
	}
	close(done)
	most := 0
	for n := range done {
		most = max(most, n)
	}
	if most != 1000 {
		t.Errorf("progress heard of %d rows", most)
	}
}

func TestADetectorThatFailsEndsTheSearch(t *testing.T) {
	bad := errors.New("no memory")
	d := Detector{Name: "bad", LookAll: func(context.Context, []*Row) ([]Finding, error) { return nil, bad }}
	if _, err := Find(t.Context(), numbered(t, 10), []Detector{d}, nil); !errors.Is(err, bad) {
		t.Errorf("error is %v, want %v", err, bad)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, numbered(t, 10), []Detector{ends("a", "1")}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v after a cancel", err)
	}
}

func TestFindingsAreReadAsTheyWereWritten(t *testing.T) {
	better := "a <b>\n"
	want := []Finding{
		{Row: 0, Detector: "x", Field: "output", Confidence: 0.5, Why: "é", Suggestion: &better, Certain: true},
		{Row: 3, Detector: "y", Field: "input", Confidence: 1, Why: "z", Rows: []int{1, 2}},
	}
	path := filepath.Join(t.TempDir(), "f.jsonl")
	if err := WriteFindings(path, want); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	if !strings.Contains(string(text), `"suggestion":null`) || !strings.Contains(string(text), `a <b>\n`) {
		t.Errorf("wrote %s", text)
	}
	got, err := ReadFindings(path)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v", got, err)
	}
	for _, bad := range []string{`{"row":-1,"detector":"x"}`, `{"row":0}`, `{"row":0,"detector":"x","confidence":2}`, `[`} {
		if _, err := parseFindings(strings.NewReader("\n" + bad)); err == nil || !strings.HasPrefix(err.Error(), "line 2") {
			t.Errorf("%s: error is %v, want one that names line 2", bad, err)
		}
	}
}

func FuzzFindings(f *testing.F) {
	f.Add(`{"row":0,"detector":"x","field":"output","confidence":0.5,"why":"y","suggestion":null}` + "\n\n{}")
	f.Fuzz(func(t *testing.T, text string) {
		found, err := parseFindings(strings.NewReader(text))
		if err == nil && len(found) > strings.Count(text, "\n")+1 {
			t.Errorf("%d findings in %q", len(found), text)
		}
	})
}
