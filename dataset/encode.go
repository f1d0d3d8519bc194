package dataset

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/internal/amount"
)

// Tokens is an example, or a window of one, as tokens.
type Tokens struct {
	IDs    []int32
	Train  []bool  // Train[i]: token i is a label, predicted from tokens 0..i-1; never true at 0; len(IDs) long
	Weight float32 // a factor on the loss of each label
	Repeat int     // how often an epoch has it
	// Times is a factor on Repeat, 0 for 1, as [Mix] sets it. Where the product is no whole number, an epoch has the
	// sequence as often as the one below or above it says, so that the mean is right.
	Times float64
	Ref   Ref

	Rated   bool    // the answer is rated as a whole, and so is its weight; see [Example.Prompt]
	Verdict Verdict // of a judged answer
}

// times is how often an epoch has the sequence, as a mean.
func (t *Tokens) times() float64 {
	switch {
	case t.Weight == 0:
		return 0
	case t.Times == 0:
		return float64(t.Repeat)
	}
	return float64(t.Repeat) * t.Times
}

// labels counts the tokens that are learned.
func (t Tokens) labels() int {
	n := 0
	for _, train := range t.Train {
		if train {
			n++
		}
	}
	return n
}

// LongPolicy says what becomes of an example that is longer than the maximum. None of the choices cuts a text short
// without a word: the [Report] lists every example concerned.
type LongPolicy int

const (
	// DropLong leaves such examples out.
	DropLong LongPolicy = iota
	// SplitLong cuts them into consecutive windows. A window begins with the last token of the one before, as context
	// for its first label, so that every label of the example is learned exactly once. Windows without labels are left
	// out and counted.
	SplitLong
)

// Encode renders examples into tokens and labels, in order, on all cores. maxLen is the largest number of tokens of a
// sequence, 0 for no limit. Examples with a weight or a repeat of 0 are left out. An example that cannot be rendered,
// or has no label, is an error that names its row; so is a vocabulary in which the template cannot end a turn, and a
// maximum that leaves nothing.
//
// Of an example with a preference only the answer after its prompt has labels. A pair becomes two sequences, the chosen
// answer's first, and is too long where one of them is; preferences are never split.
func Encode(ctx context.Context, examples []Example, tmpl *chat.Template, enc chat.Encoder, maxLen int, long LongPolicy) ([]Tokens, Report, error) {
	fail := func(err error) ([]Tokens, Report, error) { return nil, Report{}, err }
	if _, err := tmpl.Stop(enc); err != nil {
		return fail(err)
	}
	switch {
	case len(examples) == 0:
		return fail(errors.New("no examples to encode"))
	case maxLen != 0 && maxLen < 2:
		return fail(fmt.Errorf("maximum length of %d tokens: must be 2 or more, or 0 for no limit", maxLen))
	}
	switch long {
	case DropLong, SplitLong:
	default:
		return fail(fmt.Errorf("unknown policy %d for long examples: must be DropLong or SplitLong", long))
	}
	for i := range examples {
		if (examples[i].Rejected == nil) != (examples[0].Rejected == nil) {
			return fail(fmt.Errorf("%s: pairs and single answers are mixed", examples[i].Ref()))
		}
		if examples[i].Prompt > 0 && long == SplitLong {
			return fail(fmt.Errorf("%s: answers that are rated whole cannot be split: long must be drop", examples[i].Ref()))
		}
	}
	rendered, err := render(ctx, examples, tmpl, enc)
	if err != nil {
		return fail(err)
	}
	var list []Tokens
	rep := Report{Examples: len(examples), MaxLen: maxLen}
	var lengths []int
	each := len(rendered) / len(examples)
	for i, e := range examples {
		if e.Weight == 0 || e.Repeat == 0 {
			rep.LeftOut++
			continue
		}
		group := rendered[i*each : (i+1)*each]
		t := group[0]
		n := len(t.IDs)
		for _, other := range group[1:] {
			n = max(n, len(other.IDs))
		}
		lengths = append(lengths, n)
		switch {
		case maxLen == 0 || n <= maxLen:
			list = append(list, group...)
		case long == DropLong:
			rep.Dropped = append(rep.Dropped, Long{Ref: t.Ref, Tokens: n})
		default:
			kept, empty := windows(t, maxLen)
			rep.Split = append(rep.Split, Long{Ref: t.Ref, Tokens: n})
			rep.EmptyWindows += empty
			list = append(list, kept...)
		}
	}
	rep.count(list, lengths)
	switch {
	case len(lengths) == 0:
		return nil, rep, fmt.Errorf("all %s examples have a weight or repeat of 0: nothing is left to train on", amount.Thousands(len(examples)))
	case len(list) == 0:
		return nil, rep, fmt.Errorf("every example is longer than %s tokens (the shortest has %s): raise the maximum length, or split long examples",
			amount.Thousands(maxLen), amount.Thousands(rep.Shortest))
	}
	return list, rep, nil
}

