package train

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/machine"
	"github.com/cria-llm/cria/model"
)

// Plan is what a run will take, told before it is spent.
type Plan struct {
	Memory    []MemoryItem
	Total     int64 // bytes, the sum of Memory
	Available int64 // bytes that the machine has free; 0 where it does not say

	Disk     int64 // bytes that the run's folder takes at most
	DiskFree int64 // bytes that may be written there; 0 where the machine does not say

	Backend     string
	Trainable   int // values that are trained
	Weights     int // values of the base
	Steps       int // optimiser steps
	Tokens      int // real tokens in all of them
	MicroTokens int // most tokens computed at once
	// Checkpointing says that layers are computed again in the backward, as the recipe or a lack of memory has it.
	Checkpointing bool
	TokensPerS    float64 // measured by a calibration step; 0 before
	StepSeconds   float64 // of the optimiser itself, in each step
	Seconds       float64 // the whole run at that speed; 0 before
	Before        float64 // of these, for the base's log-probabilities, which preferences are measured against
	PeakShare     float64 // of the calibration step, of the machine's peak; 0 before

	WattHours float64  // what that time takes, estimated from Watts; 0 before
	Watts     float64  // of the machine while it trains
	Cost      *float64 // at the recipe's prices; nil where it has none

	Sources []dataset.Source // what an epoch has of each file

	Notes []string // what is not as the recipe asks: layers that quantize leaves as they are
}

// MemoryItem is one kind of memory.
type MemoryItem struct {
	Kind  string
	Bytes int64
}

// Fits says whether there is memory for the plan, as far as the machine tells.
func (p Plan) Fits() bool { return p.Available == 0 || p.Total <= p.Available }

// DoesNotFit is the error of a run whose plan needs more memory than there is.
type DoesNotFit struct {
	Plan Plan
	// Instead lists settings that would fit, each with what it would need.
	Instead []string
}

func (e *DoesNotFit) Error() string {
	s := fmt.Sprintf("the run needs %s of memory and %s is free", Bytes(e.Plan.Total), Bytes(e.Plan.Available))
	if len(e.Instead) == 0 {
		return s + ": no smaller setting of this model fits; take a smaller one"
	}
	return s + ": " + strings.Join(e.Instead, ", or ") + " would fit"
}

// Bytes is a size for people: 1.5 GB, 312 MB.
func Bytes(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.0f kB", float64(n)/1e3)
}

// sizes is what the memory of a run follows from.
type sizes struct {
	cfg       model.Config
	atRest    int64 // bytes of the base as it rests
	quantized string
	forward   int64  // of the second layout that int8_forward multiplies with
	smaller   []rest // ways to make atRest smaller
	method    Method
	optimizer Optimizer
	trainable int
	fixed     int   // of these, what does not grow with the rank
	state     int64 // bytes that the optimiser remembers from step to step, and a checkpoint holds
	room      int64 // bytes that it works in
	least     int64 // bytes that the optimiser would remember which remembers least
	fresh     bool  // there is no base: the weights are made where they are trained
	rank      int
	dropout   bool
	best      bool // the best values are kept apart
	dora      bool
	below     int   // largest rank of the base's adapters together
	scaled    bool  // some of them is DoRA
	stacked   int64 // bytes of them
	lowest    int   // first layer with anything trained
	micro     int   // tokens at once
	again     bool  // layers are computed again in the backward
	never     bool  // the recipe forbids it
	longest   int   // tokens of the longest sequence, or of those that are computed together
	each      int   // sequences that are computed together
	median    int   // tokens that half of the sequences have at most
	data      int   // tokens of the whole data
	text      int   // bytes of its rows as text
}

// rest is the bytes of the base under a setting of quantize.
type rest struct {
	quantize string
	bytes    int64
}

// Memory besides what follows from the sizes: of the backend a chunk of logits, and packed panels; and the program
// itself, with what its collector has not taken up yet.
const (
	scratchLogits = 32 << 20
	scratchRest   = 48 << 20
	program       = 96 << 20
)

