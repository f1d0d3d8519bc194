package infer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
)

// naive is the distribution by the definitions, in float64, one full sort per step.
func naive(logits []float32, s Sampling, history []int32) map[int32]float64 {
	type token struct {
		id    int32
		logit float64
	}
	var all []token
	for i, x := range logits {
		all = append(all, token{int32(i), float64(x)})
	}
	if s.RepeatPenalty != 0 {
		last := s.RepeatLast
		if last == 0 {
			last = 64
		}
		for i := range all {
			if slices.Contains(history[max(0, len(history)-last):], all[i].id) {
				if all[i].logit > 0 {
					all[i].logit /= s.RepeatPenalty
				} else {
					all[i].logit *= s.RepeatPenalty
				}
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].logit > all[j].logit })
	probabilities := func(temperature float64) []float64 {
		p, sum := make([]float64, len(all)), 0.0
		for i, t := range all {
			p[i] = math.Exp((t.logit - all[0].logit) / temperature)
			sum += p[i]
		}
		for i := range p {
			p[i] /= sum
		}
		return p
	}
	if s.TopK > 0 {
		all = all[:min(s.TopK, len(all))]
	}
	if s.TopP > 0 && s.TopP < 1 {
		total := 0.0
		for i, p := range probabilities(1) {
			if total += p; total >= s.TopP {
				all = all[:i+1]
				break
			}
		}
	}
	if s.MinP > 0 {
		p := probabilities(1)
		n := 0
		for n < len(all) && p[n] >= s.MinP*p[0] {
			n++
		}
		all = all[:n]
	}
	m := map[int32]float64{}
	for i, p := range probabilities(s.Temperature) {
		m[all[i].id] = p
	}
	return m
}

func TestEachFilterEqualsItsNaiveTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	cases := []Sampling{
		{Temperature: 1},
		{Temperature: 0.3},
		{Temperature: 1, TopK: 1},
		{Temperature: 1, TopK: 7},
		{Temperature: 1, TopK: 100000},
		{Temperature: 1, TopP: 0.5},
		{Temperature: 1, TopP: 0.999},
		{Temperature: 1, MinP: 0.1},
		{Temperature: 1, MinP: 1},
		{Temperature: 1, RepeatPenalty: 1.5},
		{Temperature: 1, RepeatPenalty: 1.3, RepeatLast: 3},
		{Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: 0.05, RepeatPenalty: 1.1},
		{Temperature: 1.7, TopP: 0.9, MinP: 0.02},
	}
	for _, s := range cases {
		for _, vocab := range []int{1, 2, 50, 300, 5000} {
			logits := make([]float32, vocab)
			for i := range logits {
				logits[i] = float32(rng.NormFloat64() * 2)
				if i%5 == 0 { // equals, which go by id
					logits[i] = float32(math.Round(float64(logits[i])))
				}
			}
			history := make([]int32, 100)
			for i := range history {
				history[i] = int32(rng.IntN(vocab))
			}
			want := naive(logits, s, history)
			sp := newSampler(s, 0)
			sp.penalise(logits, history)
			got := sp.distribution(logits)
			name := fmt.Sprintf("%+v of %d", s, vocab)
			if len(got) != len(want) {
				t.Errorf("%s: %d tokens are left, want %d", name, len(got), len(want))
				continue
			}
			sum := 0.0
			for _, c := range got {
				sum += c.p
				if p, ok := want[c.id]; !ok || math.Abs(p-c.p) > 1e-6 {
					t.Errorf("%s: token %d has probability %g, want %g", name, c.id, c.p, p)
				}
			}
			if math.Abs(sum-1) > 1e-12 {
				t.Errorf("%s: probabilities add up to %g", name, sum)
			}
		}
	}
}

func TestGreedyTakesTheLowestOfEquals(t *testing.T) {
	for _, s := range []Sampling{{}, {TopK: 5, TopP: 0.5}} {
		if id, err := newSampler(s, 0).next([]float32{1, 3, 2, 3, 3}, nil); id != 1 || err != nil {
			t.Errorf("%+v: token %d, %v", s, id, err)
		}
	}
	if id, _ := newSampler(Sampling{RepeatPenalty: 2}, 0).next([]float32{3, 2, 1}, []int32{0}); id != 1 {
		t.Errorf("with a repeat penalty: token %d", id)
	}
	for _, k := range []int{1, 2, 3} {
		list := newSampler(Sampling{Temperature: 1, TopK: k}, 0).distribution([]float32{1, 1, 1, 1, 1})
		for i, c := range list {
			if int(c.id) != i {
				t.Errorf("top %d of equals: %v", k, list)
			}
		}
	}
}

func TestDrawsFollowTheDistributionAndTheSeed(t *testing.T) {
	logits := []float32{0, float32(math.Log(2)), float32(math.Log(5)), float32(math.Inf(-1))}
	draw := func(seed uint64) (ids []int32) {
		sp := newSampler(Sampling{Temperature: 1, Seed: seed}, 0)
		for range 8000 {
			id, err := sp.next(slices.Clone(logits), nil)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		return ids
	}
	ids := draw(1)
	var count [4]float64
	for _, id := range ids {
		count[id]++
	}
	for id, want := range []float64{1000, 2000, 5000, 0} {
		if math.Abs(count[id]-want) > 150 { // over three standard deviations
			t.Errorf("token %d drawn %v times of 8000, want about %v", id, count[id], want)
		}
	}
	if !slices.Equal(ids, draw(1)) {
		t.Error("the same seed draws differently")
	}
	if slices.Equal(ids, draw(2)) {
		t.Error("another seed draws the same")
	}
}

func TestSamplingRefusesNonsense(t *testing.T) {
	nan := math.NaN()
	for want, s := range map[string]Sampling{
		"temperature is -1":     {Temperature: -1},
		"temperature is NaN":    {Temperature: nan},
		"top-k is -1":           {TopK: -1},
		"top-p is 1.5":          {TopP: 1.5},
		"min-p is NaN":          {MinP: nan},
		"repeat penalty is -1":  {RepeatPenalty: -1},
		"over the last -1 toke": {RepeatLast: -1},
	} {
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", s, err, want)
		}
	}
	if err := DefaultSampling().Check(); err != nil {
		t.Error(err)
	}
	for _, bad := range []float32{float32(nan), float32(math.Inf(1))} {
		if _, err := newSampler(Sampling{}, 0).next([]float32{1, bad}, nil); err == nil {
			t.Errorf("a logit of %g is drawn from", bad)
		}
	}
}

// A whole vocabulary is filtered in far less time than a token takes.
func BenchmarkSampling(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	logits := make([]float32, 49152)
	for i := range logits {
		logits[i] = float32(rng.NormFloat64() * 3)
	}
	for _, s := range []Sampling{{}, DefaultSampling(), {Temperature: 0.8, TopP: 0.95}} {
		b.Run(fmt.Sprintf("temperature=%g,k=%d,p=%g", s.Temperature, s.TopK, s.TopP), func(b *testing.B) {
			sp, x := newSampler(s, 0), slices.Clone(logits)
			for b.Loop() {
				copy(x, logits)
				if _, err := sp.next(x, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
