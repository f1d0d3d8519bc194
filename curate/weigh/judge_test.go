package weigh

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

func TestMarksAreRead(t *testing.T) {
	for text, want := range map[string]float64{
		"4": 4, " 4.5\n": 4.5, "Mark: 3": 3, "**5**": 5, "4/6": 4, "4 / 6": 4, "4 out of 6": 4, "\n\n2.": 2, "Score: 3\n1 is trivial": 3,
		"six\n5": 5, "I give it 0.": 0,
		"": -1, "none": -1, "7": -1, "-3": -1, "3 or 4": -1, "between 3-4": -1, "4.5.6": -1, "１": -1, "1e3": -1,
	} {
		got, ok := readMark(text, 0, 6)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("the mark in %q is %g, want %g", text, got, want)
		}
	}
}

func FuzzMark(f *testing.F) {
	f.Add("Mark: 4.5 out of 5")
	f.Fuzz(func(t *testing.T, text string) {
		if x, ok := readMark(text, 1, 6); ok && !(x >= 1 && x <= 6) {
			t.Fatalf("%q has the mark %g", text, x)
		}
	})
}

// Where the judge tells how likely each mark was, the mark is their mean.
func TestMarksAreMeansByLikelihood(t *testing.T) {
	r := &openai.Response{Text: "4", Logprobs: []openai.TokenLogprob{
		{Token: "4", Logprob: math.Log(0.5)}, {Token: " 5", Logprob: math.Log(0.25)}, {Token: "The", Logprob: math.Log(0.15)}, {Token: "9", Logprob: math.Log(0.1)},
	}}
	want := (4*0.5 + 5*0.25) / 0.75
	if x, ok := quality.judge.read(r); !ok || math.Abs(x-want) > 1e-12 {
		t.Errorf("mark %g, want %g", x, want)
	}
	r.Logprobs[0].Logprob = math.Log(0.1)
	if x, _ := quality.judge.read(r); x != 4 {
		t.Errorf("mark %g where a mark was not likely, want that of the text", x)
	}
	if x, ok := alpagasus.judge.read(&openai.Response{Text: "<think>1 is low, 5 is high.\n</think>\n\n3.5"}); !ok || x != 3.5 {
		t.Errorf("mark %g after thoughts, want 3.5", x)
	}
	if x, _ := alpagasus.judge.read(r); x != 4 {
		t.Errorf("mark %g of a kind that has halves, want that of the text", x)
	}
}

// An endpoint that fails in many ways is asked for three marks of each row, ended by a cap twice and once without its answers
// in the cache; every mark is there in the end, and none was billed twice.
func TestEveryMarkIsPaidForOnce(t *testing.T) {
	var lines []string
	for i := range 40 {
		lines = append(lines, fmt.Sprintf(`{"instruction":"Say %d.","output":"It is %d."}`, i, i))
	}
	lines = append(lines, `{"instruction":"Say it.","output":""}`)
	rows := rowsOf(t, lines...)
	rules := rulesOf(t, "scores: [deita, alpagasus]")
	prices := openai.Prices{In: 10, Out: 100}
	s := openaitest.NewServer(t, func(r openai.Request) string {
		switch text := openaitest.Echo(r); {
		case strings.Contains(text, "demanding"):
			return "2"
		case strings.Contains(text, "accuracy"):
			return "4.5"
		}
		return "3"
	}, openaitest.Options{Prices: prices, Fail: 0.05, Cut: 0.05, Seed: 2})
	dir := t.TempDir()
	measure := func(caps openai.Caps, cache string) (*Table, error) {
		client, err := openai.NewClient(openai.ClientOptions{BaseURL: s.URL, Model: "m", Concurrency: 4})
		if err != nil {
			t.Fatal(err)
		}
		j, err := openai.OpenJournal(filepath.Join(dir, "journal.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		return Measure(t.Context(), rows, rules, Options{Judge: openai.Guard(client, prices, caps, j), Parallel: 4, Cache: filepath.Join(dir, cache)})
	}
	var capped *openai.CapError
	for _, n := range []int{30, 60} {
		if _, err := measure(openai.Caps{Requests: n}, "a"); !errors.As(err, &capped) {
			t.Fatalf("error %v at a cap of %d requests", err, n)
		}
		if s.Bills() > n {
			t.Errorf("%d answers were billed below a cap of %d", s.Bills(), n)
		}
	}
	for _, cache := range []string{"b", "b"} {
		got, err := measure(openai.Caps{}, cache)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]float64{"complexity": 2, "quality": 3, "deita": 6, "alpagasus": 4.5}
		for _, c := range got.Columns {
			for i := range rows {
				x, missing := c.Values[i], c.Missing[i]
				if i == len(rows)-1 && c.Score.Name != "complexity" {
					if missing != emptyAnswer {
						t.Errorf("%s of an empty answer is %g, missing %q", c.Score.Name, x, missing)
					}
				} else if x != want[c.Score.Name] || missing != "" {
					t.Errorf("%s of row %d is %g, missing %q", c.Score.Name, i, x, missing)
				}
			}
		}
	}
	for key, n := range s.Given() {
		if n != 1 {
			t.Errorf("%s was answered %d times", key, n)
		}
	}
	if want := 3*len(rows) - 2; len(s.Given()) != want {
		t.Errorf("%d questions were answered, want %d", len(s.Given()), want)
	}
}
