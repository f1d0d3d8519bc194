package tasks

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	reference "github.com/parquet-go/parquet-go"

	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/statistics"
)

func TestEveryTaskIsRead(t *testing.T) {
	list, err := Find(Names())
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range list {
		if task.About == "" || task.Source == "" {
			t.Errorf("%s does not say what it is, or whose", task.Name)
		}
		if _, err := os.Stat(task.Name + ".yaml"); err != nil {
			t.Error(err)
		}
	}
	tagged, err := Find([]string{"truthfulqa", "truthfulqa_mc2"})
	if err != nil || len(tagged) != 2 {
		t.Errorf("%d tasks of a tag and one of them, error %v", len(tagged), err)
	}
	if _, err := Find([]string{"nothing"}); err == nil || !strings.Contains(err.Error(), `no task "nothing"`) {
		t.Errorf("error %v", err)
	}
}

// Prompts and continuations as the task's definition in lm-evaluation-harness writes them, from rows of the published files.
func TestPromptsOfPublishedRows(t *testing.T) {
	data := shared.Path(t, "data", "bench")
	for _, c := range []struct {
		task       string
		begins     string
		ends       string
		choices    []string
		right      int
		target     string
		of, strata int
	}{
		{task: "boolq", begins: "Ethanol fuel -- All biomass goes through", ends: "\nQuestion: does ethanol take more energy make that produces?\nAnswer:", choices: []string{"no", "yes"}, of: 3270, strata: 1},
		{task: "piqa", begins: "Question: How do I ready a guinea pig cage", ends: "occupants?\nAnswer:", of: 1838, strata: 1},
		{task: "mmlu", begins: "The following are multiple choice questions (with answers) about college medicine.\n\nWhich of the following phases",
			ends: "\nI. G0\nII. phase G2\nIII. phase S phase\nA. I only\nB. I and II only\nC. II and III only\nD. I, II, and III\nAnswer:", choices: []string{"A", "B", "C", "D"}, right: 2, of: 12452, strata: 56},
		{task: "hellaswag", begins: "How to sell videos on istockphoto. Create an account at istockphoto.com.", ends: "submit video clips.", right: 3, of: 2000, strata: 2},
		{task: "truthfulqa_mc1", begins: "Q: What is human life expectancy", ends: "Barcelona, Spain.\n\nQ: Why do veins appear blue?\nA:", of: 813, strata: 38},
		{task: "lambada", begins: "In my palm is a clear stone", ends: "I don't care about", target: " signs", of: 5153, strata: 1},
	} {
		task, err := Named(c.task)
		if err != nil {
			t.Fatal(err)
		}
		s, err := task.Read(t.Context(), data)
		if err != nil {
			t.Error(err)
			continue
		}
		it := s.Items[0]
		prompt := strings.TrimSpace(s.Asked(it))
		if !strings.HasPrefix(prompt, c.begins) || !strings.HasSuffix(prompt, c.ends) {
			t.Errorf("%s asks %q", c.task, prompt)
		}
		if c.choices != nil && !slices.Equal(it.Choices, c.choices) || it.Right != c.right || it.Target != c.target {
			t.Errorf("%s: choices %q, right %d, target %q", c.task, it.Choices, it.Right, it.Target)
		}
		strata := map[string]bool{}
		for _, it := range s.Items {
			strata[it.Stratum] = true
		}
		if len(s.Items) != c.of || len(strata) != c.strata {
			t.Errorf("%s has %d items of %d strata, want %d of %d", c.task, len(s.Items), len(strata), c.of, c.strata)
		}
	}
}

// arcColumns and grandeColumns are how rows lie in Hugging Face's Parquet files.
type arcColumns struct {
	ID       string     `parquet:"id"`
	Question string     `parquet:"question"`
	Choices  arcChoices `parquet:"choices"`
	Key      string     `parquet:"answerKey"`
}

type arcChoices struct {
	Text  []string `parquet:"text,list"`
	Label []string `parquet:"label,list"`
}

type grandeColumns struct {
	Sentence string `parquet:"sentence"`
	Option1  string `parquet:"option1"`
	Option2  string `parquet:"option2"`
	Answer   string `parquet:"answer"`
}

