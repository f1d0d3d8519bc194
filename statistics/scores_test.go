package statistics

import (
	"math"
	"math/big"
	"math/rand/v2"
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
			low, high := Scores(scores)
			wantLow, wantHigh := Wilson(wins, n)
			if math.Abs(low-wantLow) > 1e-12 || math.Abs(high-wantHigh) > 1e-12 {
				t.Fatalf("%d of %d: %g to %g, want %g to %g", wins, n, low, high, wantLow, wantHigh)
			}
		}
	}
	if low, high := Scores([]float64{0.5, 0.5, 0.5}); math.Abs(low-0.5) > 1e-7 || math.Abs(high-0.5) > 1e-7 {
		t.Errorf("of ties alone %g to %g, want one half", low, high)
	}
	if low, high := Scores(nil); low != 0 || high != 1 {
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
			if low, high := Scores(scores); low <= 0.5 && high >= 0.5 {
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

// As many more scores of the same kind as Needed says leave one half just outside the interval.
func TestNeededSettlesIt(t *testing.T) {
	var scores []float64
	for i := range 100 {
		scores = append(scores, []float64{1, 0, 0.5, 1, 0, 1, 1, 0.5, 1, 0}[i%10])
	}
	n := Needed(scores)
	var more []float64
	for len(more) < n {
		more = append(more, scores...)
	}
	if low, _ := Scores(more[:n*21/20]); low <= 0.5 {
		t.Errorf("after %d scores the interval begins at %g", n*21/20, low)
	}
	if low, _ := Scores(more[:n*19/20]); low >= 0.5 {
		t.Errorf("after %d scores the interval begins at %g already", n*19/20, low)
	}
	if n := Needed([]float64{0, 1}); n != 0 {
		t.Errorf("of one half %d", n)
	}
}
