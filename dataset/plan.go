package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"sort"
	"sync"
)

// PlanOptions determine a [Schedule]. One of Epochs and Steps must be given.
type PlanOptions struct {
	BatchTokens int     // the most tokens of an optimiser step
	Epochs      float64 // how often the data is gone through; 2.5 ends in the middle of the third time
	Steps       int     // how many optimiser steps to take, over as many epochs as that needs
	Seed        uint64
	Each        int // neighbouring sequences that go together, weighted and repeated as the first: 2 of pairs; 0 is 1
}

// Schedule is the order of a whole training, fixed in advance. Each epoch is a random permutation of the sequences,
// repeats included, cut into steps of at most BatchTokens tokens; a sequence longer than that has a step of its own. A
// step does not reach across the end of an epoch. The order depends on the options and the lengths and repeats of the
// sequences alone, so a training that resumes at step k asks for Step(k) and has what it would have had.
//
// A sequence whose times in an epoch are no whole number is in some epochs once more than in others: in e epochs it is
// e times that often, to within one, and sequences of the same row come together. Which epochs that are follows from the
// seed and its place in the list.
//
// It holds one epoch at a time and computes others when they are asked for. It is safe for concurrent use.
type Schedule struct {
	lens    []int32 // tokens of each sequence, or of those that go together, which are one here
	entries []int32 // one epoch's sequences before they are permuted; of the last one held, where epochs differ
	uneven  []uneven
	opt     PlanOptions
	last    int // most entries of the last epoch, where Epochs is no whole number; 0 is all of them
	steps   int

	mu    sync.Mutex
	ends  []int   // steps up to the end of each epoch computed so far
	epoch int     // the epoch held below, -1 for none
	order []int32 // its sequences
	cuts  []int32 // where its steps begin in order, and len(order)
}

// Plan fixes the order of a training. Sequences with a weight or repeat of 0 are not in it.
func Plan(tokens []Tokens, opt PlanOptions) (*Schedule, error) {
	const most = math.MaxInt32
	switch {
	case opt.BatchTokens < 1:
		return nil, fmt.Errorf("%d tokens a step: must be 1 or more", opt.BatchTokens)
	case (opt.Epochs != 0) == (opt.Steps != 0):
		return nil, errors.New("either epochs or steps must be given, and not both")
	case opt.Steps < 0 || opt.Steps > most:
		return nil, fmt.Errorf("%d steps: must be from 1 to %d", opt.Steps, most)
	case opt.Epochs != 0 && !(opt.Epochs > 0 && opt.Epochs <= 1e6):
		return nil, fmt.Errorf("%v epochs: must be more than 0 and at most 1,000,000", opt.Epochs)
	}
	opt.Each = max(1, opt.Each)
	if len(tokens)%opt.Each != 0 {
		return nil, fmt.Errorf("%d sequences, of which %d go together", len(tokens), opt.Each)
	}
	s := &Schedule{opt: opt, steps: opt.Steps, epoch: -1, lens: make([]int32, len(tokens)/opt.Each)}
	expected, err := s.count(tokens)
	if err != nil {
		return nil, err
	}
	if opt.Epochs > 0 {
		whole, rest := math.Modf(opt.Epochs)
		epochs := int(whole)
		if n := int(math.Round(rest * expected)); n > 0 || epochs == 0 {
			epochs++
			s.last = max(n, 1)
		}
		s.ends = make([]int, 0, epochs)
		for e := range epochs {
			s.extend(e == epochs-1)
		}
		if s.steps = s.ends[epochs-1]; s.steps == 0 {
			return nil, fmt.Errorf("%v epochs have no sequence to train on", opt.Epochs)
		}
	}
	return s, nil
}

// count looks at how often epochs have each sequence, and gives how many they have of all, as a mean.
func (s *Schedule) count(tokens []Tokens) (float64, error) {
	const most = math.MaxInt32
	expected, same := 0.0, true
	first := make([]*Tokens, len(s.lens)) // of those that go together
	for i := range first {
		t, n := &tokens[i*s.opt.Each], 0
		for _, part := range tokens[i*s.opt.Each : (i+1)*s.opt.Each] {
			n += len(part.IDs)
		}
		times := t.times()
		if t.Repeat < 0 || n > most || !(times >= 0) {
			return 0, fmt.Errorf("%s: repeat %d, %v times, %d tokens: out of range", t.Ref, t.Repeat, t.Times, n)
		}
		first[i], s.lens[i] = t, int32(n)
		same = same && times == math.Floor(times)
		if expected += times; expected > most {
			return 0, fmt.Errorf("an epoch has more than %d sequences, repeats included", most)
		}
	}
	switch {
	case expected == 0:
		return 0, errors.New("no sequences to train on")
	case expected < 1:
		return 0, fmt.Errorf("an epoch has %.2g sequences: repeat some more often", expected)
	case !same:
		s.uneven = unevenOf(first, s.opt.Seed)
		return expected, nil
	}
	for i, t := range first {
		for range int(t.times()) {
			s.entries = append(s.entries, int32(i))
		}
	}
	return expected, nil
}

