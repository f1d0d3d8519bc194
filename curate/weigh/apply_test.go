package weigh

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/dataset"
)

// scored are rows with numbers in a field x; null is a row without.
func scored(t testing.TB, values ...any) []*curate.Row {
	t.Helper()
	var lines []string
	for i, v := range values {
		x, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf(`{"instruction":"Say %d.","output":"It is %d.","x":%s,"kind":"k%d"}`, i, i, x, i%2))
	}
	return rowsOf(t, lines...)
}

func apply(t testing.TB, rows []*curate.Row, rules string) *Outcome {
	t.Helper()
	r := rulesOf(t, rules)
	table, err := Measure(t.Context(), rows, r, Options{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := Apply(t.Context(), rows, table, r)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func kept(o *Outcome) []int {
	var list []int
	for i, v := range o.Verdicts {
		if v.LeftOut == "" {
			list = append(list, i)
		}
	}
	return list
}

func TestRulesChooseRows(t *testing.T) {
	rows := scored(t, 5, 1, nil, 4, 3, 2, 9, 8, 7, 6)
	for _, c := range []struct {
		rules string
		want  []int
	}{
		{"drop: [field:x >= 6]", []int{0, 1, 2, 3, 4, 5}},
		{"missing: drop\ndrop: [field:x > 6]", []int{0, 1, 3, 4, 5, 9}},
		{"select: [{top: 3, by: field:x}]", []int{6, 7, 8}},
		{"select: [{bottom: 0.2, by: field:x}]", []int{1, 5}},
		{"drop: [field:x >= 8]\nselect: [{top: 0.2, by: field:x}]", []int{8, 9}},
		{"drop: [field:x >= 8]\nselect: [{top: 0.25, by: field:x, of: remaining}]", []int{8, 9}},
		{"select: [{top: 5, by: field:x}, {bottom: 2, by: field:x}]", []int{0, 9}},
	} {
		if got := kept(apply(t, rows, c.rules)); !slices.Equal(got, c.want) {
			t.Errorf("%q keeps %v, want %v", c.rules, got, c.want)
		}
	}
	// Of five rows each, the even ones have 5, 3, 9, 7 and a gap, the odd ones 1, 4, 2, 8 and 6.
	if got := kept(apply(t, rows, "select: [{top: 0.4, by: field:x, per: field:kind}]")); !slices.Equal(got, []int{6, 7, 8, 9}) {
		t.Errorf("the two best of each kind are %v", got)
	}
	if got := kept(apply(t, rows, "select: [{random: 4, seed: 3}]")); len(got) != 4 || !slices.Equal(got, kept(apply(t, rows, "select: [{random: 4, seed: 3}]"))) {
		t.Errorf("four drawn rows are %v", got)
	}
	for _, step := range []string{"facility-location", "k-center"} {
		if got := kept(apply(t, rows, "select: [{"+step+": 4}]")); len(got) != 4 {
			t.Errorf("%s keeps %v", step, got)
		}
	}
	table, err := Measure(t.Context(), rows, rulesOf(t, "drop: [field:x >= 0]\nmissing: drop"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Apply(t.Context(), rows, table, rulesOf(t, "drop: [field:x >= 0]\nmissing: drop"))
	if err == nil || !strings.Contains(err.Error(), `leave out every row: 9 rows by "field:x >= 0"; 1 rows by "no field:x"`) {
		t.Errorf("error %v where nothing is left", err)
	}
}

// Each case is computed by hand.
func TestTermsMakeWeights(t *testing.T) {
	rows := scored(t, 1, 10, 100, nil)
	for _, c := range []struct {
		weight string
		want   []float64
	}{
		{"terms: [{score: field:x, transform: none, missing: 7}]", []float64{1, 10, 100, 7}},
		{"terms: [{score: field:x, transform: quantile, to: [1, 3]}]", []float64{1, 2, 3, 1}},
		{"terms: [{score: field:x, transform: quantile, from: [0.5, 1], to: [3, 1]}]", []float64{3, 3, 1, 1}},
		{"terms: [{score: field:x, transform: linear, to: [0.5, 1.5]}]", []float64{0.5, 0.5 + 9./99, 1.5, 1}},
		{"terms: [{score: field:x, transform: linear, from: [0, 20], to: [1, 2]}]", []float64{1.05, 1.5, 2, 1}},
		{"terms: [{score: field:x, transform: log, to: [1, 3]}]", []float64{1, 2, 3, 1}},
		{"terms: [{score: field:x, transform: threshold, at: 10, to: [1, 4]}]", []float64{1, 4, 4, 1}},
		{"terms: [{score: field:x, transform: none, clamp: [2, 50]}]\n  clamp: [0, 40]", []float64{2, 10, 40, 1}},
		{"terms: [{score: field:x, transform: none}, {score: field:x, transform: threshold, at: 5, to: [1, 2], share: 2}]", []float64{1, 40, 400, 1}},
		{"mix: sum\n  terms: [{score: field:x, transform: none}, {score: field:x, transform: threshold, at: 5, to: [1, 2], share: 3}]", []float64{1, 4, 26.5, 1}},
	} {
		o := apply(t, rows, "normalise: false\nweight:\n  "+c.weight)
		for i, v := range o.Verdicts {
			if math.Abs(v.Weight-c.want[i]) > 1e-5*c.want[i] || v.Repeat != 1 {
				t.Errorf("%q: row %d weighs %+v, want %g", c.weight, i, v, c.want[i])
			}
		}
	}
	// Equal scores have equal places, in their middle.
	o := apply(t, scored(t, 1, 1, 2), "normalise: false\nweight: {terms: [{score: field:x, to: [1, 3]}]}")
	if o.Verdicts[0].Weight != 1.5 || o.Verdicts[1].Weight != 1.5 || o.Verdicts[2].Weight != 3 {
		t.Errorf("weights of equal scores: %+v", o.Verdicts)
	}
}

func TestTheMeanWeightOfAnEpochIsOne(t *testing.T) {
	var values []any
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		values = append(values, r.ExpFloat64())
	}
	o := apply(t, scored(t, values...), `
weight: {terms: [{score: field:x, transform: log, to: [0.1, 5]}]}
repeat: {score: field:x, quantiles: {0.5: 2, 0.9: 5, 0.1: 1, 0: 0}}
`)
	sum, squares, n := 0.0, 0.0, 0
	for _, v := range o.Verdicts {
		w := v.Weight * float64(v.Repeat)
		sum, squares, n = sum+w, squares+w*w, n+v.Repeat
	}
	if math.Abs(sum/float64(n)-1) > 1e-5 {
		t.Errorf("the mean weight is %g", sum/float64(n))
	}
	if o.Report.Epoch != n || n != 50*5+200*2+200 || o.Report.Kept != 450 {
		t.Errorf("an epoch has %d rows of %d kept, %d by hand", o.Report.Epoch, o.Report.Kept, n)
	}
	if e := sum * sum / squares; math.Abs(o.Report.Effective-e) > 1e-9*e {
		t.Errorf("effective %g, want %g", o.Report.Effective, e)
	}
	if g, l := o.Report.Gained, o.Report.Lost; len(g) != 5 || len(l) != 5 || g[0].Factor < g[4].Factor || l[0].Factor > l[4].Factor {
		t.Errorf("gained %+v, lost %+v", g, l)
	}
}

func TestWeightsThatRowsHave(t *testing.T) {
	rows := func() []*curate.Row {
		return rowsOf(t,
			`{"instruction":"a","output":"b","weight":2,"repeat":3,"scores":{"mine":1},"note":[1,  2]}`,
			`{"instruction":"c","output":"d d","weight":0}`,
			`{"instruction":"e","output":"f f f"}`)
	}
	for _, c := range []struct {
		rules string
		want  []Verdict
	}{
		{"scores: [length]", []Verdict{{2, 3, ""}, {0, 0, "weight 0 in the file"}, {1, 1, ""}}},
		{"normalise: false\nweight: {terms: [{score: length, transform: none}]}", []Verdict{{1, 3, ""}, {2, 1, ""}, {3, 1, ""}}},
		{"existing: multiply\nnormalise: false\nweight: {terms: [{score: length, transform: none}]}", []Verdict{{2, 3, ""}, {0, 0, "weight 0 in the file"}, {3, 1, ""}}},
		{"existing: multiply\nrepeat: {score: length, thresholds: {0: 2}}", []Verdict{{2, 6, ""}, {0, 0, "weight 0 in the file"}, {1, 2, ""}}},
	} {
		if got := apply(t, rows(), c.rules).Verdicts; !slices.Equal(got, c.want) {
			t.Errorf("%q gives %+v, want %+v", c.rules, got, c.want)
		}
	}
	path := filepath.Join(t.TempDir(), "out.jsonl")
	if err := apply(t, rows(), "scores: [length]").Write(path, false); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"instruction": "a", "output": "b", "weight": 2, "repeat": 3, "scores": {"length":1,"mine":1}, "note": [1,  2]}
{"instruction": "c", "output": "d d", "weight": 0, "scores": {"length":2}, "repeat": 0}
{"instruction": "e", "output": "f f f", "scores": {"length":3}, "weight": 1, "repeat": 1}
`
	if string(got) != want {
		t.Errorf("written:\n%swant:\n%s", got, want)
	}
	// What is left out is not trained on, whether it is written or not.
	for _, drop := range []bool{false, true} {
		if err := apply(t, rows(), "drop: [length < 2]\nweight: {terms: [{score: length, transform: none}]}").Write(path, drop); err != nil {
			t.Fatal(err)
		}
		set, err := dataset.Load(t.Context(), []string{path}, dataset.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(set.Examples); n != map[bool]int{false: 3, true: 2}[drop] {
			t.Errorf("drop %t writes %d rows", drop, n)
		}
		set.Examples = slices.DeleteFunc(set.Examples, func(e dataset.Example) bool { return e.Weight > 0 && e.Repeat > 0 })
		if n := len(set.Examples); n != map[bool]int{false: 1, true: 0}[drop] {
			t.Errorf("drop %t leaves %d rows that are not trained on", drop, n)
		}
	}
	bad := rowsOf(t, `{"instruction":"a","output":"b","scores":3}`)
	if err := apply(t, bad, "scores: [length]").Write(path, false); err == nil || !strings.Contains(err.Error(), `rows.jsonl:1: field "scores" is no object`) {
		t.Errorf("error %v of scores that are none", err)
	}
}

func TestKeywordsAreWholeWords(t *testing.T) {
	rows := rowsOf(t,
		`{"instruction":"How do I give first aid?","output":"Call for help."}`,
		`{"instruction":"The first to aid.","output":"Firefly."}`,
		`{"instruction":"A FIRE!","output":"Run from it; then first, aid."}`)
	const rules = `
keywords:
  safety: {words: [fire, first aid], worth: 3}
  running: {words: [run], worth: 0.5}
normalise: false
weight: {terms: [{score: keywords, transform: none}]}
`
	o := apply(t, rows, rules)
	for i, want := range []float64{3, 1, 3} {
		if o.Verdicts[i].Weight != want {
			t.Errorf("row %d weighs %g, want %g", i, o.Verdicts[i].Weight, want)
		}
	}
	g := o.Report.Groups
	if len(g) != 2 || g[0].Name != "safety" || g[0].Rows != 2 || math.Abs(g[0].After-6./7) > 1e-12 {
		t.Errorf("groups %+v", g)
	}
}

func TestRowsOfASmallClusterAreRare(t *testing.T) {
	var lines []string
	for range 30 {
		lines = append(lines, `{"instruction":"Add the two numbers.","output":"x"}`)
	}
	lines = append(lines, `{"instruction":"Write a poem about spring.","output":"y"}`, `{"instruction":"Write a poem about autumn.","output":"z"}`)
	rows := rowsOf(t, lines...)
	table, err := Measure(t.Context(), rows, rulesOf(t, "scores: [rarity]\nclusters: 2\nvectors: {by: words}"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	v := table.Columns[0].Values
	if math.Abs(v[30]-math.Log(16)) > 1e-12 || v[31] != v[30] || math.Abs(v[0]-math.Log(32./30)) > 1e-12 {
		t.Errorf("rarities %v", v)
	}
	if name := table.ClusterNames[table.Cluster[31]]; !strings.Contains(name, "poem") {
		t.Errorf("the cluster of poems is called %q", name)
	}
}
