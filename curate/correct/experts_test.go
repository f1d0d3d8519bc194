package correct

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/arithmetic"
	"github.com/cria-llm/cria/curate/experts"
	"github.com/cria-llm/cria/curate/repair"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

// number is a value in a text.
var number = regexp.MustCompile(`\d[\d,]*(?:\.\d+)?`)

func numbers(text string) []float64 {
	var out []float64
	for _, s := range number.FindAllString(text, -1) {
		if x, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64); err == nil {
			out = append(out, x)
		}
	}
	return out
}

// revised are answers that experts revised, and the rows that they were.
func revised(t *testing.T, names ...string) ([]experts.Pair, []*curate.Row) {
	t.Helper()
	var pairs []experts.Pair
	for _, name := range names {
		list, err := experts.Read(shared.Path(t, "data", "curate", name))
		if err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, list...)
	}
	var lines []string
	for _, p := range pairs {
		b, err := json.Marshal(map[string]string{"instruction": p.Instruction, "input": p.Input, "output": p.Before})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(b))
	}
	return pairs, rowsOf(t, lines...)
}

// In answers that experts revised, every number that a rule puts in place of another is one that the expert came to as well,
// rounded to three digits or so.
func TestWhatRulesCalculateExpertsCalculatedToo(t *testing.T) {
	pairs, rows := revised(t, "expert_revised_train.csv", "expert_revised_valid.csv")
	detectors := arithmetic.Detectors()
	found, err := curate.Find(t.Context(), rows, detectors, nil)
	if err != nil {
		t.Fatal(err)
	}
	agreed, repairs := 0, Plan(rows, found, detectors, CertainOnly)
	for _, r := range repairs {
		expert := pairs[r.Row].After
		known := numbers(expert)
		ok := true
		for _, x := range numbers(r.After) {
			same := func(y float64) bool { return math.Abs(x-y) <= 1e-3*max(math.Abs(x), 1e-9) }
			ok = ok && (slices.ContainsFunc(numbers(r.Before), same) || slices.ContainsFunc(known, same))
		}
		if ok {
			agreed++
		} else {
			t.Logf("row %d: a rule has %q, the expert %q", r.Row, r.After, expert)
		}
	}
	t.Logf("the experts came to what a rule has in %d of %d answers", agreed, len(repairs))
	if len(repairs) < 12 || agreed < len(repairs) {
		t.Errorf("the experts came to what a rule has in %d of %d answers", agreed, len(repairs))
	}
}

// A teacher that writes what the experts wrote is believed: the detectors' look is there to stop what is wrong, and stops few
// of the experts' own texts.
func TestWhatExpertsWroteStandsTheDetectorsLook(t *testing.T) {
	pairs, rows := revised(t, "expert_revised_valid.csv")
	texts := map[string]string{}
	for _, p := range pairs {
		texts[p.Instruction+"\n"+p.Input] = p.After
	}
	s := openaitest.NewServer(t, func(r openai.Request) string {
		var row struct{ Instruction, Input string }
		if err := json.Unmarshal([]byte(openaitest.Echo(r)), &row); err != nil {
			return err.Error()
		}
		b, err := json.Marshal(map[string]any{"fault": true, "why": "An expert says so.", "text": texts[row.Instruction+"\n"+row.Input]})
		if err != nil {
			return err.Error()
		}
		return string(b)
	}, openaitest.Options{})
	m, err := openai.NewClient(openai.ClientOptions{BaseURL: s.URL, Model: "expert"})
	if err != nil {
		t.Fatal(err)
	}
	k := &repair.Asker{Teacher: m, Detectors: Alone()}
	var questions []Question
	for i, p := range pairs {
		if p.Changed() {
			var found []curate.Finding
			for _, f := range curate.Look(rows[i], k.Detectors) {
				if f.Field == "output" {
					found = append(found, f)
				}
			}
			questions = append(questions, Question{rows[i], "output", found})
		}
	}
	repairs, err := Ask(t.Context(), k, questions, 4, CertainOnly, nil)
	if err != nil || len(repairs) != len(questions) {
		t.Fatalf("%d of %d questions were answered: %v", len(repairs), len(questions), err)
	}
	stand := 0
	for i, r := range repairs {
		if r.Row != questions[i].Row.Index {
			t.Fatalf("the repair of question %d is of row %d", i, r.Row)
		}
		if r.Verified {
			stand++
		} else {
			t.Logf("row %d: %s", r.Row, r.Note)
		}
	}
	t.Logf("%d of %d of the experts' texts stand the detectors' look", stand, len(repairs))
	if float64(stand) < 0.95*float64(len(repairs)) {
		t.Errorf("%d of %d of the experts' texts stand the detectors' look", stand, len(repairs))
	}
}
