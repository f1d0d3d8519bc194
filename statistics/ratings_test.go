package statistics

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Of two contestants the rating is the log odds of the win rate, in closed form.
func TestBradleyTerryOfTwo(t *testing.T) {
	games := []Game{{0, 1, 1}, {1, 0, 0}, {0, 1, 0.5}, {1, 0, 1}, {0, 1, 1}, {0, 1, 1}} // 4.5 of 6
	r, ok := BradleyTerry(2, games)
	want := 400 * math.Log10(4.5/1.5)
	if !ok || math.Abs(r[0]-r[1]-want) > 1e-6 || math.Abs(r[0]+r[1]-2000) > 1e-6 {
		t.Errorf("%v %t, want %g apart about 1000", r, ok, want)
	}
	if e := Expected(r[0], r[1]); math.Abs(e-0.75) > 1e-9 {
		t.Errorf("expects %g, want 0.75", e)
	}
}

// At the likeliest ratings each contestant is expected to win what it won, which is the likelihood's slope and decides alone, the
// likelihood being concave; and games drawn from known ratings find them again.
func TestBradleyTerryExpectsWhatWasWon(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 16))
	truth := []float64{1200, 1050, 1000, 900, 850}
	var games []Game
	for range 20_000 {
		a, b := random.IntN(5), random.IntN(5)
		if a == b {
			continue
		}
		score := 0.0
		switch u, e := random.Float64(), Expected(truth[a], truth[b]); {
		case u < 0.1:
			score = 0.5
		case u < e+0.05: // so that a wins e, half of the ties included
			score = 1
		}
		games = append(games, Game{a, b, score})
	}
	r, ok := BradleyTerry(5, games)
	if !ok {
		t.Fatal("no ratings")
	}
	slope := make([]float64, 5)
	for _, g := range games {
		d := g.Score - Expected(r[g.A], r[g.B])
		slope[g.A] += d
		slope[g.B] -= d
	}
	elo := Elo(5, games)
	for i := range slope {
		if math.Abs(slope[i]) > 1e-5 {
			t.Errorf("contestant %d won %g more than is expected", i, slope[i])
		}
		if math.Abs(r[i]-truth[i]) > 25 || math.Abs(elo[i]-truth[i]) > 60 {
			t.Errorf("contestant %d has %g, and %g by Elo, want about %g", i, r[i], elo[i], truth[i])
		}
	}
}

func TestBradleyTerryNeedsEveryoneToWinAndLose(t *testing.T) {
	for name, games := range map[string][]Game{
		"never lost":   {{0, 1, 1}, {0, 2, 1}, {1, 2, 1}, {2, 1, 1}},
		"never met":    {{0, 1, 1}, {1, 0, 1}},
		"two groups":   {{0, 1, 1}, {1, 0, 1}, {2, 0, 1}},
		"never played": nil,
	} {
		if r, ok := BradleyTerry(3, games); ok {
			t.Errorf("%s: %v", name, r)
		}
	}
	if _, ok := BradleyTerry(3, []Game{{0, 1, 1}, {1, 2, 1}, {2, 0, 1}}); !ok {
		t.Error("no ratings where each beat one")
	}
}

// The first of FastChat's Elo steps by hand: 1000 + 4·(1 - 1/2), then 1002 against 1000.
func TestEloByHand(t *testing.T) {
	r := Elo(3, []Game{{0, 1, 1}, {0, 2, 0.5}})
	second := 4 * (0.5 - 1/(1+math.Pow(10, -2.0/400)))
	for i, want := range []float64{1002 + second, 998, 1000 - second} {
		if math.Abs(r[i]-want) > 1e-9 {
			t.Errorf("contestant %d has %g, want %g", i, r[i], want)
		}
	}
}

func TestKappa(t *testing.T) {
	// Cohen's by hand: 35 of 50 agree, chance 0.5·0.6 + 0.5·0.4 = 0.5.
	var a, b []string
	for _, c := range []struct {
		a, b string
		n    int
	}{{"yes", "yes", 20}, {"yes", "no", 5}, {"no", "yes", 10}, {"no", "no", 15}} {
		for range c.n {
			a, b = append(a, c.a), append(b, c.b)
		}
	}
	if k := Kappa(a, b); math.Abs(k-0.4) > 1e-12 {
		t.Errorf("%g, want 0.4", k)
	}
	if k := Kappa(a, a); math.Abs(k-1) > 1e-12 {
		t.Errorf("with itself %g", k)
	}
	if k := Kappa([]int{1, 1}, []int{1, 1}); !math.IsNaN(k) {
		t.Errorf("of one label %g", k)
	}
}