// memory is the bytes by kind. Weights that are memory-mapped count as if all of them were resident.
func (z sizes) memory() []MemoryItem {
	var items []MemoryItem
	switch {
	case z.fresh:
	case z.quantized != "":
		items = append(items, MemoryItem{"base weights, layers in " + z.quantized, z.atRest})
	default:
		items = append(items, MemoryItem{"base weights at rest", z.atRest})
	}
	if z.forward > 0 {
		items = append(items, MemoryItem{"base weights for products in integers", z.forward})
	}
	if z.stacked > 0 {
		items = append(items, MemoryItem{"adapters beneath", z.stacked})
	}
	trained := "adapter"
	if z.method == Full {
		trained = "weights in float32"
	}
	logits := max(scratchLogits, 4*z.cfg.Vocab)
	return append(items,
		MemoryItem{trained, 4 * int64(z.trainable)},
		MemoryItem{"gradients", 4 * int64(z.trainable)},
		MemoryItem{"optimiser state (" + string(cmp.Or(z.optimizer, AdamW)) + ")", z.state + z.room},
		MemoryItem{z.activations(), int64(model.WorkspaceBytes(z.cfg, z.workspace()))},
		MemoryItem{"data", 5*int64(z.data) + int64(z.text)},
		MemoryItem{"scratch", int64(logits) + scratchRest},
		MemoryItem{"program", program})
}

// activations is the name of their memory.
func (z sizes) activations() string {
	s := fmt.Sprintf("activations of %d tokens", z.micro)
	if z.again {
		s += ", layers computed again"
	}
	return s
}

// workspace is what the model's activations must have room for.
func (z sizes) workspace() model.Plan {
	return model.Plan{Mode: model.Training, Tokens: z.micro, Rank: z.rank, Dropout: z.dropout, LowestTrained: z.lowest, Recompute: z.again,
		Below: z.below, Scaled: z.dora || z.scaled}
}

// resize is z with another number of trained values, of which the optimiser remembers at most what is said then.
func (z sizes) resize(trainable int) sizes {
	all := 8 * int64(trainable)
	if z.optimizer == "" || z.optimizer == AdamW {
		z.state = all
	}
	z.state, z.trainable = min(z.state, all), trainable
	return z
}

func (z sizes) total() int64 {
	var n int64
	for _, item := range z.memory() {
		n += item.Bytes
	}
	return n
}

// sizes of the run as the recipe asks for it.
func (s *session) sizes() sizes {
	_, fresh := s.job.(*pretraining)
	z := sizes{best: s.r.EarlyStop > 0, cfg: s.m.Config(), method: s.r.Method, optimizer: s.r.Optimizer, fresh: fresh, micro: s.microTokens(), longest: s.longest(), each: max(1, s.packer.Each),
		again: s.r.Checkpointing == "on", never: s.r.Checkpointing == "off"}
	for _, t := range s.m.Tensors() {
		z.atRest += int64(len(t.Data))
	}
	if t, ok, _ := s.r.quantize(); ok {
		z.atRest, _, _ = s.m.PlanQuantize(t)
		z.quantized = t.String()
	} else if !fresh {
		for _, t := range []compute.Type{compute.Q8_0, compute.NF4} {
			if n, layers, _ := s.m.PlanQuantize(t); layers > 0 {
				z.smaller = append(z.smaller, rest{strings.ToLower(t.String()), n})
			}
		}
	}
	if s.r.Int8Forward {
		t, quantized, _ := s.r.quantize()
		z.forward = s.m.RepackForwardBytes(t, quantized)
	}
	if s.r.Method != Full {
		z.rank, z.dropout, z.dora = s.r.Rank, s.r.Dropout > 0, s.r.DoRA
	}
	z.lowest = z.cfg.Layers
	trained := s.trained()
	for _, p := range trained {
		z.trainable += p.values()
		if !strings.Contains(p.name, ".lora_A.") && !strings.Contains(p.name, ".lora_B.") {
			z.fixed += p.values()
		}
		if block := blockOf(p.name); block >= 0 {
			z.lowest = min(z.lowest, block)
		} else if s.m.AtInput(p.name) {
			z.lowest = 0
		}
	}
	z.state, z.room = optimizerBytes(s.r.Optimizer, trained)
	z.least, _ = optimizerBytes(Adafactor, trained)
	ranks := map[string]int{}
	for _, a := range s.below {
		z.stacked += 4 * int64(a.Params())
		z.scaled = z.scaled || a.Config.DoRA
		for name, p := range a.Modules {
			ranks[name] += p.R
			z.below = max(z.below, ranks[name])
		}
	}
	if s.r.Init == pissa {
		for _, l := range s.targets {
			z.stacked += 4 * int64(z.rank) * int64(l.In()+l.Out()) // what the adapter begins as, taken off the base
			z.below = max(z.below, ranks[l.Name]+z.rank)
		}
	}
	all := slices.Sorted(slices.Values(append(lengths(s.train), lengths(s.held)...)))
	for _, n := range all {
		z.data += n
	}
	for _, list := range s.objective.aside() {
		z.data += tokensOf(list)
	}
	if s.set != nil {
		for _, e := range s.set.Examples {
			for _, conv := range [][]chat.Message{e.Messages, e.Rejected} {
				for _, m := range conv {
					z.text += len(m.Content) + len(m.Input)
				}
			}
		}
	}
	z.median = all[len(all)/2]
	return z
}

