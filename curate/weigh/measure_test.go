package weigh

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
	"github.com/cria-llm/cria/internal/appendfile"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model/modeltest"
)

// small is a model of random weights.
func small(t testing.TB) *infer.Assistant {
	t.Helper()
	return infertest.Open(t, modeltest.Tiny(t, 1), infer.OpenOptions{})
}

func read(t testing.TB, path string, limit int) []*curate.Row {
	t.Helper()
	rows, err := curate.Read(t.Context(), path, dataset.Options{Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// rowsOf writes rows to a file and reads them.
func rowsOf(t testing.TB, lines ...string) []*curate.Row {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	return read(t, path, 0)
}

func rulesOf(t testing.TB, text string) *Rules {
	t.Helper()
	r, err := ParseRules([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// plainMean is the mean loss of the tokens of a text from one of them on: one sequence at a time, from logits, in float64.
func plainMean(t *testing.T, a *infer.Assistant, text string, prompt string, most int) float64 {
	t.Helper()
	encode := func(s string) []int32 {
		ids, err := a.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	total := func(ids []int32) float64 {
		if len(ids) < 2 {
			return 0
		}
		s, err := a.Score(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		return s.NLL * float64(len(ids)-1)
	}
	from, ids := len(encode(prompt)), encode(text)
	if len(ids) > most {
		ids = ids[:most]
	}
	n := len(ids) - from
	if from == 0 {
		n--
	}
	return (total(ids) - total(ids[:from])) / float64(n)
}

type alpacaRow struct{ instruction, input, output string }

func alpacaOf(r *curate.Row) alpacaRow {
	x := r.Exchanges()[0]
	return alpacaRow{x.Instruction.Text, x.Input.Text, x.Output.Text}
}

// The references are the published definitions, written down again: whole texts, one after the other.
func TestBothIFDsAreThoseOfAPlainComputation(t *testing.T) {
	a := infertest.Open(t, shared.Path(t, "data", "models", "stories3M"), infer.OpenOptions{})
	// 48 short rows, for speed, and two that do not fit.
	var rows []*curate.Row
	short, long := 48, 2
	for _, r := range read(t, shared.Path(t, "data", "alpaca", "alpaca_28k.jsonl"), 3000) {
		x := alpacaOf(r)
		n := len(x.instruction + x.input + x.output)
		switch {
		case n < 150 && short > 0 && x.output != "":
			short--
		case n > 1500 && long > 0 && len(x.instruction) < 500:
			long--
		default:
			continue
		}
		rows = append(rows, &curate.Row{Index: len(rows), Record: r.Record})
	}
	got, err := Measure(t.Context(), rows, rulesOf(t, "scores: [ifd-loss, ifd-ppl, ppl-response, ppl-instruction]"), Options{Model: a})
	if err != nil {
		t.Fatal(err)
	}
	length := func(s string) int {
		ids, err := a.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		return len(ids)
	}
	same := func(i, column int, want float64) {
		if c := got.Columns[column]; c.Missing[i] != "" || math.Abs(c.Values[i]-want) > 2e-4*want {
			t.Errorf("row %d: %s is %g (missing: %q), want %g", i, c.Score.Name, c.Values[i], c.Missing[i], want)
		}
	}
	for i, r := range rows {
		x := alpacaOf(r)
		prompt := "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n" + x.instruction + "\n\n### Response:"
		question := x.instruction + "\n"
		ask := x.instruction
		if x.input != "" {
			prompt = "Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\n" + x.instruction + "\n\n### Input:\n" + x.input + "\n\n### Response:"
			question += x.input + "\n"
			ask += "\n" + x.input
		}
		const most = 512 // positions of the model, and fewer than either program allows
		direct := plainMean(t, a, "### Response:"+x.output, "### Response:", most-length(x.instruction)-2)
		same(i, 0, plainMean(t, a, prompt+x.output, prompt, most)/direct)
		alone := plainMean(t, a, x.output, "", most-length(question)+1)
		same(i, 1, math.Exp(plainMean(t, a, question+x.output, question, most))/math.Exp(alone))
		if i >= 10 {
			continue
		}
		same(i, 2, math.Exp(plainMean(t, a, x.output, "", most)))
		same(i, 3, math.Exp(plainMean(t, a, ask, "", most)))
	}
}

// What one definition finds hard the other need not: e to the difference of losses is not their ratio.
func TestTheTwoIFDsAreNotTheSame(t *testing.T) {
	l := []infer.Loss{{Sum: 2, Tokens: 2}, {Sum: 4, Tokens: 2}}
	if a, b := ifdLoss.tokens.value(l), ifdPPL.tokens.value(l); a != 0.5 || b != math.Exp(-1) {
		t.Errorf("ifd-loss %g, ifd-ppl %g, want 0.5 and 1/e", a, b)
	}
}

func fewRows(t testing.TB) []*curate.Row {
	return rowsOf(t,
		`{"instruction":"Name a bird.","input":"","output":"An owl."}`,
		`{"instruction":"Count to three.","input":"","output":"One, two, three."}`,
		`{"instruction":"Say nothing.","input":"","output":""}`,
		`{"instruction":"Name a bird.","input":"","output":"An owl."}`,
		`{"instruction":"Name a tree.","input":"It is tall.","output":"A fir, or a very tall oak."}`,
	)
}

func TestWhatCannotBeMeasuredSaysWhy(t *testing.T) {
	a := small(t)
	rows := append(fewRows(t), rowsOf(t, fmt.Sprintf(`{"instruction":%q,"output":"Yes."}`, strings.Repeat("long ", 2000)))...)
	rows[5].Index = 5
	got, err := Measure(t.Context(), rows, rulesOf(t, "scores: [ifd-loss, ifd-ppl, ppl-response, ppl-instruction, loss, length]"), Options{Model: a})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Columns {
		if name := c.Score.Name; name != "length" && name != "ppl-instruction" && c.Missing[2] == "" {
			t.Errorf("%s of an empty answer is %g", name, c.Values[2])
		}
		if name := c.Score.Name; name != "length" && name != "ppl-response" && c.Missing[5] != tooLong {
			t.Errorf("%s of a long question is %g, missing %q", name, c.Values[5], c.Missing[5])
		}
		if c.Values[0] != c.Values[3] || c.Missing[0] != "" {
			t.Errorf("%s of the same row is %g and %g", c.Score.Name, c.Values[0], c.Values[3])
		}
	}
	if l := got.Columns[5]; l.Values[1] != 3 || l.Values[2] != 0 {
		t.Errorf("lengths %v", l.Values)
	}
	_, err = Measure(t.Context(), rows[2:3:3], rulesOf(t, "scores: [ifd-ppl]"), Options{Model: a})
	if err == nil || !strings.Contains(err.Error(), "row 2 is at place 0") {
		t.Errorf("error %v of rows that are not numbered", err)
	}
	if _, err := Measure(t.Context(), fewRows(t)[:1], rulesOf(t, "scores: [loss]"), Options{}); err == nil || !strings.Contains(err.Error(), "--model") {
		t.Errorf("error %v without a model", err)
	}
}

// A row of several questions and answers has the mean of what they have alone.
func TestAConversationHasTheMeanOfItsAnswers(t *testing.T) {
	rows := rowsOf(t,
		`{"messages":[{"role":"system","content":"Be short."},{"role":"user","content":"Name a bird."},{"role":"assistant","content":"An owl."},{"role":"user","content":"And a fish?"},{"role":"assistant","content":"A big pike."}]}`,
		`{"messages":[{"role":"user","content":"Name a bird."},{"role":"assistant","content":"An owl."}]}`,
		`{"messages":[{"role":"user","content":"And a fish?"},{"role":"assistant","content":"A big pike."}]}`)
	got, err := Measure(t.Context(), rows, rulesOf(t, "scores: [ifd-loss, ifd-ppl, ppl-response, loss]"), Options{Model: small(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Columns {
		mean := (c.Values[1] + c.Values[2]) / 2
		if same := math.Abs(c.Values[0]-mean) < 1e-6*mean; same != (c.Score.Name != "loss") {
			t.Errorf("%s is %g, and %g the mean", c.Score.Name, c.Values[0], mean)
		}
	}
}

// The loss of a row is that of its answer after its prompt, its end included, as a training has it.
func TestLossIsOfTheAnswerInTheModelsTemplate(t *testing.T) {
	a := small(t)
	rows := fewRows(t)
	got, err := Measure(t.Context(), rows, rulesOf(t, "scores: [loss]"), Options{Model: a})
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Answered(conversation(rows[4]))
	if err != nil {
		t.Fatal(err)
	}
	if conversation(rows[4])[0].Input != "It is tall." {
		t.Errorf("the input is lost: %+v", conversation(rows[4]))
	}
	s := r.Spans[0]
	whole, err := a.Score(t.Context(), r.IDs[:s.To])
	if err != nil {
		t.Fatal(err)
	}
	prompt, err := a.Score(t.Context(), r.IDs[:s.From])
	if err != nil {
		t.Fatal(err)
	}
	want := (whole.NLL*float64(s.To-1) - prompt.NLL*float64(s.From-1)) / float64(s.To-s.From)
	if x := got.Columns[0].Values[4]; math.Abs(x-want) > 1e-4*want {
		t.Errorf("loss %g, want %g", x, want)
	}
}

// A run that ends in its middle, with half a line written, goes on: what was measured is not measured again, and the values
// are those of a run that was never ended, but for the last digits of the row whose line was cut: it is measured without the rows
// that were beside it.
func TestMeasuringGoesOnWhereItWasEnded(t *testing.T) {
	a := small(t)
	var lines []string
	for i := range chunk + 40 {
		lines = append(lines, fmt.Sprintf(`{"instruction":"Say %d.","output":"It is %d."}`, i, i))
	}
	rows := rowsOf(t, lines...)
	rules := rulesOf(t, "scores: [ifd-ppl, rarity]\nclusters: 3")
	want, err := Measure(t.Context(), rows, rules, Options{Model: a})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "out.scores")
	ctx, stop := context.WithCancel(t.Context())
	_, err = Measure(ctx, rows, rules, Options{Model: a, Cache: path, Progress: func(_ string, done, _ int) {
		if done > 0 {
			stop()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v of a run that was ended", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)-7], 0o666); err != nil {
		t.Fatal(err)
	}
	for again := range 2 {
		got, err := Measure(t.Context(), rows, rules, Options{Model: a, Cache: path})
		if err != nil {
			t.Fatal(err)
		}
		if n := []int{41, 0}[again]; got.Speed.Rows != n || got.Speed.Cached != len(rows)-n {
			t.Errorf("time %d: %d rows were measured and %d known, want %d and %d", again, got.Speed.Rows, got.Speed.Cached, n, len(rows)-n)
		}
		for k, c := range want.Columns {
			for i, x := range c.Values {
				near := 0.0
				if i == chunk-1 {
					near = 1e-6 * math.Abs(x)
				}
				if math.Abs(got.Columns[k].Values[i]-x) > near {
					t.Fatalf("time %d: %s of row %d is %g, want %g", again, c.Score.Name, i, got.Columns[k].Values[i], x)
				}
			}
		}
	}
}

func FuzzCache(f *testing.F) {
	f.Add(`{"row":"a","score":"s","value":1}` + "\n" + `{"row":"a","score":"v","vector":"AACAPw=="}` + "\n" + `{"row`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := openCache("")
		if err != nil {
			t.Fatal(err)
		}
		whole, err := appendfile.Lines(strings.NewReader(text), maxCacheLine, func(_ int, line []byte) error { c.take(line); return nil })
		if torn := whole < int64(len(text)); err != nil || torn != (text != "" && !strings.HasSuffix(text, "\n")) {
			t.Fatalf("%d of %d bytes are whole, error %v", whole, len(text), err)
		}
	})
}
