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
	"github.com/cria-llm/cria/internal/machine"
	"github.com/cria-llm/cria/internal/pyrandom"
	"github.com/cria-llm/cria/model"
)

// BenchOptions say what [Bench] trains.
type BenchOptions struct {
	Shape   string // a name of [model.ShapeNames], or HIDDENxLAYERSxHEADSxKVHEADSxFFNxVOCAB
	Data    string // rows with instruction, input and output; their lengths count, not their words
	Method  Method // lora where empty
	Rank    int    // of LoRA; 16
	Batch   int    // examples of a step; 4
	Steps   int    // that are timed; 4
	MaxLen  int    // tokens of an example at most, cut there; 512
	Seed    uint64
	Threads int
	Type    compute.Type // in which the frozen weights of LoRA rest
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
	if o.Rank < 1 || o.Batch < 1 || o.Steps < 1 || o.MaxLen < 2 {
		return BenchResult{}, errors.New("rank, batch and steps are at least 1, max-len at least 2")
	}
	cfg, err := model.Shape(o.Shape)
	if err != nil {
		return BenchResult{}, err
	}
	cfg.MaxPos = max(cfg.MaxPos, o.MaxLen)
	batches, err := benchBatches(o, cfg.Vocab)
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
	r := Recipe{Base: "-", Data: []string{o.Data}, Out: "-", Method: o.Method, LR: 1e-4}
	if o.Method == LoRA {
		r.Rank = o.Rank
	}
	if r, err = r.Resolve(); err != nil {
		return BenchResult{}, err
	}
	s := &session{r: r, obs: Silent{}, be: be, m: m, targets: m.Linears(), adapter: &adapter.Adapter{}}
	longest := 0
	for _, b := range batches {
		longest = max(longest, len(b.IDs))
	}
	if err := s.allocate(ctx, longest); err != nil {
		return BenchResult{}, err
	}
	res := BenchResult{Backend: be.Name()}
	var flops float64
	var labels int
	var busy time.Duration
	for i, b := range batches {
		if err := ctx.Err(); err != nil {
			return res, err
		}
		t := time.Now()
		s.scale = s.scale[:0]
		for range b.Targets {
			s.scale = append(s.scale, 1/float32(len(b.Targets)))
		}
		s.m.ZeroGrads()
		if _, err := s.m.Loss(s.ws, b, s.scale, true); err != nil {
			return res, err
		}
		s.opt.step(&s.r, s.r.LR, s.opt.norm())
		if i == 0 { // warm-up
			continue
		}
		busy += time.Since(t)
		res.Tokens += len(b.IDs)
		labels += len(b.Targets)
		flops += s.work.of(b)
	}
	res.Seconds = busy.Seconds()
	res.TokensPerSec = perSecond(float64(res.Tokens), busy)
	res.ResponseShare = float64(labels) / float64(res.Tokens)
	res.PeakRSS = machine.PeakRSS()
	res.FLOPsFraction = perSecond(flops, busy) / s.be.PeakFLOPS(100*time.Millisecond)
	return res, nil
}

// benchBatches makes one batch a step, and one more for the warm-up.
func benchBatches(o BenchOptions, vocab int) ([]model.Batch, error) {
	rows, err := benchLengths(o.Data)
	if err != nil {
		return nil, err
	}
	pyrandom.New(o.Seed).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	if have := len(rows) / o.Batch; o.Steps >= have { // a product could overflow
		return nil, fmt.Errorf("%s has %d rows, enough for %d steps of %d: %d steps and a warm-up take more", o.Data, len(rows), have, o.Batch, o.Steps)
	}
	rng := pyrandom.New(o.Seed)
	batches := make([]model.Batch, o.Steps+1)
	for i := range batches {
		b := &batches[i]
		for _, r := range rows[i*o.Batch : (i+1)*o.Batch] {
			prompt := min(r.prompt, o.MaxLen-1)
			n := prompt + min(r.response, o.MaxLen-prompt)
			start := len(b.IDs)
			b.Starts = append(b.Starts, start)
			for p := range n {
				b.IDs = append(b.IDs, int32(rng.Below(vocab)))
				b.Pos = append(b.Pos, int32(p))
			}
			for p := prompt; p < n; p++ {
				b.Rows = append(b.Rows, int32(start+p-1))
				b.Targets = append(b.Targets, b.IDs[start+p])
			}
		}
	}
	return batches, nil
}

// benchRow is the lengths of an Alpaca row in tokens, four characters each.
type benchRow struct{ prompt, response int }

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
	var rows []benchRow
	for d.More() {
		var row struct{ Instruction, Input, Output string }
		if err := d.Decode(&row); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("%s: row %d: %w", path, len(rows)+1, err)
		}
		chars := template + utf8.RuneCountInString(row.Instruction)
		if row.Input != "" {
			chars += utf8.RuneCountInString(row.Input) + inputHeading
		}
		rows = append(rows, benchRow{max(1, chars/4), max(1, utf8.RuneCountInString(row.Output)/4+1)})
	}
	return rows, nil
}
