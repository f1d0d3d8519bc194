package computetest

import (
	"fmt"
	"math"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// results is the outputs of every operation on inputs large enough to be split between threads.
type results []result

type result struct {
	name   string
	values []float32
}

// everyOperation runs all of them once, always on the same inputs.
func everyOperation(t testing.TB, b compute.Backend) results {
	t.Helper()
	s := suiteOf(t, b)
	var rs results
	keep := func(name string, buffers ...compute.Buffer) {
		for i, b := range buffers {
			rs = append(rs, result{fmt.Sprintf("%s output %d", name, i), s.read(b)})
		}
		s.guards = s.guards[:0]
	}
	in := func(n int) compute.Buffer { return s.input("", s.normal(n, 1)) }
	out := func(n int) compute.Buffer { return s.output("", s.normal(n, 1)) }

	for _, t := range compute.Types() {
		for _, n := range []int{1, 7, 97} {
			if seldom(t) && n != 7 {
				continue
			}
			const rows = 330
			cols := fit(t, 224)
			w, _ := s.weight(t, rows, cols)
			y, dx := out(n*rows), out(n*cols)
			s.b.MatMul(y, in(n*cols), w, n, 0.5, true)
			s.b.MatMulBackInput(dx, in(n*rows), w, n, 0.5, true)
			keep(fmt.Sprintf("MatMul and MatMulBackInput %s n=%d", t, n), y, dx)
			if laid, ok := s.b.Repack(w); ok {
				y := out(n * rows)
				s.b.MatMul(y, in(n*cols), laid, n, 0.5, true)
				keep(fmt.Sprintf("MatMul repacked %s n=%d", t, n), y)
			}
		}
	}
	for _, n := range []int{1, 7, 301} {
		const rows, cols = 130, 100
		dw := out(rows * cols)
		s.b.MatMulBackWeight(dw, in(n*rows), in(n*cols), n, rows, cols, 2, true)
		keep(fmt.Sprintf("MatMulBackWeight n=%d", n), dw)
	}
	{
		const n, d = 201, 150
		y, dx, dw := out(n*d), out(n*d), out(d)
		x, w := in(n*d), in(d)
		s.b.RMSNorm(y, x, w, n, d, 1e-5)
		s.b.RMSNormBack(dx, dw, in(n*d), x, w, n, d, 1e-5)
		keep("RMSNorm and RMSNormBack", y, dx, dw)
		scaled, dg, norms := out(n*d), out(d), out(n)
		s.b.ScaleColumns(scaled, x, w, n, d, true)
		s.b.ScaleColumnsBack(dg, in(n*d), x, n, d)
		s.b.InverseNorms(norms, x, n, d)
		keep("ScaleColumns, ScaleColumnsBack, InverseNorms", scaled, dg, norms)
		y, dx, dw, db := out(n*d), out(n*d), out(d), out(d)
		s.b.LayerNorm(y, x, w, in(d), n, d, 1e-5)
		s.b.LayerNormBack(dx, dw, db, in(n*d), x, w, n, d, 1e-5)
		keep("LayerNorm and LayerNormBack", y, dx, dw, db)
		moved, sums, part := out(n*d), out(d), out(n*d)
		s.b.AddRow(moved, w, n, d)
		s.b.AddRowBack(sums, x, n, d)
		s.b.CopyColumns(part, d, 50, x, d, 3, n, 90)
		keep("AddRow, AddRowBack, CopyColumns", moved, sums, part)
	}
	{
		const n = 70_001
		y, dgate, dup, dropped, sum := out(n), out(n), out(n), out(n), out(n)
		gate, up := in(n), in(n)
		s.b.Gate(y, gate, up, n, compute.SiLU)
		s.b.GateBack(dgate, dup, in(n), gate, up, n, compute.SiLU)
		s.b.Dropout(dropped, gate, n, 0.1, 3, true)
		s.b.AddNoise(dropped, n, 0.5, 4)
		s.b.Axpy(sum, up, n, 0.3)
		keep("Gate, GateBack, Dropout, AddNoise, Axpy", y, dgate, dup, dropped, sum)
		for act := compute.GELUTanh; act <= compute.GELU; act++ {
			y, dgate, dup, alone := out(n), out(n), out(n), out(n)
			s.b.Gate(y, gate, up, n, act)
			s.b.Gate(alone, gate, compute.Buffer{}, n, act)
			s.b.GateBack(dgate, dup, in(n), gate, up, n, act)
			s.b.SoftCap(up, n, 2)
			s.b.Scale(up, n, 0.3)
			keep(fmt.Sprintf("Gate, GateBack of activation %d, SoftCap, Scale", act), y, dgate, dup, alone, up)
			up = in(n)
		}
		p, m, v := out(n), out(n), s.output("", make([]float32, n))
		s.b.AdamW(p, in(n), m, v, compute.AdamWStep{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.1, GradScale: 1, T: 1})
		keep("AdamW", p, m, v)
		low, mean := compute.NewMoments8(s.b, n), out(n)
		s.b.AdamW8(p, in(n), low, compute.AdamWStep{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.1, GradScale: 1, T: 1})
		s.b.Lion(p, in(n), mean, compute.LionStep{LR: 1e-3, Beta1: 0.9, Beta2: 0.99, WeightDecay: 0.1, GradScale: 1})
		keep("AdamW8, Lion", p, low.MaxM, low.MaxV, mean)
		const rows, cols = 350, 200
		q, r, c := out(rows*cols), s.output("", make([]float32, rows)), s.output("", make([]float32, cols))
		s.b.Adafactor(q, in(rows*cols), r, c, rows, cols, compute.AdafactorStep{LR: 1e-3, Beta2: 0, Clip: 1, WeightDecay: 0.1, GradScale: 1})
		keep("Adafactor", q, r, c)
	}
	{
		const rows, d = 300, 70
		ids := s.picks(900, rows)
		w, _ := s.weight(compute.F32, rows, d)
		y, dw, gathered, scattered := out(900*d), out(rows*d), out(900*d), out(rows*d)
		src := in(900 * d)
		s.b.Embed(y, w, ids)
		s.b.EmbedBack(dw, src, ids, d)
		s.b.Gather(gathered, in(rows*d), ids, d)
		s.b.Scatter(scattered, src, ids, d)
		keep("Embed, EmbedBack, Gather, Scatter", y, dw, gathered, scattered)

		const positions, dim = 20, 14
		x := out(900 * 5 * dim)
		s.b.Rope(x, s.picks(900, positions), 5, dim, compute.RopeTable{Cos: in(positions * dim / 2), Sin: in(positions * dim / 2), Dim: dim}, false)
		keep("Rope", x)
	}
	for _, c := range []attends{
		{packed(120, 1, 37, 64), heads(6, 2, 32), 1},
		{packed(150), heads(1, 1, 64), 1},
		{packed(150, 300), windowed(heads(2, 1, 32), 40, 5), 1},
		{[]compute.Seq{{Q: 0, QLen: 1, K: 0, KLen: 200}, {Q: 1, QLen: 9, K: 200, KLen: 50}}, heads(4, 1, 64), 1},
	} {
		queries, keys := c.rows()
		qn, kn := queries*c.shape.Heads*c.shape.HeadDim, keys*c.shape.KVHeads*c.shape.HeadDim
		q, k, v, o, lse := in(qn), in(kn), in(kn), out(qn), out(queries*c.shape.Heads)
		dq, dk, dv := out(qn), out(kn), out(kn)
		s.b.Attention(o, lse, q, k, v, c.seqs, c.shape)
		s.b.AttentionBack(dq, dk, dv, in(qn), q, k, v, o, lse, c.seqs, c.shape)
		keep("Attention and AttentionBack "+c.String(), o, lse, dq, dk, dv)
	}
	for _, c := range []entropy{{m: 1200, in: 16, out: 30}, {m: 60, in: 32, out: 2001}, {m: 60, in: 32, out: 2001, terms: compute.LossTerms{Smoothing: 0.1, LogitScale: 0.7, Cap: 9}}} {
		head, _ := s.weight(compute.F32, c.out, c.in)
		nll, dx, dw := make([]float32, c.m), out(c.m*c.in), out(c.out*c.in)
		terms := c.terms
		if terms.Cap == 0 {
			terms = compute.LossTerms{Smoothing: 0.1, ZLoss: 1e-3}
		}
		s.b.CrossEntropy(nll, dx, dw, in(c.m*c.in), head, s.picks(c.m, c.out), s.normal(c.m, 1), terms)
		rs = append(rs, result{fmt.Sprintf("CrossEntropy rows=%d vocabulary=%d nll", c.m, c.out), nll})
		keep(fmt.Sprintf("CrossEntropy rows=%d vocabulary=%d", c.m, c.out), dx, dw)
	}
	for _, n := range []int{1000, 300_001} {
		bits := math.Float64bits(s.b.SumSquares(in(n)))
		halves := []float32{math.Float32frombits(uint32(bits >> 32)), math.Float32frombits(uint32(bits))}
		rs = append(rs, result{fmt.Sprintf("SumSquares n=%d, the halves of its bits", n), halves})
		s.guards = s.guards[:0]
	}
	return rs
}

func (want results) compare(t *testing.T, got results, how string) {
	t.Helper()
	for i, w := range want {
		if j := firstDifference(got[i].values, w.values); j >= 0 {
			t.Errorf("%s %s: value %d of %d is %.9g, and was %.9g", w.name, how, j, len(w.values), got[i].values[j], w.values[j])
		}
	}
}

// firstDifference is the first index at which a and b differ in a bit, -1 where none does.
func firstDifference(a, b []float32) int {
	for i, v := range a {
		if math.Float32bits(v) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}

func sameBitsAgain(t *testing.T, open func(testing.TB) compute.Backend) {
	b, other := open(t), open(t)
	t.Cleanup(b.Close)
	t.Cleanup(other.Close)
	want := everyOperation(t, b)
	want.compare(t, everyOperation(t, b), "run again")
	want.compare(t, everyOperation(t, other), "run by another backend")
}

func sameBitsThreads(t *testing.T, open func(tb testing.TB, threads int) compute.Backend) {
	var want results
	for _, threads := range []int{1, 2, 3, 5} {
		b := open(t, threads)
		got := everyOperation(t, b)
		b.Close()
		if want == nil {
			want = got
			continue
		}
		want.compare(t, got, fmt.Sprintf("with %d threads in place of 1", threads))
	}
}
