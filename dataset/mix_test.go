package dataset

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ofFiles is sequences of 5 tokens, 4 of them labels: so many of each file a, b, ….
func ofFiles(counts ...int) []Tokens {
	var out []Tokens
	for f, n := range counts {
		list := sequences(slices.Repeat([]int{5}, n)...)
		for i := range list {
			list[i].Ref.File = string(rune('a' + f))
		}
		out = append(out, list...)
	}
	return out
}

func TestARepeatThatIsNoWholeNumberIsExactOverTheEpochs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.IntRange(1, 60).Draw(t, "rows of a"), rapid.IntRange(1, 60).Draw(t, "rows of b")
		times := rapid.Float64Range(0.1, 4).Draw(t, "repeat")
		const epochs = 7
		list := ofFiles(a, b)
		list[0].Repeat = 3
		if _, err := Mix(list, []Part{{File: "a", Repeat: times}, {File: "b"}}); err != nil {
			t.Fatal(err)
		}
		s, err := Plan(list, PlanOptions{BatchTokens: 10, Epochs: epochs, Seed: rapid.Uint64().Draw(t, "seed")})
		if err != nil {
			t.Fatal(err)
		}
		seen := make([]int, len(list))
		of := make([][2]int, epochs)
		for i := range s.Steps() {
			for _, k := range s.Step(i) {
				seen[k]++
				if k > 0 && k < a {
					of[s.Epoch(i)][0]++
				} else if k >= a {
					of[s.Epoch(i)][1]++
				}
			}
		}
		for k, n := range seen {
			want := float64(epochs)
			if k < a {
				want *= times
			}
			if k == 0 {
				want *= 3
			}
			if math.Abs(float64(n)-want) > 1 {
				t.Fatalf("sequence %d is seen %d times in %d epochs, want %v", k, n, epochs, want)
			}
		}
		for e, n := range of {
			// The phases of n rows lie within a few 1/n of being spread evenly.
			if want := times * float64(a-1); math.Abs(float64(n[0])-want) > 3 || n[1] != b {
				t.Fatalf("epoch %d has %d sequences of a and %d of b, want %v and %d", e, n[0], n[1], want, b)
			}
		}
	})
}

func TestLaw06StepsOfUnevenRepeatsDependOnTheOptionsAlone(t *testing.T) {
	list := ofFiles(20, 7)
	if _, err := Mix(list, []Part{{File: "a", Repeat: 0.4}, {File: "b", Repeat: 1.5}}); err != nil {
		t.Fatal(err)
	}
	opt := PlanOptions{BatchTokens: 20, Steps: 30, Seed: 5}
	one, err := Plan(list, opt)
	if err != nil {
		t.Fatal(err)
	}
	two, err := Plan(list, opt)
	if err != nil {
		t.Fatal(err)
	}
	for i := 29; i >= 0; i-- {
		two.Step(i)
	}
	for i := range 30 {
		if !slices.Equal(one.Step(i), two.Step(i)) {
			t.Fatalf("step %d differs", i)
		}
	}
}

func TestWindowsOfARowAreInTheSameEpochs(t *testing.T) {
	list := ofFiles(30)
	for i := range list {
		list[i].Ref.Row = i/3 + 1
		list[i].Ref.Line = i/3 + 1
	}
	if _, err := Mix(list, []Part{{File: "a", Repeat: 0.5}}); err != nil {
		t.Fatal(err)
	}
	s, err := Plan(list, PlanOptions{BatchTokens: 1000, Epochs: 4})
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Steps() {
		rows := make(map[int]int)
		for _, k := range s.Step(i) {
			rows[k/3]++
		}
		for row, n := range rows {
			if n != 3 {
				t.Errorf("epoch %d has %d of 3 windows of row %d", s.Epoch(i), n, row)
			}
		}
	}
}

