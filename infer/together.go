package infer

import (
	"context"
	"slices"

	"github.com/cria-llm/cria/internal/machine"
	"github.com/cria-llm/cria/model"
)

// maxTogether is how many answers are given at once: from there on a processor gains nothing.
const maxTogether = 8

// together gives several answers at once, a token of each in a step, for a step with eight tokens takes little longer than
// one with one. It is for one goroutine at a time.
type together struct {
	a      *Assistant
	cache  *model.Cache
	ws     *model.Workspace
	logits []float32
	slots  []slot
	given  int // jobs that came into a slot
}

// slot is a place in the cache.
type slot struct {
	seen []int32 // tokens whose keys and values are there
	job  *job    // nil where none is being answered
	turn int     // of the job, among those that came into a slot
}

// job is a prompt to be answered. Whoever gave it waits for done, and reads res and err then.
type job struct {
	ctx    context.Context
	prompt []int32
	o      Options

	answer *answer // nil before it is in a slot
	res    Result
	err    error
	done   chan struct{}
}

func (j *job) end(res Result, err error) {
	j.res, j.err = res, err
	close(j.done)
}

// admit gives free slots to jobs, in their order, and returns those that have to wait.
func (t *together) admit(queue []*job) []*job {
	for at, j := range queue {
		if err := j.ctx.Err(); err != nil {
			j.end(Result{}, err)
			continue
		}
		if j.answer == nil {
			var err error
			if j.answer, err = t.a.newAnswer(j.prompt, j.o, nil); err != nil {
				j.end(Result{}, err)
				continue
			}
		}
		need := len(j.prompt) + j.answer.limit
		if !t.a.suits(t.cache, need) {
			if slices.ContainsFunc(t.slots, func(s slot) bool { return s.job != nil }) {
				return queue[at:] // the cache is made anew once they have ended
			}
			if err := t.make(need); err != nil {
				j.end(Result{}, err)
				continue
			}
		}
		best, most := -1, -1
		for i, s := range t.slots {
			if n := common(s.seen, j.prompt); s.job == nil && n > most {
				best, most = i, n
			}
		}
		if best < 0 {
			return queue[at:]
		}
		s := &t.slots[best]
		// The last token is computed in any case, for its logits.
		s.job, s.seen, s.turn = j, s.seen[:min(most, len(j.prompt)-1)], t.given
		t.given++
		j.answer.res.Reused = len(s.seen)
	}
	return nil
}

// share copies into a slot what others have computed of its prompt. It says whether to wait, for one that came before is
// still computing what both begin with.
func (t *together) share(i int) (wait bool) {
	s := &t.slots[i]
	if s.job == nil || len(s.seen) >= len(s.job.prompt)-worthwhile {
		return false
	}
	prompt := s.job.prompt[:len(s.job.prompt)-1]
	best, most := -1, len(s.seen)+worthwhile-1
	for k := range t.slots {
		if n := common(t.slots[k].seen, prompt); k != i && n > most {
			best, most = k, n
		}
	}
	if best >= 0 {
		t.a.m.CopyPrefix(t.cache, i, best, most)
		s.seen = append(s.seen[:0], prompt[:most]...)
		s.job.answer.res.Reused = most
	}
	return slices.ContainsFunc(t.slots, func(other slot) bool {
		return other.job != nil && other.turn < s.turn && common(other.job.prompt, prompt) >= len(s.seen)+worthwhile
	})
}

// make makes a cache for answers that have up to so many tokens with their prompts: as many slots as half of the memory that
// is free has room for.
func (t *together) make(need int) error {
	cfg := t.a.m.Config()
	length := t.a.lengthFor(need, t.cache)
	t.cache, t.slots = nil, nil
	n := maxTogether
	if free := machine.Memory().Available; free > 0 {
		n = int(min(int64(n), max(1, free/2/int64(model.CacheBytes(cfg, 1, length)))))
	}
	cache, err := t.a.m.NewCache(n, length)
	if err != nil {
		return err
	}
	if t.ws == nil {
		p := t.a.m.Plan(max(min(prefillChunk, t.a.Context()), maxTogether), model.Inference)
		p.LogitRows = maxTogether
		t.ws, t.logits = t.a.m.NewWorkspaceFor(p), make([]float32, cfg.Vocab)
	}
	t.cache, t.slots = cache, make([]slot, n)
	return nil
}

// step runs a token of each answer, and as much of the prompts as there is room for beside.
func (t *together) step() {
	if t.cache == nil {
		return
	}
	var b model.DecodeBatch
	b.Rows = []int32{}
	var drawn []*slot // the slots whose logits are asked for
	room := t.ws.Plan().Tokens
	missing := make([][]int32, len(t.slots))
	for i := range t.slots {
		if !t.share(i) {
			missing[i] = t.missing(i)
			room -= min(1, len(missing[i]))
		}
	}
	for i := range t.slots {
		s, missing := &t.slots[i], missing[i]
		if len(missing) == 0 {
			continue
		}
		n := min(len(missing), 1+room)
		room -= n - 1
		b.Spans = append(b.Spans, model.Span{Slot: i, Pos: len(s.seen), Len: n})
		b.IDs = append(b.IDs, missing[:n]...)
		s.seen = append(s.seen, missing[:n]...)
		if n == len(missing) {
			b.Rows, drawn = append(b.Rows, int32(len(b.IDs)-1)), append(drawn, s)
		}
	}
	if len(b.IDs) == 0 {
		return
	}
	y, err := t.a.m.Decode(t.ws, t.cache, b)
	if err != nil {
		for i := range t.slots {
			t.slots[i].seen = nil
			t.end(&t.slots[i], err)
		}
		return
	}
	for i, s := range drawn {
		t.a.m.Backend().Read(t.logits, y.Slice(i*len(t.logits), (i+1)*len(t.logits)))
		if more, err := s.job.answer.next(t.logits); err != nil || !more {
			t.end(s, err)
		}
	}
}

// missing is the tokens of a slot's job that are not in the cache yet. A job whose context ended has none any more.
func (t *together) missing(i int) []int32 {
	s := &t.slots[i]
	if s.job == nil {
		return nil
	}
	if err := s.job.ctx.Err(); err != nil {
		t.end(s, err)
		return nil
	}
	return s.job.answer.history[len(s.seen):]
}

// end makes a slot free.
func (t *together) end(s *slot, err error) {
	j := s.job
	if j == nil {
		return
	}
	s.job = nil
	if err != nil {
		j.end(Result{}, err)
		return
	}
	j.end(j.answer.result())
}