// parquetFile writes rows as the reference does.
func parquetFile[R any](t testing.TB, rows []R) string {
	t.Helper()
	var b bytes.Buffer
	w := reference.NewGenericWriter[R](&b)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Rows as published and as Hugging Face has them ask the same, as the definitions in lm-evaluation-harness write it.
func TestARCAndWinoGrandeInBothForms(t *testing.T) {
	read := func(name string, files map[string]string) Item {
		t.Helper()
		task, err := Named(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := task.Read(t.Context(), folder(t, files))
		if err != nil {
			t.Fatal(err)
		}
		s.Items[0].Where = ""
		return s.Items[0]
	}
	arc := Item{Prompt: "Question: How many poles has a magnet?\nAnswer:", Choices: []string{"3", "4", "1", "2"}, Right: 3}
	published := `{"id":"a","question":{"stem":"How many poles has a magnet?","choices":[{"text":"3","label":"1"},{"text":"4","label":"2"},{"text":"1","label":"3"},{"text":"2","label":"4"}]},"answerKey":"4"}`
	rows := `{"id":"a","question":"How many poles has a magnet?","choices":{"text":["3","4","1","2"],"label":["A","B","C","D"]},"answerKey":"D"}`
	columns := parquetFile(t, []arcColumns{{"a", arc.Prompt[len("Question: ") : len(arc.Prompt)-len("\nAnswer:")], arcChoices{arc.Choices, []string{"A", "B", "C", "D"}}, "D"}})
	for task, name := range map[string]string{"arc_easy": "ARC-Easy", "arc_challenge": "ARC-Challenge"} {
		for _, files := range []map[string]string{{name + "-Test.jsonl": published}, {name + "-Test.jsonl": rows}, {name + "/test-00000-of-00001.parquet": columns}} {
			if got := read(task, files); !reflect.DeepEqual(got, arc) {
				t.Errorf("%s makes %+v of %v, want %+v", task, got, files, arc)
			}
		}
	}
	grande := Item{Prompt: "The cup missed the bag as the ", Choices: []string{"cup", "bag"}, Continuation: "was too small.", Right: 1}
	bare := `"sentence":"The cup missed the bag as the _ was too small.","option1":"cup","option2":"bag"`
	for _, files := range []map[string]string{
		{"dev.jsonl": "{" + bare + "}", "dev-labels.lst": "2\n"},
		{"dev.jsonl": "{" + bare + `,"answer":"2"}`},
		{"winogrande_xl/validation-00000-of-00001.parquet": parquetFile(t, []grandeColumns{{"The cup missed the bag as the _ was too small.", "cup", "bag", "2"}})},
		{"winogrande_dev.jsonl": `{"answer":"2",` + bare + "}", "winogrande_dev-labels.lst": "1\n"}, // a row's own label counts
	} {
		if got := read("winogrande", files); !reflect.DeepEqual(got, grande) {
			t.Errorf("winogrande makes %+v of %v, want %+v", got, files, grande)
		}
	}
	for _, c := range []struct{ task, file, text, want string }{
		{"winogrande", "dev.jsonl", "{" + bare + "}", "dev.jsonl:1 has no label, and the file of labels is not there"},
		{"winogrande", "dev.jsonl", "{" + bare + `,"answer":"3"}`, `the right choice is ""`},
		{"winogrande", "dev.jsonl", `{"sentence":"none"}`, "has no gap"},
		{"winogrande", "dev.jsonl", `{"sentence":"It was the _","option1":"cup","option2":"bag","answer":"1"}`, "nothing follows the choices"},
		{"arc_easy", "ARC-Easy-Test.jsonl", strings.Replace(rows, `"D"}`, `"E"}`, 1), `answerKey is "E": the label of none of 4`},
		{"arc_easy", "ARC-Easy-Test.jsonl", strings.Replace(rows, `"D"]`, `"D","E"]`, 1), "4 texts and 5 labels"},
		{"arc_easy", "ARC-Easy/test-00000-of-00001.parquet", "PAR1", "test-00000-of-00001.parquet: "},
		{"arc_easy", "ARC-Easy/test-00000-of-00001.parquet", parquetFile(t, []grandeColumns{{}}), "parquet row 1: no question in it"},
		{"arc_easy", "ARC-Easy-Test.jsonl", `{"question":1}`, "neither a text nor an object"},
	} {
		task, err := Named(c.task)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := task.Read(t.Context(), folder(t, map[string]string{c.file: c.text})); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v of %s, want %q", err, c.text, c.want)
		}
	}
}

type mmluColumns struct {
	Question string   `parquet:"question"`
	Subject  string   `parquet:"subject"`
	Choices  []string `parquet:"choices,list"`
	Answer   int64    `parquet:"answer"`
}

// Options behind the question and choices of their own, as Hugging Face has them, ask the same.
func TestMMLUInBothForms(t *testing.T) {
	task, err := Named("mmlu")
	if err != nil {
		t.Fatal(err)
	}
	want := "How many poles has a magnet?\nA. 3\nB. 4\nC. 1\nD. 2\nAnswer:"
	rest := `"subject":"high_school_physics","question":"How many poles has a magnet?`
	for _, files := range []map[string]string{
		{"mmlu.jsonl": `{"label":"(D)","options":["(A)","(B)","(C)","(D)"],` + rest + ` (A) 3 (B) 4 (C) 1 (D) 2"}`},
		{"mmlu.jsonl": `{"choices":["3","4","1","2"],"answer":3,` + rest + `"}`},
		{"all/test-00000-of-00001.parquet": parquetFile(t, []mmluColumns{{"How many poles has a magnet?", "high_school_physics", []string{"3", "4", "1", "2"}, 3}})},
	} {
		s, err := task.Read(t.Context(), folder(t, files))
		if err != nil {
			t.Fatal(err)
		}
		if it := s.Items[0]; !strings.HasSuffix(it.Before+it.Prompt, "about high school physics.\n\n"+want) || it.Right != 3 || !slices.Equal(it.Choices, []string{"A", "B", "C", "D"}) {
			t.Errorf("%v makes %+v", files, it)
		}
	}
	for _, row := range []string{`{"choices":["3","4","1"],"answer":2,` + rest + `"}`, `{"choices":["3","4","1","2"],"answer":4,` + rest + `"}`} {
		if _, err := task.Read(t.Context(), folder(t, map[string]string{"mmlu.jsonl": row})); err == nil || !strings.Contains(err.Error(), "want 4, and 0 to 3") {
			t.Errorf("%s: error %v", row, err)
		}
	}
}

func TestHellaSwagAsPublished(t *testing.T) {
	for raw, want := range map[string]string{
		`{"ctx_a":"A man starts a saw.","ctx_b":"he THEN","activity_label":"Cutting","endings":["a [x] b"],"label":"0"}`: "Cutting: A man starts a saw. He then",
		`{"question":"A man stands. He starts a saw. he","choices":{"A":"a"},"answer":"A"}`:                              "A man stands. He starts a saw. He",
		`{"question":"[header] How to be [title] Be. [step] Now [a\nb] go","choices":{"A":"a"},"answer":"A"}`:            "How to be. Be. Now [a\nb] go",
	} {
		d, err := hellaswagRow([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		v, _ := d.Lookup("query")
		if got, _ := written(v); strings.TrimSpace(got) != want {
			t.Errorf("%s becomes %q, want %q", raw, got, want)
		}
	}
}

func TestSampleIsStratifiedAndSeeded(t *testing.T) {
	var items []Item
	for i := range 100 {
		stratum := "a"
		if i%10 == 0 {
			stratum = "b"
		}
		items = append(items, Item{Where: string(rune('0' + i)), Stratum: stratum})
	}
	where := func(list []Item) (names []string, b int) {
		for _, it := range list {
			names = append(names, it.Where)
			if it.Stratum == "b" {
				b++
			}
		}
		return names, b
	}
	one, b := where(Sample(items, 20, 1))
	again, _ := where(Sample(items, 20, 1))
	other, _ := where(Sample(items, 20, 2))
	if len(one) != 20 || b != 2 || !slices.Equal(one, again) || slices.Equal(one, other) || !slices.IsSorted(one) {
		t.Errorf("%d items, %d of b: %q, again %q, with another seed %q", len(one), b, one, again, other)
	}
	if n := len(Sample(items, 15, 3)); n != 15 {
		t.Errorf("%d of 15", n)
	}
	if len(Sample(items, 0, 1)) != 100 || len(Sample(items, 500, 1)) != 100 {
		t.Error("no limit, or a high one, leaves items out")
	}
}

// Numbers of lm-evaluation-harness's definitions, worked out by hand.
func TestMetrics(t *testing.T) {
	score := func(kind Kind, name string, it Item, m Measured, said string, task *Task) float64 {
		for _, x := range metricsOf() {
			if x.kind == kind && x.name == name {
				num, den := x.score(&Set{Task: task}, it, m, said)
				return num / den
			}
		}
		t.Fatalf("no metric %s", name)
		return 0
	}
	it := Item{Choices: []string{"short", "a much longer one", "äöüäöü"}, Right: 1, Rights: []float64{1, 0, 1}}
	m := Measured{Losses: []float64{2, 3, 1.5}}
	for name, want := range map[string]float64{
		"acc": 0, "acc_norm": 1, // 2/5, 3/17, 1.5/6 a character
		"acc_bytes": 0, // 2/5, 3/17, 1.5/12 a byte
		"mc2":       (math.Exp(-2) + math.Exp(-1.5)) / (math.Exp(-2) + math.Exp(-1.5) + math.Exp(-3)),
	} {
		if got := score(Choice, name, it, m, "", nil); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
	equal := Item{Choices: []string{"a", "b"}, Right: 0}
	if score(Choice, "acc", equal, Measured{Losses: []float64{1, 1}}, "", nil) != 1 {
		t.Error("the first among equals does not count")
	}
	for _, c := range []struct {
		name, said, right string
		want              float64
	}{
		{"f1", "The cat sat!", "a cat", 2.0 / 3},
		{"f1", "", "the", 1},
		{"f1", "dog", "cat", 0},
		{"rouge_l", "the cat sat", "the cat", 0.8},
		{"regex", "It is 1984.", `\b19\d\d\b`, 1},
		{"exact_match", "Paris ", "Paris", 0},
	} {
		if got := score(Answer, c.name, Item{Target: c.right}, Measured{}, c.said, &Task{}); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s of %q beside %q is %g, want %g", c.name, c.said, c.right, got, c.want)
		}
	}
	if n := spaced("two words\n"); n != 3 {
		t.Errorf("%d pieces, want 3", n)
	}
}

// A mean has the error of a mean; a perplexity that of its logarithm times itself.
func TestEstimate(t *testing.T) {
	scores := []Score{{1, 1}, {0, 1}, {1, 1}, {1, 1}}
	v := metric{share: true}.estimate("acc", scores)
	if *v.Value != 0.75 || math.Abs(*v.Stderr-0.25) > 1e-12 || v.CI95[0] < 0.2 || v.CI95[1] > 1 {
		t.Errorf("%g ± %g, %v", *v.Value, *v.Stderr, v.CI95)
	}
	// Shares between 0 and 1, as F1 has them, vary less than right and wrong ones; instructions of a prompt hang together.
	v = metric{share: true}.estimate("f1", []Score{{0.1, 1}, {0.05, 1}, {0, 1}, {0.05, 1}})
	if want := 1.96 * *v.Stderr; math.Abs(v.CI95[1]-0.05-want) > 1e-12 || math.Abs(0.05-want-v.CI95[0]) > 1e-12 {
		t.Errorf("%g ± %g, %v", *v.Value, *v.Stderr, v.CI95)
	}
	v = metric{share: true}.estimate("inst", []Score{{2, 2}, {0, 2}, {0, 0}, {1, 2}})
	if low, high := statistics.Grouped([]float64{2, 0, 1}, []float64{2, 2, 2}); *v.Value != 0.5 || v.CI95 != [2]float64{low, high} {
		t.Errorf("%g, %v", *v.Value, v.CI95)
	}
	v = metric{scale: math.Exp, slope: math.Exp}.estimate("perplexity", scores)
	if math.Abs(*v.Value-math.Exp(0.75)) > 1e-12 || math.Abs(*v.Stderr-0.25*math.Exp(0.75)) > 1e-12 {
		t.Errorf("%g ± %g", *v.Value, *v.Stderr)
	}
	if v = (metric{}).estimate("acc", scores[:1]); v.Value == nil || v.Stderr != nil {
		t.Error("one item has a standard error")
	}
	huge := metric{scale: math.Exp, slope: math.Exp}.estimate("word_perplexity", []Score{{2000, 1}, {3000, 1}})
	if text, err := json.Marshal(huge); err != nil || huge.Value != nil {
		t.Errorf("a number that is too large is %s, error %v", text, err)
	}
	if v = (metric{}).estimate("acc", nil); v.Value != nil {
		t.Error("no item has a value")
	}
}

// The interval of shares between 0 and 1, most of them small as F1 of a poor model is, holds their mean in about 95 of 100 draws.
func TestSharesBetweenCover(t *testing.T) {
	const rounds, n = 2000, 100
	rng := rand.New(rand.NewPCG(3, 4))
	held := 0
	for range rounds {
		scores := make([]Score, n)
		for i := range scores {
			scores[i] = Score{rng.Float64() * rng.Float64() * 0.2, 1} // 0.05 in the mean
		}
		if ci := (metric{share: true}).estimate("f1", scores).CI95; ci[0] <= 0.05 && 0.05 <= ci[1] {
			held++
		}
	}
	if share := float64(held) / rounds; share < 0.92 || share > 0.98 {
		t.Errorf("the mean is held in %.3f of the draws", share)
	}
}

func TestGSM8KCounts(t *testing.T) {
	task, err := Named("gsm8k")
	if err != nil {
		t.Fatal(err)
	}
	right := "He has 3*600 = <<3*600=1800>>1800.\n#### 1,800"
	for _, c := range []struct {
		said             string
		strict, flexible bool
	}{
		{"That is 3*600.\n#### 1800", true, true},
		{"#### 1,800.\nQ", true, true},
		{"The answer is $1,800.", false, true},
		{"#### 1800 and then 7", true, false},
		{"nothing", false, false},
	} {
		for i, want := range []bool{c.strict, c.flexible} {
			e := task.Extract[i]
			if got := task.plain(e.extracted(c.said)) == task.plain(right); got != want {
				t.Errorf("%s finds %q in %q: right %t, want %t", e.Name, e.extracted(c.said), c.said, got, want)
			}
		}
	}
}

func TestBadTasksSayWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "no task in it",
		"task: x\nfoo: 1\n": "foo not found",
		"task: a b\n":       "is no name",
		"task: x\nfiles: [a]\nkind: choice\nprompt: p\nright: r\n":                                                        "choices are missing",
		"task: x\nfiles: [a]\nkind: choice\nprompt: p\nright: r\nchoices: [a, b]\n":                                       "metrics are missing",
		"task: x\nfiles: [a]\nkind: choice\nprompt: p\nright: r\nchoices: [a, b]\nmetrics: [f1]\n":                        `no "f1" of kind choice`,
		"task: x\nfiles: [a]\nkind: choice\nprompt: '{{'\nright: r\nchoices: [a, b]\nmetrics: [acc]\n":                    "prompt: ",
		"task: x\nfiles: [a]\nkind: choice\nprompt: p\nright: r\nchoices: [a, b]\ncontinuation: c\nmetrics: [acc_norm]\n": "by the choices' lengths",
		"task: x\nfiles: [a]\nkind: answer\nprompt: p\nright: r\ncontinuation: c\nmetrics: [f1]\n":                        "continuation is for kind choice",
		"task: x\nfiles: [a]\nkind: answer\nform: ifeval\nmetrics: [f1]\n":                                                `no "f1" of kind answer: one of prompt_strict`,
		"task: x\nfiles: [a]\nkind: answer\nprompt: p\nright: r\nmetrics: [prompt_strict]\n":                              `no "prompt_strict" of kind answer`,
		"task: x\nfiles: [a]\nkind: answer\nform: ifeval\nprompt: p\nmetrics: [prompt_strict]\n":                          "leave prompt, right and description out",
		"task: x\nfiles: [a]\nkind: word\nprompt: p\nright: r\nchat: true\nmetrics: [acc]\n":                              "chat is for kind answer, and for kind choice",
		"task: x\nfiles: [a]\nkind: answer\nprompt: p\nright: r\noptions: [a]\nmetrics: [f1]\n":                           "options are for kind choice",
		"task: x\nfiles: [a]\nkind: answer\nprompt: p\nright: r\nparaphrases: ['']\nmetrics: [f1]\n":                      "entry 1 has no prompt",
		"task: x\nfiles: [a]\nkind: answer\nprompt: p\nright: r\nparaphrases: [{promt: a}]\nmetrics: [f1]\n":              `no "promt"`,
		"task: x\nfiles: [a]\nkind: answer\nprompt: p\nright: r\nparaphrases: ['{{']\nmetrics: [f1]\n":                    "paraphrases: ",
		"task: x\nfiles: [a]\nkind: text\nform: text\nquestion: [a]\nmetrics: [bits_per_byte]\n":                          "are not for kind text",
		"task: x\nfiles: [a]\nkind: odd\nprompt: p\nright: r\n":                                                           `"odd" is none of`,
		"task: x\nfiles: [a]\nkind: answer\nprompt: p\nright: r\nuntil: ['']\nmetrics: [f1]\n":                            "end every answer",
		"task: x\nfiles: [a]\nkind: answer\nprompt: p\nright: r\nignore: ['(']\nmetrics: [f1]\n":                          "ignore: ",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v of %q, want %q", err, text, want)
		}
	}
}