// trained lists what the run trains, before there is memory for it.
func (s *session) trained() []shaped {
	var list []shaped
	for _, t := range s.m.Tensors() {
		if s.chosen[t.Name] || s.chosen == nil && s.r.Method == Full {
			list = append(list, shaped{t.Name, t.Shape})
		}
	}
	if c := s.m.Config(); s.chosen[headTensor] && c.Tied {
		list = append(list, shaped{headTensor, []int{c.Vocab, c.Hidden}})
	}
	for _, l := range s.targets {
		list = append(list, shaped{l.Name + ".lora_A.weight", []int{s.r.Rank, l.In()}}, shaped{l.Name + ".lora_B.weight", []int{l.Out(), s.r.Rank}})
		if s.r.DoRA {
			list = append(list, shaped{l.Name + ".lora_magnitude_vector", []int{l.Out()}})
		}
	}
	return list
}

// microMost is the most tokens computed at once where the recipe does not say: enough for the matrix products to run
// at full speed.
const microMost = 2048

// microTokens is the most tokens computed at once, where memory does not matter.
func (s *session) microTokens() int {
	n := s.r.MicroTokens
	if n == 0 {
		n = min(s.r.BatchTokens, microMost)
	}
	return max(n, s.longest())
}

// longest is the length of the longest sequence, or of both of a pair, which is the least that must be computed at once.
func (s *session) longest() int {
	n := 0
	for _, list := range [][]dataset.Tokens{s.train, s.held} {
		for group := range slices.Chunk(list, max(1, s.packer.Each)) {
			n = max(n, tokensOf(group))
		}
	}
	for _, list := range s.objective.aside() {
		for _, t := range list {
			n = max(n, len(t.IDs))
		}
	}
	return n
}

// disk is the bytes that the run's folder takes at its end, when the last checkpoint and what was trained lie side by
// side, and one more copy while a checkpoint is replaced.
func (z sizes) disk() int64 {
	const pictures = 1 << 20
	if z.best { // two of them, while one takes the other's place
		return 2*(4*int64(z.trainable)+z.state) + 3*4*int64(z.trainable) + pictures
	}
	return 2*(4*int64(z.trainable)+z.state) + 4*int64(z.trainable) + pictures
}

// plan says what the run takes. Where memory is short it has fewer tokens at once, then layers computed again, as far as the
// recipe leaves these open.
func (s *session) plan(free int64) (Plan, error) {
	z := s.sizes()
	var notes []string
	if s.r.EarlyStop > 0 && len(s.held) == 0 {
		return Plan{}, fmt.Errorf("early_stop is %d: no rows are held out to evaluate; give a larger eval_fraction", s.r.EarlyStop)
	}
	if s.r.Int8Forward && z.forward == 0 {
		return Plan{}, fmt.Errorf("int8_forward: no layer of %s is quantised: give --quantize q8_0, q6_k, q5_k, q4_k or q4_0", s.m.Name())
	}
	if t, ok, _ := s.r.quantize(); ok {
		_, layers, stay := s.m.PlanQuantize(t)
		if layers == 0 {
			return Plan{}, fmt.Errorf("quantize is %q: nothing of %s would be smaller: %s", s.r.Quantize, s.m.Name(), strings.Join(stay, "; "))
		}
		notes = stay
	}
	fit := func() bool {
		for s.r.MicroTokens == 0 && free > 0 && z.total() > free && z.micro > s.longest() {
			z.micro = max(z.micro/2, s.longest())
		}
		return free <= 0 || z.total() <= free
	}
	if !fit() && !z.again && !z.never {
		z.micro, z.again = s.microTokens(), true
		if fit() {
			notes = append(notes, "memory is short: the backward computes layers again (checkpointing), which takes up to half more time")
		}
	}
	s.again = z.again
	p := Plan{
		Memory: z.memory(), Total: z.total(), Available: free, Backend: s.be.Name(),
		Disk: z.disk(), DiskFree: machine.FreeDisk(s.r.Out),
		Trainable: z.trainable, Weights: z.cfg.Params(), Steps: s.schedule.Steps(), MicroTokens: z.micro, Checkpointing: z.again, Sources: s.sources, Notes: notes,
	}
	for i := range p.Steps {
		for _, k := range s.schedule.Step(i) {
			p.Tokens += len(s.train[k].IDs)
		}
	}
	if !p.Fits() {
		return p, &DoesNotFit{Plan: p, Instead: z.instead(free)}
	}
	if p.DiskFree > 0 && p.Disk > p.DiskFree {
		return p, fmt.Errorf("out is %s: the run writes up to %s there and %s is free; choose another --out", s.r.Out, Bytes(p.Disk), Bytes(p.DiskFree))
	}
	return p, nil
}

