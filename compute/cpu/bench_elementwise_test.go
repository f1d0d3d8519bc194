package cpu

import (
	"fmt"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// BenchmarkElementwise is what acts on every value alone, in ns per value, of values that stay in the cache.
func BenchmarkElementwise(b *testing.B) {
	const n, d = 16, 768
	for _, isa := range ISAs() {
		be := open(b, Options{ISA: isa, Threads: 1})
		alloc := func() compute.Buffer {
			x := be.Alloc(n * d)
			be.AddNoise(x, n*d, 3, 1)
			return x
		}
		x, u, dy, y, z, w := alloc(), alloc(), alloc(), alloc(), alloc(), alloc().Slice(0, d)
		measure := func(op string, f func()) {
			b.Run(string(isa)+"/"+op, func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					f()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n*d), "ns/value")
			})
		}
		for act, name := range []string{"SiLU", "GELUTanh", "GELU"} {
			act := compute.Activation(act)
			measure(fmt.Sprint("Gate/", name), func() { be.Gate(y, x, u, n*d, act) })
			measure(fmt.Sprint("GateBack/", name), func() { be.GateBack(y, z, dy, x, u, n*d, act) })
		}
		measure("Gate/GELUTanh alone", func() { be.Gate(y, x, compute.Buffer{}, n*d, compute.GELUTanh) })
		measure("SoftCap", func() { be.SoftCap(y, n*d, 30) })
		measure("RMSNorm", func() { be.RMSNorm(y, x, w, n, d, 1e-5) })
		measure("RMSNormBack", func() { be.RMSNormBack(y, compute.Buffer{}, dy, x, w, n, d, 1e-5) })
		measure("LayerNorm", func() { be.LayerNorm(y, x, w, w, n, d, 1e-5) })
		measure("LayerNormBack", func() { be.LayerNormBack(y, compute.Buffer{}, compute.Buffer{}, dy, x, w, n, d, 1e-5) })
	}
}

// BenchmarkAttention is what a window saves and a cap costs, of 2,048 queries of 8 heads.
func BenchmarkAttention(b *testing.B) {
	const n, heads, dim = 2048, 8, 64
	be := open(b, Options{})
	alloc := func(width int) compute.Buffer {
		x := be.Alloc(n * width)
		be.AddNoise(x, n*width, 1, 1)
		return x
	}
	q, k, v, out, dout, lse := alloc(heads*dim), alloc(heads*dim), alloc(heads*dim), alloc(heads*dim), alloc(heads*dim), alloc(heads)
	dq, dk, dv := alloc(heads*dim), alloc(heads*dim), alloc(heads*dim)
	seqs := []compute.Seq{{QLen: n, KLen: n}}
	for _, c := range []struct {
		window int
		limit  float32
	}{{0, 0}, {512, 0}, {128, 0}, {0, 50}} {
		s := compute.AttentionShape{Heads: heads, KVHeads: heads, HeadDim: dim, Scale: 0.125, Window: c.window, Cap: c.limit}
		name := fmt.Sprintf("window=%d cap=%g", c.window, c.limit)
		b.Run(name+"/forward", func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				be.Attention(out, lse, q, k, v, seqs, s)
			}
		})
		b.Run(name+"/back", func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				be.AttentionBack(dq, dk, dv, dout, q, k, v, out, lse, seqs, s)
			}
		})
	}
}
