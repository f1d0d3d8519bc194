package model

import "github.com/cria-llm/cria/compute"

// branch is one linear layer of a group that reads the same input.
type branch struct {
	l *LinearLayer
	y compute.Buffer // [n, out] its output; in the backward, the output's gradient
	t compute.Buffer // [n, R] drop(x)·Aᵀ of its delta, which the backward reads again
}

// low cuts a buffer of t or its gradient to the rank of the layer's delta.
func (b *branch) low(t compute.Buffer, n int) compute.Buffer { return t.Slice(0, n*b.l.Delta.R) }

// project is y (+)= x·Wᵀ + Scale · t·Bᵀ for each branch: the delta's second product is part of the base's.
func (m *Model) project(ws *Workspace, p pass, x compute.Buffer, acc bool, branches ...branch) {
	n := len(p.ids)
	sums := ws.sums.begin()
	for i := range branches {
		b := &branches[i]
		d := b.l.Delta
		if d == nil {
			continue
		}
		a, _ := d.weights()
		t := b.low(b.t, n)
		if in := m.dropped(ws, p, b.l, x); d.Dropout > 0 && p.train {
			m.be.MatMul(t, in, a, n, 1, false) // the next branch's input takes this one's place
		} else {
			sums.add(t, false)
			sums.term(in, a, 1)
		}
	}
	if len(sums.all) > 0 {
		m.be.MatMulSums(n, sums.all)
	}
	sums.begin()
	for i := range branches {
		b := &branches[i]
		sums.add(b.y, acc)
		sums.term(x, b.l.weight(p), 1)
		if d := b.l.Delta; d != nil {
			_, second := d.weights()
			sums.term(b.low(b.t, n), second, d.Scale)
		}
	}
	m.be.MatMulSums(n, sums.all)
	if ws.probe != nil {
		for _, b := range branches {
			ws.probe.see(b.l.Name, "output", b.y)
		}
	}
}

// projectBack adds the gradients of what is trained in the branches, from their common input x and the gradients y of
// their outputs. Where dx is not empty it is overwritten with the gradient of the input; it may be x itself.
func (m *Model) projectBack(ws *Workspace, p pass, dx, x compute.Buffer, branches ...branch) {
	n := len(p.ids)
	// Through the deltas' second matrices.
	sums := ws.sums.begin()
	for i := range branches {
		b := &branches[i]
		if d := b.l.Delta; d != nil && (d.GradA.Len() > 0 || dx.Len() > 0) {
			_, second := d.weights()
			sums.add(b.low(ws.dt[i], n), false)
			sums.term(b.y, second, d.Scale)
		}
	}
	if len(sums.all) > 0 {
		m.be.MatMulBackInputSums(n, sums.all)
	}
	m.projectGrads(ws, p, x, branches)
	if dx.Len() == 0 {
		return
	}
	sums.begin()
	sums.add(dx, false)
	for i := range branches {
		b := &branches[i]
		sums.term(b.y, b.l.W, 1)
		if d := b.l.Delta; d != nil && d.Dropout == 0 {
			a, _ := d.weights()
			sums.term(b.low(ws.dt[i], n), a, 1)
		}
	}
	m.be.MatMulBackInputSums(n, sums.all)
	for i := range branches {
		b := &branches[i]
		if d := b.l.Delta; d != nil && d.Dropout > 0 {
			a, _ := d.weights()
			drop := ws.drop.Slice(0, n*b.l.In())
			m.be.MatMulBackInput(drop, b.low(ws.dt[i], n), a, n, 1, false)
			m.be.Dropout(dx, drop, n*b.l.In(), d.Dropout, mix(p.seed, b.l.index), true)
		}
	}
}

// projectGrads adds the gradients of the branches' own weights and deltas.
func (m *Model) projectGrads(ws *Workspace, p pass, x compute.Buffer, branches []branch) {
	n := len(p.ids)
	ws.grads = ws.grads[:0]
	for i := range branches {
		b := &branches[i]
		l, d := b.l, b.l.Delta
		if l.grad.Len() > 0 {
			m.be.MatMulBackWeight(l.grad, b.y, x, n, l.Out(), l.In(), 1, true)
		}
		if d == nil {
			continue
		}
		if d.GradB.Len() > 0 {
			ws.grads = append(ws.grads, compute.WeightGrad{DW: d.GradB, DY: b.y, X: b.low(b.t, n), Out: l.Out(), In: d.R, Alpha: d.Scale})
		}
		if d.GradA.Len() == 0 {
			continue
		}
		if d.Dropout > 0 {
			in := m.dropped(ws, p, l, x)
			m.be.MatMulBackWeight(d.GradA, b.low(ws.dt[i], n), in, n, d.R, l.In(), 1, true)
			continue
		}
		ws.grads = append(ws.grads, compute.WeightGrad{DW: d.GradA, DY: b.low(ws.dt[i], n), X: x, Out: d.R, In: l.In(), Alpha: 1})
	}
	if len(ws.grads) > 0 {
		m.be.MatMulBackWeights(n, ws.grads)
	}
}

// dropped is the input of the layer's delta: x itself where no dropout acts. The backward gets the same values.
func (m *Model) dropped(ws *Workspace, p pass, l *LinearLayer, x compute.Buffer) compute.Buffer {
	if !p.train || l.Delta.Dropout == 0 {
		return x
	}
	n := len(p.ids) * l.In()
	m.be.Dropout(ws.drop, x, n, l.Delta.Dropout, mix(p.seed, l.index), false)
	return ws.drop.Slice(0, n)
}

// groupMax is the most layers that read the same input: q, k and v.
const groupMax = 3

// sumList gathers the sums of one call of the backend in memory that is kept.
type sumList struct {
	all   []compute.Sum
	terms [2 * groupMax]compute.Term
	used  int
}

func (s *sumList) begin() *sumList {
	s.all, s.used = s.all[:0], 0
	return s
}

func (s *sumList) add(y compute.Buffer, acc bool) {
	s.all = append(s.all, compute.Sum{Y: y, Acc: acc})
}

// term adds a product to the sum that was added last.
func (s *sumList) term(x compute.Buffer, w compute.Weight, alpha float32) {
	s.terms[s.used] = compute.Term{X: x, W: w, Alpha: alpha}
	s.used++
	last := &s.all[len(s.all)-1]
	last.Terms = s.terms[s.used-len(last.Terms)-1 : s.used]
}
