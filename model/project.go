package model

import "github.com/cria-llm/cria/compute"

// branch is one linear layer of a group that reads the same input.
type branch struct {
	l *LinearLayer
	y compute.Buffer // [n, out] its output; in the backward, the output's gradient
	t compute.Buffer // [n, R] drop(x)·Aᵀ of its delta, which the backward reads again
}

// cut is a buffer of t or its gradient cut to the rank of a delta.
func cut(t compute.Buffer, n int, d *Delta) compute.Buffer { return t.Slice(0, n*d.R) }

// unscaled is scratch for branch i's [n, out] before its rows have their lengths.
func (ws *Workspace) unscaled(i, n int, l *LinearLayer) compute.Buffer {
	return ws.sum[i].Slice(0, n*l.Out())
}

// project is y (+)= x·Wᵀ + Scale · t·Bᵀ + bias for each branch: a delta's second product is part of the base's.
func (m *Model) project(ws *Workspace, p pass, x compute.Buffer, acc bool, branches ...branch) {
	n := len(p.ids)
	ws.squares.see(x, n, branches)
	m.thin(ws, p, x, branches)
	sums := ws.sums.begin()
	for i := range branches {
		b := &branches[i]
		if b.l.scaled() {
			y := b.y
			if acc {
				y = ws.unscaled(i, n, b.l)
			}
			sums.add(y, false)
		} else {
			sums.add(b.y, acc)
		}
		sums.term(x, b.l.weight(p), 1)
		if b.l.below.gain.Len() == 0 {
			ws.deltas(sums, i, b, n)
		}
	}
	m.be.MatMulSums(n, sums.all)
	for i := range branches {
		if b := &branches[i]; b.l.scaled() {
			y := b.y
			if acc {
				y = ws.unscaled(i, n, b.l)
			}
			m.rescale(ws, i, b, y, n)
			if b.l.dora() {
				m.be.ScaleColumns(b.y, y, b.l.Delta.gain, n, b.l.Out(), acc)
			} else if acc {
				m.be.Axpy(b.y, y, n*b.l.Out(), 1)
			}
		}
	}
	for i := range branches {
		if b := &branches[i]; b.l.bias.Len() > 0 {
			m.be.AddRow(b.y, b.l.bias, n, b.l.Out())
		}
	}
	if ws.probe != nil {
		for _, b := range branches {
			ws.probe.see(b.l.Name, "output", b.y)
		}
	}
}

