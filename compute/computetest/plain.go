package computetest

import (
	"fmt"

	"github.com/cria-llm/cria/compute"
)

// Plain is a complete backend in host memory that computes every operation by the float64 reference and rounds
// the result to float32 once. It is slow, uses one thread and is meant to be trusted: tests of the packages above
// compare a fast backend with it. Its dropout draws its own mask, so a comparison under dropout means nothing.
func Plain() compute.Backend { return plain{} }

type plain struct{}

func (plain) Name() string { return "plain float64 reference" }
func (plain) Threads() int { return 1 }
func (plain) Close()       {}

func (plain) Alloc(n int) compute.Buffer { return compute.HostBuffer(make([]float32, n)) }

func (plain) NewWeight(t compute.Type, rows, cols int, data []byte) (compute.Weight, error) {
	if err := compute.CheckWeight(t, rows, cols, len(data)); err != nil {
		return compute.Weight{}, err
	}
	if t != compute.F32 {
		return compute.DataWeight(t, rows, cols, data), nil
	}
	values := make([]float32, rows*cols)
	narrow(values, decode(t, data, rows*cols))
	return compute.F32Weight(compute.HostBuffer(values), rows, cols), nil
}

func (plain) Read(dst []float32, src compute.Buffer)  { copyAll(dst, src.Host()) }
func (plain) Write(dst compute.Buffer, src []float32) { copyAll(dst.Host(), src) }
func (plain) Copy(dst, src compute.Buffer)            { copyAll(dst.Host(), src.Host()) }
func (plain) Zero(b compute.Buffer)                   { clear(b.Host()) }

func copyAll(dst, src []float32) {
	if len(dst) != len(src) {
		panic(fmt.Sprintf("computetest: copy of %d values to %d", len(src), len(dst)))
	}
	copy(dst, src)
}

// load is the first n values of b in float64, store rounds values back to the start of b.
func load(b compute.Buffer, n int) []float64 { return wide(b.Host()[:n]) }
func store(b compute.Buffer, x []float64)    { narrow(b.Host()[:len(x)], x) }
func all(b compute.Buffer) []float64         { return load(b, b.Len()) }
func matrix(w compute.Weight) []float64 {
	if w.Type == compute.F32 {
		return load(w.Values(), w.Rows*w.Cols)
	}
	return decode(w.Type, w.Data(), w.Rows*w.Cols)
}

func (plain) MatMul(y, x compute.Buffer, w compute.Weight, n int, alpha float32, acc bool) {
	r := load(y, n*w.Rows)
	x64, w64 := factors(x, w, n)
	matMul(r, x64, w64, n, w.Rows, w.Cols, float64(alpha), acc)
	store(y, r)
}

func (plain) MatMulBackInput(dx, dy compute.Buffer, w compute.Weight, n int, alpha float32, acc bool) {
	r := load(dx, n*w.Cols)
	matMulBackInput(r, load(dy, n*w.Rows), matrix(w), n, w.Rows, w.Cols, float64(alpha), acc)
	store(dx, r)
}

func (plain) MatMulBackWeight(dw, dy, x compute.Buffer, n, out, in int, alpha float32, acc bool) {
	r := load(dw, out*in)
	matMulBackWeight(r, load(dy, n*out), load(x, n*in), n, out, in, float64(alpha), acc)
	store(dw, r)
}

func (p plain) MatMulSums(n int, sums []compute.Sum) {
	for _, s := range sums {
		out := s.Terms[0].W.Rows
		total := before(s.Y.Host()[:n*out], s.Acc)
		for _, t := range s.Terms {
			x64, w64 := factors(t.X, t.W, n)
			matMul(total, x64, w64, n, out, t.W.Cols, float64(t.Alpha), true)
		}
		store(s.Y, total)
	}
}

func (p plain) MatMulBackInputSums(n int, sums []compute.Sum) {
	for _, s := range sums {
		in := s.Terms[0].W.Cols
		total := before(s.Y.Host()[:n*in], s.Acc)
		for _, t := range s.Terms {
			matMulBackInput(total, load(t.X, n*t.W.Rows), matrix(t.W), n, t.W.Rows, in, float64(t.Alpha), true)
		}
		store(s.Y, total)
	}
}

func (p plain) MatMulBackWeights(n int, grads []compute.WeightGrad) {
	for _, g := range grads {
		p.MatMulBackWeight(g.DW, g.DY, g.X, n, g.Out, g.In, g.Alpha, true)
	}
}

