package dataset

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/cria-llm/cria/internal/amount"
	"github.com/cria-llm/cria/tokenizer"
)

// CorpusOptions say how raw text becomes sequences.
type CorpusOptions struct {
	Context int    // most tokens of a sequence, 2 or more
	Seed    uint64 // decides which documents are held out
	// Held is the share of the documents that is held out, 0 for none. Of a single document it is the last part.
	Held float64
	// HeldTokens is how many tokens of the documents held out are kept to be looked at: whole ones where they are short, the
	// beginnings of long ones; 0 is all.
	HeldTokens int
}

// Corpus is raw text as sequences, in each of which every token but the first is a label. A document begins with the
// token that begins a text and ends with the one that ends it; one that is longer than the context is cut into windows
// that overlap by one token, so that every token is learned exactly once.
type Corpus struct {
	Train, Held []Tokens
	HeldBytes   int    // of the text that Held is
	Hash        string // of the documents, in their order, and how often an epoch has them
	Sources     []CorpusSource

	HeldDocuments int
	cut           bool // Held is the last part of a single document
	left          int  // tokens of the documents held out that Held leaves out
}

// CorpusSource is what a file of text became.
type CorpusSource struct {
	TextSource
	Documents int
	Bytes     int // of text
	Tokens    int
}

// encoded is a document as tokens, with those that begin and end it.
type encoded struct {
	ids    []int32
	bytes  int
	ref    Ref
	source int
	key    [sha256.Size]byte // what decides whether it is held out
}

// ReadCorpus reads the documents of files and encodes them on all cores. Only a few texts are in memory at a time. The
// result depends neither on their number nor on the timing.
func ReadCorpus(ctx context.Context, sources []TextSource, tok *tokenizer.Tokenizer, o CorpusOptions) (*Corpus, error) {
	if o.Context < 2 {
		return nil, fmt.Errorf("a context of %d tokens: must be 2 or more", o.Context)
	}
	end, ok := tok.EOS()
	if !ok {
		return nil, errors.New("the tokenizer names no token that ends a text (eos_token), and without one a model never stops")
	}
	begin := end
	if id, ok := tok.BOS(); ok && tok.AddsBOS() {
		begin = id
	}

	c := &Corpus{}
	var docs []*encoded
	all := sha256.New()
	type task struct {
		doc  *encoded
		text string
	}
	work := make(chan task, runtime.GOMAXPROCS(0))
	var encoders sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		encoders.Go(func() {
			for t := range work {
				ids := tok.EncodeText(t.text, true)
				t.doc.ids = append(append(append(make([]int32, 0, len(ids)+2), begin), ids...), end)
			}
		})
	}
	var err error
	for i, src := range sources {
		if src.Repeat == 0 {
			src.Repeat = 1
		}
		c.Sources = append(c.Sources, CorpusSource{TextSource: src})
		err = Documents(ctx, src, func(text string, ref Ref) error {
			d := &encoded{bytes: len(text), ref: ref, source: i}
			sum := sha256.Sum256([]byte(text))
			put(all, string(sum[:]))
			h := sha256.New()
			put(h, "cria held-out documents")
			h.Write(binary.LittleEndian.AppendUint64(nil, o.Seed))
			h.Write(sum[:])
			h.Sum(d.key[:0])
			docs = append(docs, d)
			work <- task{d, text}
			return nil
		})
		if err != nil {
			break
		}
		put(all, fmt.Sprint(src.Repeat))
	}
	close(work)
	encoders.Wait()
	if err != nil {
		return nil, err
	}
	c.Hash = hex.EncodeToString(all.Sum(nil))
	for _, d := range docs {
		s := &c.Sources[d.source]
		s.Documents++
		s.Bytes += d.bytes
		s.Tokens += len(d.ids)
	}
	c.split(docs, tok, o)
	if len(c.Train) == 0 {
		return nil, errors.New("no text is left to train on")
	}
	return c, nil
}

