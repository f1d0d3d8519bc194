package train

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
	"unicode/utf8"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/machine"
	"github.com/cria-llm/cria/internal/pyrandom"
	"github.com/cria-llm/cria/model"
)

// BenchOptions say what [Bench] trains.
type BenchOptions struct {
	Shape   string // a name of [model.ShapeNames], or HIDDENxLAYERSxHEADSxKVHEADSxFFNxVOCAB
	Data    string // rows with instruction, input and output; their lengths count, not their words
	Length  int    // in place of Data: examples of that many tokens each, half of them the response, nothing shared
	Method  Method // lora where empty
	Rank    int    // of LoRA; 16
	Batch   int    // examples of a step; 4
	Steps   int    // that are timed; 4
	MaxLen  int    // tokens of an example at most, cut there; 512
	Seed    uint64
	Threads int
	Type    compute.Type // in which the frozen weights of LoRA rest

	Quantize    string // type that the linear layers among them are encoded in anew, as in a recipe
	Int8Forward bool   // as in a recipe
}

// BenchResult is how fast it went. Tokens are real tokens: nothing is padded.
type BenchResult struct {
	TokensPerSec  float64 `json:"tokens_per_s"`
	PeakRSS       int64   `json:"peak_rss_bytes"`
	FLOPsFraction float64 `json:"flops_fraction"` // useful operations over the machine's peak, both of all threads
	ResponseShare float64 `json:"response_fraction"`
	Tokens        int     `json:"tokens"`
	Seconds       float64 `json:"seconds"`
	Backend       string  `json:"backend"`
}

// Bench times optimiser steps on random weights of a shape and random tokens of the lengths that the rows of a file
// would have at four characters a token, after one step that does not count. The same file, batch and seed give the same
// lengths in the same order as a PyTorch script that shuffles the rows with random.Random(seed).
func Bench(ctx context.Context, o BenchOptions) (BenchResult, error) {
	set := func(x *int, v int) {
		if *x == 0 {
			*x = v
		}
	}
	set(&o.Rank, 16)
	set(&o.Batch, 4)
	set(&o.Steps, 4)
	set(&o.MaxLen, 512)
	if o.Method == "" {
		o.Method = LoRA
	}
	if o.Method != LoRA && o.Method != Full {
		return BenchResult{}, fmt.Errorf("method is %q: lora or full", o.Method)
	}
	if o.Length != 0 && (o.Data != "" || o.Length < 2) {
		return BenchResult{}, errors.New("length is at least 2, in place of data")
	}
	o.MaxLen = max(o.MaxLen, o.Length)
	if o.Rank < 1 || o.Batch < 1 || o.Steps < 1 || o.MaxLen < 2 {
		return BenchResult{}, errors.New("rank, batch and steps are at least 1, max-len at least 2")
	}
	cfg, err := model.Shape(o.Shape)
	if err != nil {
		return BenchResult{}, err
	}
	cfg.MaxPos = max(cfg.MaxPos, o.MaxLen)
	rows, err := benchRows(o, cfg.Vocab)
	if err != nil {
		return BenchResult{}, err
	}
	be, err := cpu.New(cpu.Options{Threads: o.Threads})
	if err != nil {
		return BenchResult{}, err
	}
	defer be.Close()
	if o.Method == Full {
		o.Type = compute.F32
	}
	m, err := model.Random(be, cfg, o.Type, o.Seed)
	if err != nil {
		return BenchResult{}, err
	}
	defer m.Close()
	if o.Method == Full && (o.Quantize != "" || o.Int8Forward) {
		return BenchResult{}, errors.New("method full trains every weight in float32: quantize and int8-forward belong to method lora")
	}
	r := Recipe{Base: "-", Data: Files("-"), Out: "-", Method: o.Method, LR: 1e-4}
	if o.Method == LoRA {
		r.Rank, r.Quantize, r.Int8Forward = o.Rank, o.Quantize, o.Int8Forward
	}
	if r, err = r.Resolve(); err != nil {
		return BenchResult{}, err
	}
	s := &session{r: r, obs: Silent{}, be: be, m: m, targets: m.Linears(), adapter: &adapter.Adapter{}}
	s.train = rows
	s.objective = newObjective(s)
	longest := 0
	for i := range o.Steps + 1 {
		longest = max(longest, len(s.benchStep(i, o.Batch)[0].IDs))
	}
	if err := s.allocate(ctx, longest); err != nil {
		return BenchResult{}, err
	}
	res := BenchResult{Backend: be.Name()}
	var flops float64
	var labels int
	var busy time.Duration
	for i := range o.Steps + 1 {
		if err := ctx.Err(); err != nil {
			return res, err
		}
		t := time.Now()
		batches := s.benchStep(i, o.Batch)
		if err := s.objective.begin(ctx, part{indices: s.indices, batches: batches}); err != nil {
			return res, err
		}
		s.m.ZeroGrads()
		var st stepStats
		if err := s.accumulate(i, 0, &batches[0], &st); err != nil {
			return res, err
		}
		s.opt.step(&s.r, s.r.LR, s.opt.norm())
		if i == 0 { // warm-up
			continue
		}
		busy += time.Since(t)
		res.Tokens += st.tokens
		labels += st.labels
		flops += st.flops
	}
	res.Seconds = busy.Seconds()
	res.TokensPerSec = perSecond(float64(res.Tokens), busy)
	res.ResponseShare = float64(labels) / float64(res.Tokens)
	res.PeakRSS = machine.PeakRSS()
	res.FLOPsFraction = perSecond(flops, busy) / s.be.PeakFLOPS(100*time.Millisecond)
	return res, nil
}

