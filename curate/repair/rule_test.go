package repair

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/dataset"
)

// rowOf reads a row from its JSON.
func rowOf(t *testing.T, text string) *curate.Row {
	t.Helper()
	path := filepath.Join(t.TempDir(), "row.jsonl")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	rows, err := curate.Read(t.Context(), path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rows[0]
}

// swap finds old in answers and suggests another text in its place.
func swap(name, old, better string, confidence float64) curate.Detector {
	return curate.Detector{Name: name, Look: func(x curate.Exchange) []curate.Finding {
		if !strings.Contains(x.Output.Text, old) {
			return nil
		}
		text := strings.Replace(x.Output.Text, old, better, 1)
		return []curate.Finding{{Row: x.Row, Detector: name, Field: x.Output.Field, Confidence: confidence, Why: "it has " + old, Suggestion: &text, Certain: confidence > 0.9}}
	}}
}

func certain(f curate.Finding) bool { return f.Certain }

func TestSeveralRepairsOfOneFieldAreOneAndEachSeesTheLast(t *testing.T) {
	row := rowOf(t, `{"instruction": "Go.", "output": "a a b", "k": 1}`)
	detectors := []curate.Detector{swap("one", "a", "x", 0.95), swap("two", "x b", "x y", 0.97), swap("unsure", "y", "z", 0.6)}
	settled, repairs := ByRule(row, curate.Look(row, detectors), detectors, certain)
	if len(repairs) != 1 {
		t.Fatalf("%d repairs: %+v", len(repairs), repairs)
	}
	r := repairs[0]
	if r.Before != "a a b" || r.After != "x x y" || !r.Certain || r.Confidence != 0.95 || len(r.Findings) != 3 {
		t.Errorf("the repair is %+v", r)
	}
	// What is unsure was not found before the repair: the repair brings it.
	if r.Verified || !strings.Contains(r.Note, "unsure") {
		t.Errorf("a repair that brings a new finding is verified: %+v", r)
	}
	if got, _ := settled.Record.MarshalJSON(); string(got) != `{"instruction": "Go.", "output": "x x y", "k": 1}` {
		t.Errorf("the row is %s", got)
	}
	if got, _ := row.Record.MarshalJSON(); !strings.Contains(string(got), "a a b") {
		t.Errorf("the row that was given is now %s", got)
	}
	again, more := ByRule(settled, curate.Look(settled, detectors), detectors, certain)
	if again != settled || more != nil {
		t.Error("a settled row was repaired again")
	}
}

func TestARowThatNeverSettlesIsLeft(t *testing.T) {
	row := rowOf(t, `{"instruction": "Go.", "output": "a"}`)
	detectors := []curate.Detector{swap("there", "a", "b", 0.95), swap("back", "b", "a", 0.95)}
	settled, repairs := ByRule(row, curate.Look(row, detectors), detectors, certain)
	if settled != row || repairs != nil {
		t.Errorf("it became %+v", repairs)
	}
}

func TestARepairThatAddsNoFaultIsVerified(t *testing.T) {
	row := rowOf(t, `{"instruction": "Go.", "output": "a y"}`)
	detectors := []curate.Detector{swap("one", "a", "x", 0.95), swap("unsure", "y", "z", 0.6)}
	_, repairs := ByRule(row, curate.Look(row, detectors), detectors, certain)
	if len(repairs) != 1 || !repairs[0].Verified || repairs[0].After != "x y" {
		t.Errorf("the repairs are %+v", repairs)
	}
}
