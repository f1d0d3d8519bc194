package infer

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
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
	pairs := pairsOf(t, a, 24)
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

// What sequences begin with alike is laid once, at any depth, and behind each token of each stand, run before run, those that
// come before it.
func TestBatchesShareBeginnings(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 8))
	text := func(n int) []int32 {
		ids := make([]int32, n)
		for i := range ids {
			ids[i] = rng.Int32N(9)
		}
		return ids
	}
	var seqs []sequence
	root, all := text(40), 0
	for range 5 {
		question := append(root[:40:40], text(20+rng.IntN(20))...)
		for range 4 {
			ids := append(question[:len(question):len(question)], text(rng.IntN(3*worthwhile))...)
			next := text(1 + rng.IntN(5))
			seqs, all = append(seqs, sequence{ids: ids, next: next}), all+len(ids)
		}
	}
	seqs = append(seqs, seqs[3], seqs[3], sequence{ids: root[:worthwhile-1], next: []int32{4}}, sequence{ids: seqs[7].ids, own: 30})
	order := make([]int, len(seqs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return slices.Compare(seqs[i].ids, seqs[j].ids) })
	for _, c := range []struct {
		most  int
		alike bool
		least int // sequences that fit
	}{{1000, true, len(seqs)}, {1000, false, 8}, {150, true, 4}} {
		b := packing{most: c.most, alike: func(int, int) bool { return c.alike }}
		n := 0
		for n < len(order) && b.lay(seqs, order[n]) {
			n++
		}
		if n < c.least || len(b.IDs) > c.most || len(b.Rows) > c.most || c.alike && n == len(seqs) && len(b.IDs) > all/2 {
			t.Errorf("%d sequences of %d tokens in all take %d, of at most %d", n, all, len(b.IDs), c.most)
		}
		rows := 0
		for _, at := range b.laid {
			s := seqs[at.of]
			for i, id := range s.ids {
				row := at.row(i)
				if b.IDs[row] != id || int(b.Pos[row]) != i {
					t.Fatalf("token %d of sequence %d is %d at position %d, want %d", i, at.of, b.IDs[row], b.Pos[row], id)
				}
			}
			for i, r := range at.runs {
				own := i == len(at.runs)-1
				if i > 0 && (int(b.Prefix[r.seq]) != at.runs[i-1].seq || int(b.Shared[r.seq]) != at.runs[i-1].n) ||
					i == 0 && b.Prefix[r.seq] >= 0 || b.Starts[r.seq] != r.at || !own && r.n < worthwhile && len(s.ids) > r.n {
					t.Errorf("sequence %d stands in %v", at.of, at.runs)
				}
				if own && r.n < s.own {
					t.Errorf("sequence %d has %d tokens of its own, want %d", at.of, r.n, s.own)
				}
			}
			for i, id := range s.next {
				if b.Targets[rows] != id || b.Rows[rows] != at.row(len(s.ids)-len(s.next)+i) {
					t.Errorf("sequence %d expects %d behind row %d", at.of, b.Targets[rows], b.Rows[rows])
				}
				rows++
			}
		}
		if rows != len(b.Rows) {
			t.Errorf("%d rows are scored, want %d", len(b.Rows), rows)
		}
	}
}

// Many short responses after one prompt, the same one again, and responses that begin alike, are measured as each alone; there
// are more of them than tokens.
func TestLossesThatShareAreThoseAlone(t *testing.T) {
	a := small(t)
	prompt := encode(t, a, strings.Repeat("The cat sat on the mat. ", 4))
	other := append(prompt[:30:30], encode(t, a, "The dog ran after it for a very long time, up the hill.")...)
	long := encode(t, a, " and then the cat ran after the dog until the sun went down")
	var pairs []Pair
	for i := range int32(40) {
		pairs = append(pairs, Pair{prompt, []int32{300 + i}}, Pair{other, append(long[:len(long):len(long)], 300+i)}, Pair{prompt, append(long[:9:9], 300+i%3)})
	}
	got, err := a.Losses(t.Context(), pairs)
	if err != nil {
		t.Fatal(err)
	}
	scored := 0
	for _, l := range got {
		scored += l.Tokens
	}
	if w := a.Work(); w.Tokens >= scored/2 {
		t.Errorf("%d tokens were computed for %d that are scored", w.Tokens, scored)
	}
	if again, err := a.Losses(t.Context(), pairs); err != nil || !slices.Equal(again, got) {
		t.Errorf("measured again the same pairs lose otherwise, error %v", err)
	}
	foreseen, err := a.Foresee(t.Context(), pairs)
	if err != nil {
		t.Fatal(err)
	}
	const rounding = 5e-6 // of sums that are made in another order
	for i, p := range pairs {
		want, err := a.Losses(t.Context(), []Pair{p})
		if err != nil {
			t.Fatal(err)
		}
		if d := math.Abs(got[i].Sum - want[0].Sum); d > rounding*want[0].Sum || got[i].Tokens != want[0].Tokens {
			t.Errorf("pair %d loses %+v, alone %+v", i, got[i], want[0])
		}
		if d := math.Abs(foreseen[i].Sum - want[0].Sum); d > rounding*want[0].Sum {
			t.Errorf("pair %d loses %+v, looked at in whole, alone %+v", i, foreseen[i], want[0])
		}
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