func (plain) RMSNorm(y, x, w compute.Buffer, n, d int, eps float32) {
	r := make([]float64, n*d)
	rmsNorm(r, load(x, n*d), load(w, d), n, d, float64(eps))
	store(y, r)
}

func (plain) RMSNormBack(dx, dw, dy, x, w compute.Buffer, n, d int, eps float32) {
	rx, rw := load(dx, n*d), all(dw)
	rmsNormBack(rx, rw, load(dy, n*d), load(x, n*d), load(w, d), n, d, float64(eps))
	store(dx, rx)
	store(dw, rw)
}

func (plain) LayerNorm(y, x, w, b compute.Buffer, n, d int, eps float32) {
	r := make([]float64, n*d)
	layerNorm(r, load(x, n*d), load(w, d), all(b), n, d, float64(eps))
	store(y, r)
}

func (plain) LayerNormBack(dx, dw, db, dy, x, w compute.Buffer, n, d int, eps float32) {
	rx, rw, rb := load(dx, n*d), all(dw), all(db)
	layerNormBack(rx, rw, rb, load(dy, n*d), load(x, n*d), load(w, d), n, d, float64(eps))
	store(dx, rx)
	store(dw, rw)
	store(db, rb)
}

// upOf is what a gate multiplies: ones where there is nothing.
func upOf(up compute.Buffer, n int) []float64 {
	if up.Len() == 0 {
		return ones(n)
	}
	return load(up, n)
}

func (plain) Gate(y, gate, up compute.Buffer, n int, act compute.Activation) {
	r := make([]float64, n)
	gated(r, load(gate, n), upOf(up, n), act)
	store(y, r)
}

func (plain) GateBack(dgate, dup, dy, gate, up compute.Buffer, n int, act compute.Activation) {
	rg, ru := make([]float64, n), make([]float64, n)
	gatedBack(rg, ru, load(dy, n), load(gate, n), upOf(up, n), act)
	store(dgate, rg)
	if up.Len() > 0 {
		store(dup, ru)
	}
}

func (plain) AddRow(y, b compute.Buffer, n, d int) {
	r, row := load(y, n*d), load(b, d)
	for i := range n {
		addScaled(r[i*d:][:d], 1, row)
	}
	store(y, r)
}

func (plain) AddRowBack(db, dy compute.Buffer, n, d int) {
	r, g := load(db, d), load(dy, n*d)
	for i := range n {
		addScaled(r, 1, g[i*d:][:d])
	}
	store(db, r)
}

func (plain) Scale(y compute.Buffer, n int, alpha float32) {
	r := load(y, n)
	for i := range r {
		r[i] *= float64(alpha)
	}
	store(y, r)
}

func (plain) SoftCap(y compute.Buffer, n int, limit float32) {
	r := load(y, n)
	for i := range r {
		r[i] = capped(r[i], float64(limit))
	}
	store(y, r)
}

func (plain) CopyColumns(dst compute.Buffer, dstWidth, dstAt int, src compute.Buffer, srcWidth, srcAt, n, width int) {
	for i := range n {
		copy(dst.Host()[i*dstWidth+dstAt:][:width], src.Host()[i*srcWidth+srcAt:][:width])
	}
}

func (plain) Rope(x compute.Buffer, pos []int32, heads, dim int, t compute.RopeTable, inverse bool) {
	r := load(x, len(pos)*heads*dim)
	rope(r, pos, heads, dim, all(t.Cos), all(t.Sin), t.Dim, inverse)
	store(x, r)
}

func (plain) Dropout(dst, src compute.Buffer, n int, p float32, seed uint64, acc bool) {
	r, x := load(dst, n), load(src, n)
	for i, v := range x {
		if kept(seed, i, float64(p)) {
			set(&r[i], v/(1-float64(p)), acc)
		} else {
			set(&r[i], 0, acc)
		}
	}
	store(dst, r)
}

func (plain) AddNoise(y compute.Buffer, n int, amplitude float32, seed uint64) {
	r := load(y, n)
	for i := range r {
		r[i] += float64(amplitude) * noise(seed, i)
	}
	store(y, r)
}

func (plain) Axpy(y, x compute.Buffer, n int, alpha float32) {
	r := load(y, n)
	addScaled(r, float64(alpha), load(x, n))
	store(y, r)
}

func (plain) ScaleColumns(y, x, g compute.Buffer, n, d int, acc bool) {
	r := before(y.Host()[:n*d], acc)
	scaleColumns(r, load(x, n*d), load(g, d), n, d)
	store(y, r)
}

