package arena_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/internal/shared"
)

// published are the numbers of alpaca_eval's leaderboards at commit cd543a1 for the stored annotations, and in minimal what
// scikit-learn 1.2.1's liblinear, GroupKFold and the rest of alpaca_eval's metrics/glm_winrate.py make of them in the form
// length_controlled_minimal, with its tolerance lowered from 1e-4 to 1e-10; in loose what they make of it with 1e-4. The row
// that the leaderboard gives falcon-7b-instruct under the first judge is that of the falcon-40b-instruct in the file.
var published = []struct {
	model, judge       string
	winRate, error     float64
	won, lost, tied, n int
	minimal, loose     float64
}{
	{"alpaca-7b", "alpaca_eval_gpt4", 26.459627329192543, 1.535711469748, 205, 584, 16, 805, 25.772817168242568, 25.77311524982706},
	{"falcon-7b-instruct", "alpaca_eval_gpt4", 45.71428571428572, 1.7524717060805597, 366, 435, 4, 805, 39.639333045215615, 39.63953160542763},
	{"gpt4_1106_preview", "alpaca_eval_gpt4", 97.69900497512438, 0.5104849118311993, 783, 16, 5, 804, 74.7161526439603, 74.71755185962223},
	{"text_davinci_001", "alpaca_eval_gpt4", 15.17412935323383, 1.235107892276849, 112, 672, 20, 804, 21.135678831266574, 21.135521708207563},
	{"alpaca-7b", "weighted_alpaca_eval_gpt4_turbo", 2.591450540223603, 0.4870855382635108, 17, 785, 3, 805, 19.805023573060645, 19.747583434528842},
	{"alpaca-farm-ppo-sim-gpt4-20k", "weighted_alpaca_eval_gpt4_turbo", 3.450341987080745, 0.5834901037598084, 26, 776, 3, 805, 19.344673963094166, 19.322228408862507},
	{"falcon-7b-instruct", "weighted_alpaca_eval_gpt4_turbo", 2.146617553168, 0.454225792894195, 16, 787, 2, 805, 6.493643131340987, 6.496352563405317},
	{"gpt4_1106_preview", "weighted_alpaca_eval_gpt4_turbo", 50, 0, 0, 0, 805, 805, 50, 50},
	{"text_davinci_001", "weighted_alpaca_eval_gpt4_turbo", 2.764005231108344, 0.5177668863975088, 23, 777, 3, 803, 17.201568820826726, 17.15435234544969},
}

