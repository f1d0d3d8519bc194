package dataset

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cria-llm/cria/internal/amount"
)

// Report tells what became of the examples. Lengths are those of whole examples, before any was dropped or split;
// Sequences, Tokens and Trained are what is left to train on. Repeats are not multiplied in.
type Report struct {
	Examples  int // given to Encode
	LeftOut   int // of these, with a weight or repeat of 0
	Sequences int // examples and windows of examples
	Tokens    int // in all sequences
	Trained   int // of these, labels

	Shortest, Longest, P50, P90, P99 int // tokens of an example

	MaxLen       int    // the limit, 0 for none
	Dropped      []Long // left out because longer than MaxLen
	Split        []Long // cut into windows because longer than MaxLen
	EmptyWindows int    // windows left out because they have no label

	Desirable, Undesirable int // sequences, of judged rows
}

// Long is an example that is longer than the maximum.
type Long struct {
	Ref    Ref
	Tokens int
}

// Share is how much of the tokens is learned, 0 to 1.
func (r Report) Share() float64 {
	if r.Tokens == 0 {
		return 0
	}
	return float64(r.Trained) / float64(r.Tokens)
}

// count fills in what follows from the sequences and the lengths of the examples, which it sorts.
func (r *Report) count(list []Tokens, lengths []int) {
	r.Sequences = len(list)
	for _, t := range list {
		r.Tokens += len(t.IDs)
		r.Trained += t.labels()
		switch t.Verdict {
		case Desirable:
			r.Desirable++
		case Undesirable:
			r.Undesirable++
		}
	}
	if len(lengths) == 0 {
		return
	}
	slices.Sort(lengths)
	at := func(p float64) int { // nearest rank
		return lengths[max(0, int(math.Ceil(p*float64(len(lengths))))-1)]
	}
	r.Shortest, r.Longest = lengths[0], lengths[len(lengths)-1]
	r.P50, r.P90, r.P99 = at(0.50), at(0.90), at(0.99)
}

// String is a few lines for people. It names the first examples that were too long; the fields have all.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s tokens, of which %s are learned (%.1f%%)\n",
		amount.Plural(r.Sequences, "sequence"), amount.Thousands(r.Tokens), amount.Thousands(r.Trained), 100*r.Share())
	fmt.Fprintf(&b, "tokens of an example: half have at most %s, 90%% %s, 99%% %s; the longest has %s\n",
		amount.Thousands(r.P50), amount.Thousands(r.P90), amount.Thousands(r.P99), amount.Thousands(r.Longest))
	if r.Desirable+r.Undesirable > 0 {
		fmt.Fprintf(&b, "%s desirable answers, %s undesirable\n", amount.Thousands(r.Desirable), amount.Thousands(r.Undesirable))
	}
	if r.LeftOut > 0 {
		fmt.Fprintf(&b, "%s left out: weight or repeat is 0\n", amount.Plural(r.LeftOut, "example"))
	}
	if n := len(r.Dropped); n > 0 {
		fmt.Fprintf(&b, "%s dropped, longer than %s tokens: %s\n", amount.Plural(n, "example"), amount.Thousands(r.MaxLen), longs(r.Dropped))
	}
	if n := len(r.Split); n > 0 {
		fmt.Fprintf(&b, "%s split, longer than %s tokens: %s\n", amount.Plural(n, "example"), amount.Thousands(r.MaxLen), longs(r.Split))
	}
	if r.EmptyWindows > 0 {
		fmt.Fprintf(&b, "%s left out: nothing in them is learned\n", amount.Plural(r.EmptyWindows, "window"))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func longs(list []Long) string {
	const show = 5
	var parts []string
	for _, l := range list[:min(show, len(list))] {
		parts = append(parts, fmt.Sprintf("%s (%s)", l.Ref, amount.Thousands(l.Tokens)))
	}
	if len(list) > show {
		parts = append(parts, "…")
	}
	return strings.Join(parts, ", ")
}

// String tells people how the files were read, and which rows were left out for what.
func (s *Set) String() string {
	var b strings.Builder
	for _, f := range s.Files {
		fmt.Fprintf(&b, "%s: %s from %s, %s: %s\n", f.Path, amount.Plural(f.Examples, "example"), amount.Plural(f.Rows, "row"), f.Format, f.Mapping)
		if len(f.Ignored) > 0 {
			fmt.Fprintf(&b, "  fields not used: %s\n", excerpt([]byte(strings.Join(f.Ignored, ", ")), 200))
		}
	}
	// The same fault in many rows is one line.
	type fault struct{ field, problem string }
	groups := make(map[fault][]*RowError)
	var order []fault
	for _, e := range s.Skipped {
		k := fault{e.Field, e.Problem}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], e)
	}
	if n := len(s.Skipped); n > 0 {
		fmt.Fprintf(&b, "%s left out:\n", amount.Plural(n, "bad row"))
	}
	for i, k := range order {
		if i == 10 {
			fmt.Fprintf(&b, "  and %s of other kinds\n", amount.Plural(len(order)-i, "fault"))
			break
		}
		field := ""
		if k.field != "" {
			field = fmt.Sprintf("field %q: ", k.field)
		}
		fmt.Fprintf(&b, "  %d × %s%s: %s\n", len(groups[k]), field, k.problem, refs(groups[k], 10))
	}
	return strings.TrimSuffix(b.String(), "\n")
}
