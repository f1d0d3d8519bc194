package statistics

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"
)

// The sign test against binomial coefficients summed as whole numbers.
func TestSignIsTheBinomialTail(t *testing.T) {
	for n := range 60 {
		for wins := range n + 1 {
			tail := new(big.Int)
			for j := range min(wins, n-wins) + 1 {
				tail.Add(tail, new(big.Int).Binomial(int64(n), int64(j)))
			}
			want, _ := new(big.Rat).SetFrac(tail.Lsh(tail, 1), new(big.Int).Lsh(big.NewInt(1), uint(n))).Float64()
			want = min(1, want)
			if got := Sign(wins, n-wins); math.Abs(got-want) > 1e-12*want {
				t.Fatalf("%d to %d: %g, want %g", wins, n-wins, got, want)
			}
		}
	}
	if p := Sign(90, 89); p != 1 {
		t.Errorf("90 to 89: %g, want 1", p)
	}
	if p := Sign(500_400, 499_600); !(p > 0.42 && p < 0.43) { // z = 0.8 with the continuity correction: 0.4244
		t.Errorf("of a million: %g", p)
	}
}

func TestScoresAreWilsonsWithoutTies(t *testing.T) {
	for n := 1; n < 40; n++ {
		for wins := range n + 1 {
			scores := make([]float64, n)
			for i := range wins {
				scores[i] = 1
			}
			low, high := Scores(scores, nil)
			wantLow, wantHigh := Wilson(wins, n)
			if math.Abs(low-wantLow) > 1e-12 || math.Abs(high-wantHigh) > 1e-12 {
				t.Fatalf("%d of %d: %g to %g, want %g to %g", wins, n, low, high, wantLow, wantHigh)
			}
		}
	}
	if low, high := Scores(nil, nil); low != 0 || high != 1 {
		t.Errorf("of nothing %g to %g", low, high)
	}
}

// A model against itself wins half. The interval of the share it wins by chance has one half in it 95 times in 100, however many
// are ties; 200 repetitions find that to 3 in 100 (two standard errors).
func TestIntervalsOfAModelAgainstItselfHoldOneHalf(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	const repetitions, prompts = 200, 252
	for _, ties := range []float64{0, 0.13, 0.5, 0.9} {
		held := 0
		for range repetitions {
			scores := make([]float64, prompts)
			for i := range scores {
				switch u := random.Float64(); {
				case u < ties:
					scores[i] = 0.5
				case u < ties+(1-ties)/2:
					scores[i] = 1
				}
			}
			if low, high := Scores(scores, nil); low <= 0.5 && high >= 0.5 {
				held++
			}
		}
		if held < 184 || held > 196 {
			t.Errorf("with %g ties %d of %d intervals hold one half", ties, held, repetitions)
		}
	}
}

// Drawing clusters whose units agree is drawing one unit of each.
func TestClusteredIsABootstrapOfClusters(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	var scores, one []float64
	var cluster []int
	for c := range 100 {
		s := float64(random.IntN(2))
		one = append(one, s)
		for range 5 {
			scores, cluster = append(scores, s), append(cluster, c)
		}
	}
	mean := func(of []float64) func([]int) float64 {
		return func(drawn []int) float64 {
			sum := 0.0
			for _, i := range drawn {
				sum += of[i]
			}
			return sum / float64(len(drawn))
		}
	}
	low, high := Clustered(cluster, 500, 3, mean(scores))
	wantLow, wantHigh := Bootstrap(len(one), 500, 3, mean(one))
	if math.Abs(low-wantLow) > 1e-12 || math.Abs(high-wantHigh) > 1e-12 {
		t.Errorf("%g to %g, want %g to %g", low, high, wantLow, wantHigh)
	}
}

// Few scores that are mostly ties say little, and none is so sure as to have no width. The interval of ten or of forty has the mean
// in it 93 times in 100 or more, also where each tie is likely.
func TestScoresOfTiesHaveAWidth(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	const rounds = 4000
	for _, n := range []int{10, 40} {
		for _, win := range []float64{0.05, 0.1, 0.4} { // the rest are ties
			held := 0
			for range rounds {
				scores := make([]float64, n)
				for i := range scores {
					if scores[i] = 0.5; random.Float64() < win {
						scores[i] = 1
					}
				}
				if low, high := Scores(scores, nil); low <= 0.5+win/2 && high >= 0.5+win/2 {
					held++
				}
			}
			if share := float64(held) / rounds; share < 0.93 {
				t.Errorf("of %d, %g won and the rest ties, %.3f of the intervals hold the mean", n, win, share)
			}
		}
	}
	if low, high := Scores([]float64{0.5, 0.5, 0.5}, nil); low > 0.25 || math.Abs(low+high-1) > 1e-12 {
		t.Errorf("of three ties %g to %g", low, high)
	}
	low, high := Scores(make([]float64, 252), nil)
	if wantLow, wantHigh := Wilson(0, 252); math.Abs(low-wantLow) > 1e-12 || math.Abs(high-wantHigh) > 1e-12 {
		t.Errorf("of none %g to %g", low, high)
	}
}