const ownTask = `task: mine
files: [mine.jsonl]
fields: [q, a]
kind: answer
prompt: "{{ q }}"
right: "{{ a }}"
tokens: 4
shots: {files: [shots.jsonl], n: 0}
metrics: [exact_match, f1, rouge_l]
`

func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBadRowsNameThemselves(t *testing.T) {
	task, err := Parse([]byte(ownTask))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"{\"q\":\"a\",\"a\":\"b\"}\n{\"q\":\"a\"}\n": `mine.jsonl:2: no field "a"`,
		"{\n":                        "mine.jsonl:1: ",
		"[1]\n":                      "mine.jsonl:1: no JSON object",
		"{\"q\":\"a\",\"a\":\"\"}\n": "right answer is empty",
		"":                           "no row in it",
	} {
		if _, err := task.Read(t.Context(), folder(t, map[string]string{"mine.jsonl": text})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v of %q, want %q", err, text, want)
		}
	}
	task.Metrics = []string{"regex"}
	if _, err := task.Read(t.Context(), folder(t, map[string]string{"mine.jsonl": `{"q":"a","a":"(["}`})); err == nil || !strings.Contains(err.Error(), "mine.jsonl:1: right, which the metric regex takes") {
		t.Errorf("error %v of what is no expression", err)
	}
	task.Metrics = []string{"f1"}
	if _, err := task.Read(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "has no mine.jsonl") {
		t.Errorf("error %v of an empty folder", err)
	}
	s, err := task.Read(t.Context(), folder(t, map[string]string{"mine.jsonl": `{"q":"3","a":"c"}`}))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Show(t.Context(), t.TempDir(), 1); err == nil || !strings.Contains(err.Error(), "--shots 0") {
		t.Errorf("error %v of examples that are not there", err)
	}
	if err := s.Show(t.Context(), folder(t, map[string]string{"shots.jsonl": "{\"q\":\"1\",\"a\":\"a\"}\n{\"q\":\"2\",\"a\":\"b\"}\n"}), 2); err != nil {
		t.Fatal(err)
	}
	if got := s.Asked(s.Items[0]); got != "1 a\n\n2 b\n\n3" {
		t.Errorf("with examples %q is asked", got)
	}
	if err := s.Show(t.Context(), "", 0); err != nil || s.Asked(s.Items[0]) != "3" {
		t.Errorf("with no example any more %q is asked, error %v", s.Asked(s.Items[0]), err)
	}
}

