package statistics

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Wilson's interval against values worked out by hand from the published formula: 8 of 10, 0 of 10, 10 of 10.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		count, total int
		low, high    float64
	}{
		{8, 10, 0.4901625, 0.9433178},
		{0, 10, 0, 0.2775328},
		{10, 10, 0.7224672, 1},
		{0, 0, 0, 1},
	} {
		low, high := Wilson(c.count, c.total)
		if math.Abs(low-c.low) > 1e-6 || math.Abs(high-c.high) > 1e-6 {
			t.Errorf("%d of %d: %.7f to %.7f, want %.7f to %.7f", c.count, c.total, low, high, c.low, c.high)
		}
	}
}

func TestAUCIsTheShareOfPairsInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 2 + random.IntN(20)
		scores, positive := make([]float64, n), make([]bool, n)
		for i := range scores {
			scores[i], positive[i] = float64(random.IntN(6)), random.IntN(2) == 0
		}
		var right, pairs float64
		for i := range scores {
			for j := range scores {
				if positive[i] && !positive[j] {
					pairs++
					switch {
					case scores[i] > scores[j]:
						right++
					case scores[i] == scores[j]:
						right += 0.5
					}
				}
			}
		}
		got := AUC(scores, positive)
		if pairs == 0 {
			if !math.IsNaN(got) {
				t.Errorf("without pairs: %g", got)
			}
			continue
		}
		if math.Abs(got-right/pairs) > 1e-12 {
			t.Fatalf("%v %v: %g, want %g", scores, positive, got, right/pairs)
		}
		// The curve's own area, by trapezoids, is the same.
		area, last := 0.0, Point{}
		for _, p := range ROC(scores, positive) {
			area += (p.FalsePositives - last.FalsePositives) * (p.TruePositives + last.TruePositives) / 2
			last = p
		}
		if math.Abs(area-got) > 1e-12 || last.FalsePositives != 1 || last.TruePositives != 1 {
			t.Fatalf("the curve has %g, want %g, and ends at %+v", area, got, last)
		}
	}
}

// The bootstrap of a mean against the normal approximation.
func TestBootstrapOfAMean(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	x := make([]float64, 400)
	var sum, squares float64
	for i := range x {
		x[i] = random.NormFloat64()
		sum += x[i]
		squares += x[i] * x[i]
	}
	n := float64(len(x))
	mean := sum / n
	half := normal95 * math.Sqrt((squares/n-mean*mean)/n)
	low, high := Bootstrap(len(x), 2000, 7, func(drawn []int) float64 {
		var s float64
		for _, i := range drawn {
			s += x[i]
		}
		return s / n
	})
	if math.Abs(low-(mean-half)) > 0.1*half || math.Abs(high-(mean+half)) > 0.1*half {
		t.Errorf("%g to %g, want about %g to %g", low, high, mean-half, mean+half)
	}
	again, _ := Bootstrap(len(x), 50, 7, func(d []int) float64 { return x[d[0]] })
	same, _ := Bootstrap(len(x), 50, 7, func(d []int) float64 { return x[d[0]] })
	if again != same {
		t.Error("the same seed gave another interval")
	}
}

// One coordinate and a bias without a ridge: the log odds of the two groups are known in closed form.
func TestLogisticOfTwoGroups(t *testing.T) {
	var examples [][]Feature
	var yes []bool
	add := func(x float64, count, of int) {
		for i := range of {
			examples, yes = append(examples, []Feature{{0, x}}), append(yes, i < count)
		}
	}
	add(0, 20, 100)
	add(1, 75, 100)
	l := FitLogistic(examples, yes, 1, 0)
	odds := func(p float64) float64 { return math.Log(p / (1 - p)) }
	if got := l.Odds(nil); math.Abs(got-odds(0.2)) > 2e-3 {
		t.Errorf("log odds of the first group %g, want %g", got, odds(0.2))
	}
	if got := l.Odds([]Feature{{0, 1}}); math.Abs(got-odds(0.75)) > 2e-3 {
		t.Errorf("log odds of the second group %g, want %g", got, odds(0.75))
	}
}

// At the minimum the gradient of the objective is zero, by finite differences of the objective itself.
func TestLogisticIsAMinimum(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const width, ridge = 6, 0.7
	examples, yes := make([][]Feature, 80), make([]bool, 80)
	for i := range examples {
		for j := range width {
			examples[i] = append(examples[i], Feature{j, random.NormFloat64()})
		}
		yes[i] = examples[i][0].Value+random.NormFloat64() > 0
	}
	l := FitLogistic(examples, yes, width, ridge)
	objective := func(l Logistic) float64 {
		s := 0.0
		for i, x := range examples {
			z := l.Odds(x)
			if !yes[i] {
				z = -z
			}
			s += math.Log1p(math.Exp(-z))
		}
		for _, w := range l.Weights {
			s += ridge / 2 * w * w
		}
		return s
	}
	for j := range width {
		up, down := l, l
		up.Weights, down.Weights = append([]float64{}, l.Weights...), append([]float64{}, l.Weights...)
		const h = 1e-5
		up.Weights[j] += h
		down.Weights[j] -= h
		if g := (objective(up) - objective(down)) / (2 * h); math.Abs(g) > 1e-4*float64(len(examples))*1.5 {
			t.Errorf("the objective's slope along weight %d is %g", j, g)
		}
	}
}

// Of equal weights it is how many there are, and of one that outweighs all others it is one.
func TestEffective(t *testing.T) {
	for _, c := range []struct {
		weights []float64
		want    float64
	}{{nil, 0}, {[]float64{0, 0}, 0}, {[]float64{2, 2, 2}, 3}, {[]float64{1, 0, 0}, 1}, {[]float64{1, 3}, 1.6}} {
		if got := Effective(c.weights); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v: %g, want %g", c.weights, got, c.want)
		}
	}
}
