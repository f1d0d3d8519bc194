package arena_test

import (
	"math"
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
