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
