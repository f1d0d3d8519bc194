package model

import "github.com/cria-llm/cria/compute"

// belowHead says whether anything under the head is trained, so that the head's input needs a gradient.
func (m *Model) belowHead() bool {
	return m.trained.embed || m.trained.lowest < len(m.blocks) || m.norm.grad.Len() > 0
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
	be.RMSNormBack(drows, m.norm.grad, dlast, last, m.norm.w, len(rows), c.Hidden, c.NormEps)
	if m.trained.lowest == len(m.blocks) {
		return
	}
	dx := ws.out.Slice(0, n*c.Hidden)
	be.Zero(dx)
	be.Scatter(dx, drows, rows, c.Hidden)
	for l := len(m.blocks) - 1; l >= m.trained.lowest; l-- {
		below := l > m.trained.lowest || m.trained.embed
		m.backwardBlock(ws, p, l, dx, below)
	}
	if m.trained.embed {
		be.EmbedBack(m.embedGrad, dx, p.ids, c.Hidden)
	}
}

// backwardBlock turns dx, the gradient of layer l's output, into that of its input. Where nothing below the layer is
// trained it stops at the lowest trained thing within it and leaves dx unfinished.
func (m *Model) backwardBlock(ws *Workspace, p pass, l int, dx compute.Buffer, below bool) {
	be, c, b, n := m.be, &m.cfg, &m.blocks[l], len(p.ids)
	s := m.slot(ws, l, n)
	h, dh := ws.h.Slice(0, n*c.Hidden), ws.dh.Slice(0, n*c.Hidden)

	// x' = mid + down(silu(gate(norm(mid))) ⊙ up(norm(mid)))
	act := ws.act.Slice(0, n*c.FFN)
	underMLP := below || b.attnTrained() || b.mlpNorm.grad.Len() > 0
	underDown := underMLP || b.gate.trained() || b.up.trained()
	if b.down.trained() {
		be.SiLUGate(act, s.gate, s.up, n*c.FFN)
		m.linearGrads(ws, p, b.down, dx, act)
	}
	if underDown {
		m.linearBack(ws, p, b.down, act, dx, false)
		be.SiLUGateBack(s.gate, s.up, act, s.gate, s.up, n*c.FFN)
		if b.gate.trained() || b.up.trained() {
			be.RMSNorm(h, s.mid, b.mlpNorm.w, n, c.Hidden, c.NormEps)
			m.linearGrads(ws, p, b.gate, s.gate, h)
			m.linearGrads(ws, p, b.up, s.up, h)
		}
	}
	if underMLP {
		m.linearBack(ws, p, b.gate, dh, s.gate, false)
		m.linearBack(ws, p, b.up, dh, s.up, true)
		be.RMSNormBack(dx, b.mlpNorm.grad, dh, s.mid, b.mlpNorm.w, n, c.Hidden, c.NormEps)
	}

	// mid = x + o(attention(q(norm(x)), k(norm(x)), v(norm(x))))
	if !below && !b.attnTrained() {
		return
	}
	m.linearGrads(ws, p, b.o, dx, s.att)
	if !below && !b.qkvTrained() {
		return
	}
	datt := ws.datt.Slice(0, n*c.qDim())
	dk, dv := ws.dk.Slice(0, n*c.kvDim()), ws.dv.Slice(0, n*c.kvDim())
	m.linearBack(ws, p, b.o, datt, dx, false)
	be.AttentionBack(datt, dk, dv, datt, s.q, s.k, s.v, s.att, s.lse, p.seqs, m.attention())
	be.Rope(datt, p.pos, c.Heads, c.HeadDim, m.rope, true)
	be.Rope(dk, p.pos, c.KVHeads, c.HeadDim, m.rope, true)
	if b.q.trained() || b.k.trained() || b.v.trained() {
		be.RMSNorm(h, s.x, b.attnNorm.w, n, c.Hidden, c.NormEps)
		m.linearGrads(ws, p, b.q, datt, h)
		m.linearGrads(ws, p, b.k, dk, h)
		m.linearGrads(ws, p, b.v, dv, h)
	}
	if below || b.attnNorm.grad.Len() > 0 {
		m.linearBack(ws, p, b.q, dh, datt, false)
		m.linearBack(ws, p, b.k, dh, dk, true)
		m.linearBack(ws, p, b.v, dh, dv, true)
		be.RMSNormBack(dx, b.attnNorm.grad, dh, s.x, b.attnNorm.w, n, c.Hidden, c.NormEps)
	}
}

// linearGrads adds the gradients of what is trained in the layer, from its input x and its output's gradient dy.
func (m *Model) linearGrads(ws *Workspace, p pass, l *LinearLayer, dy, x compute.Buffer) {
	n := len(p.ids)
	if l.grad.Len() > 0 {
		m.be.MatMulBackWeight(l.grad, dy, x, n, l.Out(), l.In(), 1, true)
	}
	d := l.Delta
	if d == nil || d.GradA.Len() == 0 && d.GradB.Len() == 0 {
		return
	}
	a, b := d.weights()
	x = m.dropped(ws, p, l, x)
	if d.GradB.Len() > 0 {
		t := ws.t.Slice(0, n*d.R)
		m.be.MatMul(t, x, a, n, 1, false)
		m.be.MatMulBackWeight(d.GradB, dy, t, n, l.Out(), d.R, d.Scale, true)
	}
	if d.GradA.Len() > 0 {
		dt := ws.dt.Slice(0, n*d.R)
		m.be.MatMulBackInput(dt, dy, b, n, d.Scale, false)
		m.be.MatMulBackWeight(d.GradA, dt, x, n, d.R, l.In(), 1, true)
	}
}

// linearBack is dx (+)= the gradient of the layer's input. dx may be what was its input.
func (m *Model) linearBack(ws *Workspace, p pass, l *LinearLayer, dx, dy compute.Buffer, acc bool) {
	n := len(p.ids)
	m.be.MatMulBackInput(dx, dy, l.W, n, 1, acc)
	d := l.Delta
	if d == nil {
		return
	}
	a, b := d.weights()
	dt := ws.dt.Slice(0, n*d.R)
	m.be.MatMulBackInput(dt, dy, b, n, d.Scale, false)
	if d.Dropout == 0 {
		m.be.MatMulBackInput(dx, dt, a, n, 1, true)
		return
	}
	drop := ws.drop.Slice(0, n*l.In())
	m.be.MatMulBackInput(drop, dt, a, n, 1, false)
	m.be.Dropout(dx, drop, n*l.In(), d.Dropout, mix(p.seed, l.index), true)
}
