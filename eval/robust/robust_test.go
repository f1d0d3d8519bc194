package robust

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/eval/tasks"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
	"github.com/cria-llm/cria/internal/shared"
)

func nanoModel(t testing.TB) *infer.Assistant {
	t.Helper()
	return infertest.Nano(t, infer.OpenOptions{Exact: true})
}

func own(t testing.TB, definition, rows string) *tasks.Set {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rows.jsonl"), []byte(rows), 0o666); err != nil {
		t.Fatal(err)
	}
	task, err := tasks.Parse([]byte("files: [rows.jsonl]\n" + definition))
	if err != nil {
		t.Fatal(err)
	}
	s, err := task.Read(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func measured(t testing.TB, a *infer.Assistant, s *tasks.Set, o Options, names ...string) (tasks.Result, Report) {
	t.Helper()
	list, err := Parse(names)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := tasks.Measure(t.Context(), a, s, o.Options)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Measure(t.Context(), a, s, plain, list, o)
	if err != nil {
		t.Fatal(err)
	}
	return plain, r
}

// Every label but A is so long that it is never the likeliest.
const alwaysA = `task: letters
kind: choice
prompt: "{{ q }}\nA. {{ o[0] }}\nB. {{ o[1] }}\nC. {{ o[2] }}\nD. {{ o[3] }}\nAnswer:"
choices: [A, B as in banana and in bread and in butter, C as in castle and in candle and in cellar, D as in donkey and in dinner and in danger]
right: "{{ right }}"
question: [q]
options: [o]
metrics: [acc]
`

// letters are questions of which so many have their right option at each place.
func letters(at ...int) string {
	var b strings.Builder
	n := 0
	for place, many := range at {
		for range many {
			fmt.Fprintf(&b, "{\"q\":\"Question %d?\",\"o\":[\"one%d\",\"two%d\",\"three%d\",\"four%d\"],\"right\":%d}\n", n, n, n, n, n, place)
			n++
		}
	}
	return b.String()
}

// A model that says A whatever is asked is right where the right option stands at A. In three orders the right one stands once at
// each other place, so it is right in one of three for all questions but those that it had right, never twice the same way.
func TestWhoAlwaysSaysAIsFoundOut(t *testing.T) {
	a := nanoModel(t)
	s := own(t, alwaysA, letters(6, 3, 2, 1))
	plain, r := measured(t, a, s, Options{Rounds: 3}, Order)
	f := r.Findings[0]
	if p := *plain.Value.Value; p != 0.5 || math.Abs(f.Value-(1-p)/3) > 1e-12 || math.Abs(f.Drop-(p-(1-p)/3)) > 1e-12 {
		t.Errorf("plainly %g, in other orders %g, a drop of %g: want 0.5, 1/6, 1/3", p, f.Value, f.Drop)
	}
	if f.Consistency != 0 || f.N != 12 || f.Rounds != 3 || f.CI95[0] > f.Drop || f.CI95[1] < f.Drop {
		t.Errorf("%+v", f)
	}
	// Pairs are the same where the same option stands at A in both.
	rounds, _, err := orders(t.Context(), s, Options{Rounds: 3})
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for _, it := range s.Items {
		at := []int{0}
		for _, k := range rounds {
			at = append(at, k.from[it.Where][0])
		}
		for i, x := range at {
			for _, y := range at[:i] {
				if x == y {
					same++
				}
			}
		}
	}
	if want := float64(same) / float64(6*len(s.Items)); math.Abs(f.Agreement-want) > 1e-12 {
		t.Errorf("%g of pairs are the same, want %g", f.Agreement, want)
	}
}

// Options keep their texts, the right one is told by its text wherever it is, and it is never where it was.
func TestOrdersKeepWhatIsRight(t *testing.T) {
	s := own(t, alwaysA, letters(2, 2, 2, 2))
	rounds, _, err := orders(t.Context(), s, Options{Rounds: 7})
	if err != nil {
		t.Fatal(err)
	}
	lines := func(it tasks.Item) []string { return strings.Split(it.Prompt, "\n")[1:5] }
	for k, r := range rounds {
		for i, it := range r.set.Items {
			was, is := lines(s.Items[i]), lines(it)
			if it.Right == s.Items[i].Right || was[s.Items[i].Right][3:] != is[it.Right][3:] {
				t.Errorf("round %d: %q right at %d becomes %q right at %d", k, was, s.Items[i].Right, is, it.Right)
			}
			for j := range was {
				was[j], is[j] = was[j][3:], is[j][3:]
			}
			slices.Sort(was)
			slices.Sort(is)
			if !slices.Equal(was, is) {
				t.Errorf("round %d: options %q become %q", k, was, is)
			}
		}
	}
	for n := 2; n < 6; n++ {
		for one := range n {
			places := map[int]bool{}
			for _, p := range permutations(n, one, n-1, rng(uint64(n))) {
				places[slices.Index(p, one)] = true
				if slices.Sort(p); p[0] != 0 || p[n-1] != n-1 {
					t.Errorf("no order of %d: %v", n, p)
				}
			}
			if len(places) != n-1 || places[one] {
				t.Errorf("of %d, that at %d stands at %v", n, one, places)
			}
		}
	}
}

// Options that mean others by their place stay out of it, and it is said of how many items.
func TestOptionsThatSpeakOfOthersStay(t *testing.T) {
	others := speaksOfOthers()
	for text, want := range map[string]bool{
		"all of the above": true, "None of the above.": true, "Any of the above is an alternative": true, "both A and B": true, "(A) and (C) only": true,
		"A, B, and C": true, "neither a nor b": true, "Either of above.": true, "option B": true, "all the above": true, "B or C": true,
		"none of these": false, "I and II only": false, "a cat and a dog": false, "above the mean": false, "A": false, "Austria and Belgium": false, "vitamin C": false,
	} {
		if others.MatchString(text) != want {
			t.Errorf("%q speaks of others: %t", text, !want)
		}
	}
	a := nanoModel(t)
	rows := strings.Replace(letters(3, 3, 2, 2), `"four1"`, `"all of the above"`, 1)
	_, r := measured(t, a, own(t, alwaysA, rows), Options{Rounds: 2}, Order)
	if f := r.Findings[0]; f.N != 9 || f.TooLong != 0 || f.Settings != "without 1 whose options speak of others" {
		t.Errorf("%+v", f)
	}
}

// What changes nothing costs nothing.
func TestTheSameQuestionIsAnsweredTheSame(t *testing.T) {
	a := nanoModel(t)
	s := own(t, alwaysA, letters(3, 3, 3, 3))
	_, r := measured(t, a, s, Options{}, "typos=0", "case=random:0")
	for _, f := range r.All() {
		if f.Drop != 0 || f.Consistency != 1 || f.Agreement != 1 || !(f.CI95[0] < 0 && f.CI95[1] > 0) {
			t.Errorf("%+v", f)
		}
	}
	if len(r.All()) != 3 || r.Average == nil || len(r.Skipped) != 0 {
		t.Errorf("%+v", r)
	}
}

const said = `task: said
kind: answer
prompt: "{{ q }}"
right: "{{ a }}"
tokens: 8
question: [q]
paraphrases: ["Well. {{ q }}", {description: "Listen. ", prompt: "{{ q }}"}]
metrics: [exact_match]
`

// Drawn answers are told apart by the seed alone: they are the same again, in other company too, and what is kept is found again.
func TestDrawnAnswersAreSeeded(t *testing.T) {
	a := nanoModel(t)
	var rows strings.Builder
	for _, q := range []string{"Once upon a", "One day a", "The sun is", "He said that"} {
		fmt.Fprintf(&rows, "{\"q\":%q,\"a\":\"none\"}\n", q)
	}
	s := own(t, said, rows.String())
	cache, err := tasks.OpenCache("")
	if err != nil {
		t.Fatal(err)
	}
	draw := func(s *tasks.Set, seed uint64, cache *tasks.Cache) (said []string, cached int) {
		r, err := tasks.Measure(t.Context(), a, s, tasks.Options{Cache: cache, Sampling: infer.Sampling{Temperature: temperature, TopP: topP, Seed: seed}})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range r.Outcomes {
			said = append(said, o.Said)
		}
		return said, r.Cached
	}
	one, _ := draw(s, 1, cache)
	if again, n := draw(s, 1, cache); n != 4 || !slices.Equal(one, again) {
		t.Errorf("%q, kept: %q, %d of them", one, again, n)
	}
	if again, _ := draw(s.With(s.Items[2:]), 1, nil); !slices.Equal(one[2:], again) {
		t.Errorf("%q, in other company %q", one[2:], again)
	}
	if other, n := draw(s, 2, cache); n != 0 || slices.Equal(one, other) {
		t.Errorf("with another seed %q, %d of them kept", other, n)
	}
	seeds := map[uint64]bool{} // runs of other seeds share no round
	for seed := range uint64(4) {
		rounds, _, _, err := Variation{Name: Sampled}.rounds(t.Context(), a, s, Options{Rounds: 3, Options: tasks.Options{Seed: seed}})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rounds {
			seeds[r.sampling.Seed] = true
		}
	}
	if len(seeds) != 4*3 {
		t.Errorf("%d seeds of 12 rounds", len(seeds))
	}
	_, r := measured(t, a, s, Options{Rounds: 3, Options: tasks.Options{Cache: cache}})
	var names []string
	for _, f := range r.All() {
		names = append(names, f.Variation)
		if f.N != 4 || f.Consistency > f.Agreement {
			t.Errorf("%+v", f)
		}
	}
	if got := strings.Join(names, " "); got != "paraphrase template typos case distractor sampled average" || r.Skipped[0].Variation != Order {
		t.Errorf("%s, skipped %+v", got, r.Skipped)
	}
}

// A sentence stands before a question, and before the prompt where the question is in the midst of a sentence.
func TestDistractorsBreakNoSentence(t *testing.T) {
	for prompt, want := range map[string]string{
		"{{ q }}?\\nAnswer:":              "%s France?\nAnswer:",
		"Question: {{ q }}?":              "Question: %s France?",
		"What is the capital of {{ q }}?": "%s\nWhat is the capital of France?",
		"Read. {{ q }} is":                "Read. %s France is",
		"{{ q.split('ance')[0] }}":        "%s Fr",
	} {
		s := own(t, strings.Replace(said, `"{{ q }}"`, `"`+prompt+`"`, 1), `{"q":"France","a":"Paris"}`)
		for _, how := range []string{before, after} { // the question does not end: it is before it, too
			rounds, elsewhere, err := Variation{Name: Distractor, How: how}.reasked(t.Context(), s, 1)
			if err != nil {
				t.Fatal(err)
			}
			if (elsewhere == 1) != (how == after) {
				t.Errorf("%s, and %d elsewhere", how, elsewhere)
			}
			got := rounds[0].set.Items[0].Prompt
			if !slices.ContainsFunc(distractors(), func(d string) bool { return got == fmt.Sprintf(want, d) }) {
				t.Errorf("%q becomes %q, %s", prompt, got, how)
			}
		}
	}
}

// Where one item counts there is no interval, and where none does no average: it is said, and is no error.
func TestTooFewItemsAreLeftOut(t *testing.T) {
	a := nanoModel(t)
	long := strings.Repeat("word ", a.Context())
	s := own(t, said, fmt.Sprintf("{\"q\":\"One\",\"a\":\"x\"}\n{\"q\":%q,\"a\":\"x\"}\n", long))
	_, r := measured(t, a, s, Options{}, Typos, Order)
	if len(r.All()) != 0 || len(r.Skipped) != 2 || !strings.Contains(r.Skipped[0].Why, "fewer than two items") {
		t.Errorf("%+v", r)
	}
}

// Of two runs that agree on one of two items, half is consistent; of three of which two agree, a third of pairs.
func TestConsistencyIsCounted(t *testing.T) {
	s := own(t, said, "{\"q\":\"1\",\"a\":\"x\"}\n{\"q\":\"2\",\"a\":\"x\"}\n")
	result := func(said ...string) tasks.Result {
		var r tasks.Result
		for i, text := range said {
			r.Outcomes = append(r.Outcomes, tasks.Outcome{Item: s.Items[i], Measured: tasks.Measured{Said: text}})
		}
		return r
	}
	r := round{set: s}
	for _, c := range []struct {
		results    []tasks.Result
		all, pairs float64
	}{
		{[]tasks.Result{result("a", "b"), result("a", "c")}, 0.5, 0.5},
		{[]tasks.Result{result("a", "b"), result("a", "c"), result("a", "b")}, 0.5, (1 + 1.0/3) / 2},
		{[]tasks.Result{result("a", "b"), result("a")}, 1, 1}, // the second item counts in one alone
	} {
		all, pairs := alike(slices.Repeat([]round{r}, len(c.results)), c.results)
		if all != c.all || math.Abs(pairs-c.pairs) > 1e-12 {
			t.Errorf("%g and %g, want %g and %g", all, pairs, c.all, c.pairs)
		}
	}
}

// Of published rows, each variation changes the question and leaves options, examples and right answers, and each paraphrase has all
// that is asked.
func TestVariationsOfPublishedRows(t *testing.T) {
	data := shared.Path(t, "data", "bench")
	for _, name := range []string{"mmlu", "hellaswag", "piqa", "boolq", "truthfulqa_mc1", "truthfulqa_mc2", "gsm8k", "lambada"} {
		task, err := tasks.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := task.Read(t.Context(), data)
		if err != nil {
			t.Fatal(err)
		}
		s = s.Drawn(20, 4)
		list, err := Parse([]string{"typos=0.2", "case=upper", "case=lower", "distractor=before", "distractor=after", Paraphrase})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			rounds, _, why, err := v.rounds(t.Context(), nil, s, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if why != "" && (v.Name != Paraphrase || name != "hellaswag" && name != "lambada") && (v.Name != Case || name != "lambada") {
				t.Errorf("%s has no %s: %s", name, v, why)
			}
			for _, r := range rounds {
				changed := 0
				for i, it := range r.set.Items {
					was := s.Items[i]
					if !slices.Equal(it.Choices, was.Choices) || it.Right != was.Right || it.Target != was.Target || it.Where != was.Where || it.Continuation != was.Continuation {
						t.Errorf("%s, %s: %+v becomes %+v", name, v, was, it)
					}
					if s.Asked(was) != r.set.Asked(it) {
						changed++
					}
					_, option, ok := strings.Cut(was.Prompt, "\nB. ")
					if option, _, _ = strings.Cut(option, "\nC. "); ok && !strings.Contains(it.Prompt, option+"\n") {
						t.Errorf("%s, %s: option %q is not in %q", name, v, option, it.Prompt)
					}
					if v.How == after && (name == "hellaswag" || name == "lambada") && !strings.HasSuffix(it.Prompt, was.Prompt) {
						t.Errorf("%s: what goes on with the text stands behind something else: %q", name, it.Prompt)
					}
				}
				if changed < len(s.Items)/2 && !(v.How == lower && name == "boolq") { // whose questions are in small letters
					t.Errorf("%s, %s: %d of %d questions change", name, v, changed, len(s.Items))
				}
			}
		}
	}
}

func TestParse(t *testing.T) {
	list, err := Parse(nil)
	if err != nil || len(list) != 7 {
		t.Errorf("%v, error %v", list, err)
	}
	for _, v := range list {
		if again, err := Parse([]string{v.String()}); err != nil || again[0] != v {
			t.Errorf("%s is read as %v, error %v", v, again, err)
		}
	}
	got, err := Parse([]string{"typos=0.2", " case=random", "case=lower:0.5", "distractor=after"})
	if want := []Variation{{Typos, "", 0.2}, {Case, random, 0.5}, {Case, lower, 0.5}, {Distractor, after, 0}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, error %v", got, err)
	}
	for text, want := range map[string]string{
		"odd":                "one of order, paraphrase, ",
		"typos=2":            "a share of letters",
		"typos=NaN":          "a share of letters",
		"case=big":           "case is upper, lower, random",
		"case=upper:x":       "a share of letters",
		"distractor=after:1": "distractor is before, after",
		"order=3":            "order has no setting",
		"order,order":        "is there twice",
	} {
		if _, err := Parse(strings.Split(text, ",")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v of %s, want %q", err, text, want)
		}
	}
}

func FuzzVariation(f *testing.F) {
	f.Add("typos=0.2")
	f.Add("case=random:0.5")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := Parse([]string{text})
		if err != nil {
			return
		}
		if again, err := Parse([]string{list[0].String()}); err != nil || again[0] != list[0] {
			t.Errorf("%q is %+v, written %q, which is %v, error %v", text, list[0], list[0], again, err)
		}
	})
}