func (plain) ScaleColumnsBack(dg, dy, x compute.Buffer, n, d int) {
	r := load(dg, d)
	scaleColumnsBack(r, load(dy, n*d), load(x, n*d), n, d)
	store(dg, r)
}

func (plain) InverseNorms(y, x compute.Buffer, n, d int) {
	r := make([]float64, n)
	inverseNorms(r, load(x, n*d), n, d)
	store(y, r)
}

func (plain) Embed(y compute.Buffer, w compute.Weight, ids []int32) {
	values := matrix(w)
	for i, id := range ids {
		store(y.Slice(i*w.Cols, (i+1)*w.Cols), values[int(id)*w.Cols:][:w.Cols])
	}
}

func (p plain) EmbedBack(dw, dy compute.Buffer, ids []int32, d int) { p.Scatter(dw, dy, ids, d) }

func (plain) Gather(dst, src compute.Buffer, rows []int32, d int) {
	for i, row := range rows {
		copy(dst.Host()[i*d:][:d], src.Host()[int(row)*d:][:d])
	}
}

func (plain) Scatter(dst, src compute.Buffer, rows []int32, d int) {
	r, x := all(dst), load(src, len(rows)*d)
	for i, row := range rows {
		addScaled(r[int(row)*d:][:d], 1, x[i*d:][:d])
	}
	store(dst, r)
}

func (plain) Attention(out, lse, q, k, v compute.Buffer, seqs []compute.Seq, s compute.AttentionShape) {
	ro, rl := all(out), all(lse)
	attention(ro, rl, all(q), all(k), all(v), seqs, s)
	store(out, ro)
	store(lse, rl)
}

func (plain) AttentionBack(dq, dk, dv, dout, q, k, v, out, lse compute.Buffer, seqs []compute.Seq, s compute.AttentionShape) {
	rq, rk, rv := all(dq), all(dk), all(dv)
	attentionBack(rq, rk, rv, all(dout), all(q), all(k), all(v), seqs, s)
	store(dq, rq)
	store(dk, rk)
	store(dv, rv)
}

func (plain) CrossEntropy(nll []float32, dx, dw, x compute.Buffer, head compute.Weight, targets []int32, scale []float32, terms compute.LossTerms) {
	m := len(targets)
	rn, rw := make([]float64, m), all(dw)
	var rx []float64
	if dx.Len() > 0 {
		rx = make([]float64, m*head.Cols)
	}
	x64, w64 := factors(x, head, m)
	crossEntropy(rn, rx, rw, x64, w64, head.Rows, head.Cols, targets, wide(scale), terms)
	narrow(nll, rn)
	store(dx, rx)
	store(dw, rw)
}

func (plain) AdamW(p, g, m, v compute.Buffer, s compute.AdamWStep) {
	n := p.Len()
	rp, rm, rv := load(p, n), load(m, n), load(v, n)
	adamW(rp, load(g, n), rm, rv, s)
	store(p, rp)
	store(m, rm)
	store(v, rv)
}

func (plain) AdamW8(p, g compute.Buffer, m *compute.Moments8, s compute.AdamWStep) {
	n := p.Len()
	rp := load(p, n)
	rm, rv := moments8(m.MaxM.Host(), m.M, true), moments8(m.MaxV.Host(), m.V, false)
	adamW(rp, load(g, n), rm, rv, s)
	store(p, rp)
	rest := func(places []byte, scales compute.Buffer, x []float64, signed bool) {
		at, most := places8(x, signed)
		copy(places, at)
		store(scales, most)
	}
	rest(m.M, m.MaxM, rm, true)
	rest(m.V, m.MaxV, rv, false)
}

func (plain) Lion(p, g, m compute.Buffer, s compute.LionStep) {
	n := p.Len()
	rp, rm := load(p, n), load(m, n)
	lion(rp, load(g, n), rm, s)
	store(p, rp)
	store(m, rm)
}

func (plain) Adafactor(p, g, r, c compute.Buffer, rows, cols int, s compute.AdafactorStep) {
	rp, rr, rc := load(p, rows*cols), all(r), load(c, cols)
	adafactor(rp, load(g, rows*cols), rr, rc, rows, cols, s)
	store(p, rp)
	store(r, rr)
	store(c, rc)
}

func (plain) SumSquares(x compute.Buffer) float64 {
	sum := 0.0
	for _, v := range x.Host() {
		sum += float64(v) * float64(v)
	}
	return sum
}
