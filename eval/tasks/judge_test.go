package tasks

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// Answers are judged by several at once, each verdict once: an ended run goes on, one that failed is asked for again and the number
// is without it.
func TestAnswersAreJudged(t *testing.T) {
	a := nanoModel(t)
	task, err := Parse([]byte(strings.Replace(ownTask, "[exact_match,", "[judge, exact_match,", 1)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := task.Read(t.Context(), folder(t, map[string]string{"mine.jsonl": `{"q":"Once upon a","a":"tie"}
{"q":"One day","a":"win"}
{"q":"A bird","a":"fail"}
{"q":"The sun","a":"win"}
{"q":"He said","a":"loss"}
`}))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cache")
	var asked atomic.Int64
	run := func(worths map[string]float64, until int64) (Result, error) {
		c, err := OpenCache(path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		return Measure(ctx, a, s, Options{Cache: c, Judge: &Judge{Name: "test", AtOnce: 2, Worth: func(_ context.Context, question, right, said string) (float64, string, error) {
			if asked.Add(1) == until {
				cancel()
			}
			if question == "" || said == "" {
				t.Errorf("asked about %q and %q", question, said)
			}
			if w, ok := worths[right]; ok {
				return w, "", nil
			}
			return 0, "no verdict", nil
		}}})
	}
	worths := map[string]float64{"tie": 0.5, "win": 1, "loss": 0}
	if _, err := run(worths, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of an ended run", err)
	}
	r, err := run(worths, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := asked.Load(); n < 5 || n > 6 { // the failed one twice, where the ended run came to it
		t.Errorf("asked %d times, want 5 or 6", n)
	}
	if *r.Value.Value != 0.625 || r.N != 5 || r.Unjudged != 1 || r.Judge != "test" || r.Others[0].Metric != "exact_match" {
		t.Errorf("%g of %+v, want 0.625 of 5 with 1 unjudged", *r.Value.Value, r)
	}
	asked.Store(0)
	worths["fail"] = 0
	again, err := run(worths, 0)
	if err != nil || *again.Value.Value != 0.5 || again.Unjudged != 0 || asked.Load() != 1 {
		t.Errorf("%+v after asking %d times, error %v", again, asked.Load(), err)
	}
	// Between the two runs, the item without a verdict in the first has no part.
	changes, err := Difference(r, again)
	if err != nil || changes[0].N != 4 || changes[0].Diff != 0 || changes[1].N != 5 {
		t.Errorf("%+v, error %v", changes, err)
	}
	if _, err := Measure(t.Context(), a, s, Options{}); err == nil || !strings.Contains(err.Error(), "nobody judges") {
		t.Errorf("error %v without a judge", err)
	}
}
