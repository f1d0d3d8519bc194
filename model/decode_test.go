package model

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/internal/shared"
)

func readBuffer(m *Model, b compute.Buffer) []float32 {
	x := make([]float32, b.Len())
	m.be.Read(x, b)
	return x
}

// Sequences that are read in random pieces, side by side in a cache, give the logits of one pass over the whole.
func TestDecodingEqualsScoring(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		m := random(t, be, tiny)
		attach(t, m, "", 0.4)
		seqs := sequences(m.cfg, 19, 7, 30)
		want := logitsOf(t, m, packed(seqs...))
		first := packed(seqs...).Starts
		ws := m.NewWorkspace(32, Inference)
		cache, err := m.NewCache(4, 30)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(6, 6))
		slots, done := []int{2, 0, 3}, make([]int, 3)
		for round := 0; done[0]+done[1]+done[2] < 56; round++ {
			var b DecodeBatch
			var at []int // row of want for each row of the batch
			for i, s := range seqs {
				n := min(rng.IntN(5), len(s)-done[i])
				if n == 0 {
					continue
				}
				b.Spans = append(b.Spans, Span{Slot: slots[i], Pos: done[i], Len: n})
				for range n {
					b.IDs = append(b.IDs, s[done[i]])
					at = append(at, first[i]+done[i])
					done[i]++
				}
			}
			if len(b.IDs) == 0 {
				continue
			}
			if round%2 == 0 {
				for i := range b.IDs {
					b.Rows = append(b.Rows, int32(i))
				}
			} else { // the last row of each span
				var last []int
				end := 0
				for _, s := range b.Spans {
					end += s.Len
					last = append(last, at[end-1])
				}
				at = last
			}
			got, err := m.Decode(ws, cache, b)
			if err != nil {
				t.Fatal(err)
			}
			x := readBuffer(m, got)
			for i, row := range at {
				if d := furthest(x[i*m.cfg.Vocab:(i+1)*m.cfg.Vocab], want[row]); d > 1e-4 {
					t.Fatalf("round %d: logits of row %d differ by %.3g", round, row, d)
				}
			}
		}
		// Going back replaces what came after.
		got, err := m.Decode(ws, cache, DecodeBatch{IDs: seqs[0][10:12], Spans: []Span{{Slot: 2, Pos: 10, Len: 2}}})
		if err != nil {
			t.Fatal(err)
		}
		if d := furthest(readBuffer(m, got), want[11]); d > 1e-4 {
			t.Errorf("logits after going back differ by %.3g", d)
		}
	})
}

// What is copied from slot to slot is, to the bit, what would have been computed there.
func TestACopiedPrefixIsAComputedOne(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		m := random(t, be, tiny)
		seq := sequences(m.cfg, 20)[0]
		ws := m.NewWorkspace(32, Inference)
		last := func(copied bool) []float32 {
			cache, err := m.NewCache(3, 24)
			if err != nil {
				t.Fatal(err)
			}
			slots := []int{2}
			if !copied {
				slots = append(slots, 0)
			}
			for _, slot := range slots {
				if _, err := m.Decode(ws, cache, DecodeBatch{IDs: seq[:13], Spans: []Span{{Slot: slot, Len: 13}}}); err != nil {
					t.Fatal(err)
				}
			}
			if copied {
				m.CopyPrefix(cache, 0, 2, 13)
			}
			y, err := m.Decode(ws, cache, DecodeBatch{IDs: seq[13:], Spans: []Span{{Slot: 0, Pos: 13, Len: len(seq) - 13}}})
			if err != nil {
				t.Fatal(err)
			}
			return readBuffer(m, y)
		}
		if got, want := last(true), last(false); !slices.Equal(got, want) {
			t.Errorf("logits after a copied prefix differ by %.3g", furthest(got, want))
		}
	})
}

func TestDecodeRefusesWhatDoesNotFit(t *testing.T) {
	be := fast(t, 1)
	defer be.Close()
	m := random(t, be, tiny)
	ws := m.NewWorkspaceFor(Plan{Mode: Inference, Tokens: 8, LogitRows: 2})
	cache, err := m.NewCache(2, 16)
	if err != nil {
		t.Fatal(err)
	}
	one := []int32{1}
	for _, c := range []struct {
		b    DecodeBatch
		want string
	}{
		{DecodeBatch{}, "without tokens"},
		{DecodeBatch{IDs: make([]int32, 9), Spans: []Span{{Len: 9}}}, "batch of 9 tokens in a workspace planned for 8"},
		{DecodeBatch{IDs: []int32{50}, Spans: []Span{{Len: 1}}}, "id 50, the model's vocabulary has 50"},
		{DecodeBatch{IDs: one, Spans: []Span{{Slot: 2, Len: 1}}}, "slot 2 of a cache of 2"},
		{DecodeBatch{IDs: one, Spans: []Span{{Pos: 16, Len: 1}}}, "reaches position 17 of a cache of 16"},
		{DecodeBatch{IDs: one, Spans: []Span{{Len: 2}}}, "1 are left"},
		{DecodeBatch{IDs: []int32{1, 2}, Spans: []Span{{Len: 1}}}, "spans of 1 tokens for a batch of 2"},
		{DecodeBatch{IDs: []int32{1, 2}, Spans: []Span{{Len: 1}, {Pos: 1, Len: 1}}}, "slot 0 is in two spans"},
		{DecodeBatch{IDs: []int32{1, 2, 3}, Spans: []Span{{Len: 3}}, Rows: []int32{0, 1, 2}}, "logits of 3 rows in a workspace planned for 2"},
		{DecodeBatch{IDs: one, Spans: []Span{{Len: 1}}, Rows: []int32{1}}, "row 1 of a batch of 1"},
	} {
		if _, err := m.Decode(ws, cache, c.b); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.b, err, c.want)
		}
	}
	if _, err := m.NewCache(1, 65); err == nil {
		t.Error("a cache past the model's positions is made")
	}
}

// The greedy texts come from llama.cpp.
func TestGreedyTextEqualsTheReference(t *testing.T) {
	text, err := os.ReadFile(shared.Path(t, "golden", "stories_greedy.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Model, Prompt string
			Text          string `json:"greedy_text"`
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	be := fast(t, 2)
	defer be.Close()
	for _, c := range file.Cases {
		m := openShared(t, be, "data", "models", c.Model)
		tok, err := m.Tokenizer()
		if err != nil {
			t.Fatal(err)
		}
		ids := tok.EncodeText(c.Prompt, true)
		if bos, ok := tok.BOS(); ok {
			ids = append([]int32{bos}, ids...)
		}
		ws := m.NewWorkspace(64, Inference)
		cache, err := m.NewCache(1, 128)
		if err != nil {
			t.Fatal(err)
		}
		next, pos, text := ids, 0, tok.EncodeText(c.Prompt, true)
		for range 48 {
			logits, err := m.Decode(ws, cache, DecodeBatch{IDs: next, Spans: []Span{{Pos: pos, Len: len(next)}}})
			if err != nil {
				t.Fatal(err)
			}
			pos += len(next)
			next = []int32{int32(argmax(readBuffer(m, logits)))}
			text = append(text, next[0])
		}
		if got := tok.Decode(text); got != c.Text {
			t.Errorf("%s: %q\ngot  %q\nwant %q", c.Model, c.Prompt, got, c.Text)
		}
	}
}
