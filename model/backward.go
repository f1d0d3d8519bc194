package model

import "github.com/cria-llm/cria/compute"

// belowHead says whether anything under the head is trained, so that the head's input needs a gradient.
func (m *Model) belowHead() bool {
	return m.trained.embed || m.trained.lowest < len(m.blocks) || m.norm.trained()
}

// backward carries dlast, the gradient of the normed scored rows, down to the lowest trained thing. It overwrites the
// kept gate and up of every layer that it passes and ws.out, which becomes the gradient of the residual stream.
func (m *Model) backward(ws *Workspace, p pass, rows []int32, dlast compute.Buffer) {
	be, c, n := m.be, &m.cfg, len(p.ids)
	count := len(rows) * c.Hidden
	last := ws.last.Slice(0, count)

	// lastN has been read: it takes the gradient of the rows before the norm.
	drows := ws.lastN.Slice(0, count)
	be.Zero(drows)
	m.normBack(drows, dlast, last, &m.norm, len(rows), c.Hidden)
	if m.trained.lowest == len(m.blocks) {
		return
	}
	dx := ws.out.Slice(0, n*c.Hidden)
	be.Zero(dx)
	be.Scatter(dx, drows, rows, c.Hidden)
	for l := len(m.blocks) - 1; l >= m.trained.lowest; l-- {
		if ws.plan.Recompute && l < len(m.blocks)-1 {
			m.recompute(ws, p, l)
		}
		below := l > m.trained.lowest || m.trained.embed
		m.backwardBlock(ws, p, l, dx, below)
	}
	if m.placeGrad.Len() > 0 {
		be.EmbedBack(m.placeGrad, dx, p.pos, c.Hidden)
	}
	if m.embedGrad.Len() > 0 {
		if c.EmbedScale != 0 {
			be.Scale(dx, n*c.Hidden, c.EmbedScale)
		}
		be.EmbedBack(m.embedGrad, dx, p.ids, c.Hidden)
	}
}

// backwardBlock turns dx, the gradient of layer l's output, into that of its input. Where nothing below the layer is
// trained it stops at the lowest trained thing within it and leaves dx unfinished.
func (m *Model) backwardBlock(ws *Workspace, p pass, l int, dx compute.Buffer, below bool) {
	be, c, b, n := m.be, &m.cfg, &m.blocks[l], len(p.ids)
	s := m.slot(ws, l, n)
	dh := ws.dh.Slice(0, n*c.Hidden)

	// x' = mid + down(act(gate(norm(mid))) ⊙ up(norm(mid)))
	act := ws.act.Slice(0, n*c.FFN)
	underMLP := below || b.attnTrained() || b.mlpNorm.trained()
	inner := anyTrained(b.gate, b.up, b.gateUp)
	underDown := underMLP || inner
	if b.down.trained() {
		be.Gate(act, s.gate, s.up, n*c.FFN, c.Activation)
	}
	dy := m.branchBack(ws, dx, s.mlpOut, &b.mlpPost, n)
	m.projectBack(ws, p, act.Slice(0, length(underDown, act)), act, branch{b.down, dy, s.t.down})
	if underDown {
		be.GateBack(s.gate, s.up, act, s.gate, s.up, n*c.FFN, c.Activation)
		m.gateBack(ws, p, b, &s, dh.Slice(0, length(underMLP, dh)), m.again(ws, inner, &b.mlpNorm, s.mid, n))
	}
	if underMLP {
		m.inputBack(dx, dh, s.mid, &b.mlpNorm, n)
	}

	// mid = x + o(attention(q(norm(x)), k(norm(x)), v(norm(x))))
	if !below && !b.attnTrained() {
		return
	}
	datt := ws.datt.Slice(0, n*c.qDim())
	underO := below || b.qkvTrained()
	dy = m.branchBack(ws, dx, s.attnOut, &b.attnPost, n)
	m.projectBack(ws, p, datt.Slice(0, length(underO, datt)), s.att, branch{b.o, dy, s.t.o})
	if !underO {
		return
	}
	dk, dv := ws.dk.Slice(0, n*c.kvDim()), ws.dv.Slice(0, n*c.kvDim())
	be.AttentionBack(datt, dk, dv, datt, s.q, s.k, s.v, s.att, s.lse, p.seqs, c.attention(l))
	m.turn(datt, &p, l, c.Heads, true)
	m.turn(dk, &p, l, c.KVHeads, true)
	dq := m.headsBack(datt, s.q, s.qRaw, &b.qNorm, n, c.Heads)
	dk = m.headsBack(dk, s.k, s.kRaw, &b.kNorm, n, c.KVHeads)
	in := m.again(ws, anyTrained(b.q, b.k, b.v, b.qkv), &b.attnNorm, s.x, n)
	underQKV := below || b.attnNorm.trained()
	under := dh.Slice(0, length(underQKV, dh))
	if c.Fused {
		wide := ws.fused.Slice(0, n*c.qkvDim())
		m.join(wide, n, dq, dk, dv)
		m.projectBack(ws, p, under, in, branch{b.qkv, wide, s.t.q})
	} else {
		m.projectBack(ws, p, under, in, branch{b.q, dq, s.t.q}, branch{b.k, dk, s.t.k}, branch{b.v, dv, s.t.v})
	}
	if underQKV {
		m.inputBack(dx, dh, s.x, &b.attnNorm, n)
	}
}

