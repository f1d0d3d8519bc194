package arena_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/cria-llm/cria/arena"
)

func TestBothSeatsHaveToAgree(t *testing.T) {
	pair := arena.Pair{ID: "1", Prompt: "Name a prime.", A: arena.Answer{By: "a", Text: "Seven."}, B: arena.Answer{By: "b", Text: "9"}}
	const failed = -1
	for _, c := range []struct {
		forth, back float64 // for the first seat, which has A and then B
		a           float64
		flipped     bool
		first       float64
	}{
		{1, 0, 1, false, 0.5},
		{0, 1, 0, false, 0.5},
		{1, 1, 0.5, true, 1},
		{0, 0, 0.5, true, 0},
		{1, 0.5, 0.5, false, 0.75},
		{0.5, 1, 0.5, false, 0.75},
		{0.5, 0.5, 0.5, false, 0.5},
		{0.9, 0.4, 1, false, 0.5},
		{0.9, 0.6, 0.5, true, 1},
		{failed, 0, 0, false, 0},
		{1, math.NaN(), 0, false, 0},
		{1.5, 0, 0, false, 0},
	} {
		verdict := func(first float64) arena.Verdict {
			if first == failed {
				return arena.Verdict{Failed: "no verdict in the answer"}
			}
			return arena.Verdict{First: first}
		}
		o := arena.Combine(pair, verdict(c.forth), verdict(c.back))
		if bad := !(c.forth >= 0 && c.forth <= 1 && c.back >= 0 && c.back <= 1); bad != (o.Failed != "") {
			t.Errorf("%v: failed %q", c, o.Failed)
		} else if !bad && (o.A != c.a || o.Flipped != c.flipped || o.FirstWon != c.first || o.Longer != 1) {
			t.Errorf("%v: %+v", c, o)
		}
	}
	pair.B.Text = pair.A.Text
	if o := arena.Combine(pair, arena.Verdict{First: 1}, arena.Verdict{}); o.A != 0.5 || !o.Identical || o.Flipped || o.Failed != "" {
		t.Errorf("identical answers: %+v", o)
	}
}

// Of "the cat sat on the mat" the first answer has four of six words in order and no others, the second all six and six more: F is
// 0.8 and 2/3.
func TestRougeIsForWhatIsMoreLikeTheRightAnswer(t *testing.T) {
	j, err := arena.Rule("rouge", 1)
	if err != nil {
		t.Fatal(err)
	}
	first, second := "The cat, the mat.", "the cat sat on the mat and then it went away again"
	for _, c := range []struct {
		right string
		want  float64
		fails bool
	}{
		{"The cat sat on the mat.", 1, false},
		{"it went away again", 0, false},
		{"nothing of it", 0, false}, // "it" is in the second
		{"42", 0.5, false},
		{"", 0, true},
	} {
		v, err := j.Judge(t.Context(), arena.Shown{Prompt: "Tell.", Right: c.right, Answers: [2]string{first, second}})
		if err != nil || (v.Failed != "") != c.fails || !c.fails && v.First != c.want {
			t.Errorf("right is %q: %+v, %v; want %g", c.right, v, err, c.want)
		}
	}
}

// Whoever sits where, a judge that is given the pair the other way round says the same the other way round.
func TestSwappingContestantsSwapsTheOutcome(t *testing.T) {
	for _, name := range []string{"longer", "shorter", "first", "second", "random", "exact", "rouge", "matches:[0-9]"} {
		j, err := arena.Rule(name, 3)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 50 {
			p := arena.Pair{ID: "x", Prompt: fmt.Sprint(i), Right: "7", A: arena.Answer{Text: fmt.Sprint(i % 8)}, B: arena.Answer{Text: fmt.Sprint(i % 11)}}
			q := p
			q.A, q.B = p.B, p.A
			a, err := arena.Compare(context.Background(), j, p)
			if err != nil {
				t.Fatal(err)
			}
			b, err := arena.Compare(context.Background(), j, q)
			if err != nil {
				t.Fatal(err)
			}
			if a.A != 1-b.A || a.Flipped != b.Flipped || a.Failed != b.Failed {
				t.Fatalf("%s: %+v, and swapped %+v", name, a, b)
			}
		}
	}
	if _, err := arena.Rule("matches:[", 1); err == nil {
		t.Error("a pattern that is none passes")
	}
}