// Scores in groups that say the same are as many as there are groups, and those of single ones as many as they are; several of
// one group alone say no more than one does.
func TestScoresInGroupsHangTogether(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 16))
	var one, four []float64
	var names, each []string
	for i := range 40 {
		s := float64(random.IntN(3)) / 2
		name := strconv.Itoa(i)
		one, each = append(one, s), append(each, name)
		four, names = append(four, s, s, s, s), append(names, name, name, name, name)
	}
	low, high := Scores(one, nil)
	if l, h := Scores(one, each); l != low || h != high {
		t.Errorf("%g to %g in groups of one, want %g to %g", l, h, low, high)
	}
	if l, h := Scores(four, names); math.Abs(l-low) > 0.005 || math.Abs(h-high) > 0.005 || h-l < high-low {
		t.Errorf("%g to %g in groups that agree, want about %g to %g", l, h, low, high)
	}
	if single := StandardError(one); math.Abs(GroupedError(one, each)-single) > 1e-15 || math.Abs(GroupedError(four, names)-single) > 1e-15 {
		t.Errorf("standard errors %g and %g, want %g", GroupedError(one, each), GroupedError(four, names), single)
	}
	low, high = Wilson(1, 1)
	if l, h := Scores([]float64{1, 1, 1, 1}, []string{"a", "a", "a", "a"}); math.Abs(l-low) > 1e-12 || h != high {
		t.Errorf("%g to %g of one group, want %g to %g", l, h, low, high)
	}
}

// Of few groups, whose scores mostly repeat what the group is, the interval of scores holds the mean in 90 of 100 draws or more, where
// the bootstrap's does in fewer.
func TestScoresInGroupsCover(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const rounds = 1500
	for _, groups := range []int{5, 10, 20} {
		for _, p := range []float64{0.5, 0.8} {
			held, drawn := 0, 0
			for range rounds {
				var scores []float64
				var names []string
				for i := range groups {
					group := random.Float64() < p
					for range 1 + random.IntN(3) {
						yes := group
						if random.Float64() > 0.9 {
							yes = random.Float64() < p
						}
						score := 0.0
						if yes {
							score = 1
						}
						scores, names = append(scores, score), append(names, strconv.Itoa(i))
					}
				}
				if low, high := Scores(scores, names); low <= p && p <= high {
					held++
				}
				low, high := Clustered(names, 100, 1, func(drawn []int) float64 {
					sum := 0.0
					for _, i := range drawn {
						sum += scores[i]
					}
					return sum / float64(len(drawn))
				})
				if low <= p && p <= high {
					drawn++
				}
			}
			if share := float64(held) / rounds; share < 0.89 || drawn >= held {
				t.Errorf("%g of %d groups is held in %.3f of the draws, and in %.3f by the bootstrap", p, groups, share, float64(drawn)/rounds)
			}
		}
	}
}

// One half is outside the interval of so many scores of the same kind as Needed says, and in that of fewer.
func TestNeededSettlesIt(t *testing.T) {
	for _, scores := range [][]float64{
		{1}, {0}, {1, 0.5}, {1, 1, 0}, {0.5, 0.5, 0.5, 0, 1, 0, 0.5}, {0.6, 0.7, 0.2}, {1, 0, 0.5, 1, 0, 1, 1, 0.5, 1, 0},
	} {
		n := Needed(scores, nil)
		var more []float64
		settled := 0
		for ; settled == 0 && len(more) < 10_000; more = append(more, scores...) {
			if low, high := Scores(more, nil); len(more) > 0 && (low > 0.5 || high < 0.5) {
				settled = len(more)
			}
		}
		if want := (n + len(scores) - 1) / len(scores) * len(scores); settled != want {
			t.Errorf("%v: settled by %d scores, and %d are needed", scores, settled, n)
		}
	}
	var one, scores []float64
	var names []string
	for i := range 50 {
		one = append(one, float64(min(1, i%5)))
		for range 3 {
			scores, names = append(scores, float64(min(1, i%5))), append(names, strconv.Itoa(i))
		}
	}
	if n, single := Needed(scores, names), Needed(one, nil); n < 3*single || n > 3*single+4 {
		t.Errorf("in groups of three that agree %d, and alone %d", n, single)
	}
	if n := Needed([]float64{0, 1}, nil); n != 0 {
		t.Errorf("of one half %d", n)
	}
}
