package arena_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cria-llm/cria/arena"
)

// slowly is a judge that takes its time, by the longer answer or, of some prompts, not at all, and that stops after so many.
type slowly struct {
	asked atomic.Int64
	stop  int64
}

var errStopped = errors.New("stopped")

func (s *slowly) Name() string { return "slowly" }

func (s *slowly) Judge(_ context.Context, x arena.Shown) (arena.Verdict, error) {
	if n := s.asked.Add(1); s.stop > 0 && n > s.stop {
		return arena.Verdict{}, errStopped
	}
	time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
	switch a, b := len(x.Answers[0]), len(x.Answers[1]); {
	case strings.HasSuffix(x.Prompt, "7"):
		return arena.Verdict{Failed: "it is a 7"}, nil
	case a > b:
		return arena.Verdict{First: 0.75, Said: "longer"}, nil
	case a < b:
		return arena.Verdict{First: 0.25}, nil
	}
	return arena.Verdict{First: 1}, nil // its taste for the first seat
}

func labelled(t *testing.T, n int) []arena.Labelled {
	t.Helper()
	draw := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	word := func() string { return strings.Repeat(string(rune('x'+draw.IntN(2))), draw.IntN(4)) }
	for i := range n {
		fmt.Fprintf(&text, "{\"instruction\":\"%d\",\"input\":\"\",\"response1\":\"%s\",\"response2\":\"%s\",\"annotator1\":%d}\n", i, word(), word(), draw.IntN(3))
	}
	rows, err := arena.ParseLabelled([]byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Whether verdicts come one by one or together, and in one go or after stops, the agreement is the same, and none that was kept is
// asked for again.
func TestAgreementThroughStops(t *testing.T) {
	rows := labelled(t, 200)
	one := new(slowly)
	want, err := arena.Agree(t.Context(), one, rows, 1, nil)
	if err != nil || want.Failed == 0 || want.Flips == 0 || want.N+want.Failed != 200 {
		t.Fatalf("%+v, %v", want, err)
	}
	path := filepath.Join(t.TempDir(), "verdicts.jsonl")
	asked := int64(0)
	for stops := 0; ; stops++ {
		j := &slowly{stop: 90}
		k, err := arena.Keep(j, path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := arena.Agree(t.Context(), k, rows, 8, nil)
		if e := k.Close(); e != nil {
			t.Fatal(e)
		}
		asked += min(j.asked.Load(), j.stop)
		if errors.Is(err, errStopped) && stops < 10 {
			continue
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("with stops %+v, %v, in one go %+v", got, err, want)
		}
		if stops == 0 {
			t.Error("it did not stop")
		}
		// What failed is asked for again, and what was said while others stopped may be.
		if most := one.asked.Load() + int64(stops)*int64(2*want.Failed+8); asked > most {
			t.Errorf("asked %d times through %d stops, want %d at most", asked, stops, most)
		}
		break
	}
	if _, err := arena.Keep(one, filepath.Join(filepath.Dir(path), "missing", "x")); err != nil { // its folder is made
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("{\"judge\":\"slowly\",\"first\":2}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := arena.Keep(one, path); err == nil || !strings.Contains(err.Error(), "verdicts.jsonl: line 1 is no verdict") {
		t.Errorf("error %v", err)
	}
}
