package detect

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/cria-llm/cria/curate"
)

// judgement is what a reader said of one finding in Alpaca's rows.
type judgement struct {
	Detector string `json:"detector"`
	Row      int    `json:"row"`
	Field    string `json:"field"`
	Agree    bool   `json:"agree"`
}

func judgements(t *testing.T) []judgement {
	f, err := os.Open("testdata/judged.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []judgement
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var j judgement
		if err := json.Unmarshal(lines.Bytes(), &j); err != nil {
			t.Fatal(err)
		}
		all = append(all, j)
	}
	return all
}

// A detector's precision is what readers said of its findings, and those it still finds.
func TestPrecisionIsWhatReadersSaid(t *testing.T) {
	read := map[string]curate.Share{}
	all := judgements(t)
	for _, j := range all {
		s := read[j.Detector]
		s.Of++
		if j.Agree {
			s.Count++
		}
		read[j.Detector] = s
	}
	for _, d := range Text() {
		if d.Precision != read[d.Name] {
			t.Errorf("%s has the precision %v, and readers said %v", d.Name, d.Precision, read[d.Name])
		}
	}
	rows := exchanges(t, false)
	for _, d := range Text() {
		for _, j := range all {
			if j.Detector == d.Name && !slices.ContainsFunc(d.Look(rows[j.Row]), func(f curate.Finding) bool { return f.Field == j.Field }) {
				t.Errorf("%s finds nothing more in row %d's %s: judge a new sample", d.Name, j.Row, j.Field)
			}
		}
	}
}
