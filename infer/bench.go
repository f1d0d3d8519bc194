package infer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// Speed is the median of a few measurements, and how far the machine was used.
type Speed struct {
	TokensPerS float64 `json:"tokens_per_s"`
	// BandwidthFraction is the bytes of weights that were read for each pass, times passes a second, over the memory
	// bandwidth that the machine reaches. A model that stays in the cache can pass 1. 0 where it cannot be measured.
	BandwidthFraction float64 `json:"bandwidth_fraction"`
	// FLOPSFraction is the operations of the matrix products and of attention over what the machine reaches. 0 where it
	// cannot be measured.
	FLOPSFraction float64 `json:"flops_fraction"`
}

const (
	benchRuns = 5                // at most
	benchTime = 20 * time.Second // after which no further run begins, once there are three
	probeTime = 100 * time.Millisecond
)

// BenchPrompt measures how fast a prompt of n tokens is read, as [Assistant.Generate] reads it: in chunks, with the
// logits of the last token.
func BenchPrompt(ctx context.Context, m *model.Model, n int) (Speed, error) {
	return bench(ctx, m, n, prefillChunk, 1)
}

// BenchGenerate measures how fast n tokens of each of batch sequences are generated one after the other, the sequences
// together, from an empty cache. The speed is that of all of them.
func BenchGenerate(ctx context.Context, m *model.Model, n, batch int) (Speed, error) {
	return bench(ctx, m, n, 1, batch)
}

// benchBatch is the most sequences that are measured together.
const benchBatch = 512

// bench runs n tokens of each of batch sequences through the model, chunk at a time.
func bench(ctx context.Context, m *model.Model, n, chunk, batch int) (Speed, error) {
	if n < 1 || n > m.Config().MaxPos {
		return Speed{}, fmt.Errorf("bench with %d tokens: the model has positions for 1 to %d", n, m.Config().MaxPos)
	}
	if batch < 1 || batch > benchBatch {
		return Speed{}, fmt.Errorf("bench with %d sequences: 1 to %d", batch, benchBatch)
	}
	m.Repack()
	cache, err := m.NewCache(batch, n)
	if err != nil {
		return Speed{}, err
	}
	p := m.Plan(batch*min(chunk, n), model.Inference)
	p.LogitRows = batch
	ws := m.NewWorkspaceFor(p)
	b := model.DecodeBatch{IDs: make([]int32, 0, p.Tokens), Spans: make([]model.Span, batch)}
	pass := func() (time.Duration, error) {
		began := time.Now()
		for at := 0; at < n; at += chunk {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			end := min(at+chunk, n)
			b.IDs = b.IDs[:0]
			for slot := range b.Spans {
				b.Spans[slot] = model.Span{Slot: slot, Pos: at, Len: end - at}
				for i := at; i < end; i++ {
					b.IDs = append(b.IDs, int32((i*7919+slot*104729+13)%m.Config().Vocab))
				}
			}
			b.Rows = nil // the last of each
			if chunk > 1 && end < n {
				b.Rows = []int32{}
			}
			if _, err := m.Decode(ws, cache, b); err != nil {
				return 0, err
			}
		}
		return time.Since(began), nil
	}
	if _, err := pass(); err != nil { // the first meets cold memory
		return Speed{}, err
	}
	// Before and after: other work on the machine only ever makes a probe slower.
	be := m.Backend()
	peak, memory := peakFLOPS(be), bandwidth(be)
	took, err := repeat(pass)
	if err != nil {
		return Speed{}, err
	}
	peak, memory = max(peak, peakFLOPS(be)), max(memory, bandwidth(be))
	seconds := took.Seconds()
	s := Speed{TokensPerS: float64(batch*n) / seconds}
	if peak > 0 {
		s.FLOPSFraction = float64(batch) * operations(m, n, chunk) / seconds / peak
	}
	if memory > 0 {
		passes := (n + chunk - 1) / chunk
		s.BandwidthFraction = float64(passes*weightBytes(m)) / seconds / memory
	}
	return s, nil
}

// repeat is the median time of a few runs.
func repeat(run func() (time.Duration, error)) (time.Duration, error) {
	var all []time.Duration
	for began := time.Now(); len(all) < benchRuns && (len(all) < 3 || time.Since(began) < benchTime); {
		d, err := run()
		if err != nil {
			return 0, err
		}
		all = append(all, max(d, 1)) // a coarse clock may see no time pass
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}

// peakFLOPS and bandwidth are what the machine reaches, 0 where the backend cannot measure it.
func peakFLOPS(be compute.Backend) float64 {
	if p, ok := be.(interface{ PeakFLOPS(time.Duration) float64 }); ok {
		return p.PeakFLOPS(probeTime)
	}
	return 0
}

func bandwidth(be compute.Backend) float64 {
	if p, ok := be.(interface{ Bandwidth(time.Duration) float64 }); ok {
		return p.Bandwidth(probeTime)
	}
	return 0
}

// weightBytes is what a pass reads of the weights: all of them, but of an embedding that is not the head too only rows.
func weightBytes(m *model.Model) int {
	total := 0
	for _, t := range m.Tensors() {
		if t.Name != m.EmbeddingModule()+".weight" || m.Config().Tied {
			total += len(t.Data)
		}
	}
	return total
}

// operations is the floating-point operations that n tokens need, chunk at a time: two for each multiplication that is
// added. Logits are computed of every token where that is a chunk, and of the last of all otherwise; of the other tokens
// the last layer has to give no more than keys and values.
func operations(m *model.Model, n, chunk int) float64 {
	c := m.Config()
	wanted := 1
	if chunk == 1 {
		wanted = n
	}
	var total float64
	layers := m.Linears()
	for i, l := range layers {
		tokens := n
		if i >= len(layers)-len(layers)/c.Layers && !strings.HasSuffix(l.Name, "k_proj") && !strings.HasSuffix(l.Name, "v_proj") {
			tokens = wanted
		}
		total += 2 * float64(l.In()) * float64(l.Out()) * float64(tokens)
	}
	pairs := float64(c.Layers-1) * float64(n) * float64(n+1) / 2
	if wanted == n {
		pairs += float64(n) * float64(n+1) / 2
	} else {
		pairs += float64(n)
	}
	return total + 2*float64(c.Hidden)*float64(c.Vocab)*float64(wanted) + 4*float64(c.Heads*c.HeadDim)*pairs
}