// gateBack carries the gradients in the places of gate and up to the branch's input.
func (m *Model) gateBack(ws *Workspace, p pass, b *block, s *slot, dh, in compute.Buffer) {
	switch n := len(p.ids); {
	case m.cfg.Ungated:
		m.projectBack(ws, p, dh, in, branch{b.up, s.gate, s.t.gate})
	case m.cfg.Fused:
		wide := ws.fused.Slice(0, 2*n*m.cfg.FFN)
		m.join(wide, n, s.gate, s.up)
		m.projectBack(ws, p, dh, in, branch{b.gateUp, wide, s.t.gate})
	default:
		m.projectBack(ws, p, dh, in, branch{b.gate, s.gate, s.t.gate}, branch{b.up, s.up, s.t.up})
	}
}

// again is the input of a branch, which was not kept. Where it is not wanted it is what it may be.
func (m *Model) again(ws *Workspace, wanted bool, by *norm, x compute.Buffer, n int) compute.Buffer {
	if !wanted && !m.cfg.Norms.NoPre {
		return ws.h.Slice(0, n*m.cfg.Hidden)
	}
	return m.normed(ws, by, x, n)
}

// branchBack is the gradient of a branch's last product, from that of the residual stream that it was added to.
func (m *Model) branchBack(ws *Workspace, dx, kept compute.Buffer, post *norm, n int) compute.Buffer {
	c := &m.cfg
	if scale := c.residual(); scale != 1 {
		d := ws.branch.Slice(0, dx.Len())
		m.be.Copy(d, dx)
		m.be.Scale(d, d.Len(), scale)
		dx = d
	}
	if !c.Norms.Post {
		return dx
	}
	dy := ws.dh.Slice(0, dx.Len())
	m.be.Zero(dy)
	m.normBack(dy, dx, kept, post, n, c.Hidden)
	return dy
}

// inputBack adds the gradient dh of a branch's input to dx, that of what it was normed from.
func (m *Model) inputBack(dx, dh, x compute.Buffer, by *norm, n int) {
	if m.cfg.Norms.NoPre {
		m.be.Axpy(dx, dh, dx.Len(), 1)
		return
	}
	m.normBack(dx, dh, x, by, n, m.cfg.Hidden)
}

// headsBack is the gradient of q or k before their norm, in the place of what is after it, which nothing reads any more.
func (m *Model) headsBack(dy, place, raw compute.Buffer, by *norm, n, heads int) compute.Buffer {
	if m.cfg.QKNorm == NoQKNorm {
		return dy
	}
	m.be.Zero(place)
	switch d := m.cfg.HeadDim; m.cfg.QKNorm {
	case HeadQKNorm:
		m.be.RMSNormBack(place, by.grad, dy, raw, by.w, n*heads, d, m.cfg.NormEps)
	case FullQKNorm:
		m.be.RMSNormBack(place, by.grad, dy, raw, by.w, n, heads*d, m.cfg.NormEps)
	}
	return place
}

// normBack adds the gradient of n rows of d values before their norm to dx, and those of the norm's own where it is trained.
func (m *Model) normBack(dx, dy, x compute.Buffer, by *norm, n, d int) {
	if m.cfg.Norms.Layer {
		m.be.LayerNormBack(dx, by.grad, by.biasGrad, dy, x, by.w, n, d, m.cfg.NormEps)
		return
	}
	m.be.RMSNormBack(dx, by.grad, dy, x, by.w, n, d, m.cfg.NormEps)
}

// length is all of b where it is wanted, else nothing.
func length(wanted bool, b compute.Buffer) int {
	if wanted {
		return b.Len()
	}
	return 0
}
