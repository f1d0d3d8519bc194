package tasks

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/infer"
)

// Answers are asked for together and are those to each question alone; of a run that was ended, those that had come are not asked
// for again.
func TestAnswersThatHadComeAreNotAskedForAgain(t *testing.T) {
	a := nanoModel(t)
	task, err := Parse([]byte(ownTask))
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	for i := range 30 {
		fmt.Fprintf(&rows, "{\"q\":\"Write the number %d%s\",\"a\":\"no\"}\n", i, strings.Repeat(" and then the next", i%4))
	}
	fmt.Fprintf(&rows, "{\"q\":%q,\"a\":\"no\"}\n", strings.Repeat("word ", 2*a.Context()))
	s, err := task.Read(t.Context(), folder(t, map[string]string{"mine.jsonl": rows.String()}))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cache")
	run := func(ctx context.Context, told func(done int)) (Result, error) {
		c, err := OpenCache(path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return Measure(ctx, a, s, Options{Cache: c, Progress: func(done, _ int) { told(done) }})
	}
	ctx, stop := context.WithCancel(t.Context())
	came := 0
	if _, err := run(ctx, func(done int) {
		if came = done; done == 5 {
			stop()
		}
	}); !errors.Is(err, context.Canceled) || came >= len(s.Items) {
		t.Fatalf("%d answers came, error %v", came, err)
	}
	for _, cached := range []int{came, len(s.Items)} {
		r, err := run(t.Context(), func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		if r.Cached != cached || r.TooLong != 1 || r.N != len(s.Items)-1 {
			t.Errorf("%d cached of %d, %d too long; want %d", r.Cached, r.N, r.TooLong, cached)
		}
		for _, o := range r.Outcomes {
			prompt, err := a.Encode(s.Asked(o.Item))
			if err != nil {
				t.Fatal(err)
			}
			want, err := a.Generate(t.Context(), prompt, infer.Options{MaxTokens: s.Tokens, StopText: s.Until}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if o.Said != want.Text {
				t.Errorf("%s says %q, want %q", o.Where, o.Said, want.Text)
			}
		}
	}
}
