package correct

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/repair"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/shared"
)

func read(t *testing.T, path string) []*curate.Row {
	t.Helper()
	rows, err := curate.Read(t.Context(), path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// rowsOf reads rows from their JSON.
func rowsOf(t *testing.T, lines ...string) []*curate.Row {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	return read(t, path)
}

func bytesOf(t *testing.T, rows []*curate.Row) []string {
	t.Helper()
	var out []string
	for _, r := range rows {
		b, err := r.Record.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return out
}

// byRules corrects rows with rules alone.
func byRules(t *testing.T, rows []*curate.Row) ([]*curate.Row, []repair.Repair) {
	t.Helper()
	all := Detectors(nil, nil)
	found, err := curate.Find(t.Context(), rows, all, nil)
	if err != nil {
		t.Fatal(err)
	}
	plan := Plan(rows, found, all, CertainOnly)
	now, err := Apply(rows, plan)
	if err != nil {
		t.Fatal(err)
	}
	return now, plan
}

func TestRowsThatNothingChangesKeepTheirBytesAndOthersAllTheirFields(t *testing.T) {
	given := []string{
		`{"instruction":"Name a mammal.","input":"","output":"A whale.",  "id":7}`,
		`{"instruction": "Name a mammal.", "input": "<noinput>", "output": "A whale.", "tags": ["x"]}`,
	}
	now, plan := byRules(t, rowsOf(t, given...))
	got := bytesOf(t, now)
	if got[0] != given[0] {
		t.Errorf("a row without a fault became %s", got[0])
	}
	want := `{"instruction": "Name a mammal.", "input": "", "output": "A whale.", "tags": ["x"], "corrected": [{"field":"input","by":"rule","detectors":["placeholder-input"]}]}`
	if got[1] != want {
		t.Errorf("got  %s\nwant %s", got[1], want)
	}
	if len(plan) != 1 || plan[0].Status != repair.Applied || !plan[0].Verified {
		t.Errorf("the repairs are %+v", plan)
	}
}

// What was rejected leaves what came after it stale, and a field that was there before gains to what it has.
func TestWhatAPersonDecidesIsWhatIsWritten(t *testing.T) {
	rows := rowsOf(t, `{"instruction": "a", "output": "one", "corrected": "by hand"}`)
	plan := []repair.Repair{
		{Field: "output", Before: "one", After: "two", By: repair.Rule, Status: repair.Rejected},
		{Field: "output", Before: "two", After: "three", By: repair.Rule, Status: repair.Applied},
		{Field: "instruction", Before: "a", After: "A", By: repair.Person, Status: repair.Edited, Findings: []repair.Reason{{Detector: "x"}, {Detector: "x"}}},
	}
	now, err := Apply(rows, plan)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"instruction": "A", "output": "one", "corrected": ["by hand",{"field":"instruction","by":"person","detectors":["x"]}]}`
	if got := bytesOf(t, now)[0]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if plan[1].Status != repair.Stale {
		t.Errorf("a repair of a text that is not there is %s", plan[1].Status)
	}
}

func TestOneOfDuplicatesStaysAndTheOthersAreKeptAside(t *testing.T) {
	rows := rowsOf(t, `{"instruction": "a", "output": "1"}`, `{"instruction": "b", "output": "2"}`, `{"instruction": "a", "output": "1"}`, `{"instruction": "c", "output": ""}`)
	twins := curate.Detector{Name: "twins", LookAll: func(context.Context, []*curate.Row) ([]curate.Finding, error) { return nil, nil }}
	empty := curate.Detector{Name: "empty", Look: func(x curate.Exchange) []curate.Finding { return nil }}
	found := []curate.Finding{
		{Row: 0, Detector: "twins", Confidence: 1, Rows: []int{2}},
		{Row: 1, Detector: "empty", Confidence: 0.4},
		{Row: 2, Detector: "twins", Confidence: 1, Rows: []int{0}},
		{Row: 3, Detector: "empty", Confidence: 0.9},
	}
	least, err := ParseDrop([]curate.Detector{twins, empty}, []string{"twins", "empty:0.8"})
	if err != nil {
		t.Fatal(err)
	}
	kept, out := Drop(rows, rows, found, []curate.Detector{twins, empty}, least)
	if len(kept) != 2 || kept[0].Index != 0 || kept[1].Index != 1 {
		t.Errorf("%d rows stay", len(kept))
	}
	if len(out) != 2 || out[0].Row != 2 || out[1].Row != 3 || out[1].Line != 4 {
		t.Fatalf("left out are %+v", out)
	}
	text, err := json.Marshal(out[1])
	if err != nil || !strings.Contains(string(text), `"record":{"instruction":"c","output":""}`) {
		t.Errorf("it is kept as %s, %v", text, err)
	}
}

func TestNamesOfDetectorsAreChecked(t *testing.T) {
	all := Detectors(nil, nil)
	some, err := Select(all, []string{"refusal", "pii"}, []string{"pii"})
	if err != nil || !slices.Equal(Names(some), []string{"refusal"}) {
		t.Errorf("selected %v, %v", Names(some), err)
	}
	for _, bad := range [][2][]string{{{"refusals"}, nil}, {nil, {"x"}}, {{"pii"}, {"pii"}}} {
		if _, err := Select(all, bad[0], bad[1]); err == nil {
			t.Errorf("%v were selected", bad)
		}
	}
	for _, bad := range []string{"x", "pii:", "pii:2", "pii:NaN"} {
		if _, err := ParseDrop(all, []string{bad}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	seen := map[string]bool{}
	for _, d := range all {
		if seen[d.Name] || (d.Look == nil) == (d.LookAll == nil) || d.About == "" || d.Example == "" {
			t.Errorf("detector %q is named twice, looks in two ways, or says nothing of itself", d.Name)
		}
		seen[d.Name] = true
	}
}

// Alpaca's rows, corrected by rules, and corrected again: nothing changes the second time.
func TestCorrectingWhatWasCorrectedChangesNothing(t *testing.T) {
	rows := read(t, shared.Path(t, "data", "alpaca", "alpaca_28k.jsonl"))[:1500]
	now, plan := byRules(t, rows)
	changed := 0
	for i := range rows {
		if now[i] != rows[i] {
			changed++
		}
	}
	t.Logf("%d rows changed, %d repairs", changed, len(plan))
	if changed == 0 {
		t.Error("no row of Alpaca's was changed")
	}
	again, _ := byRules(t, now)
	for i := range now {
		if again[i] != now[i] {
			t.Fatalf("row %d is changed once more:\n%s\n%s", i, bytesOf(t, now[i:i+1])[0], bytesOf(t, again[i:i+1])[0])
		}
	}
}

// A field's repair that would bring a new fault does not keep another field's from being made.
func TestRepairsOfTwoFieldsAreTakenByThemselvesWhereOneBringsAFault(t *testing.T) {
	better := "x"
	wrong := func(name, field, old string) curate.Detector {
		return curate.Detector{Name: name, Look: func(x curate.Exchange) []curate.Finding {
			for _, t := range []curate.Text{x.Instruction, x.Output} {
				if t.Field == field && t.Text == old {
					return []curate.Finding{{Row: x.Row, Detector: name, Field: field, Confidence: 1, Suggestion: &better, Certain: old != "x"}}
				}
			}
			return nil
		}}
	}
	all := []curate.Detector{wrong("one", "instruction", "a"), wrong("two", "output", "b"), wrong("worse", "output", "x")}
	rows := rowsOf(t, `{"instruction": "a", "output": "b"}`)
	plan := Plan(rows, curate.Look(rows[0], all), all, CertainOnly)
	if len(plan) != 2 || plan[0].Status != repair.Applied || plan[1].Status != repair.Proposed || !strings.Contains(plan[1].Note, "worse") {
		t.Errorf("the repairs are %+v", plan)
	}
	now, err := Apply(rows, plan)
	if err != nil {
		t.Fatal(err)
	}
	if got := bytesOf(t, now)[0]; !strings.HasPrefix(got, `{"instruction": "x", "output": "b"`) {
		t.Errorf("the row is %s", got)
	}
}

// What is asked of a teacher is what rules leave, in the row as they leave it.
func TestATeacherIsAskedAboutWhatRulesLeave(t *testing.T) {
	rows := rowsOf(t,
		`{"instruction": "Name a fish.", "input": "<noinput>", "output": ""}`,
		`{"instruction": "Sign.", "output": "Jane, jane.roe@gmail.com"}`,
		`{"instruction": "Name a mammal.", "output": "A whale."}`)
	all := Alone()
	found, err := curate.Find(t.Context(), rows, all, nil)
	if err != nil {
		t.Fatal(err)
	}
	plan := Plan(rows, found, all, CertainOnly)
	now, err := Apply(rows, plan)
	if err != nil {
		t.Fatal(err)
	}
	got := Questions(rows, now, found, plan, all, 0.5, false)
	if len(got) != 1 || got[0].Field != "output" || got[0].Row.Record.Turns[1].Text != "" || len(got[0].Findings) != 1 {
		t.Errorf("asked is %+v", got)
	}
	if left := Questions(rows, now, found, plan, all, 1, false); len(left) != 0 {
		t.Errorf("asked at the highest confidence is %+v", left)
	}
	// Of every answer, but of the second row's, for which a rule has a proposal.
	if every := Questions(rows, now, found, plan, all, 0.5, true); len(every) != 2 || every[0].Findings == nil || every[1].Row.Index != 2 || every[1].Findings != nil {
		t.Errorf("asked about every answer is %+v", every)
	}
}

// Of two answers that contradict each other a teacher is asked about both, and shown the other one.
func TestATeacherIsShownTheOtherAnswerWhereTwoContradict(t *testing.T) {
	rows := rowsOf(t,
		`{"instruction": "How many legs does a spider have?", "output": "8"}`,
		`{"instruction": "How many legs does a spider have?", "output": "Six"}`)
	all := Detectors(nil, nil)
	found, err := curate.Find(t.Context(), rows, all, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := Questions(rows, rows, found, nil, all, 0.5, false)
	if len(got) != 2 || got[0].Row.Index != 0 || !strings.Contains(got[0].Findings[0].Why, `the answer of row 1 is "Six"`) {
		t.Errorf("asked is %+v", got)
	}
}