func TestSummaryCounts(t *testing.T) {
	nan := math.NaN()
	s := arena.Summarise([]arena.Outcome{
		{ID: "1", A: 1, Longer: 1, FirstWon: 0.5},
		{ID: "2", A: 1, Longer: 0, FirstWon: 0.5},
		{ID: "3", A: 0, Longer: 0, FirstWon: 0.5},
		{ID: "4", A: 0.5, Longer: 1, FirstWon: 1, Flipped: true},
		{ID: "5", A: 0.5, Longer: 0.5, FirstWon: nan, Identical: true},
		{ID: "6", Failed: "no verdict"},
	}, 1)
	if s.N != 5 || s.Failed != 1 || s.Wins != 2 || s.Losses != 1 || s.Ties != 2 || s.Flips != 1 || s.Identical != 1 {
		t.Errorf("%+v", s)
	}
	if s.WinRate != 0.6 || s.First != 0.625 || math.Abs(s.Longer-2.0/3) > 1e-15 || s.P != 1 {
		t.Errorf("%+v", s)
	}
}

// Two people who agree on three prompts say no more about others than one does.
func TestVotesOnOnePromptAreNotSeveralPrompts(t *testing.T) {
	var two []arena.Outcome
	for _, id := range []string{"1", "2", "3", "1", "2", "3"} {
		two = append(two, arena.Outcome{ID: id, A: 1, Longer: 0.5, FirstWon: math.NaN()})
	}
	s, want := arena.Summarise(two, 1), arena.Summarise(two[:3], 1)
	if s.N != 6 || math.Abs(s.P-0.25) > 1e-12 || s.Interval != want.Interval || want.Interval[0] > 0.5 {
		t.Errorf("%v and p = %g by two, %v and %g by one", s.Interval, s.P, want.Interval, want.P)
	}
}

// A base against itself, judged by a judge who tosses a coin from each seat and favours the first: the 95 % interval has one half
// in it 95 times in 100. Of 200 repetitions that is 190, give or take 6 for two standard errors.
func TestIntervalsOfABaseAgainstItselfHoldOneHalf(t *testing.T) {
	const repetitions, prompts = 200, 120
	for _, verdicts := range []int{1, 3} { // on each prompt
		random := rand.New(rand.NewPCG(13, 14))
		var held, drawn int
		for range repetitions {
			var outcomes []arena.Outcome
			for i := range prompts {
				p := arena.Pair{ID: fmt.Sprint(i), A: arena.Answer{Text: "a"}, B: arena.Answer{Text: "b"}}
				// One prompt suits one of the two answers, as it happens, and the verdicts on it hang together.
				luck := 0.3 * float64(random.IntN(2)*2-1)
				for range verdicts {
					toss := func(luck float64) arena.Verdict {
						switch u := random.Float64(); {
						case u < 0.1:
							return arena.Verdict{First: 0.5}
						case u < 0.1+0.9*(0.6+luck):
							return arena.Verdict{First: 1}
						}
						return arena.Verdict{First: 0}
					}
					outcomes = append(outcomes, arena.Combine(p, toss(luck), toss(-luck)))
				}
			}
			s := arena.Summarise(outcomes, 5)
			if s.Interval[0] <= 0.5 && s.Interval[1] >= 0.5 {
				held++
			}
			if s.Bootstrap[0] <= 0.5 && s.Bootstrap[1] >= 0.5 {
				drawn++
			}
		}
		if held < 184 || held > 196 || drawn < 184 || drawn > 196 {
			t.Errorf("with %d verdicts a prompt %d of %d intervals hold one half, and %d of those drawn", verdicts, held, repetitions, drawn)
		}
	}
}