// benchStep packs step i: the next of the rows, all at once.
func (s *session) benchStep(i, batch int) []dataset.Batch {
	s.indices = s.indices[:0]
	for k := range batch {
		s.indices = append(s.indices, i*batch+k)
	}
	return s.packer.Pack(s.train, s.indices, 0)
}

// benchRows makes up the rows of o.Steps steps, and of one more for the warm-up. All rows with an input begin with the
// same tokens, and all without, as they do under Alpaca's template.
func benchRows(o BenchOptions, vocab int) ([]dataset.Tokens, error) {
	if o.Length > 0 {
		return benchRowsOf(o, vocab), nil
	}
	rows, err := benchLengths(o.Data)
	if err != nil {
		return nil, err
	}
	pyrandom.New(o.Seed).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	if have := len(rows) / o.Batch; o.Steps >= have { // a product could overflow
		return nil, fmt.Errorf("%s has %d rows, enough for %d steps of %d: %d steps and a warm-up take more", o.Data, len(rows), have, o.Batch, o.Steps)
	}
	rng := pyrandom.New(o.Seed)
	list := make([]dataset.Tokens, (o.Steps+1)*o.Batch)
	for i := range list {
		r, t := rows[i], &list[i]
		prompt := min(r.prompt, o.MaxLen-1)
		n := prompt + min(r.response, o.MaxLen-prompt)
		t.Weight, t.Repeat = 1, 1
		t.IDs, t.Train = make([]int32, n), make([]bool, n)
		for p := range n {
			t.Train[p] = p >= prompt
			switch {
			case p < r.head:
				t.IDs[p] = int32((p*31 + r.head) % vocab)
			default:
				t.IDs[p] = int32(rng.Below(vocab))
			}
		}
	}
	return list, nil
}

// benchRowsOf makes up as many rows, all of the same length.
func benchRowsOf(o BenchOptions, vocab int) []dataset.Tokens {
	rng := pyrandom.New(o.Seed)
	list := make([]dataset.Tokens, (o.Steps+1)*o.Batch)
	for i := range list {
		t := &list[i]
		t.Weight, t.Repeat = 1, 1
		t.IDs, t.Train = make([]int32, o.Length), make([]bool, o.Length)
		for p := range t.IDs {
			t.IDs[p], t.Train[p] = int32(rng.Below(vocab)), p >= o.Length/2
		}
	}
	return list
}

// benchRow is the lengths of an Alpaca row in tokens, four characters each.
type benchRow struct {
	head             int // of the prompt: what the template has before the instruction
	prompt, response int
}

// benchLengths reads rows of a JSON array, or one a line.
func benchLengths(path string) ([]benchRow, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	d := json.NewDecoder(in)
	if head, _ := in.Peek(1); bytes.Equal(head, []byte("[")) {
		if _, err := d.Token(); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	const template, inputHeading = 160, 60 // characters around a prompt
	const head, inputHead = 124, 177       // of these and of the sentence that announces an input, before the instruction
	var rows []benchRow
	for d.More() {
		var row struct{ Instruction, Input, Output string }
		if err := d.Decode(&row); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("%s: row %d: %w", path, len(rows)+1, err)
		}
		chars, first := template+utf8.RuneCountInString(row.Instruction), head
		if row.Input != "" {
			chars, first = chars+utf8.RuneCountInString(row.Input)+inputHeading, inputHead
		}
		rows = append(rows, benchRow{first / 4, max(1, chars/4), max(1, utf8.RuneCountInString(row.Output)/4+1)})
	}
	return rows, nil
}