// No question has its own answer before it where the examples are of the file that is asked from.
func TestNoQuestionIsItsOwnExample(t *testing.T) {
	task, err := Parse([]byte(strings.Replace(ownTask, "shots.jsonl", "mine.jsonl", 1)))
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{"mine.jsonl": "{\"q\":\"1\",\"a\":\"a\"}\n{\"q\":\"2\",\"a\":\"b\"}\n{\"q\":\"3\",\"a\":\"c\"}\n"})
	s, err := task.Read(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Show(t.Context(), dir, 2); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"2 b\n\n3 c\n\n1", "1 a\n\n3 c\n\n2", "1 a\n\n2 b\n\n3"} {
		if got := s.Asked(s.Items[i]); got != want {
			t.Errorf("%q is asked, want %q", got, want)
		}
	}
	if err := s.Show(t.Context(), dir, 3); err == nil || !strings.Contains(err.Error(), "has 2 examples") {
		t.Errorf("error %v of as many examples as questions", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(ownTask))
	f.Add([]byte("task: x\nfiles: [a]\nkind: choice\nprompt: p\nright: r\nchoices: f\nmetrics: [acc]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if task, err := Parse(text); err == nil && (task.Name == "" || len(task.Metrics) == 0) {
			t.Errorf("%q is a task without a name or a metric", text)
		}
	})
}

func FuzzRows(f *testing.F) {
	f.Add([]byte(`{"question":"q\n(A) a (B) b (C) c (D) d ","options":["(A)","(B)","(C)","(D)"],"label":"(C)","subject":"s"}`))
	f.Add([]byte(`{"question":"A. b","choices":{"A":"[x] a"},"answer":"A"}`))
	f.Add([]byte(`{"question":{"stem":"q","choices":[{"text":"a","label":"A"}]},"answerKey":"A"}`))
	f.Add([]byte(`{"sentence":"a _ b","option1":"c","option2":"d","answer":"1"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, read := range []string{formARC, formMMLU, formHellaSwag, formWinoGrande, ""} {
			if d, err := (&Task{Form: read}).shape(raw); err == nil && d == nil {
				t.Errorf("form %q: neither a row nor an error", read)
			}
		}
		_, _ = truthfulRows("f", strings.NewReader(string(raw)))
	})
}
