package computetest

import (
	"github.com/cria-llm/cria/compute"
)

// checkNoRows calls every operation with no rows at all, as a batch without trained tokens does: nothing changes,
// except that a product over no rows that is to overwrite is 0.
func checkNoRows(s *suite) {
	none := compute.Buffer{}
	w := compute.F32Weight(s.input("w", s.normal(96, 1)), 6, 16)
	shape := heads(2, 1, 8)
	s.b.MatMul(none, none, w, 0, 1, false)
	s.b.MatMulBackInput(none, none, w, 0, 1, false)
	zero, kept := s.blank("dw", 96), s.input("dw with acc", s.normal(96, 1))
	s.b.MatMulBackWeight(zero, none, none, 0, 6, 16, 1, false)
	s.b.MatMulBackWeight(kept, none, none, 0, 6, 16, 1, true)
	s.same("MatMulBackWeight of no rows", "dw", 16, s.read(zero), make([]float32, 96))

	row := s.input("row", s.normal(16, 1))
	s.b.RMSNorm(none, none, row, 0, 16, 1e-5)
	s.b.RMSNormBack(none, row, none, none, row, 0, 16, 1e-5)
	s.b.LayerNorm(none, none, row, row, 0, 16, 1e-5)
	s.b.LayerNormBack(none, row, row, none, none, row, 0, 16, 1e-5)
	s.b.Gate(none, none, none, 0, compute.GELU)
	s.b.GateBack(none, none, none, none, none, 0, compute.GELU)
	s.b.AddRow(none, row, 0, 16)
	s.b.AddRowBack(row, none, 0, 16)
	s.b.Scale(none, 0, 2)
	s.b.SoftCap(none, 0, 2)
	s.b.CopyColumns(none, 16, 2, none, 8, 1, 0, 3)
	s.b.Rope(none, nil, 2, 8, compute.RopeTable{Cos: row, Sin: row, Dim: 8}, false)
	s.b.Dropout(none, none, 0, 0.5, 1, false)
	s.b.AddNoise(none, 0, 1, 1)
	s.b.Axpy(none, none, 0, 1)
	s.b.ScaleColumns(none, none, row, 0, 16, false)
	s.b.ScaleColumnsBack(row, none, none, 0, 16)
	s.b.InverseNorms(none, none, 0, 16)
	s.b.Embed(none, w, nil)
	s.b.EmbedBack(row, none, nil, 16)
	s.b.Gather(none, row, nil, 16)
	s.b.Scatter(row, none, nil, 16)
	s.b.Attention(none, none, none, none, none, nil, shape)
	s.b.AttentionBack(none, none, none, none, none, none, none, none, none, nil, shape)
	s.b.CrossEntropy(nil, none, none, none, w, nil, nil, compute.LossTerms{})
	s.b.CrossEntropy(nil, none, kept, none, w, nil, nil, compute.LossTerms{Smoothing: 0.1, ZLoss: 1})
	s.b.AdamW(none, none, none, none, compute.AdamWStep{LR: 1, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, GradScale: 1, T: 1})
	s.b.AdamW8(none, none, compute.NewMoments8(s.b, 0), compute.AdamWStep{LR: 1, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, GradScale: 1, T: 1})
	s.b.Lion(none, none, none, compute.LionStep{LR: 1, Beta1: 0.9, Beta2: 0.99, GradScale: 1})
	s.check(s.b.SumSquares(none) == 0, "SumSquares of no values is not 0")
	s.verify("an operation on no rows")
}

