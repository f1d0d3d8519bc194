package infer

import (
	"context"
	"slices"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// probeChunk is the tokens of a prompt that are computed at once: few, for a small workspace.
const probeChunk = 128

// Probe answers each of the conversations with a model that is open, and says which of the answers ended by themselves, at a
// stop token, within so many tokens. It takes about room bytes of memory, or what one answer needs. It is what training asks
// at its end: a train.Prober.
func Probe(ctx context.Context, m *model.Model, template *chat.Template, conversations [][]chat.Message, most int, room int64) ([]bool, error) {
	a, err := New(m, OpenOptions{As: template, Exact: true}) // not closed: the model is the caller's
	if err != nil {
		return nil, err
	}
	var prompts [][]int32
	for _, conv := range conversations {
		ids, err := a.Prompt(conv)
		if err != nil {
			return nil, err
		}
		prompts = append(prompts, ids)
	}
	return a.Ends(ctx, prompts, most, room)
}

// Ends says for each prompt whether its likeliest answer ends at a stop token within most tokens, or as many fewer as fit.
// As many are answered together as there is room for, in bytes.
func (a *Assistant) Ends(ctx context.Context, prompts [][]int32, most int, room int64) ([]bool, error) {
	length := 0
	for _, p := range prompts {
		if _, err := a.limit(len(p), 0); err != nil {
			return nil, err
		}
		length = max(length, min(len(p)+most, a.Context()))
	}
	cfg := a.m.Config()
	each := int64(model.CacheBytes(cfg, 1, length) + 4*cfg.Vocab) // keys and values, and logits
	room -= int64(model.WorkspaceBytes(cfg, a.m.Plan(min(probeChunk, length), model.Inference)))
	together := int(min(max(1, room/max(1, each)), int64(max(1, len(prompts)))))
	ended := make([]bool, 0, len(prompts))
	for group := range slices.Chunk(prompts, together) {
		_, e, err := a.greedy(ctx, group, length, most)
		if err != nil {
			return nil, err
		}
		ended = append(ended, e...)
	}
	return ended, nil
}

// greedy is the likeliest answers to prompts that there is room for at once, each in a slot of a cache of so many positions,
// without the stop tokens, and says which of them ended at one.
func (a *Assistant) greedy(ctx context.Context, prompts [][]int32, length, most int) (answers [][]int32, ended []bool, err error) {
	cache, err := a.m.NewCache(len(prompts), length)
	if err != nil {
		return nil, nil, err
	}
	plan := a.m.Plan(max(min(probeChunk, length), len(prompts)), model.Inference)
	plan.LogitRows = len(prompts)
	ws := a.m.NewWorkspaceFor(plan)
	row := make([]float32, a.m.Config().Vocab)
	likeliest := func(y compute.Buffer, i int) int32 {
		a.m.Backend().Read(row, y.Slice(i*len(row), (i+1)*len(row)))
		return argmax(row)
	}
	next := make([]int32, len(prompts)) // the token that follows in each slot
	for slot, p := range prompts {
		for at := 0; at < len(p); at += probeChunk {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			chunk := p[at:min(at+probeChunk, len(p))]
			y, err := a.m.Decode(ws, cache, model.DecodeBatch{IDs: chunk, Spans: []model.Span{{Slot: slot, Pos: at, Len: len(chunk)}}})
			if err != nil {
				return nil, nil, err
			}
			next[slot] = likeliest(y, 0)
		}
	}
	answers, ended = make([][]int32, len(prompts)), make([]bool, len(prompts))
	for n := 0; ; n++ {
		var b model.DecodeBatch
		for slot, p := range prompts {
			switch {
			case ended[slot]:
			case slices.Contains(a.stop, next[slot]):
				ended[slot] = true
			case n < most && len(p)+n < length:
				answers[slot] = append(answers[slot], next[slot])
				b.IDs = append(b.IDs, next[slot])
				b.Spans = append(b.Spans, model.Span{Slot: slot, Pos: len(p) + n, Len: 1})
			}
		}
		if len(b.IDs) == 0 {
			return answers, ended, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		y, err := a.m.Decode(ws, cache, b)
		if err != nil {
			return nil, nil, err
		}
		for i, s := range b.Spans {
			next[s.Slot] = likeliest(y, i)
		}
	}
}