// render encodes examples in parallel, pairs as two sequences each. Those that are left out later are checked like the others. Of several errors
// the first example's is given, whatever the timing.
func render(ctx context.Context, examples []Example, tmpl *chat.Template, enc chat.Encoder) ([]Tokens, error) {
	each := 1
	if examples[0].Rejected != nil {
		each = 2
	}
	out := make([]Tokens, each*len(examples))
	errs := make([]error, len(examples))
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(examples)) {
		wg.Go(func() {
			// Examples are handed out in order, so all before a failed one have been or are being encoded.
			for !failed.Load() && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(examples) {
					return
				}
				e := examples[i]
				for k := range each {
					if out[each*i+k], errs[i] = renderOne(e, tmpl, enc); errs[i] != nil {
						failed.Store(true)
						break
					}
					e.Messages = e.Rejected
				}
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i, err := range errs {
		if err != nil {
			if examples[i].File == "" { // made by a program, not read from a file
				return nil, fmt.Errorf("example %d: %w", i, err)
			}
			return nil, fmt.Errorf("%s: %w", examples[i].Ref(), err)
		}
	}
	return out, nil
}

func renderOne(e Example, tmpl *chat.Template, enc chat.Encoder) (Tokens, error) {
	if w := float32(e.Weight); !(w >= 0) || math.IsInf(float64(w), 0) {
		return Tokens{}, fmt.Errorf("weight %v: must be a finite number, 0 or more", e.Weight)
	}
	if e.Repeat < 0 || e.Repeat > MaxRepeat {
		return Tokens{}, fmt.Errorf("repeat %d: must be from 0 to %d", e.Repeat, MaxRepeat)
	}
	r, err := tmpl.Render(enc, e.Messages)
	if err != nil {
		return Tokens{}, err
	}
	t := Tokens{IDs: r.IDs, Train: r.Train, Weight: float32(e.Weight), Repeat: e.Repeat, Ref: e.Ref(), Verdict: e.Verdict}
	if t.Rated = e.Prompt > 0; t.Rated {
		prompt, err := tmpl.Prompt(enc, e.Messages[:e.Prompt])
		if err != nil {
			return Tokens{}, err
		}
		clear(t.Train[:len(prompt)]) // answers within the prompt
		if t.labels() == 0 {
			return Tokens{}, errors.New("no token of the answer would be learned")
		}
	}
	return t, nil
}

// windows cuts a sequence into windows of at most size tokens that overlap by one, and gives those with labels and the
// number of those without. The first token of a window is never a label there: it was one in the window before.
func windows(t Tokens, size int) (kept []Tokens, empty int) {
	for from := 0; from < len(t.IDs)-1; from += size - 1 {
		to := min(from+size, len(t.IDs))
		w := t
		w.IDs = t.IDs[from:to:to]
		w.Train = append([]bool{false}, t.Train[from+1:to]...)
		if w.labels() == 0 {
			empty++
			continue
		}
		kept = append(kept, w)
	}
	return kept, empty
}
