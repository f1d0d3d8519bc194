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
	"github.com/cria-llm/cria/internal/shared"
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

// In answers that experts revised, every number that a rule puts in place of another is one that the expert came to as well,
// rounded to three digits or so.
func TestWhatRulesCalculateExpertsCalculatedToo(t *testing.T) {
	var pairs []experts.Pair
	for _, name := range []string{"expert_revised_train.csv", "expert_revised_valid.csv"} {
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
	rows := rowsOf(t, lines...)
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
