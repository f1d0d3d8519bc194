package bout_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
	"github.com/cria-llm/cria/model/modeltest"
	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
	"github.com/cria-llm/cria/statistics"
)

// A judge that always prefers its own answers, where the longer ones are half of them: 100 % against 50 % of the same pairs, so
// 50 points, and against a voter who sees it as the judge does none. What a seat's rule said is no control.
func TestSelfPreferenceIsTheJudgesWinRateLessOthers(t *testing.T) {
	const n = 12
	endpoint := openaitest.NewServer(t, func(r openai.Request) string {
		if _, first, _ := strings.Cut(openaitest.Echo(r), "response A ===\n"); strings.HasPrefix(first, "m") {
			return "A"
		}
		return "B"
	}, openaitest.Options{})
	client, err := openai.NewClient(openai.ClientOptions{BaseURL: endpoint.URL, Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	judge, err := arena.Asked(client, "cria")
	if err != nil {
		t.Fatal(err)
	}
	own := &says{name: "m at " + endpoint.URL, of: func(p bout.Prompt) (string, string) {
		return "m" + strings.Repeat("m", 3*(len(p.Text)%2)), ""
	}}
	other := &says{name: "other", of: func(bout.Prompt) (string, string) { return "ooo", "" }}
	p := &bout.Prompts{N: n}
	for i := range n {
		p.List = append(p.List, bout.Prompt{Text: strings.Repeat("x", i+1)})
	}
	dir := t.TempDir()
	got := open(t, dir, p, other, own, judge).SelfPreference
	if len(got) != 1 || got[0].N != 0 || got[0].Difference != nil || got[0].Kin != bout.Itself || !strings.Contains(got[0].Words()[1], "nobody else judged") {
		t.Errorf("%+v, want nothing known", got)
	}
	for _, name := range []string{"first", "random", "longer"} {
		open(t, dir, p, other, own, rule(t, name))
	}
	b, err := bout.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	poll, err := b.Poll("anna")
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range poll.Ballots()[:5] {
		choice := bout.FirstBetter
		if strings.HasPrefix(x.Shown.Answers[1], "m") != (i == 4) { // the last vote is for the other
			choice = bout.SecondBetter
		}
		if _, err := poll.Vote(x, choice); err != nil {
			t.Fatal(err)
		}
	}
	if err := poll.Close(); err != nil {
		t.Fatal(err)
	}
	got = open(t, dir, p, other, own, judge).SelfPreference
	if len(got) != 2 {
		t.Fatalf("%+v, want people and longer as controls", got)
	}
	for i, want := range []struct {
		control     string
		n           int
		by, differs float64
		diffs       []float64
	}{
		{bout.Person, 5, 0.8, 0.2, []float64{0, 0, 0, 0, 1}},
		{"longer", n, 0.5, 0.5, slices.Repeat([]float64{0, 1}, n/2)},
	} {
		x := got[i]
		low, high := statistics.Differences(want.diffs)
		if x.Control != want.control || x.N != want.n || x.Prompts != want.n || *x.WinRate != 1 || *x.ByControl != want.by ||
			math.Abs(*x.Difference-want.differs) > 1e-12 || math.Abs(x.Interval[0]-low) > 1e-12 || math.Abs(x.Interval[1]-high) > 1e-12 {
			t.Errorf("%+v %v %v %v %v, want %+v %v %v", x, *x.WinRate, *x.ByControl, *x.Difference, *x.Interval, want, low, high)
		}
	}
}

// Models on this machine are known by their weights, whatever they are called.
func TestKinship(t *testing.T) {
	s := bout.Settings{Judges: map[string]arena.Made{"j": {Name: "j", Weights: []string{"base", "adapter"}}, "api": {Name: "gpt"}}}
	for name, weights := range map[string][]string{
		"same": {"base", "adapter"}, "base": {"base"}, "sibling": {"base", "another"}, "stranger": {"other", "adapter"}, "j": nil, "gpt at https://x": nil,
	} {
		s.Contestants = append(s.Contestants, bout.Who{Name: name, Weights: weights})
	}
	b, err := bout.Open(t.TempDir(), s, prompts(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for judge, want := range map[string]map[string]bout.Kin{
		"j":      {"same": bout.Itself, "base": bout.OneBase, "sibling": bout.OneBase, "j": bout.Itself},
		"api":    {"gpt at https://x": bout.Itself},
		"longer": {},
	} {
		got := b.Kinship(judge)
		for _, x := range got {
			if want[x.Contestant] != x.Kin {
				t.Errorf("%s: %s is %s, want %s", judge, x.Contestant, x.Kin, want[x.Contestant])
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %+v, want %v", judge, got, want)
		}
	}
}

// A local judge tells its weights, whether it goes by likelihood or is asked.
func TestALocalJudgeIsKnownByItsWeights(t *testing.T) {
	m := infertest.Open(t, modeltest.Tiny(t, 1), infer.OpenOptions{Template: "plain"})
	c, err := bout.Local("tiny", m, 4)
	if err != nil {
		t.Fatal(err)
	}
	likely, err := arena.Likelihood(m)
	if err != nil {
		t.Fatal(err)
	}
	j, err := openai.OpenJournal(t.TempDir() + "/journal")
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	asked, err := arena.Asked(openai.Guard(infer.NewTeacher(m), openai.Prices{}, openai.Caps{}, j), "cria")
	if err != nil {
		t.Fatal(err)
	}
	other := &says{name: "other", of: func(bout.Prompt) (string, string) { return "ooo", "" }}
	for _, judge := range []arena.Judge{likely, asked} {
		r := open(t, t.TempDir(), prompts(2), c, other, judge)
		if x := r.SelfPreference; len(x) != 1 || x[0].Contestant != "tiny" || x[0].Kin != bout.Itself {
			t.Errorf("%s: %+v", judge.Name(), x)
		}
	}
}
