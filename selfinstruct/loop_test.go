package selfinstruct

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

// An endpoint that limits, fails, breaks off, writes junk and bills gives the rows of one that does not, cap by cap.
func TestCapsAreKeptAndRowsAreTheSameAtAnEndpointThatFails(t *testing.T) {
	prices := openai.Prices{In: 3, Out: 9}
	for _, method := range []string{SelfInstruct, Alpaca} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			o := Options{Method: method, Seeds: seedsFor(t, method), N: 150, PerRequest: 6, Answer: 300}
			run := func(s *openaitest.Server, limit float64) (Report, openai.Spent, []byte) {
				t.Helper()
				client, err := openai.NewClient(openai.ClientOptions{BaseURL: s.URL, Model: "author", Timeout: time.Second, Retries: 20})
				if err != nil {
					t.Fatal(err)
				}
				g, err := Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				defer g.Close()
				journal, err := openai.OpenJournal(g.Journal())
				if err != nil {
					t.Fatal(err)
				}
				defer journal.Close()
				teacher := openai.Guard(client, prices, openai.Caps{Cost: limit}, journal)
				report, err := g.Run(t.Context(), teacher, prices, told{t: t})
				if err != nil {
					t.Fatal(err)
				}
				rows, err := os.ReadFile(o.Out)
				if err != nil {
					t.Fatal(err)
				}
				return report, teacher.Spent(), rows
			}
			good := openaitest.NewServer(t, write, openaitest.Options{Prices: prices})
			o.Out = filepath.Join(t.TempDir(), "good.jsonl")
			_, spent, want := run(good, 0)
			if spent.Cost != good.Billed() || spent.Uncertain != 0 {
				t.Errorf("%s was billed, and %+v is known of", good.Billed(), spent)
			}

			bad := openaitest.NewServer(t, write, openaitest.Options{Prices: prices, Seed: 5, Fail: 0.04, Drop: 0.03, Cut: 0.03, Junk: 0.03})
			o.Out = filepath.Join(t.TempDir(), "bad.jsonl")
			for _, share := range []float64{0.5, 0.8} {
				limit := share * spent.Cost.Dollars()
				report, now, _ := run(bad, limit)
				if report.Stopped != StoppedByCap || report.Kept >= o.N || report.Answers == 0 {
					t.Errorf("at a cap of $%.4f: %+v", limit, report)
				}
				if billed := bad.Billed(); billed > openai.CostOf(limit) || billed > now.Most() || billed < now.Cost {
					t.Errorf("%s was billed at a cap of $%.4f, and %+v is known of", billed, limit, now)
				}
				o.Resume = true
			}
			report, now, got := run(bad, 0)
			if report.Kept != o.N || !bytes.Equal(timeless(got), timeless(want)) {
				t.Errorf("the rows differ: %+v", report)
			}
			if billed := bad.Billed(); billed > now.Most() || billed < now.Cost {
				t.Errorf("%s was billed, and %+v is known of", billed, now)
			}
			for key, n := range bad.Given() {
				if n != 1 {
					t.Errorf("the answer to %s went out %d times", key, n)
				}
			}
		})
	}
}

func TestATeacherThatRefusesTheKeyEndsIt(t *testing.T) {
	s := openaitest.NewServer(t, write, openaitest.Options{Key: "secret"})
	client, err := openai.NewClient(openai.ClientOptions{BaseURL: s.URL, Model: "author", Key: "wrong"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := Open(t.Context(), Options{Method: Alpaca, Seeds: seedsFor(t, Alpaca), N: 5, Out: filepath.Join(t.TempDir(), "rows.jsonl")})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	report, err := g.Run(t.Context(), client, openai.Prices{}, told{t: t})
	if refused := new(openai.RequestError); !errors.As(err, &refused) || report.Stopped != TeacherFailed {
		t.Errorf("%v, %+v", err, report)
	}
}

// timeless are rows without the times of their answers.
func timeless(rows []byte) []byte {
	return regexp.MustCompile(`"answered":"[^"]*",`).ReplaceAll(rows, nil)
}
