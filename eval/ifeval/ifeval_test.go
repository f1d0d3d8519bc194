package ifeval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cria-llm/cria/internal/shared"
)

// guess is an identification that is enough for the texts here.
func guess(text string) string {
	for _, l := range []struct{ code, words string }{{"de", " der ist nicht "}, {"fr", " le est dans "}, {"en", " the is and "}} {
		n := 0
		for w := range strings.FieldsSeq(strings.ToLower(text)) {
			if strings.Contains(l.words, " "+w+" ") {
				n++
			}
		}
		if n >= 2 {
			return l.code
		}
	}
	return ""
}

// The hand-made answers were put to the published program too. It agrees but for German in capitals, which it takes for English.
func TestEveryKind(t *testing.T) {
	f, err := os.Open("testdata/kinds.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := map[string]string{}
	var in Instruction
	scanner := bufio.NewScanner(f)
	for n := 1; scanner.Scan(); n++ {
		line := scanner.Text()
		switch {
		case line == "" || line[0] == '#':
		case len(line) == 1 || line[1] != ' ':
			kind, args, _ := strings.Cut(line, " ")
			var fields map[string]json.RawMessage
			if err := json.Unmarshal([]byte(args), &fields); err != nil {
				t.Fatalf("line %d: %v", n, err)
			}
			if in, err = newInstruction(kind, fields); err != nil {
				t.Fatalf("line %d: %v", n, err)
			}
		default:
			answer := strings.NewReplacer(`\n`, "\n", `\\`, `\`).Replace(line[2:])
			r := (&Prompt{Instructions: []Instruction{in}}).Follow(answer, guess)
			got := "-"
			if r.Strict[0] {
				got = "+"
			} else if r.Loose[0] {
				got = "~"
			}
			if got != line[:1] {
				t.Errorf("line %d: %s is %s", n, line, got)
			}
			seen[in.Kind] += got
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	for _, kind := range Kinds() {
		if !strings.Contains(seen[kind], "+") || !strings.Contains(seen[kind], "-") {
			t.Errorf("%s has no answer that follows it, or none that does not", kind)
		}
	}
	if n := len(Kinds()); n != 25 {
		t.Errorf("%d kinds, want 25", n)
	}
}

// The eight texts are those of Zhou et al. 2023, section 2.2.
func TestVariants(t *testing.T) {
	for _, c := range []struct {
		answer string
		want   []string
	}{
		{"*a*\n b \n\nc", []string{"*a*\n b \n\nc", "a\n b \n\nc", "b \n\nc", "b \n\nc", "*a*\n b", "a\n b", "b", "b"}},
		{"a\nb", []string{"a\nb", "a\nb", "b", "b", "a", "a", "", ""}},
		{"a", []string{"a", "a", "", "", "", "", "", ""}},
	} {
		if d := cmp.Diff(c.want, variants(c.answer)); d != "" {
			t.Errorf("%q: %s", c.answer, d)
		}
	}
}

func TestAnEmptyAnswerFollowsNothing(t *testing.T) {
	for _, p := range published(t) {
		r := p.Follow(" \n ", guess)
		if slices.Contains(r.Strict, true) || slices.Contains(r.Loose, true) {
			t.Errorf("key %d is followed by nothing", p.Key)
		}
	}
}

func published(t *testing.T) []Prompt {
	t.Helper()
	prompts, err := ReadPrompts(shared.Path(t, "data", "bench", "ifeval_input_data.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return prompts
}

func TestPublishedPrompts(t *testing.T) {
	prompts := published(t)
	n, kinds := 0, map[string]bool{}
	for _, p := range prompts {
		n += len(p.Instructions)
		for _, in := range p.Instructions {
			kinds[in.Kind] = true
		}
	}
	if len(prompts) != 541 || n != 834 || len(kinds) != 25 {
		t.Errorf("%d prompts with %d instructions of %d kinds, want 541, 834 and 25", len(prompts), n, len(kinds))
	}
}

func TestCheckMatchesAnswersToPrompts(t *testing.T) {
	prompts, err := parsePrompts("p", []byte(`{"key":1,"prompt":"One","instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}
{"key":2,"prompt":"Two ","instruction_id_list":["punctuation:no_comma","startend:quotation"],"kwargs":[{"first_word":null},{}]}
{"key":3,"prompt":"Three","instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}`))
	if err != nil {
		t.Fatal(err)
	}
	answers, err := parseAnswers("a", []byte(`[{"key":1,"response":"a,\nb"},{"instruction":"Two","output":"\"c\" d","generator":"x"},
{"prompt":"Four","response":""},{"key":4,"response":""}]`))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Check(prompts, answers, guess)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Missing) != 1 || c.Missing[0].Key != 3 {
		t.Errorf("missing %v, want key 3", c.Missing)
	}
	if len(c.Strange) != 2 || c.Strange[0].Names() != `"Four"` || c.Strange[1].Names() != "key 4" {
		t.Errorf("strange %v, want Four and key 4", c.Strange)
	}
	// Instructions: strict 0 of 1 and 1 of 2, loose 1 of 1 and 1 of 2. Standard errors by hand: √(2/1·Σd²)/3 with d = -1/3 and 1/3, or 1/3 and -1/3.
	want := Score{
		PromptStrict: Measure{0, 0, 2}, PromptLoose: Measure{0.5, 0.5, 2},
		InstStrict: Measure{1. / 3, 2. / 9, 3}, InstLoose: Measure{2. / 3, 2. / 9, 3},
		ByInstruction: map[string]KindScore{
			"punctuation:no_comma": {Measure{0.5, 0.5, 2}, Measure{1, 0, 2}},
			"startend:quotation":   {Measure{0, 0, 1}, Measure{0, 0, 1}},
		},
	}
	near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })
	if d := cmp.Diff(want, Total(c.Results), near); d != "" {
		t.Error(d)
	}
	twice, err := parseAnswers("a", []byte("{\"key\":1,\"response\":\"\"}\n\n{\"prompt\":\"One\",\"response\":\"\"}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Check(prompts, twice, guess); err == nil || err.Error() != "a:3: the prompt with key 1 was answered at a:1: one answer to each is checked" {
		t.Error(err)
	}
}

func TestBadRowsNameThemselves(t *testing.T) {
	for _, c := range []struct{ row, want string }{
		{``, `p: holds no prompts`},
		{`{`, `p:1: is no JSON`},
		{`[1]`, `p: row 1: is a number: must be an object`},
		{`{"prompt":"a"}`, `p:1: has no "key"`},
		{`{"key":"1"}`, `p:1: "key" is a string: must be a whole number`},
		{`{"key":1,"prompt":" "}`, `has no "prompt"`},
		{`{"key":1,"prompt":"a"}`, `has no "instruction_id_list"`},
		{`{"key":1,"prompt":"a","instruction_id_list":["a"],"kwargs":[]}`, `has 1 in "instruction_id_list" and 0 in "kwargs"`},
		{`{"key":1,"prompt":"a","instruction_id_list":["a"],"kwargs":[{}]}`, `"a" is none of the 25 kinds of instruction`},
		{`{"key":1,"prompt":"a","instruction_id_list":["keywords:existence"],"kwargs":[{}]}`, `keywords:existence: keywords is missing: a list of texts`},
		{`{"key":1,"prompt":"a","instruction_id_list":["keywords:existence"],"kwargs":[{"keywords":"a"}]}`, `keywords is "a": must be a list of texts`},
		{`{"key":1,"prompt":"a","instruction_id_list":["length_constraints:number_words"],"kwargs":[{"relation":"at most","num_words":5}]}`, `relation is "at most": must be "less than" or "at least"`},
		{`{"key":1,"prompt":"a","instruction_id_list":["length_constraints:number_words"],"kwargs":[{"relation":"at least","num_words":0}]}`, `num_words is 0: must be 1 or more`},
		{`{"key":1,"prompt":"a","instruction_id_list":["punctuation:no_comma"],"kwargs":[{"num_words":1}]}`, `"num_words" is none of its arguments`},
		{`{"key":1,"prompt":"a","instruction_id_list":["keywords:letter_frequency"],"kwargs":[{"letter":"ab","let_relation":"at least","let_frequency":1}]}`, `letter is "ab": must be one character`},
		{`{"key":1,"prompt":"a","instruction_id_list":["length_constraints:nth_paragraph_first_word"],"kwargs":[{"num_paragraphs":1,"nth_paragraph":2,"first_word":"a"}]}`, `nth_paragraph is 2: must be one of the num_paragraphs`},
	} {
		if _, err := parsePrompts("p", []byte(c.row)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.row, err, c.want)
		}
	}
	for _, c := range []struct{ row, want string }{
		{`{"response":"a"}`, `a:1: names no prompt`},
		{`{"key":1}`, `a:1: has no answer`},
		{`{"key":1,"response":2}`, `a:1: "response" is a number: must be a text`},
	} {
		if _, err := parseAnswers("a", []byte(c.row)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.row, err, c.want)
		}
	}
}

// one of each kind, with the arguments of the file of answers.
func oneOfEach(t testing.TB) *Prompt {
	data, err := os.ReadFile("testdata/kinds.txt")
	if err != nil {
		t.Fatal(err)
	}
	p := &Prompt{}
	for line := range bytes.Lines(data) {
		kind, args, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		var fields map[string]json.RawMessage
		if json.Unmarshal(args, &fields) != nil {
			continue
		}
		if in, err := newInstruction(string(kind), fields); err == nil {
			p.Instructions = append(p.Instructions, in)
		}
	}
	return p
}

// Text made to be slow to look through: 32 KiB of it take milliseconds, and would take seconds in a time that grows with the square.
func TestChecksAreLinear(t *testing.T) {
	p := oneOfEach(t)
	for _, part := range []string{"*", "[", "<<", " \n*", ". ", "-", "\"", "***\n", "a.!)", "I. A ", "dog hous", "SECTION ", "NaN{\"a\":", "e's "} {
		text := strings.Repeat(part, 32<<10/len(part))
		for _, in := range p.Instructions {
			start := time.Now()
			in.follow(text, guess)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%s of %q: %v", in.Kind, part, took)
			}
		}
	}
}

func FuzzFollow(f *testing.F) {
	p := oneOfEach(f)
	for _, s := range []string{"", "a\nb", "* a\n- b", "\"I. said\" ... St. John's? (Yes!) --\n", "```json\n{\"a\": NaN}\n```", "\xff. \xc3", "<<a>> [b] *c* ***\nSECTION 1 P.S."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		r := p.Follow(answer, guess)
		for i, strict := range r.Strict {
			if strict && !r.Loose[i] {
				t.Errorf("%s is followed strictly and not loosely", p.Instructions[i].Kind)
			}
		}
		if got := strings.Join(strings.FieldsFunc(strings.Join(sentences(answer), ""), isSpace), ""); got != strings.Join(strings.FieldsFunc(answer, isSpace), "") {
			t.Errorf("sentences of %q hold %q", answer, got)
		}
	})
}

func FuzzReadPrompts(f *testing.F) {
	f.Add([]byte(`{"key":1,"prompt":"a","instruction_id_list":["keywords:existence"],"kwargs":[{"keywords":["a\ufffd("]}]}`))
	f.Add([]byte(`[{"key":1,"prompt":"a","instruction_id_list":["keywords:letter_frequency"],"kwargs":[{"letter":"#","let_relation":"at least","let_frequency":1}]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		prompts, err := parsePrompts("p", data)
		for i := range prompts {
			if err == nil {
				prompts[i].Follow("a ( # b", guess)
			}
		}
		_, _ = parseAnswers("a", data) // an error is an answer
	})
}