// instead lists changes to the recipe that would fit, the mildest first.
func (z sizes) instead(free int64) []string {
	var list []string
	try := func(change string, w sizes) {
		if n := w.total(); n <= free && len(list) < 3 {
			list = append(list, fmt.Sprintf("%s (%s)", change, Bytes(n)))
		}
	}
	if z.never {
		w := z
		w.again, w.never = true, false
		try("--checkpointing auto", w)
	}
	for n := z.micro; n > z.longest; {
		n = max(n/2, z.longest)
		w := z
		w.micro = n
		if w.total() <= free {
			try(fmt.Sprintf("--micro-tokens %d", n), w)
			break
		}
	}
	// A limit that most rows are longer than is no setting to offer.
	for n := min(z.micro, z.longest) / z.each / 2; n >= max(z.median, 64) && !z.fresh; n /= 2 {
		w := z
		w.micro = n * z.each
		if w.total() <= free {
			try(fmt.Sprintf("--max-len %d --micro-tokens %d", n, w.micro), w)
			break
		}
	}
	if z.method == Full && !z.fresh {
		w := z
		// All linear layers of every block.
		c := z.cfg
		q, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
		setting := "--method lora"
		for w.method, w.rank = LoRA, 16; w.rank >= 1; w.rank /= 2 {
			w = w.resize(c.Layers * w.rank * (2*(c.Hidden+q) + 2*(c.Hidden+kv) + 3*(c.Hidden+c.FFN)))
			if w.rank < 16 {
				setting = fmt.Sprintf("--method lora --rank %d", w.rank)
			}
			if w.total() <= free {
				try(setting, w)
				break
			}
		}
		for _, rest := range z.smaller {
			if len(list) > 0 {
				break
			}
			w.atRest, w.rank = rest.bytes, 16
			w = w.resize(c.Layers * w.rank * (2*(c.Hidden+q) + 2*(c.Hidden+kv) + 3*(c.Hidden+c.FFN)))
			try("--method lora --quantize "+rest.quantize, w)
		}
		if z.micro > 256 && z.median <= 256 {
			w.micro, w.rank = 256, max(w.rank, 1)
			try(setting+" --max-len 256 --micro-tokens 256", w)
		}
	}
	if z.method == Full {
		w := z
		w.optimizer, w.state, w.room = Adafactor, z.least, 0
		try("--optimizer "+string(Adafactor), w)
		return list
	}
	for _, rest := range z.smaller {
		w := z
		w.atRest = rest.bytes
		if w.total() <= free {
			try("--quantize "+rest.quantize, w)
			break
		}
	}
	for r := z.rank / 2; r >= 1; r /= 2 {
		w := z
		w = w.resize(z.fixed + (z.trainable-z.fixed)/z.rank*r)
		w.rank = r
		if w.total() <= free {
			try(fmt.Sprintf("--rank %d", r), w)
			break
		}
	}
	return list
}

// freeMemory is what a run may use, less a little that stays for everything else.
func freeMemory() int64 {
	ram := machine.Memory()
	if ram.Available == 0 {
		return ram.Total
	}
	return ram.Available - ram.Available/20
}
