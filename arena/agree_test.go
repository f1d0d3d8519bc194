package arena_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/internal/shared"
)

// The verdicts of rules on public pairs against a plain count, and against the kappa of scikit-learn 1.2.1.
func TestRulesAgainstPeople(t *testing.T) {
	for _, c := range []struct {
		file, judge     string
		accuracy, kappa float64
		bySeat          [2]float64
		n, flips        int
	}{
		{"pandalm_human_500.jsonl", "longer", 0.62, 0.32879741692984876, [2]float64{0.62, 0.62}, 500, 0},
		{"pandalm_human_500.jsonl", "first", 0.118, 0, [2]float64{0.438, 0.444}, 500, 500},
		{"llmbar_natural.json", "longer", 0.56, 0.13009094503756424, [2]float64{0.56, 0.56}, 100, 0},
		{"llmbar_natural.json", "first", 0, 0, [2]float64{0.42, 0.58}, 100, 100},
	} {
		rows, err := arena.ReadLabelled(shared.Path(t, "data", "arena", c.file))
		if err != nil {
			t.Fatal(err)
		}
		j, err := arena.Rule(c.judge, 1)
		if err != nil {
			t.Fatal(err)
		}
		g, err := arena.Agree(context.Background(), j, rows, 8, nil)
		if err != nil {
			t.Fatal(err)
		}
		if g.N != c.n || g.Flips != c.flips || *g.Accuracy != c.accuracy || math.Abs(*g.Kappa-c.kappa) > 1e-12 || *g.BySeat[0] != c.bySeat[0] || *g.BySeat[1] != c.bySeat[1] {
			t.Errorf("%s of %s: %+v, accuracy %g, kappa %g, by seat %g %g; want %+v", c.judge, c.file, g, *g.Accuracy, *g.Kappa, *g.BySeat[0], *g.BySeat[1], c)
		}
	}
}

// PandaLM's 500 pairs are of 161 prompts, and whoever is right about one pair of a prompt is likelier to be so about the next: the
// interval is that of 225 pairs, which a plain count of the squared deviations of prompts came to, where 500 would give 57.7 to 66.1 %.
func TestPairsOfOnePromptHangTogether(t *testing.T) {
	rows, err := arena.ReadLabelled(shared.Path(t, "data", "arena", "pandalm_human_500.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	j, err := arena.Rule("longer", 1)
	if err != nil {
		t.Fatal(err)
	}
	g, err := arena.Agree(context.Background(), j, rows, 8, nil)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(g.Interval[0]-0.5551) > 1e-4 || math.Abs(g.Interval[1]-0.6809) > 1e-4 {
		t.Errorf("%v, want 0.5551 to 0.6809", g.Interval)
	}
}

func TestPeopleWhoAreSplitAndVerdictsThatFailAreCounted(t *testing.T) {
	rows, err := arena.ParseLabelled([]byte(`{"instruction":"1","input":"","response1":"a","response2":"bc","annotator1":0,"annotator2":1,"annotator3":2}
{"instruction":"2","input":"","response1":"7","response2":"bc","annotator1":1,"annotator2":1,"annotator3":2,"reference":" 7"}
{"instruction":"3","input":"","response1":true,"response2":"bc","annotator1":2}`))
	if err != nil {
		t.Fatal(err)
	}
	if rows[2].A.Text != "True" {
		t.Errorf("an answer stored as true is %q", rows[2].A.Text)
	}
	j, err := arena.Rule("exact", 1)
	if err != nil {
		t.Fatal(err)
	}
	g, err := arena.Agree(context.Background(), j, rows, 8, nil)
	if err != nil {
		t.Fatal(err)
	}
	if g.N != 1 || g.Split != 1 || g.Failed != 1 || *g.Accuracy != 1 || math.Abs(*g.Humans-1.0/6) > 1e-15 {
		t.Errorf("%+v", g)
	}
}

func TestRowsThatAreNoneNameThemselves(t *testing.T) {
	for text, want := range map[string]string{
		``:   "no rows",
		`[]`: "no rows",
		`{"instruction":"1","response1":"a","response2":"b","annotator1":1}` + "\n\n" + `{"instruction":"1","response1":"a","response2":"b","annotator1":3}`: "line 3: annotator1 is 3: want 1 or 2",
		`[{"input":"1","output_1":"a","output_2":"b","label":1},{"input":"1","output_1":"a","output_2":"b","label":0}]`:                                      "row 2: no label of 1 or 2",
		`[{"input":"1","output_1":null,"output_2":"b","label":1}]`:                                                                                           "row 1: neither PandaLM's",
		`[{"input":"1","output_1":["a"],"output_2":"b","label":1}]`:                                                                                          "row 1: an answer that is no text",
		`[{"input":"1","output_1":"a","output_2":"b","label":1}`:                                                                                             "after row 1: ",
		`[{"input":"1","output_1":"a","output_2":"b","label":1}] {"a":1}`:                                                                                    "after row 1: more than one list",
		`{"instruction":"1","input":"","response1":"a","response2":"b"}`:                                                                                     "line 1: no verdict",
		`{"instruction":"1","input":7,"response1":"a","response2":"b"}`:                                                                                      "line 1: json: ",
		`[{"input":"1","output_1":"a","output_2":"b","label":1.5}]`:                                                                                          "row 1: json: ",
		`{"prompt":"1","chosen":"a","rejected":"b"}`:                                                                                                         "line 1: neither PandaLM's",
	} {
		if _, err := arena.ParseLabelled([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}

func FuzzParseLabelled(f *testing.F) {
	f.Add([]byte(`{"instruction":"1","input":"","response1":"a","response2":true,"annotator1":0,"annotator2":1}`))
	f.Add([]byte(`[{"input":"1","output_1":"a","output_2":"b","label":2}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := arena.ParseLabelled(text)
		if (err == nil) != (len(rows) > 0) {
			t.Fatalf("%d rows and error %v", len(rows), err)
		}
		for _, r := range rows {
			if len(r.Humans) == 0 {
				t.Fatalf("nobody judged %+v", r)
			}
		}
	})
}

func FuzzParseAnnotations(f *testing.F) {
	f.Add([]byte(`[{"instruction":"1","output_1":"NaN \" NaN","output_2":"b","generator_2":"m","preference":NaN},{"instruction":"2","output_1":"a","output_2":"b","generator_2":"m","preference":1.5}]`))
	f.Add([]byte(`[{"instruction":"1","output_1":"x","output_2":"y","preference":-Infinity}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := arena.ParseAnnotations(text)
		if err != nil {
			return
		}
		if len(a.Rows) == 0 {
			t.Fatal("no rows and no error")
		}
		for _, r := range a.Rows {
			if p := r.Preference; !math.IsNaN(p) && !(p >= 1 && p <= 2) {
				t.Fatalf("preference %g", p)
			}
		}
		if s := arena.Summarise(a.Outcomes(), 1); s.N+s.Failed != len(a.Rows) || s.Wins+s.Ties+s.Losses != s.N {
			t.Fatalf("%+v of %d rows", s, len(a.Rows))
		}
	})
}