// uneven is how often epochs have a sequence: after e of them, ⌊e·times + phase⌋ times in all.
type uneven struct{ times, phase float64 }

// unevenOf spreads the phases of rows that follow one another evenly over 0..1, in steps of the golden ratio from a place
// that the seed draws, so that every epoch has about as many sequences of a file.
func unevenOf(tokens []*Tokens, seed uint64) []uneven {
	key := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("cria phases of repeats"), seed))
	phase := float64(binary.LittleEndian.Uint64(key[:])>>11) / (1 << 53)
	out := make([]uneven, len(tokens))
	for i := range tokens {
		if i > 0 && (tokens[i].Ref != tokens[i-1].Ref || tokens[i].Ref == (Ref{})) {
			_, phase = math.Modf(phase + (math.Sqrt(5)-1)/2)
		}
		out[i] = uneven{times: tokens[i].times(), phase: phase}
	}
	return out
}

// in is how often an epoch has the sequence.
func (u uneven) in(epoch int) int {
	if u.times == math.Floor(u.times) {
		return int(u.times)
	}
	until := func(e int) float64 { // rounded before the sum, so that every processor has the same
		return math.Floor(float64(float64(e)*u.times) + u.phase)
	}
	return int(until(epoch+1) - until(epoch))
}

// Steps is the number of optimiser steps.
func (s *Schedule) Steps() int { return s.steps }

// Step gives the sequences of a step, as indices into the tokens that were planned, one perhaps more than once; nil
// outside 0..Steps()-1. The slice is the caller's.
func (s *Schedule) Step(i int) []int { return s.AppendStep(nil, i) }

// AppendStep adds the sequences of [Schedule.Step] to a list.
func (s *Schedule) AppendStep(list []int, i int) []int {
	if i < 0 || i >= s.steps {
		return list
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(i)
	s.load(e, s.opt.Epochs > 0 && e == len(s.ends)-1)
	if e > 0 {
		i -= s.ends[e-1]
	}
	for _, k := range s.order[s.cuts[i]:s.cuts[i+1]] {
		for part := range s.opt.Each {
			list = append(list, int(k)*s.opt.Each+part)
		}
	}
	return list
}

// Epoch is the epoch that a step belongs to, from 0; -1 outside 0..Steps()-1.
func (s *Schedule) Epoch(i int) int {
	if i < 0 || i >= s.steps {
		return -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(i)
}

// find gives the epoch of a step. Where a number of steps was asked for, epochs are counted only as far as needed.
func (s *Schedule) find(i int) int {
	for len(s.ends) == 0 || s.ends[len(s.ends)-1] <= i {
		s.extend(false)
	}
	return sort.SearchInts(s.ends, i+1)
}

// extend counts the steps of the next epoch.
func (s *Schedule) extend(last bool) {
	e := len(s.ends)
	s.load(e, last)
	n := len(s.cuts) - 1
	if e > 0 {
		n += s.ends[e-1]
	}
	s.ends = append(s.ends, n)
}

// load computes the order of an epoch and its cuts.
func (s *Schedule) load(epoch int, last bool) {
	if s.epoch == epoch {
		return
	}
	s.epoch = epoch
	if s.uneven != nil {
		s.entries = s.entries[:0]
		for i, u := range s.uneven {
			for range u.in(epoch) {
				s.entries = append(s.entries, int32(i))
			}
		}
	}
	s.order = append(s.order[:0], s.entries...)
	shuffle(s.order, s.opt.Seed, epoch)
	if last && s.last > 0 {
		s.order = s.order[:min(s.last, len(s.order))]
	}
	s.cuts = append(s.cuts[:0], 0)
	if len(s.order) == 0 {
		return // an epoch without steps
	}
	sum := 0
	for i, k := range s.order {
		n := int(s.lens[k])
		if sum > 0 && sum+n > s.opt.BatchTokens {
			s.cuts = append(s.cuts, int32(i))
			sum = 0
		}
		sum += n
	}
	s.cuts = append(s.cuts, int32(len(s.order)))
}

// shuffle is Fisher and Yates's, with a generator seeded from the seed, the purpose and the epoch. It is written out so
// that a run can be resumed with a program built by another version of Go.
func shuffle(list []int32, seed uint64, epoch int) {
	b := binary.LittleEndian.AppendUint64([]byte("cria order of an epoch"), seed)
	key := sha256.Sum256(binary.LittleEndian.AppendUint64(b, uint64(epoch)))
	g := rand.NewPCG(binary.LittleEndian.Uint64(key[0:]), binary.LittleEndian.Uint64(key[8:]))
	for i := len(list) - 1; i > 0; i-- {
		// The high word of the product is uniform over 0..i to within 2^-33, for lists are shorter than 2^31.
		j, _ := bits.Mul64(g.Uint64(), uint64(i+1))
		list[i], list[j] = list[j], list[i]
	}
}
