package selfinstruct

import (
	"math/rand/v2"
	"slices"

	"github.com/cria-llm/cria/similarity"
)

// What is not kept for other reasons than a filter's.
const (
	malformed = "malformed" // no record, or one that lacks a field or is two in one
	truncated = "truncated" // the end of an answer that was cut off
)

// pool is what there is: the seeds and what was kept.
type pool struct {
	seeds  []Task
	made   []Task // kept rows, or for self-instruct the instructions that were taken
	rows   []Row
	rules  rules
	random *rand.Rand

	near *similarity.Index
	of   []string // the instruction of each entry of near

	records int // that answers had
	dropped map[string]int
	// unclassified are instructions of which it is not known whether they are classifications. They are taken for none.
	unclassified int
}

func newPool(seeds []Task, o Options) *pool {
	p := &pool{
		seeds: seeds, rules: newRules(*o.Filters), random: rand.New(rand.NewPCG(o.Seed, 0x637269615f67656e)),
		near: similarity.NewIndex(o.Filters.Similarity), dropped: map[string]int{},
	}
	for _, t := range seeds {
		p.know(t.Instruction)
	}
	return p
}

// know takes an instruction among those that a new one must differ from.
func (p *pool) know(instruction string) {
	if instruction == "" {
		return
	}
	p.near.Add(instruction)
	p.of = append(p.of, instruction)
}

func (p *pool) drop(why string, n int) {
	if n > 0 {
		p.dropped[why] += n
	}
}

// read counts what an answer had.
func (p *pool) read(r reading) []fields {
	p.records += len(r.records) + r.malformed + r.truncated
	p.drop(malformed, r.malformed)
	p.drop(truncated, r.truncated)
	return r.records
}

// neighbours of an instruction that is kept.
const neighbours = 10

// resemblance is how much like what is there an instruction is.
type resemblance struct {
	near Neighbours
	mean float64 // over all that is there
}

// admit looks at an instruction, and takes it among those that are known where it passes. It counts why where it does not.
func (p *pool) admit(instruction string) (resemblance, bool) {
	if why := p.rules.instruction(instruction); why != "" {
		p.drop(why, 1)
		return resemblance{}, false
	}
	return p.admitNew(instruction)
}

// admitNew is admit for one that passed the other rules.
func (p *pool) admitNew(instruction string) (resemblance, bool) {
	if p.rules.Similarity > 0 {
		if _, like := p.near.Nearest(instruction); like {
			p.drop("similarity", 1)
			return resemblance{}, false
		}
	}
	r := resemblance{mean: p.near.Mean(instruction)}
	for _, m := range p.near.Top(instruction, neighbours) {
		r.near = append(r.near, Neighbour{p.of[m.Entry], round(m.Score, 4)})
	}
	p.know(instruction)
	return r, true
}

// draw is n different ones of a list, in random order.
func draw(p *pool, list []Task, n int) []Task {
	if n >= len(list) {
		out := slices.Clone(list)
		p.random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return out
	}
	out := make([]Task, 0, n)
	taken := make(map[int]bool, n)
	for len(out) < n {
		if i := p.random.IntN(len(list)); !taken[i] {
			taken[i] = true
			out = append(out, list[i])
		}
	}
	return out
}

func ids(list []Task) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = t.ID
	}
	return out
}
