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
		if ws.plan.Recompute && l < len(m.blocks)-1 {
			m.recompute(ws, p, l)
		}
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
		be.Gate(act, s.gate, s.up, n*c.FFN, compute.SiLU)
	}
	m.projectBack(ws, p, act.Slice(0, length(underDown, act)), act, branch{b.down, dx, s.t.down})
	if underDown {
		be.GateBack(s.gate, s.up, act, s.gate, s.up, n*c.FFN, compute.SiLU)
		if b.gate.trained() || b.up.trained() {
			be.RMSNorm(h, s.mid, b.mlpNorm.w, n, c.Hidden, c.NormEps)
		}
		m.projectBack(ws, p, dh.Slice(0, length(underMLP, dh)), h, branch{b.gate, s.gate, s.t.gate}, branch{b.up, s.up, s.t.up})
	}
	if underMLP {
		be.RMSNormBack(dx, b.mlpNorm.grad, dh, s.mid, b.mlpNorm.w, n, c.Hidden, c.NormEps)
	}

	// mid = x + o(attention(q(norm(x)), k(norm(x)), v(norm(x))))
	if !below && !b.attnTrained() {
		return
	}
	datt := ws.datt.Slice(0, n*c.qDim())
	underO := below || b.qkvTrained()
	m.projectBack(ws, p, datt.Slice(0, length(underO, datt)), s.att, branch{b.o, dx, s.t.o})
	if !underO {
		return
	}
	dk, dv := ws.dk.Slice(0, n*c.kvDim()), ws.dv.Slice(0, n*c.kvDim())
	be.AttentionBack(datt, dk, dv, datt, s.q, s.k, s.v, s.att, s.lse, p.seqs, m.attention())
	be.Rope(datt, p.pos, c.Heads, c.HeadDim, m.rope, true)
	be.Rope(dk, p.pos, c.KVHeads, c.HeadDim, m.rope, true)
	if b.q.trained() || b.k.trained() || b.v.trained() {
		be.RMSNorm(h, s.x, b.attnNorm.w, n, c.Hidden, c.NormEps)
	}
	underQKV := below || b.attnNorm.grad.Len() > 0
	m.projectBack(ws, p, dh.Slice(0, length(underQKV, dh)), h, branch{b.q, datt, s.t.q}, branch{b.k, dk, s.t.k}, branch{b.v, dv, s.t.v})
	if underQKV {
		be.RMSNormBack(dx, b.attnNorm.grad, dh, s.x, b.attnNorm.w, n, c.Hidden, c.NormEps)
	}
}

// length is all of b where it is wanted, else nothing.
func length(wanted bool, b compute.Buffer) int {
	if wanted {
		return b.Len()
	}
	return 0
}
