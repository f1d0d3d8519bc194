package cpu

import "github.com/cria-llm/cria/compute"

// AttentionBack implements [compute.Sequence]. One task is one key head of one sequence with all query heads that
// read it, so that the sums over queries and heads go in one order.
func (b *Backend) AttentionBack(dq, dk, dv, dout, q, k, v, out, lse compute.Buffer, seqs []compute.Seq, s compute.AttentionShape) {
	a := &b.attend
	tasks := a.tasks[:0]
	for i, seq := range seqs {
		for h := range s.KVHeads {
			tasks = append(tasks, attentionTask{i, h, 0, seq.QLen})
		}
	}
	*a = attention{be: b, dq: dq.Host(), dk: dk.Host(), dv: dv.Host(), dout: dout.Host(),
		q: q.Host(), k: k.Host(), v: v.Host(), out: out.Host(), lse: lse.Host(),
		seqs: seqs, shape: s, tasks: tasks}
	b.pool.run((*attentionBackward)(a), len(tasks))
	*a = attention{tasks: tasks}
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
	group := a.shape.Heads / a.shape.KVHeads
	for h := range group {
		a.headBack(s, t.head*group+h, at, w)
	}
}

// headBack adds one query head's part to the gradients of its keys and values, and writes that of its queries. With
// P = softmax(scale·q·kᵀ), recomputed from lse: dv += Pᵀ·do; ds = P ⊙ (do·vᵀ - do·o) · scale; dq = ds·k; dk += dsᵀ·q.
func (a *attention) headBack(s compute.Seq, head, at int, w *worker) {
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
	for key := 0; key < s.KLen; key += keyTile {
		keys := min(keyTile, s.KLen-key)
		k, v := a.k[at+key*ks:], a.v[at+key*ks:]
		// The first query that sees this tile's first key.
		start := max(0, key-(s.KLen-s.QLen))
		for first := start; first < s.QLen; first += queryTile {
			n := min(queryTile, s.QLen-first)
			q := a.q[base+first*qs:]
			do := a.dout[base+first*qs:]
			p, ds := scores[:n*keys], scores[queryTile*keyTile:][:n*keys]
			kern.mul(w, p, keys, n, keys, dim, operand{f32: q, ld: qs, laneRows: true}, operand{f32: k, ld: ks, laneRows: true}, a.shape.Scale, false)
			kern.mul(w, ds, keys, n, keys, dim, operand{f32: do, ld: qs, laneRows: true}, operand{f32: v, ld: ks, laneRows: true}, 1, false)
			for i := range n {
				live := max(0, min(keys, visible(s, first+i)-key))
				pi, di := p[i*keys:(i+1)*keys], ds[i*keys:(i+1)*keys]
				clear(pi[live:])
				clear(di[live:])
				if live == 0 {
					continue
				}
				kern.expSum(pi[:live], pi[:live], a.lse[(s.Q+first+i)*heads+head])
				d := inner[first+i]
				for j := range di[:live] {
					di[j] = pi[j] * (di[j] - d) * a.shape.Scale
				}
			}
			kern.mul(w, a.dv[at+key*ks:], ks, keys, dim, n, operand{f32: p, ld: keys}, operand{f32: do, ld: qs}, 1, true)
			kern.mul(w, a.dk[at+key*ks:], ks, keys, dim, n, operand{f32: ds, ld: keys}, operand{f32: q, ld: qs}, 1, true)
			kern.mul(w, grad[first*dim:], dim, n, dim, keys, operand{f32: ds, ld: keys, laneRows: true}, operand{f32: k, ld: ks}, 1, true)
		}
	}
	for i := range s.QLen {
		copy(a.dq[base+i*qs:][:dim], grad[i*dim:(i+1)*dim])
	}
}
