package cpu

import "github.com/cria-llm/cria/compute"

// AttentionBack implements [compute.Sequence]. One task is one key head of one sequence with all query heads that
// read it, so that the sums over queries and heads go in one order. What a sequence gives to a prefix is kept apart and
// added afterwards, in the order of the sequences.
func (b *Backend) AttentionBack(dq, dk, dv, dout, q, k, v, out, lse compute.Buffer, seqs []compute.Seq, s compute.AttentionShape) {
	a := &b.attend
	tasks, prefix := a.tasks[:0], 0
	for i, seq := range seqs {
		for h := range s.KVHeads {
			tasks = append(tasks, attentionTask{i, h, prefix, seq.QLen})
			prefix += 2 * seq.Before() * s.HeadDim
		}
	}
	*a = attention{be: b, dq: dq.Host(), dk: dk.Host(), dv: dv.Host(), dout: dout.Host(),
		q: q.Host(), k: k.Host(), v: v.Host(), out: out.Host(), lse: lse.Host(),
		seqs: seqs, shape: s, tasks: tasks, prefix: grow(a.prefix, prefix)}
	b.pool.run((*attentionBackward)(a), len(tasks))
	if prefix > 0 {
		b.pool.run((*prefixBackward)(a), s.KVHeads)
	}
	*a = attention{tasks: tasks, prefix: a.prefix}
}

// keyGrads is where the gradients of a run of keys go: key j's at j·ld.
type keyGrads struct {
	dk, dv []float32
	ld     int
}

type attentionBackward attention

func (f *attentionBackward) run(task int, w *worker) {
	a := (*attention)(f)
	t := a.tasks[task]
	s, dim := a.seqs[t.seq], a.shape.HeadDim
	_, ks := a.strides()
	at := s.K*ks + t.head*dim
	for j := range s.KLen {
		clear(a.dk[at+j*ks:][:dim])
		clear(a.dv[at+j*ks:][:dim])
	}
	half := s.Before() * dim
	prefix := a.prefix[t.first : t.first+2*half]
	clear(prefix)
	before, own := keyGrads{prefix[:half], prefix[half:], dim}, keyGrads{a.dk[at:], a.dv[at:], ks}
	group := a.shape.Heads / a.shape.KVHeads
	for h := range group {
		a.headBack(s, t.head*group+h, before, own, w)
	}
}

// prefixBackward adds the sequences' parts of the gradients of their prefixes. A task is one key head.
type prefixBackward attention

func (f *prefixBackward) run(head int, _ *worker) {
	a := (*attention)(f)
	dim := a.shape.HeadDim
	_, ks := a.strides()
	for _, t := range a.tasks {
		s := a.seqs[t.seq]
		if t.head != head {
			continue
		}
		dk := a.prefix[t.first:]
		dv := dk[s.Before()*dim:]
		for _, r := range s.Prefix {
			at := r.At*ks + head*dim
			for j := range r.Len {
				a.be.kernels.axpy(a.dk[at+j*ks:][:dim], dk[j*dim:][:dim], 1)
				a.be.kernels.axpy(a.dv[at+j*ks:][:dim], dv[j*dim:][:dim], 1)
			}
			dk, dv = dk[r.Len*dim:], dv[r.Len*dim:]
		}
	}
}

// headBack adds one query head's part to the gradients of its keys and values, those of the prefix and its own, and
// writes that of its queries. With P = softmax(scale·q·kᵀ), recomputed from lse: dv += Pᵀ·do;
// ds = P ⊙ (do·vᵀ - do·o) · scale; dq = ds·k; dk += dsᵀ·q. A cap multiplies ds by its slope, 1 - (score/cap)².
func (a *attention) headBack(s compute.Seq, head int, before, own keyGrads, w *worker) {
	kern := &a.be.kernels
	dim := a.shape.HeadDim
	qs, ks := a.strides()
	heads := a.shape.Heads
	base := s.Q*qs + head*dim

	// do may share memory with dq, so dq is gathered aside.
	grad := w.get(scratchGrad, s.QLen*dim)
	clear(grad)
	inner := w.get(scratchSum, s.QLen)
	for i := range inner {
		inner[i] = kern.dot(a.dout[base+i*qs:][:dim], a.out[base+i*qs:][:dim])
	}
	scores := w.get(scratchScores, 2*queryTile*keyTile)
	for r := range len(s.Prefix) + 1 {
		r := a.keys(s, r, 0, s.QLen-1)
		to := own
		if !r.own {
			to = keyGrads{before.dk[r.before*dim:], before.dv[r.before*dim:], dim}
		}
		at := r.row*ks + a.keyHead(head)
		for key := r.from; key < r.to; key += keyTile {
			k, v := a.k[at+key*ks:], a.v[at+key*ks:]
			dk, dv := to.dk[key*to.ld:], to.dv[key*to.ld:]
			start, end := a.queriesOf(s, r, key, min(keyTile, r.to-key))
			for first := start; first < end; first += queryTile {
				n := min(queryTile, end-first)
				keys := min(keyTile, r.to-key)
				if r.own {
					keys = min(keys, visible(s, first+n-1)-key)
				}
				q := a.q[base+first*qs:]
				do := a.dout[base+first*qs:]
				p, ds := scores[:n*keys], scores[queryTile*keyTile:][:n*keys]
				kern.mul(w, p, keys, n, keys, dim, rowsOf(q, qs), operand{f32: k, ld: ks, laneRows: true}, a.shape.Scale, false)
				kern.mul(w, ds, keys, n, keys, dim, rowsOf(do, qs), operand{f32: v, ld: ks, laneRows: true}, 1, false)
				if a.shape.Cap > 0 {
					kern.softCap(p, a.shape.Cap)
				}
				for i := range n {
					lo, hi := a.seen(s, r, first+i, key, keys)
					pi, di := p[i*keys:(i+1)*keys], ds[i*keys:(i+1)*keys]
					clear(pi[:lo])
					clear(di[:lo])
					clear(pi[hi:])
					clear(di[hi:])
					if lo == hi {
						continue
					}
					pi, di = pi[lo:hi], di[lo:hi]
					d, lse := inner[first+i], a.lse[(s.Q+first+i)*heads+head]
					if a.shape.Cap > 0 {
						kern.subScale(di, di, d, 1)
						kern.capSlope(di, pi, 1/a.shape.Cap)
						d = 0
					}
					kern.expSum(pi, pi, lse)
					for j := range di {
						di[j] = pi[j] * (di[j] - d) * a.shape.Scale
					}
				}
				kern.mul(w, dv, to.ld, keys, dim, n, columnsOf(p, keys), operand{f32: do, ld: qs}, 1, true)
				kern.mul(w, dk, to.ld, keys, dim, n, columnsOf(ds, keys), operand{f32: q, ld: qs}, 1, true)
				kern.mul(w, grad[first*dim:], dim, n, dim, keys, rowsOf(ds, keys), operand{f32: k, ld: ks}, 1, true)
			}
		}
	}
	for i := range s.QLen {
		copy(a.dq[base+i*qs:][:dim], grad[i*dim:(i+1)*dim])
	}
}

// queriesOf are the queries, from..to, that see any of n keys of a run from key on.
func (a *attention) queriesOf(s compute.Seq, r keyRun, key, n int) (from, to int) {
	before := s.KLen - s.QLen // keys of its own that the first query sees besides that of its position
	to = s.QLen
	if r.own {
		from = max(0, key-before)
	}
	if a.shape.Window > 0 {
		to = max(from, min(to, r.before+key+n-1+a.shape.Window-s.Before()-before))
	}
	return from, to
}
