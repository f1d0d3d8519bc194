package selfinstruct

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/openai"
)

// seedsFor writes what a method begins with, and gives the file.
func seedsFor(t *testing.T, method string) string {
	t.Helper()
	var b strings.Builder
	name := "seeds.jsonl"
	if method == Documents || method == BackTranslation {
		name = "text.txt"
		for i := range 140 {
			for j := range 60 {
				fmt.Fprintf(&b, "t%d ", i*7+j*j)
			}
			b.WriteString("\n\n")
		}
	} else {
		for i := range 30 {
			fmt.Fprintf(&b, `{"id":"s%d","instruction":"Say the number %d in the language called l%d.","instances":[{"input":"","output":"n%d"}],"is_classification":%t}`+"\n", i, i, i, i, i%3 == 0)
		}
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// generate runs a generation and gives the file's bytes.
func generate(t *testing.T, o Options, teacher openai.Model) (Report, []byte) {
	t.Helper()
	if o.Out == "" {
		o.Out = filepath.Join(t.TempDir(), "rows.jsonl")
	}
	g, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	report, err := g.Run(t.Context(), teacher, openai.Prices{In: 1, Out: 2}, told{t: t})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	return report, text
}

func TestEveryMethodGivesRowsThatCanBeLearned(t *testing.T) {
	for _, method := range Methods() {
		t.Run(method, func(t *testing.T) {
			o := Options{Method: method, Seeds: seedsFor(t, method), N: 25, Out: filepath.Join(t.TempDir(), "rows.jsonl")}
			report, text := generate(t, o, &author{})
			if report.Kept != 25 || report.Stopped != "" || bytes.Count(text, []byte("\n")) != 25 {
				t.Fatalf("%+v", report)
			}
			set, err := dataset.Load(t.Context(), []string{o.Out}, dataset.Options{})
			if err != nil || len(set.Examples) != 25 {
				t.Fatalf("%v, %v", set, err)
			}
			ids, total := map[string]bool{}, 0.0
			for line := range bytes.Lines(text) {
				var row struct {
					ID         string
					Provenance struct {
						Method, Teacher string
						PromptHash      string `json:"prompt_hash"`
						Parents         []string
						Cost            float64
						Similar         map[string]float64 `json:"most_similar_instructions"`
					}
				}
				if err := json.Unmarshal(line, &row); err != nil {
					t.Fatal(err)
				}
				ids[row.ID] = true
				total += row.Provenance.Cost
				if p := row.Provenance; p.Method != method || p.Teacher != "author-1" || len(p.PromptHash) != 16 || len(p.Parents) == 0 || p.Cost <= 0 || len(p.Similar) > neighbours {
					t.Errorf("provenance %+v", p)
				}
			}
			if len(ids) != 25 {
				t.Errorf("%d ids for 25 rows", len(ids))
			}
			if total > report.Cost.Dollars()+1e-9 {
				t.Errorf("rows cost %v in all, and the answers %v", total, report.Cost)
			}
		})
	}
}

func TestRowsDependOnTheAnswersAndNotOnTheirTimes(t *testing.T) {
	for _, method := range Methods() {
		t.Run(method, func(t *testing.T) {
			o := Options{Method: method, Seeds: seedsFor(t, method), N: 40, Seed: 3, Ahead: 7}
			_, quick := generate(t, o, &author{})
			for range 2 {
				if _, late := generate(t, o, &author{late: 3 * time.Millisecond}); !bytes.Equal(quick, late) {
					t.Fatal("the rows differ where answers come in another order")
				}
			}
			o.Seed = 4
			if _, other := generate(t, o, &author{}); bytes.Equal(quick, other) {
				t.Error("another seed gives the same rows")
			}
		})
	}
}

// remembering keeps answers by key, as a journal does.
type remembering struct {
	*author
	mu   sync.Mutex
	kept map[string]*openai.Response
	left int // answers until it fails; negative for ever
	paid map[string]int
}

var errDead = errors.New("the endpoint is dead")

func (m *remembering) Chat(ctx context.Context, r openai.Request) (*openai.Response, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if was, ok := m.kept[r.Key]; ok {
		return was, nil
	}
	if m.left == 0 {
		return nil, errDead
	}
	m.left--
	m.paid[r.Key]++
	x, err := m.author.Chat(ctx, r)
	m.kept[r.Key] = x
	return x, err
}

func TestAGenerationThatEndedEarlyGoesOnToTheSameRows(t *testing.T) {
	for _, method := range Methods() {
		t.Run(method, func(t *testing.T) {
			o := Options{Method: method, Seeds: seedsFor(t, method), N: 60, Ahead: 5}
			_, whole := generate(t, o, &author{})

			o.Out = filepath.Join(t.TempDir(), "rows.jsonl")
			m := &remembering{author: &author{}, kept: map[string]*openai.Response{}, paid: map[string]int{}}
			parts := 0
			for {
				parts++
				m.left = 4
				g, err := Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				report, err := g.Run(t.Context(), m, openai.Prices{In: 1, Out: 2}, told{t: t})
				g.Close()
				o.Resume = true
				part, readErr := os.ReadFile(o.Out)
				if readErr != nil || bytes.Count(part, []byte("\n")) != report.Kept {
					t.Fatalf("part %d: %d rows are told of (%v):\n%s", parts, report.Kept, readErr, part)
				}
				if err == nil && report.Kept == 60 {
					break
				}
				if !errors.Is(err, errDead) || report.Stopped != TeacherFailed {
					t.Fatalf("%+v, %v", report, err)
				}
			}
			if got, _ := os.ReadFile(o.Out); !bytes.Equal(got, whole) {
				t.Errorf("after %d parts the rows are others", parts)
			}
			for key, n := range m.paid {
				if n != 1 {
					t.Errorf("request %s was paid for %d times", key, n)
				}
			}
		})
	}
}

func TestMoreRowsBeginWithTheSameOnes(t *testing.T) {
	o := Options{Method: Alpaca, Seeds: seedsFor(t, Alpaca), N: 30}
	_, few := generate(t, o, &author{})
	o.N = 90
	if _, many := generate(t, o, &author{}); !bytes.HasPrefix(many, few) {
		t.Error("90 rows do not begin with the 30")
	}
}

func TestNoMoreIsAskedThanTheRowsNeed(t *testing.T) {
	a := &author{}
	report, _ := generate(t, Options{Method: Alpaca, Seeds: seedsFor(t, Alpaca), N: 100}, a)
	if len(a.asked) > 8 { // 5 with every task kept, 7 at the yield that is reckoned with
		t.Errorf("%d requests of 20 tasks for %d rows", len(a.asked), report.N)
	}
}

func TestInstructionsAreNotAskedForFarAhead(t *testing.T) {
	a := &author{}
	generate(t, Options{Method: SelfInstruct, Seeds: seedsFor(t, SelfInstruct), N: 20}, a)
	steps := map[bool]int{}
	for _, r := range a.asked {
		steps[strings.Contains(string(r.Schema), `"instructions"`)]++
	}
	if steps[true] > 4 || len(a.asked) > 30 {
		t.Errorf("%d requests for instructions and %d others for 20 rows", steps[true], steps[false])
	}
}

func TestOtherSettingsDoNotGoOn(t *testing.T) {
	o := Options{Method: Alpaca, Seeds: seedsFor(t, Alpaca), N: 10, Out: filepath.Join(t.TempDir(), "rows.jsonl")}
	generate(t, o, &author{})
	refused := func(change func(*Options), want string) {
		t.Helper()
		x := o
		change(&x)
		g, err := Open(t.Context(), x)
		if err == nil {
			g.Close()
			t.Errorf("%s: no error", want)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want one with %q", err, want)
		}
	}
	refused(func(*Options) {}, "begun there already")
	o.Resume = true
	refused(func(x *Options) { x.Seed = 9 }, "seed was 0 and is 9")
	refused(func(x *Options) { x.PerRequest = 5 }, "per_request was 20 and is 5")
	refused(func(x *Options) { x.Language = "German" }, `language was "English" and is "German"`)
	refused(func(x *Options) { x.Seeds = seedsFor(t, Documents) }, "must be a JSON array")
	refused(func(x *Options) { x.Out += "2" }, "no generation was begun there")

	o.N = 20
	g, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	refused(func(*Options) {}, "another process is generating into it")
	g.Close()
}

func TestATeacherWithNothingToSayIsNotAskedForEver(t *testing.T) {
	o := Options{Method: Alpaca, Seeds: seedsFor(t, Alpaca), N: 10}
	report, text := generate(t, o, dull{})
	if report.Stopped != Barren || len(text) != 0 || report.Dropped[0].Why != malformed || report.Dropped[0].Count < mostBarren {
		t.Errorf("%+v", report)
	}
}

type dull struct{}

func (dull) Name() string { return "dull" }

func (dull) Chat(context.Context, openai.Request) (*openai.Response, error) {
	return &openai.Response{Text: "I would rather not.", Finish: "stop"}, nil
}

// told logs what is noted.
type told struct {
	Silent
	t *testing.T
}

func (o told) Noted(text string) { o.t.Log(text) }

func TestARequestThatIsNotTakenIsLeftOut(t *testing.T) {
	long := &openai.RequestError{Status: 400, Message: "too long"}
	o := Options{Method: Alpaca, Seeds: seedsFor(t, Alpaca), N: 120}
	some := &author{fail: func(r openai.Request) error {
		if *r.Seed%3 == 1 {
			return long
		}
		return nil
	}}
	report, _ := generate(t, o, some)
	if report.Kept != 120 || report.Refused < 2 || report.Refused > 4 {
		t.Errorf("%+v", report)
	}

	o.Out = filepath.Join(t.TempDir(), "rows.jsonl")
	g, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	all := &author{fail: func(openai.Request) error { return long }}
	if report, err = g.Run(t.Context(), all, openai.Prices{}, told{t: t}); !errors.Is(err, long) || report.Stopped != TeacherFailed {
		t.Errorf("%v, %+v", err, report)
	}
}

// An answer that is there when a cap or a failure ends it is read, though one before it is missing.
func TestWhatIsPaidForIsReadThoughAnEarlierAnswerIsMissing(t *testing.T) {
	o := Options{Method: Alpaca, Seeds: seedsFor(t, Alpaca), N: 100, Out: filepath.Join(t.TempDir(), "rows.jsonl")}
	g, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	capped := &author{fail: func(r openai.Request) error {
		if *r.Seed == 1 {
			return &openai.CapError{Cap: "cost", Text: "no room"}
		}
		return nil
	}}
	report, err := g.Run(t.Context(), capped, openai.Prices{}, told{t: t})
	if err != nil || report.Stopped != StoppedByCap || report.Answers < 3 || report.Kept != 20*report.Answers {
		t.Errorf("%v, %+v", err, report)
	}
}
