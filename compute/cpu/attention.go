package cpu

import (
	"math"

	"github.com/cria-llm/cria/compute"
)

// Attention is tiled as in Dao et al. 2022: a tile of queries meets a tile of keys, the softmax runs along with its
// largest score and its sum so far, and no matrix of length×length exists.
const (
	queryTile = 96
	keyTile   = 128
	// queryTask is how many queries of a head one task of the forward pass takes.
	queryTask = 4 * queryTile
)

// attention is the job of one forward or backward call.
type attention struct {
	be               *Backend
	out, lse         []float32
	q, k, v          []float32
	dq, dk, dv, dout []float32
	seqs             []compute.Seq
	shape            compute.AttentionShape
	tasks            []attentionTask
	prefix           []float32 // in the backward, each sequence's part of its prefix's gradients
}

type attentionTask struct {
	seq, head   int
	first, last int // queries of the sequence
}

// Attention implements [compute.Sequence].
func (b *Backend) Attention(out, lse, q, k, v compute.Buffer, seqs []compute.Seq, s compute.AttentionShape) {
	a := &b.attend
	tasks := a.tasks[:0]
	for i, seq := range seqs {
		for first := 0; first < seq.QLen; first += queryTask {
			for h := range s.Heads {
				tasks = append(tasks, attentionTask{i, h, first, min(first+queryTask, seq.QLen)})
			}
		}
	}
	*a = attention{be: b, out: out.Host(), lse: lse.Host(), q: q.Host(), k: k.Host(), v: v.Host(),
		seqs: seqs, shape: s, tasks: tasks, prefix: a.prefix}
	b.pool.run((*attentionForward)(a), len(tasks))
	*a = attention{tasks: tasks, prefix: a.prefix}
}

type attentionForward attention

func (f *attentionForward) run(task int, w *worker) {
	a := (*attention)(f)
	t := a.tasks[task]
	for first := t.first; first < t.last; first += queryTile {
		n := min(queryTile, t.last-first)
		if n <= fewRows {
			for i := range n {
				a.oneQuery(t.seq, t.head, first+i, w)
			}
		} else {
			a.queries(t.seq, t.head, first, n, w)
		}
	}
}

// strides are the values from one row of q, or of k and v, to the next.
func (a *attention) strides() (q, kv int) {
	return a.shape.Heads * a.shape.HeadDim, a.shape.KVHeads * a.shape.HeadDim
}

// visible is how many keys of its own query i of the sequence attends to.
func visible(s compute.Seq, i int) int { return s.KLen - s.QLen + i + 1 }

// firstSeen is the first key that query i attends to, counted from the start of its prefix.
func (a *attention) firstSeen(s compute.Seq, i int) int {
	if a.shape.Window <= 0 {
		return 0
	}
	return max(0, s.Before()+visible(s, i)-a.shape.Window)
}

// keyRun is the consecutive keys from..to of those that start at a row of k and v.
type keyRun struct {
	row, from, to int
	before        int  // keys that come before the first, of other runs
	own           bool // and not the prefix's
}

// keys is run r of those that the queries first..last attend to: the prefix's and, behind them, their own.
func (a *attention) keys(s compute.Seq, r, first, last int) keyRun {
	run := keyRun{row: s.K, to: visible(s, last), own: r == len(s.Prefix)}
	for _, before := range s.Prefix[:r] {
		run.before += before.Len
	}
	if run.from = max(0, a.firstSeen(s, first)-run.before); !run.own {
		run.row, run.to = s.Prefix[r].At, s.Prefix[r].Len
		run.from = min(run.from, run.to)
	}
	return run
}

// seen is which of n keys of a run from key on query i attends to.
func (a *attention) seen(s compute.Seq, r keyRun, i, key, n int) (lo, hi int) {
	if hi = n; r.own {
		hi = max(0, min(n, visible(s, i)-key))
	}
	return min(hi, max(0, a.firstSeen(s, i)-r.before-key)), hi
}

// keyHead is where the head's keys and values start in a row.
func (a *attention) keyHead(head int) int {
	return head * a.shape.KVHeads / a.shape.Heads * a.shape.HeadDim
}