// thin is the first product of each delta: t = drop(x)·Aᵀ.
func (m *Model) thin(ws *Workspace, p pass, x compute.Buffer, branches []branch) {
	n := len(p.ids)
	sums := ws.sums.begin()
	for i := range branches {
		b := &branches[i]
		if d := b.l.below.delta; d != nil {
			a, _ := d.weights()
			sums.add(cut(ws.below[i], n, d), false)
			sums.term(x, a, 1)
		}
		d := b.l.Delta
		if d == nil {
			continue
		}
		a, _ := d.weights()
		t := cut(b.t, n, d)
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
}

// deltas adds the second product of each delta of branch i to the sum that was added last.
func (ws *Workspace) deltas(sums *sumList, i int, b *branch, n int) {
	if d := b.l.below.delta; d != nil {
		_, second := d.weights()
		sums.term(cut(ws.below[i], n, d), second, d.Scale)
	}
	if d := b.l.Delta; d != nil {
		_, second := d.weights()
		sums.term(cut(b.t, n, d), second, d.Scale)
	}
}

// rescale completes y = x·Wᵀ where the stack beneath gives its rows other lengths: the deltas come after these.
func (m *Model) rescale(ws *Workspace, i int, b *branch, y compute.Buffer, n int) {
	gain := b.l.below.gain
	if gain.Len() == 0 {
		return
	}
	m.be.ScaleColumns(y, y, gain, n, b.l.Out(), false)
	sums := ws.sums.begin()
	sums.add(y, true)
	if ws.deltas(sums, i, b, n); len(sums.all[0].Terms) > 0 {
		m.be.MatMulSums(n, sums.all)
	}
}

// projectBack adds the gradients of what is trained in the branches, from their common input x and the gradients y of
// their outputs. Where dx is not empty it is overwritten with the gradient of the input; it may be x itself.
func (m *Model) projectBack(ws *Workspace, p pass, dx, x compute.Buffer, branches ...branch) {
	n := len(p.ids)
	for i := range branches {
		if b := &branches[i]; b.l.biasGrad.Len() > 0 {
			m.be.AddRowBack(b.l.biasGrad, b.y, n, b.l.Out())
		}
	}
	m.doraBack(ws, p, x, branches)
	// Through the deltas' second matrices.
	sums := ws.sums.begin()
	for i := range branches {
		b := &branches[i]
		if d := b.l.Delta; d != nil && (d.GradA.Len() > 0 || dx.Len() > 0) {
			_, second := d.weights()
			sums.add(cut(ws.dt[i], n, d), false)
			sums.term(b.y, second, d.Scale)
		}
		if d := b.l.below.delta; d != nil && dx.Len() > 0 {
			_, second := d.weights()
			sums.add(cut(ws.below[i], n, d), false)
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
		dy := b.y
		if gain := b.l.below.gain; gain.Len() > 0 {
			dy = ws.unscaled(i, n, b.l)
			m.be.ScaleColumns(dy, b.y, gain, n, b.l.Out(), false)
		}
		sums.term(dy, b.l.W, 1)
		if d := b.l.Delta; d != nil && d.Dropout == 0 {
			a, _ := d.weights()
			sums.term(cut(ws.dt[i], n, d), a, 1)
		}
		if d := b.l.below.delta; d != nil {
			a, _ := d.weights()
			sums.term(cut(ws.below[i], n, d), a, 1)
		}
	}
	m.be.MatMulBackInputSums(n, sums.all)
	for i := range branches {
		b := &branches[i]
		if d := b.l.Delta; d != nil && d.Dropout > 0 {
			a, _ := d.weights()
			drop := ws.drop.Slice(0, n*b.l.In())
			m.be.MatMulBackInput(drop, cut(ws.dt[i], n, d), a, n, 1, false)
			m.be.Dropout(dx, drop, n*b.l.In(), d.Dropout, mix(p.seed, b.l.index), true)
		}
	}
}

// doraBack adds the gradients of the magnitudes and puts in the place of each such branch's y the gradient of the sum that
// the magnitude gives its lengths to. The sum was not kept: it is computed again.
func (m *Model) doraBack(ws *Workspace, p pass, x compute.Buffer, branches []branch) {
	n := len(p.ids)
	again := false
	for i := range branches {
		l := branches[i].l
		again = again || l.dora() && l.Delta.GradMagnitude.Len() > 0
	}
	if again {
		m.thinBelow(ws, x, n, branches)
	}
	for i := range branches {
		b := &branches[i]
		if !b.l.dora() {
			continue
		}
		d, u, out := b.l.Delta, ws.unscaled(i, n, b.l), b.l.Out()
		if d.GradMagnitude.Len() > 0 {
			sums := ws.sums.begin()
			sums.add(u, false)
			sums.term(x, b.l.weight(p), 1)
			if b.l.below.gain.Len() == 0 {
				ws.deltas(sums, i, b, n)
			}
			m.be.MatMulSums(n, sums.all)
			m.rescale(ws, i, b, u, n)
			m.be.ScaleColumns(u, u, d.inverse, n, out, false)
			m.be.ScaleColumnsBack(d.GradMagnitude, b.y, u, n, out)
		}
		m.be.ScaleColumns(u, b.y, d.gain, n, out, false)
		b.y = u
	}
}

// thinBelow is the first product of the deltas of the stack, which thin computed and other layers wrote over.
func (m *Model) thinBelow(ws *Workspace, x compute.Buffer, n int, branches []branch) {
	sums := ws.sums.begin()
	for i := range branches {
		if d := branches[i].l.below.delta; d != nil {
			a, _ := d.weights()
			sums.add(cut(ws.below[i], n, d), false)
			sums.term(x, a, 1)
		}
	}
	if len(sums.all) > 0 {
		m.be.MatMulSums(n, sums.all)
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
			ws.grads = append(ws.grads, compute.WeightGrad{DW: d.GradB, DY: b.y, X: cut(b.t, n, d), Out: l.Out(), In: d.R, Alpha: d.Scale})
		}
		if d.GradA.Len() == 0 {
			continue
		}
		if d.Dropout > 0 {
			in := m.dropped(ws, p, l, x)
			m.be.MatMulBackWeight(d.GradA, cut(ws.dt[i], n, d), in, n, d.R, l.In(), 1, true)
			continue
		}
		ws.grads = append(ws.grads, compute.WeightGrad{DW: d.GradA, DY: cut(ws.dt[i], n, d), X: x, Out: d.R, In: l.In(), Alpha: 1})
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
	terms [3 * groupMax]compute.Term // of each branch: the base's, the stack's and the delta's
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
