package infer

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/model/modeltest"
)

func TestLaw07AModelIsItself(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	c, err := Verify(t.Context(), open(t, base, OpenOptions{}), open(t, base, OpenOptions{}), VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !c.GreedyEqual || c.KLMax != 0 || c.Top10 != 1 || c.GreedySame != 1 || c.Split != "" || c.Unstopped != nil {
		t.Errorf("a model beside itself: %+v", c)
	}
	if n := len(GoldenPrompts()); n < 15 || c.Prompts+c.TooLong != n || c.Tokens < 24*c.Prompts {
		t.Errorf("%d prompts: %+v", n, c)
	}
}

// The check against one that generates both texts and adds everything up in the plain way.
func TestLaw07TheCheckIsWhatGreedyTextsAndLogitsSay(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	one, two := open(t, base, OpenOptions{Exact: true}), open(t, base+"+"+tinyAdapter(t, base, 3, nil), OpenOptions{Exact: true})
	for _, prompts := range [][]Prompt{{{Text: "Once"}}, {{Text: "a"}, {Question: "Snow?"}, {Text: "zebra"}}} {
		c, err := Verify(t.Context(), one, two, VerifyOptions{Prompts: prompts, Greedy: 9})
		if err != nil {
			t.Fatal(err)
		}
		equal, tokens, kl, top := true, 0, 0.0, 0.0
		for _, p := range prompts {
			ids, err := p.ids(one)
			if err != nil {
				t.Fatal(err)
			}
			a, b := generate(t, one, ids, Options{MaxTokens: 9}), generate(t, two, ids, Options{MaxTokens: 9})
			equal = equal && slices.Equal(a.IDs, b.IDs) && a.StopID == b.StopID
			ids = append(ids, a.IDs...)
			for n := 1; n <= len(ids); n++ {
				x, err := one.Score(t.Context(), ids[:n])
				if err != nil {
					t.Fatal(err)
				}
				y, err := two.Score(t.Context(), ids[:n])
				if err != nil {
					t.Fatal(err)
				}
				tokens++
				kl += divergence(x.Last, y.Last)
				top += overlap(slowTop(x.Last), slowTop(y.Last))
			}
		}
		if c.GreedyEqual != equal || c.Tokens != tokens || math.Abs(c.KLMean-kl/float64(tokens)) > 1e-6 || math.Abs(c.Top10-top/float64(tokens)) > 0.02 {
			t.Errorf("%+v, the plain way gives %t, %d tokens, KL %g, overlap %g", c, equal, tokens, kl/float64(tokens), top/float64(tokens))
		}
	}
}

func slowTop(logits []float32) []int32 {
	ids := make([]int32, len(logits))
	for i := range ids {
		ids[i] = int32(i)
	}
	slices.SortStableFunc(ids, func(a, b int32) int {
		switch {
		case logits[a] > logits[b]:
			return -1
		case logits[a] < logits[b]:
			return 1
		}
		return 0
	})
	return ids[:10]
}

func TestTheLikeliestAreThoseOfASort(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		x := make([]float32, 10+rng.IntN(60))
		for i := range x {
			x[i] = float32(rng.IntN(20)) // with equals among them
		}
		if got, want := topOf(x, 10), slowTop(x); !slices.Equal(got, want) {
			t.Fatalf("of %v\n%v, want %v", x, got, want)
		}
	}
}

func TestModelsWithoutATokenizerAreCompared(t *testing.T) {
	m, err := model.Random(backend(t), model.Config{Family: "llama", Hidden: 32, Layers: 1, Heads: 2, KVHeads: 1, HeadDim: 16, FFN: 32,
		Vocab: 50, MaxPos: 64, NormEps: 1e-5, RopeTheta: 1e4}, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(m, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := Verify(t.Context(), a, a, VerifyOptions{}); err != nil || !c.GreedyEqual || c.KLMax != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestPromptsAreReadByLine(t *testing.T) {
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	got, err := ReadPrompts(write("a.txt", "One.\r\n\nTwo."))
	if want := []Prompt{{Text: "One."}, {Text: "Two."}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	got, err = ReadPrompts(write("a.jsonl", `{"text":"One."}`+"\n\n"+`{"prompt":"Two?"}`))
	if want := []Prompt{{Text: "One."}, {Question: "Two?"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "{}", `{"text":"a","prompt":"b"}`, "[1]", `{"text":7}`} {
		if got, err := ReadPrompts(write("b.jsonl", text)); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}
