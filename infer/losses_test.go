package infer

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/models/nano"
)

func small(t testing.TB) *Assistant {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "nano")
	if err := nano.Extract(dir); err != nil {
		t.Fatal(err)
	}
	return open(t, dir, OpenOptions{})
}

// pairsOf is every golden prompt with the text of another behind it, half of them in a template that begins alike.
func pairsOf(t testing.TB, a *Assistant, n int) []Pair {
	t.Helper()
	texts := GoldenPrompts()
	var pairs []Pair
	for i := range n {
		p, r := texts[i%len(texts)], texts[(7*i+3)%len(texts)]
		prompt := encode(t, a, p.Text+p.Question)
		if i%2 == 1 {
			var err error
			if prompt, err = promptFor(a, p.Text+p.Question); err != nil {
				t.Fatal(err)
			}
		}
		pairs = append(pairs, Pair{prompt, a.tok.EncodeText(" "+r.Text+r.Question, false)})
	}
	return pairs
}

// The reference runs one sequence at a time and takes its logarithms from the logits in float64: what a prompt and its
// response lose together, less what the prompt loses alone.
func TestLossesAreThoseOfOneAtATime(t *testing.T) {
	a := small(t)
	pairs := pairsOf(t, a, 50)
	pairs[9].Prompt = nil
	pairs[10].Response = nil
	got, err := a.Losses(t.Context(), pairs)
	if err != nil {
		t.Fatal(err)
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
	for i, p := range pairs {
		want, tokens := total(append(p.Prompt[:len(p.Prompt):len(p.Prompt)], p.Response...))-total(p.Prompt), len(p.Response)
		if len(p.Prompt) == 0 {
			tokens--
		}
		if g := got[i]; math.Abs(g.Sum-want) > 1e-4*math.Abs(want)+1e-4 || g.Tokens != tokens || g.Cut != 0 {
			t.Errorf("pair %d loses %+v, want %g over %d tokens", i, g, want, tokens)
		}
	}
}

// What a response loses as far as the positions reach is what its beginning loses.
func TestALongResponseSaysWhatWasCut(t *testing.T) {
	a := small(t)
	long := make([]int32, 2*a.Context())
	for i := range long {
		long[i] = int32(300 + i%50)
	}
	c := a.Context()
	got, err := a.Losses(t.Context(), []Pair{
		{long[:10], long},
		{long[:10], long[:c-10]},
		{long[:c], long[:5]},
		{long, long[:5]},
		{nil, long},
		{nil, nil},
		{nil, long[:1]},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Loss{{got[1].Sum, c - 10, 2*c - c + 10}, {got[0].Sum, c - 10, 0}, {0, 0, 5}, {0, 0, 5}, {got[4].Sum, c - 1, c}, {}, {}} {
		if got[i] != want {
			t.Errorf("pair %d loses %+v, want %+v", i, got[i], want)
		}
	}
	if got[0].Sum == 0 || got[4].Sum == 0 {
		t.Error("nothing was measured")
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if _, err := a.Losses(ended, pairsOf(t, a, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a context that ended", err)
	}
	if _, err := a.Losses(t.Context(), []Pair{{[]int32{1}, []int32{1 << 30}}}); err == nil || !strings.Contains(err.Error(), "is id 1073741824") {
		t.Errorf("error %v of a token that is none", err)
	}
}

// What sequences begin with alike is laid once, and each keeps the tokens that are its own.
func TestBatchesShareBeginnings(t *testing.T) {
	run := func(n int, more ...int32) []int32 {
		var ids []int32
		for i := range n {
			ids = append(ids, int32(i))
		}
		return append(ids, more...)
	}
	seqs := []sequence{{run(20, 1, 2), 2}, {run(20, 1, 3), 2}, {run(20, 4), 10}, {run(5), 2}}
	for _, c := range []struct {
		order         []int
		most, n, want int
	}{
		{[]int{0, 1}, 100, 2, 20},
		{[]int{0, 1, 3}, 100, 2, 20},
		{[]int{0, 1}, 24, 2, 20},
		{[]int{0, 1}, 23, 1, 0},
		{[]int{0, 1}, 21, 0, 0},
		{[]int{0, 2}, 100, 1, 0}, // what is the second's own leaves 11 tokens in common
		{[]int{3, 0}, 100, 1, 0},
	} {
		var b packing
		if n, prefix := b.group(seqs, c.order, c.most); n != c.n || prefix != c.want {
			t.Errorf("of %v within %d tokens come %d with %d in common, want %d with %d", c.order, c.most, n, prefix, c.n, c.want)
		}
	}
	var b packing
	b.lay(seqs, []int{0, 1}, 20)
	if want := run(20, 1, 2, 1, 3); !slices.Equal(b.IDs, want) || !slices.Equal(b.Starts, []int{0, 20, 22}) ||
		!slices.Equal(b.Prefix, []int32{-1, 0, 0}) || !slices.Equal(b.Pos, run(20, 20, 21, 20, 21)) || !slices.Equal(b.rows, []laid{{0, 22}, {1, 24}}) {
		t.Errorf("laid as %+v", b)
	}
}

func BenchmarkLosses(b *testing.B) {
	a := open(b, shared.Path(b, "data", "models", "stories3M"), OpenOptions{})
	f, err := os.Open(shared.Path(b, "data", "alpaca", "alpaca_28k.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	template, err := chat.Named(chat.Default)
	if err != nil {
		b.Fatal(err)
	}
	var pairs []Pair
	for d := json.NewDecoder(f); len(pairs) < 512; {
		var row struct{ Instruction, Input, Output string }
		if err := d.Decode(&row); err != nil {
			b.Fatal(err)
		}
		r, err := template.Render(a.tok, []chat.Message{
			{Role: chat.User, Content: row.Instruction, Input: row.Input}, {Role: chat.Assistant, Content: row.Output}})
		if err != nil {
			b.Fatal(err)
		}
		at := r.Spans[0].From
		pairs = append(pairs, Pair{r.IDs[:at], r.IDs[at:]})
	}
	tokens := 0
	for _, p := range pairs {
		tokens += min(a.Context(), len(p.Prompt)+len(p.Response))
	}
	began := time.Now()
	for b.Loop() {
		if _, err := a.Losses(b.Context(), pairs); err != nil {
			b.Fatal(err)
		}
	}
	seconds := time.Since(began).Seconds()
	b.ReportMetric(float64(b.N*len(pairs))/seconds, "rows/s")
	b.ReportMetric(float64(b.N*tokens)/seconds, "tokens/s")
}