// split shares the documents out and cuts them. As in [Set.Split], which side one is on depends on its text and the seed
// alone, save where a side would be empty.
func (c *Corpus) split(docs []*encoded, tok *tokenizer.Tokenizer, o CorpusOptions) {
	var held []*encoded
	train := docs
	if o.Held > 0 && len(docs) > 1 {
		order := slices.Clone(docs)
		slices.SortStableFunc(order, func(a, b *encoded) int { return bytes.Compare(a.key[:], b.key[:]) })
		limit := uint64(min(o.Held, 0.999) * (1 << 63) * 2)
		n, _ := slices.BinarySearchFunc(order, limit, func(d *encoded, limit uint64) int {
			return cmp.Compare(binary.BigEndian.Uint64(d.key[:]), limit)
		})
		n = min(max(n, 1), len(order)-1)
		last := order[n-1].key
		train = nil
		for _, d := range docs {
			if bytes.Compare(d.key[:], last[:]) <= 0 {
				held = append(held, d)
			} else {
				train = append(train, d)
			}
		}
	} else if o.Held > 0 {
		d := docs[0]
		if at := len(d.ids) - int(min(o.Held, 0.999)*float64(len(d.ids))); at > 1 && at < len(d.ids)-1 {
			rest := *d
			rest.ids = d.ids[at-1:] // the first is context
			rest.bytes = len(tok.Decode(d.ids[at : len(d.ids)-1]))
			first := *d
			first.ids = d.ids[:at]
			train, held, c.cut = []*encoded{&first}, []*encoded{&rest}, true
		}
	}

	labels := make([]bool, o.Context) // of every window: all tokens but the first
	for i := range labels {
		labels[i] = i > 0
	}
	shown := make([]float64, len(c.Sources)) // times that an epoch has windows, per source
	for _, d := range train {
		repeat := c.Sources[d.source].Repeat
		for _, t := range d.windows(labels) {
			// A repeat that is no whole number is spread evenly over the windows.
			before := math.Floor(shown[d.source])
			shown[d.source] += repeat
			t.Repeat = int(math.Floor(shown[d.source]) - before)
			c.Train = append(c.Train, t)
		}
	}
	c.HeldDocuments = len(held)
	budget := o.HeldTokens
	// In an order of chance, so that a few of many are like all of them.
	slices.SortStableFunc(held, func(a, b *encoded) int { return bytes.Compare(a.key[:], b.key[:]) })
	for i, d := range held {
		if o.HeldTokens > 0 {
			whole := len(d.ids)
			most := max(budget/(len(held)-i), min(heldLeast, budget))
			if whole > most {
				d.ids = d.ids[:most]
				d.bytes = len(tok.Decode(d.ids[min(1, most):]))
			}
			budget -= len(d.ids)
			c.left += whole - len(d.ids)
			if len(d.ids) < 2 {
				c.left += len(d.ids)
				continue
			}
		}
		c.HeldBytes += d.bytes
		c.Held = append(c.Held, d.windows(labels)...)
	}
}

// heldLeast is the fewest tokens of a document held out that are worth cutting it at.
const heldLeast = 2048

// windows cuts a document into sequences of at most as many tokens as there are labels.
func (d *encoded) windows(labels []bool) []Tokens {
	var list []Tokens
	for from := 0; from < len(d.ids)-1; from += len(labels) - 1 {
		to := min(from+len(labels), len(d.ids))
		list = append(list, Tokens{IDs: d.ids[from:to:to], Train: labels[:to-from], Weight: 1, Repeat: 1, Ref: d.ref})
	}
	return list
}

// Tokens is how many tokens an epoch has.
func (c *Corpus) Tokens() int {
	n := 0
	for _, t := range c.Train {
		n += len(t.IDs) * t.Repeat
	}
	return n
}

// String is a line for each file, for people.
func (c *Corpus) String() string {
	var lines []string
	for _, s := range c.Sources {
		times := ""
		if s.Repeat != 1 {
			times = fmt.Sprintf(", %g times an epoch", s.Repeat)
		}
		lines = append(lines, fmt.Sprintf("%s: %s documents, %s bytes, %s tokens (%.2f bytes each)%s",
			s.Path, amount.Thousands(s.Documents), amount.Thousands(s.Bytes), amount.Thousands(s.Tokens), float64(s.Bytes)/float64(s.Tokens), times))
	}
	return strings.Join(lines, "\n")
}

// Report says what is trained on and what is held out, for people.
func (c *Corpus) Report() string {
	s := fmt.Sprintf("%s sequences, %s tokens an epoch", amount.Thousands(len(c.Train)), amount.Thousands(c.Tokens()))
	if len(c.Held) == 0 {
		return s
	}
	what := fmt.Sprintf("%s documents", amount.Thousands(c.HeldDocuments))
	if c.cut {
		what = "the end of the only document"
	}
	s += fmt.Sprintf("\nheld out: %s, %s bytes", what, amount.Thousands(c.HeldBytes))
	if c.left > 0 {
		s += fmt.Sprintf(" of their beginnings (%s tokens of them are neither trained on nor looked at)", amount.Thousands(c.left))
	}
	return s
}
