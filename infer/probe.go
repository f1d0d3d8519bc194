package infer

import (
	"context"
	"errors"
	"slices"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// probeCache is the most memory for the keys and values of prompts that are answered together.
const probeCache = 256 << 20

// Probe opens the model that a spec names, answers each of the conversations, and says which of the answers ended by
// themselves, at a stop token, within so many tokens. It is what training asks at its end: a train.Prober.
func Probe(ctx context.Context, be compute.Backend, spec string, conversations [][]chat.Message, most int) (_ []bool, err error) {
	a, err := Open(ctx, be, spec, OpenOptions{Exact: true}) // no second copy of the weights: training's memory is still there
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	var prompts [][]int32
	for _, conv := range conversations {
		ids, err := a.Prompt(conv)
		if err != nil {
			return nil, err
		}
		prompts = append(prompts, ids)
	}
	return a.Ends(ctx, prompts, most)
}

// Ends says for each prompt whether its likeliest answer ends at a stop token within most tokens, or as many fewer as fit.
// Prompts are answered several at a time.
func (a *Assistant) Ends(ctx context.Context, prompts [][]int32, most int) ([]bool, error) {
	length := 0
	for _, p := range prompts {
		if _, err := a.limit(len(p), 0); err != nil {
			return nil, err
		}
		length = max(length, min(len(p)+most, a.Context()))
	}
	ended := make([]bool, 0, len(prompts))
	together := max(1, probeCache/max(1, model.CacheBytes(a.m.Config(), 1, length)))
	for group := range slices.Chunk(prompts, together) {
		e, err := a.ends(ctx, group, length, most)
		if err != nil {
			return nil, err
		}
		ended = append(ended, e...)
	}
	return ended, nil
}

// ends is Ends for prompts that there is room for at once, each in a slot of a cache of so many positions.
func (a *Assistant) ends(ctx context.Context, prompts [][]int32, length, most int) ([]bool, error) {
	cache, err := a.m.NewCache(len(prompts), length)
	if err != nil {
		return nil, err
	}
	plan := a.m.Plan(min(max(prefillChunk, len(prompts)), max(length, len(prompts))), model.Inference)
	plan.LogitRows = len(prompts)
	ws := a.m.NewWorkspaceFor(plan)
	row := make([]float32, a.m.Config().Vocab)
	likeliest := func(y compute.Buffer, i int) int32 {
		a.m.Backend().Read(row, y.Slice(i*len(row), (i+1)*len(row)))
		return argmax(row)
	}
	next := make([]int32, len(prompts)) // the token that follows in each slot
	for slot, p := range prompts {
		for at := 0; at < len(p); at += prefillChunk {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			chunk := p[at:min(at+prefillChunk, len(p))]
			y, err := a.m.Decode(ws, cache, model.DecodeBatch{IDs: chunk, Spans: []model.Span{{Slot: slot, Pos: at, Len: len(chunk)}}})
			if err != nil {
				return nil, err
			}
			next[slot] = likeliest(y, 0)
		}
	}
	ended := make([]bool, len(prompts))
	for n := 0; ; n++ {
		var b model.DecodeBatch
		for slot, p := range prompts {
			switch {
			case ended[slot]:
			case slices.Contains(a.stop, next[slot]):
				ended[slot] = true
			case n < most && len(p)+n < length:
				b.IDs = append(b.IDs, next[slot])
				b.Spans = append(b.Spans, model.Span{Slot: slot, Pos: len(p) + n, Len: 1})
			}
		}
		if len(b.IDs) == 0 {
			return ended, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		y, err := a.m.Decode(ws, cache, b)
		if err != nil {
			return nil, err
		}
		for i, s := range b.Spans {
			next[s.Slot] = likeliest(y, i)
		}
	}
}