// oneQuery is the attention of a single query, key by key: the case of generating a token.
func (a *attention) oneQuery(seq, head, i int, w *worker) {
	s, dim := a.seqs[seq], a.shape.HeadDim
	kern := &a.be.kernels
	qs, ks := a.strides()
	row := s.Q + i
	q := a.q[row*qs+head*dim:][:dim]
	score := w.get(scratchScores, s.Before()+visible(s, i)-a.firstSeen(s, i))
	done := 0
	for r := range len(s.Prefix) + 1 {
		r := a.keys(s, r, i, i)
		at, n := (r.row+r.from)*ks+a.keyHead(head), r.to-r.from
		kern.dotRows(score[done:done+n], q, a.k[at:], ks, a.shape.Scale)
		done += n
	}
	if a.shape.Cap > 0 {
		kern.softCap(score, a.shape.Cap)
	}
	top := kern.max(score)
	sum := kern.expSum(score, score, top)
	out := a.out[row*qs+head*dim:][:dim]
	clear(out)
	done = 0
	for r := range len(s.Prefix) + 1 {
		r := a.keys(s, r, i, i)
		at, n := (r.row+r.from)*ks+a.keyHead(head), r.to-r.from
		kern.sumRows(out, score[done:done+n], a.v[at:], ks)
		done += n
	}
	for c := range out {
		out[c] /= sum
	}
	if len(a.lse) > 0 {
		a.lse[row*a.shape.Heads+head] = top + float32(math.Log(float64(sum)))
	}
}

// queries is the attention of n queries from first on.
func (a *attention) queries(seq, head, first, n int, w *worker) {
	s, dim := a.seqs[seq], a.shape.HeadDim
	kern := &a.be.kernels
	qs, ks := a.strides()
	row := s.Q + first
	q := rowsOf(a.q[row*qs+head*dim:], qs)
	out := a.out[row*qs+head*dim:]
	scores := w.get(scratchScores, queryTile*keyTile)
	state := w.get(scratchSum, 2*queryTile)
	top, sum := state[:n], state[queryTile:queryTile+n]
	for i := range n {
		top[i], sum[i] = float32(math.Inf(-1)), 0
		clear(out[i*qs : i*qs+dim])
	}
	for r := range len(s.Prefix) + 1 {
		r := a.keys(s, r, first, first+n-1)
		at := r.row*ks + a.keyHead(head)
		for key := r.from; key < r.to; key += keyTile {
			keys := min(keyTile, r.to-key)
			tile := scores[:n*keys]
			kern.mul(w, tile, keys, n, keys, dim, q, operand{f32: a.k[at+key*ks:], ld: ks, laneRows: true}, a.shape.Scale, false)
			if a.shape.Cap > 0 {
				kern.softCap(tile, a.shape.Cap)
			}
			for i := range n {
				lo, hi := a.seen(s, r, first+i, key, keys)
				p := tile[i*keys : (i+1)*keys]
				clear(p[:lo])
				clear(p[hi:])
				if p = p[lo:hi]; lo == hi {
					continue
				}
				high := max(top[i], kern.max(p))
				shrink := float32(1)
				switch {
				case high == top[i]:
				case math.IsInf(float64(top[i]), -1):
					shrink = 0
				default:
					shrink = exp32(top[i] - high)
				}
				sum[i] = sum[i]*shrink + kern.expSum(p, p, high)
				if shrink != 1 {
					o := out[i*qs : i*qs+dim]
					for c := range o {
						o[c] *= shrink
					}
				}
				top[i] = high
			}
			kern.mul(w, out, qs, n, dim, keys, rowsOf(tile, keys), operand{f32: a.v[at+key*ks:], ld: ks}, 1, true)
		}
	}
	for i := range n {
		o := out[i*qs : i*qs+dim]
		inv := 1 / sum[i]
		for c := range o {
			o[c] *= inv
		}
		if len(a.lse) > 0 {
			a.lse[(row+i)*a.shape.Heads+head] = top[i] + float32(math.Log(float64(sum[i])))
		}
	}
}