func TestStoredAnnotationsHaveTheirPublishedWinRates(t *testing.T) {
	for _, p := range published {
		a, err := arena.ReadAnnotations(shared.Path(t, "data", "arena", "alpaca_eval", p.model, p.judge, "annotations.json"))
		if err != nil {
			t.Fatal(err)
		}
		name := p.model + " by " + p.judge
		s := arena.Summarise(a.Outcomes(), 1)
		if math.Abs(100*s.WinRate-p.winRate) > 1e-8 || math.Abs(100*s.StandardError-p.error) > 1e-8 {
			t.Errorf("%s: %.9f ± %.9f, published %.9f ± %.9f", name, 100*s.WinRate, 100*s.StandardError, p.winRate, p.error)
		}
		if s.Wins != p.won || s.Losses != p.lost || s.Ties != p.tied || s.N != p.n || s.Failed != len(a.Rows)-p.n {
			t.Errorf("%s: %d won, %d lost, %d tied of %d, and %d failed; published %d, %d, %d of %d", name, s.Wins, s.Losses, s.Ties, s.N, s.Failed, p.won, p.lost, p.tied, p.n)
		}
		c, err := arena.LengthControlled(a, arena.Control{}, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(100*c.WinRate-p.minimal) > 1e-6 || math.Abs(100*c.WinRate-p.loose) > 0.06 {
			t.Errorf("%s: length-controlled %.7f, want %.7f, and near %.7f", name, 100*c.WinRate, p.minimal, p.loose)
		}
	}
}

// The fuller forms against scikit-learn, as above, with difficulties and gamed rows made by formula, since alpaca_eval's own are
// not at hand.
func TestTheFullerFormsEqualScikitLearn(t *testing.T) {
	var gamed []arena.Gamed
	for i := range 400 {
		j := float64(i)
		length := 1.2 * math.Cos(1.3*j)
		won := 1/(1+math.Exp(1.1*math.Tanh(length))) + 0.2*math.Sin(2.1*j)
		gamed = append(gamed, arena.Gamed{Won: max(0, min(1, won)), Length: length, Difficulty: 1.5 * math.Sin(0.7*j)})
	}
	for _, c := range []struct {
		model, judge, form string
		gamed              []arena.Gamed
		winRate, c         float64
	}{
		{"alpaca-7b", "alpaca_eval_gpt4", "length_controlled_noreg", nil, 25.70871537309321, 21.54434690031882},
		{"alpaca-7b", "alpaca_eval_gpt4", "length_controlled_v1", gamed, 26.09988114299003, 2.782559402207126},
		{"text_davinci_001", "weighted_alpaca_eval_gpt4_turbo", "length_controlled_noreg", nil, 17.452790232471333, 2.782559402207126},
		{"text_davinci_001", "weighted_alpaca_eval_gpt4_turbo", "length_controlled_v1", gamed, 11.597696027716603, 2.782559402207126},
	} {
		a, err := arena.ReadAnnotations(shared.Path(t, "data", "arena", "alpaca_eval", c.model, c.judge, "annotations.json"))
		if err != nil {
			t.Fatal(err)
		}
		with := arena.Control{Gamed: c.gamed}
		for i := range a.Rows {
			with.Difficulty = append(with.Difficulty, 1.5*math.Sin(0.7*float64(i)))
		}
		got, err := arena.LengthControlled(a, with, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(100*got.WinRate-c.winRate) > 1e-5 || math.Abs(got.C/c.c-1) > 1e-12 || with.Form() != c.form {
			t.Errorf("%s in form %s: %.7f with C %g, want %.7f with C %g, in form %s", c.model, with.Form(), 100*got.WinRate, got.C, c.winRate, c.c, c.form)
		}
	}
}

func TestDifficultiesAndGamedRowsAreRead(t *testing.T) {
	a, err := arena.ParseAnnotations([]byte(`[{"instruction":"1","output_1":"a","output_2":"b","preference":1},{"instruction":"2","output_1":"a","output_2":"b","preference":2}]`))
	if err != nil {
		t.Fatal(err)
	}
	const gamed = "index,preference,std_delta_len,instruction_difficulty\n0,0.25,-1.5,0.5\n1,,1,-0.5\n0,1,2,9\n"
	for text, want := range map[string]string{
		gamed: "length_controlled_v1 [0.5 -0.5] [{0.25 -1.5 0.5} {1 2 9}]",
		",instruction_difficulty\n0,0.5\n1,-0.5\n": "length_controlled_noreg [0.5 -0.5] []",
		"index,instruction_difficulty\n1,0.5\n":    "no difficulty of the instruction at place 0",
		"index,instruction_difficulty\n0.5,0.5\n":  "line 2: index is 0.5",
		"index,instruction_difficulty\n0,hard\n":   "line 2: instruction_difficulty is \"hard\"",
		"index,difficulty\n0,1\n":                  "line 1: no column \"instruction_difficulty\"",
		"index,instruction_difficulty\n":           "no rows",
		"":                                         "no table",
		strings.Replace(gamed, "0.25", "1.25", 1):  "line 2: preference is 1.25: want 0 to 1",
	} {
		k, err := arena.ParseKnown(strings.NewReader(text), strings.Contains(text, "preference"))
		var c arena.Control
		if err == nil {
			c, err = k.Control(a)
		}
		got := fmt.Sprint(c.Form(), " ", c.Difficulty, " ", c.Gamed)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// Ratings hang on who beats whom, not on the order of the files, and each is within its interval.
func TestRatings(t *testing.T) {
	var matches []arena.Match
	for i := range 60 {
		id := fmt.Sprint(i)
		add := func(a, b string, share float64) {
			matches = append(matches, arena.Match{A: a, B: b, Outcome: arena.Outcome{ID: id, A: share}})
		}
		win := func(often int) float64 {
			if i*7%10 < often {
				return 1
			}
			return 0
		}
		add("good", "middling", win(7))
		add("bad", "middling", win(3))
		add("good", "bad", 0.8)
	}
	matches = append(matches, arena.Match{A: "good", B: "bad", Outcome: arena.Outcome{ID: "x", Failed: "no verdict"}})
	ratings, skipped := arena.Rate(matches, 1)
	if len(ratings) != 3 || skipped != 0 {
		t.Fatalf("%+v, %d draws skipped", ratings, skipped)
	}
	for i, name := range []string{"good", "middling", "bad"} {
		r := ratings[i]
		if r.Name != name || r.N != 120 || *r.BradleyTerry < r.BradleyTerry95[0] || *r.BradleyTerry > r.BradleyTerry95[1] || *r.Elo < r.Elo95[0] || *r.Elo > r.Elo95[1] {
			t.Errorf("place %d: %+v", i+1, r)
		}
	}
	if alone, _ := arena.Rate([]arena.Match{{A: "good", B: "bad", Outcome: arena.Outcome{A: 1}}}, 1); alone[0].Name != "good" || alone[0].BradleyTerry != nil {
		t.Errorf("who only won is rated: %+v", alone)
	}
}

// Rows of one instruction are one trial to the interval, and each its own to the standard error, which is alpaca_eval's.
func TestTheStandardErrorIsThatOfAllRows(t *testing.T) {
	a, err := arena.ParseAnnotations([]byte(`[{"instruction":"1","output_1":"a","output_2":"b","preference":1},{"instruction":"1","output_1":"a","output_2":"b","preference":2}]`))
	if err != nil {
		t.Fatal(err)
	}
	st, err := arena.Stand(a, arena.Control{}, 1)
	if err != nil || st.StandardError == nil || math.Abs(*st.StandardError-50) > 1e-12 || st.Interval[1]-st.Interval[0] < 85 {
		t.Errorf("%+v, %v", st, err)
	}
}

// Where one of two won all but one of a few matches, many draws have no rating, so nobody knows how far one may be off.
func TestRatingsWithoutAnEnd(t *testing.T) {
	var matches []arena.Match
	for i := range 4 {
		matches = append(matches, arena.Match{A: "good", B: "bad", Outcome: arena.Outcome{ID: fmt.Sprint(i), A: float64(min(1, i))}})
	}
	ratings, skipped := arena.Rate(matches, 1)
	if r := ratings[0]; skipped < 100 || r.Name != "good" || r.BradleyTerry == nil || r.BradleyTerry95 != nil {
		t.Errorf("%d draws had no rating, and one is %+v", skipped, r)
	}
}

// A penalty that takes all weights to 0 says nothing of chance.
func TestAPenaltyIsNoInterval(t *testing.T) {
	a := new(arena.Annotations)
	for i := range 40 {
		a.Rows = append(a.Rows, arena.Annotation{Instruction: fmt.Sprint(i), Model: arena.Answer{Text: fmt.Sprint(i * i)}, Preference: 1.5})
	}
	c, err := arena.LengthControlled(a, arena.Control{}, 100, 1)
	if err != nil || c.WinRate != 0.5 || !math.IsNaN(c.Interval[0]) || !math.IsNaN(c.Interval[1]) {
		t.Errorf("%+v, %v", c, err)
	}
}

func FuzzParseKnown(f *testing.F) {
	f.Add([]byte("index,preference,std_delta_len,instruction_difficulty\n0,0.25,-1.5,0.5\n"), true)
	f.Add([]byte(",instruction_difficulty\n0,0.5\n"), false)
	f.Fuzz(func(t *testing.T, text []byte, gamed bool) {
		k, err := arena.ParseKnown(strings.NewReader(string(text)), gamed)
		if err != nil {
			return
		}
		c, _ := k.Control(&arena.Annotations{Rows: make([]arena.Annotation, 1)})
		for _, g := range c.Gamed {
			if !(g.Won >= 0 && g.Won <= 1) || math.IsNaN(g.Length) || math.IsNaN(g.Difficulty) {
				t.Fatalf("%+v", g)
			}
		}
	})
}
