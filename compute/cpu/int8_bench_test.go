package cpu

import (
	"fmt"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// BenchmarkRepacked is products with repacked weights: of one row with a matrix that fits no cache, where GB/s of weights
// is what counts, and of many rows, where GFLOP/s does. The rates to compare with are what `cria doctor` says.
func BenchmarkRepacked(b *testing.B) {
	for _, isa := range ISAs()[1:] {
		be := open(b, Options{ISA: isa})
		for _, typ := range []compute.Type{compute.Q8_0, compute.Q4_0, compute.Q4_K, compute.Q6_K} {
			for _, s := range []struct{ n, out, in int }{{1, 196608, 576}, {4, 196608, 576}, {512, 576, 576}, {512, 1536, 576}, {512, 576, 1536}, {512, 2048, 2048}} {
				in := s.in / typ.Block() * typ.Block()
				plain, err := be.NewWeight(typ, s.out, in, make([]byte, s.out*typ.RowBytes(in)))
				if err != nil {
					b.Fatal(err)
				}
				w, _ := be.Repack(plain)
				x, y := be.Alloc(s.n*in), be.Alloc(s.n*s.out)
				for i := range x.Host() {
					x.Host()[i] = float32(i%13) - 6
				}
				b.Run(fmt.Sprintf("%s/%s/%dx%dx%d", isa, typ, s.n, s.out, in), func(b *testing.B) {
					b.ReportAllocs()
					for range b.N {
						be.MatMul(y, x, w, s.n, 1, false)
					}
					seconds := b.Elapsed().Seconds() / float64(b.N)
					b.ReportMetric(2*float64(s.n*s.out*in)/seconds/1e9, "GFLOP/s")
					b.ReportMetric(float64(w.Bytes())/seconds/1e9, "GB/s")
				})
			}
		}
	}
}