// checkLongerBuffers gives buffers longer than the shapes need, as a reused arena has them: the shape decides what
// is computed, and the rest stays as it is.
func checkLongerBuffers(s *suite) {
	const n, d, out, heads2, dim = 5, 24, 17, 3, 8
	const rest = 70
	x, w := s.normal(n*d, 1), s.normal(d, 1)
	ids, pos := s.picks(n, 3), s.picks(n, 4)
	table := compute.RopeTable{Cos: s.b.Alloc(4 * dim / 2), Sin: s.b.Alloc(4 * dim / 2), Dim: dim}
	s.b.Write(table.Cos, s.normal(16, 1))
	s.b.Write(table.Sin, s.normal(16, 1))
	weight, _ := s.weight(compute.F32, out, d)
	for _, op := range []struct {
		name string
		size int
		run  func(y, x, w compute.Buffer)
	}{
		{"MatMul", n * out, func(y, x, _ compute.Buffer) { s.b.MatMul(y, x, weight, n, 1, false) }},
		{"MatMulBackInput", n * d, func(y, x, _ compute.Buffer) { s.b.MatMulBackInput(y, x, weight, n, 1, false) }},
		{"MatMulBackWeight", 12 * 5, func(y, x, _ compute.Buffer) { s.b.MatMulBackWeight(y, x, x, n, 12, 5, 1, false) }},
		{"RMSNorm", n * d, func(y, x, w compute.Buffer) { s.b.RMSNorm(y, x, w, n, d, 1e-5) }},
		{"RMSNormBack", n * d, func(y, x, w compute.Buffer) { s.b.RMSNormBack(y, compute.Buffer{}, x, x, w, n, d, 1e-5) }},
		{"LayerNorm", n * d, func(y, x, w compute.Buffer) { s.b.LayerNorm(y, x, w, w, n, d, 1e-5) }},
		{"LayerNormBack", n * d, func(y, x, w compute.Buffer) {
			s.b.LayerNormBack(y, compute.Buffer{}, compute.Buffer{}, x, x, w, n, d, 1e-5)
		}},
		{"Gate", n * d, func(y, x, _ compute.Buffer) { s.b.Gate(y, x, x, n*d, compute.SiLU) }},
		{"AddRow", n * d, func(y, _, w compute.Buffer) { s.b.AddRow(y, w, n, d) }},
		{"AddRowBack", d, func(y, x, _ compute.Buffer) { s.b.AddRowBack(y, x, n, d) }},
		{"Scale", n * d, func(y, _, _ compute.Buffer) { s.b.Scale(y, n*d, 2) }},
		{"SoftCap", n * d, func(y, _, _ compute.Buffer) { s.b.SoftCap(y, n*d, 2) }},
		{"CopyColumns", n * d, func(y, x, _ compute.Buffer) { s.b.CopyColumns(y, d, 2, x, d, 3, n, 20) }},
		{"Rope", n * heads2 * dim, func(y, _, _ compute.Buffer) { s.b.Rope(y, pos, heads2, dim, table, false) }},
		{"Dropout", n * d, func(y, x, _ compute.Buffer) { s.b.Dropout(y, x, n*d, 0.5, 1, true) }},
		{"AddNoise", n * d, func(y, _, _ compute.Buffer) { s.b.AddNoise(y, n*d, 1, 1) }},
		{"Axpy", n * d, func(y, x, _ compute.Buffer) { s.b.Axpy(y, x, n*d, 2) }},
		{"Embed", n * d, func(y, _, _ compute.Buffer) { s.b.Embed(y, weight, ids) }},
		{"Gather", n * d, func(y, x, _ compute.Buffer) { s.b.Gather(y, x, ids, d) }},
		{"Scatter", 3 * d, func(y, x, _ compute.Buffer) { s.b.Scatter(y, x, ids, d) }},
	} {
		start := s.normal(op.size+rest, 1)
		exact, long := s.output("y", start[:op.size]), s.output("y", start)
		op.run(exact, s.input("x", x), s.input("w", w))
		op.run(long, s.input("x", append(x[:n*d:n*d], notANumbers(rest)...)), s.input("w", append(w[:d:d], notANumbers(rest)...)))
		got := s.read(long)
		s.same(op.name+" in a buffer longer than it needs", "y", op.size, got[:op.size], s.read(exact))
		s.same(op.name+" in a buffer longer than it needs", "the rest", rest, got[op.size:], start[op.size:])
		s.verify(op.name)
	}
}