func TestASourceCarriesTheShareItIsGiven(t *testing.T) {
	for _, c := range []struct {
		counts []int
		parts  []Part
		times  []float64
		weight []float64
	}{
		{[]int{10, 30}, []Part{{File: "a"}, {File: "b"}}, []float64{1, 1}, []float64{0.25, 0.75}},
		{[]int{10, 30}, []Part{{File: "a", Repeat: 3}, {File: "b"}}, []float64{3, 1}, []float64{0.5, 0.5}},
		{[]int{10, 30}, []Part{{File: "a", Share: 0.5}, {File: "b"}}, []float64{3, 1}, []float64{0.5, 0.5}},
		{[]int{10, 30}, []Part{{File: "a", Share: 0.5}, {File: "b", Share: 0.5}}, []float64{2, 2. / 3}, []float64{0.5, 0.5}},
		{[]int{10, 10, 20}, []Part{{File: "a", Share: 0.2}, {File: "b", Share: 0.4}, {File: "c", Repeat: 0.5}}, []float64{0.5, 1, 0.5}, []float64{0.2, 0.4, 0.4}},
	} {
		list := ofFiles(c.counts...)
		got, err := Mix(list, c.parts)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range got {
			n := float64(c.counts[i])
			if math.Abs(s.Times-c.times[i]) > 1e-12 || math.Abs(s.Weight-c.weight[i]) > 1e-12 || s.Rows != c.counts[i] ||
				math.Abs(s.Tokens-5*n*s.Times) > 1e-9 || math.Abs(s.Labels-4*n*s.Times) > 1e-9 {
				t.Errorf("%+v: source %+v, want times %v and weight %v", c.parts, s, c.times[i], c.weight[i])
			}
		}
		// The share is of the loss weight that an epoch then has, and of the weights of its rows.
		plan, err := Plan(list, PlanOptions{BatchTokens: 1 << 20, Epochs: 60})
		if err != nil {
			t.Fatal(err)
		}
		sum, all := make([]float64, len(got)), 0.0
		for i := range plan.Steps() {
			for _, k := range plan.Step(i) {
				sum[list[k].Ref.File[0]-'a']++
				all++
			}
		}
		for i := range sum {
			if share := sum[i] / all; math.Abs(share-c.weight[i]) > 0.01 {
				t.Errorf("%+v: 60 epochs have %.3f of file %d, want %v", c.parts, share, i, c.weight[i])
			}
		}
	}
	// A weight of a row counts for its file's share.
	list := ofFiles(10, 10)
	for i := range list[:10] {
		list[i].Weight, list[i].Repeat = 1.5, 2
	}
	got, err := Mix(list, []Part{{File: "a"}, {File: "b"}})
	if err != nil || got[0].Weight != 0.75 || got[0].Labels != 80 || list[0].Times != 0 {
		t.Errorf("%+v, %v: want 0.75 of the weight", got, err)
	}
	// Answers that are rated whole count once, however long they are.
	list = append(ofFiles(10), sequences(20, 20, 20, 20, 20)...)
	for i := range list {
		list[i].Rated = true
		if i >= 10 {
			list[i].Ref.File = "b"
		}
	}
	if got, err = Mix(list, []Part{{File: "a"}, {File: "b"}}); err != nil || math.Abs(got[0].Weight-2./3) > 1e-12 || got[1].Labels != 95 {
		t.Errorf("%+v, %v: want 2/3 of the weight", got, err)
	}
}

func TestAMixtureSaysWhatCannotBe(t *testing.T) {
	for _, c := range []struct {
		parts []Part
		want  string
	}{
		{[]Part{{File: "a", Repeat: -1}, {File: "b"}}, "a: repeat is -1"},
		{[]Part{{File: "a", Repeat: math.NaN()}, {File: "b"}}, "a: repeat is NaN"},
		{[]Part{{File: "a", Share: 1.5}, {File: "b"}}, "a: share is 1.5"},
		{[]Part{{File: "a", Share: 0.5, Repeat: 2}, {File: "b"}}, "a: repeat and share are both set"},
		{[]Part{{File: "a", Share: 0.5}, {File: "b", Share: 0.4}}, "add up to 0.9: 1 where every file has one"},
		{[]Part{{File: "a", Share: 1}, {File: "b"}}, "add up to 1: less than 1"},
		{[]Part{{File: "a", Share: 0.9999}, {File: "b"}}, "means to repeat it"},
		{[]Part{{File: "a"}}, "b:1: of a file that is not in the mixture"},
		{[]Part{{File: "a"}, {File: "b"}, {File: "a", Repeat: 2}}, "a is given twice"},
		{[]Part{{File: "a"}, {File: "b"}, {File: "c", Share: 0.5}}, "c: share is 0.5, and nothing of it is learned"},
	} {
		if _, err := Mix(ofFiles(3, 3), c.parts); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.parts, err, c.want)
		}
	}
	list := ofFiles(3)
	if _, err := Mix(list, []Part{{File: "a", Repeat: 0.1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := Plan(list, PlanOptions{BatchTokens: 10, Epochs: 2}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("an epoch has %.2g sequences", 0.3)) {
		t.Errorf("an epoch of 0.3 sequences: %v", err)
	}
}
