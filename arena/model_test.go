package arena_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

// asked is a judge at an endpoint on this machine.
func asked(t *testing.T, template string, answer func(openai.Request) string, o openaitest.Options) arena.Judge {
	t.Helper()
	s := openaitest.NewServer(t, answer, o)
	c, err := openai.NewClient(openai.ClientOptions{BaseURL: s.URL, Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	j, err := arena.Asked(c, template)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

var shown = arena.Shown{Prompt: "Name a prime.", Input: "Below {second}.", Answers: [2]string{"FIRST {prompt}", "SECOND"}}

func TestTemplatesReadTheirVerdicts(t *testing.T) {
	const failed = -1
	for _, c := range []struct {
		template, said string
		first          float64
	}{
		{"mtbench", "Both are short. [[A]]", 1},
		{"mtbench", "[[B]]", 0},
		{"mtbench", "Even: [[C]]", 0.5},
		{"mtbench", "[[A]] or rather [[B]]", failed},
		{"mtbench", "A", failed},
		{"alpacaeval1", `[{"model": "model_1", "rank": 1}, {"model": "model_2", "rank": 2}]`, 1},
		{"alpacaeval1", `Ranked: [{'model': 'model_1', 'rank': 2}, {'model': 'model_2', 'rank': 1}]`, 0},
		{"alpacaeval1", `[{"model": "model_1", "rank": 1}, {"model": "model_2", "rank": 1}]`, 0.5},
		{"alpacaeval1", `[{"model": "model_1", "rank": 1}]`, failed},
		{"alpacaeval1", "model_1", failed},
	} {
		v, err := asked(t, c.template, func(openai.Request) string { return c.said }, openaitest.Options{}).Judge(t.Context(), shown)
		if err != nil {
			t.Fatal(err)
		}
		if (v.Failed != "") != (c.first == failed) || v.Failed == "" && v.First != c.first {
			t.Errorf("%s, %q: %+v, want %g", c.template, c.said, v, c.first)
		}
	}
}

// The texts are in the question once each, in their seats, and what looks like a place to fill in is not filled in.
func TestTemplatesShowWhatThereIs(t *testing.T) {
	for _, line := range arena.Templates() {
		name, _, _ := strings.Cut(line, ":")
		var text string
		j := asked(t, name, func(r openai.Request) string { text = openaitest.Echo(r); return "A" }, openaitest.Options{})
		if _, err := j.Judge(t.Context(), shown); err != nil {
			t.Fatal(err)
		}
		at := 0
		for _, want := range []string{"Name a prime.\n\nBelow {second}.", "FIRST {prompt}", "SECOND"} {
			i := strings.Index(text[at:], want)
			if i < 0 || strings.Count(text, want) != 1 {
				t.Errorf("%s: %q is not there once and in order:\n%s", name, want, text)
			}
			at += max(i, 0)
		}
		if !strings.Contains(j.Name(), "m, template "+name+" (") {
			t.Errorf("its name is %q", j.Name())
		}
	}
	if _, err := arena.Asked(nil, "best"); err == nil || !strings.Contains(err.Error(), "cria|alpacaeval1|alpacaeval2|mtbench") {
		t.Errorf("of a template that is none: %v", err)
	}
}

// told is a model that answers as it is told.
type told struct {
	with func(openai.Request) (*openai.Response, error)
}

func (told) Name() string { return "told" }

func (m told) Chat(_ context.Context, r openai.Request) (*openai.Response, error) { return m.with(r) }

// A verdict by likelihood is the share of the first seat's letter among the letters, with a tie's half; what a token weighs in
// words that are no letter counts nowhere.
func TestVerdictsByLikelihood(t *testing.T) {
	log := func(token string, p float64) openai.TokenLogprob {
		return openai.TokenLogprob{Token: token, Logprob: math.Log(p)}
	}
	for _, c := range []struct {
		template string
		tokens   []openai.TokenLogprob
		first    float64
	}{
		{"cria", []openai.TokenLogprob{log("A", 0.6), log("B", 0.2)}, 0.75},
		{"cria", []openai.TokenLogprob{log("The", 0.5), log("A", 0.2), log(" A", 0.1), log("T", 0.1)}, 0.875},
		{"cria", []openai.TokenLogprob{log("T", 0.9), log("A", 0.06), log("B", 0.04)}, 0.5}, // what it would write
		{"alpacaeval2", []openai.TokenLogprob{log("M", 0.9), log("m", 0.1)}, 0.1},
	} {
		j, err := arena.Asked(told{func(r openai.Request) (*openai.Response, error) {
			if r.MaxTokens != 1 || *r.Temperature != 0 {
				t.Errorf("asked for %d tokens at %g", r.MaxTokens, *r.Temperature)
			}
			return &openai.Response{Text: c.tokens[0].Token, Logprobs: c.tokens}, nil
		}}, c.template)
		if err != nil {
			t.Fatal(err)
		}
		v, err := j.Judge(t.Context(), shown)
		if err != nil || v.Failed != "" || math.Abs(v.First-c.first) > 1e-12 {
			t.Errorf("%s: %+v, %v, want %g", c.template, v, err, c.first)
		}
	}
}

// A model that refuses to tell likelihoods is asked in writing, and not for likelihoods again; one that no request gets past is
// an error, one that cannot take this request a verdict that failed.
func TestWhatAModelDoesNotTake(t *testing.T) {
	refused := 0
	j, err := arena.Asked(told{func(r openai.Request) (*openai.Response, error) {
		if r.TopLogprobs > 0 {
			refused++
			return nil, &openai.RequestError{Status: http.StatusBadRequest, Message: "no logprobs"}
		}
		if r.Schema == nil {
			t.Error("without a schema")
		}
		return &openai.Response{Text: "```json\n{\"better\": \"B\",}\n```"}, nil
	}}, "cria")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if v, err := j.Judge(t.Context(), shown); err != nil || v.Failed != "" || v.First != 0 {
			t.Errorf("%+v, %v", v, err)
		}
	}
	if refused != 1 {
		t.Errorf("asked for likelihoods %d times, want once", refused)
	}
	for status, ends := range map[int]bool{http.StatusUnauthorized: true, http.StatusNotFound: true, http.StatusBadRequest: false, 0: false} {
		j, err := arena.Asked(told{func(openai.Request) (*openai.Response, error) {
			return nil, &openai.RequestError{Status: status, Message: "no"}
		}}, "mtbench")
		if err != nil {
			t.Fatal(err)
		}
		v, err := j.Judge(t.Context(), shown)
		var bad *openai.RequestError
		if ends != errors.As(err, &bad) || ends == (v.Failed != "") {
			t.Errorf("status %d: %+v, %v", status, v, err)
		}
	}
}
