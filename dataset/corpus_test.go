package dataset

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/model/modeltest"
	"github.com/cria-llm/cria/tokenizer"
)

func TestCorpus(t *testing.T) {
	t.Chdir(t.TempDir())
	tok, err := tokenizer.Open(modeltest.Tiny(t, 1)) // a token is a byte
	if err != nil {
		t.Fatal(err)
	}
	rows := func(n, length int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `{"text":"%03d%s"}`+"\n", i, strings.Repeat("x", length-3))
		}
		return write(t, "rows.jsonl", b.String())
	}
	corpus := func(o CorpusOptions, sources ...TextSource) *Corpus {
		t.Helper()
		c, err := ReadCorpus(context.Background(), sources, tok, o)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	// A document of 100 bytes is 102 tokens with its ends, or ones that begin with BOS as this tokenizer asks.
	c := corpus(CorpusOptions{Context: 40}, TextSource{Path: rows(50, 100)})
	labels := 0
	for _, w := range c.Train {
		labels += w.labels()
	}
	if len(c.Train) != 3*50 || labels != 101*50 || len(c.Held) != 0 {
		t.Errorf("%d windows with %d labels, want 150 with 5050", len(c.Train), labels)
	}
	if last := c.Train[2].IDs; last[len(last)-1] != modeltest.EOS {
		t.Errorf("the last window ends in %d", last[len(last)-1])
	}

	// Which documents are held out follows from text and seed; none is on both sides; all their bytes are counted.
	o := CorpusOptions{Context: 1000, Seed: 5, Held: 0.2}
	c = corpus(o, TextSource{Path: rows(200, 50)})
	if n := len(c.Held); n < 25 || n > 55 || n+len(c.Train) != 200 || c.HeldBytes != 50*n {
		t.Errorf("%d held and %d trained, %d bytes", n, len(c.Train), c.HeldBytes)
	}
	for _, h := range c.Held {
		if slices.ContainsFunc(c.Train, func(w Tokens) bool { return slices.Equal(w.IDs, h.IDs) }) {
			t.Errorf("%s is trained on and held out", h.Ref)
		}
	}
	again := corpus(o, TextSource{Path: rows(200, 50)})
	if len(again.Held) != len(c.Held) || again.Hash != c.Hash || !slices.Equal(again.Held[0].IDs, c.Held[0].IDs) {
		t.Error("the same text is split otherwise")
	}
	// No more than asked for is looked at: short documents whole, long ones from their beginning.
	o.HeldTokens = 520
	c = corpus(o, TextSource{Path: rows(200, 50)})
	if len(c.Held) != 10 || c.HeldBytes != 500 || len(c.Train) != len(again.Train) {
		t.Errorf("%d sequences of %d bytes held for 520 tokens", len(c.Held), c.HeldBytes)
	}
	o = CorpusOptions{Context: 100, Held: 0.5, HeldTokens: 5000}
	c = corpus(o, TextSource{Path: rows(2, 20_000)})
	if c.HeldBytes != 4999 || c.HeldDocuments != 1 {
		t.Errorf("%d bytes held of %d documents", c.HeldBytes, c.HeldDocuments)
	}
	// Of a single document it is the end.
	c = corpus(CorpusOptions{Context: 100, Held: 0.1}, TextSource{Path: write(t, "one.txt", strings.Repeat("abcde", 200))})
	if c.HeldBytes < 95 || c.HeldBytes > 105 || c.HeldBytes+c.Tokens() < 1000 {
		t.Errorf("%d bytes of 1000 held, %d tokens trained", c.HeldBytes, c.Tokens())
	}

	// An epoch has a source as often as it is to be repeated.
	for _, repeat := range []float64{0.5, 1, 2.25} {
		c = corpus(CorpusOptions{Context: 200}, TextSource{Path: rows(100, 50), Repeat: repeat})
		if got := float64(c.Tokens()) / (100 * 52); math.Abs(got-repeat) > 1e-9 {
			t.Errorf("repeated %v times: an epoch has %v", repeat, got)
		}
	}
}
