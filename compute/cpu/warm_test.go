package cpu

import (
	"testing"

	"github.com/cria-llm/cria/compute"
)

// Operations that ran once allocate nothing when they run again.
func TestWarmOperationsAllocateNothing(t *testing.T) {
	const n, d, vocab = 40, 64, 100
	be := open(t, Options{Threads: 2})
	x, y, z, w, none := be.Alloc(n*d), be.Alloc(n*d), be.Alloc(n*d), be.Alloc(d), compute.Buffer{}
	dk, dv := be.Alloc(n*d), be.Alloc(n*d)
	dw, db, lse := be.Alloc(d), be.Alloc(d), be.Alloc(n)
	be.AddNoise(x, n*d, 1, 1)
	head := compute.F32Weight(be.Alloc(vocab*d), vocab, d)
	seqs := []compute.Seq{{QLen: n, KLen: n}}
	shape := compute.AttentionShape{Heads: 1, KVHeads: 1, HeadDim: d, Scale: 1, Window: 7, Cap: 5}
	nll, targets, scale := make([]float32, n), make([]int32, n), make([]float32, n)
	for name, op := range map[string]func(){
		"LayerNorm":     func() { be.LayerNorm(y, x, w, w, n, d, 1e-5) },
		"LayerNormBack": func() { be.LayerNormBack(y, dw, db, x, x, w, n, d, 1e-5) },
		"Gate":          func() { be.Gate(y, x, none, n*d, compute.GELU) },
		"GateBack":      func() { be.GateBack(y, none, x, x, none, n*d, compute.GELUTanh) },
		"AddRow":        func() { be.AddRow(y, w, n, d) },
		"AddRowBack":    func() { be.AddRowBack(db, x, n, d) },
		"Scale":         func() { be.Scale(y, n*d, 0.5) },
		"SoftCap":       func() { be.SoftCap(y, n*d, 30) },
		"CopyColumns":   func() { be.CopyColumns(y, d, 3, x, d, 5, n, 20) },
		"Attention": func() {
			be.Attention(y, lse, x, x, x, seqs, shape)
			be.AttentionBack(z, dk, dv, x, x, x, x, y, lse, seqs, shape)
		},
		"CrossEntropy": func() {
			be.CrossEntropy(nll, z, none, x, head, targets, scale, compute.LossTerms{Cap: 30, LogitScale: 0.5})
		},
	} {
		if allocs := testing.AllocsPerRun(20, op); allocs != 0 {
			t.Errorf("%s allocates %v times a call", name, allocs)
		}
	}
}
