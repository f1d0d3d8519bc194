package cpu

import (
	"fmt"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// BenchmarkMatMul is the three products of a layer, in GFLOP/s; the peak to compare with is what `cria doctor` says.
func BenchmarkMatMul(b *testing.B) {
	const n = 512
	for _, isa := range ISAs()[1:] {
		be := open(b, Options{ISA: isa})
		for _, typ := range []compute.Type{compute.F32, compute.BF16, compute.Q8_0} {
			for _, s := range [][2]int{{576, 576}, {1536, 576}, {576, 1536}, {16, 576}, {576, 16}} {
				out, in := s[0], s[1]
				if in%typ.Block() != 0 {
					continue
				}
				w, err := be.NewWeight(typ, out, in, make([]byte, out*typ.RowBytes(in)))
				if err != nil {
					b.Fatal(err)
				}
				x, y := be.Alloc(n*in), be.Alloc(n*out)
				name := fmt.Sprintf("%s/%s/%dx%dx%d", isa, typ, n, out, in)
				measure := func(op string, f func()) {
					b.Run(name+"/"+op, func(b *testing.B) {
						b.ReportAllocs()
						for range b.N {
							f()
						}
						b.ReportMetric(float64(b.N)*2*float64(n*in*out)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
					})
				}
				measure("y", func() { be.MatMul(y, x, w, n, 1, false) })
				measure("dx", func() { be.MatMulBackInput(x, y, w, n, 1, false) })
				if typ == compute.F32 {
					dw := be.Alloc(out * in)
					measure("dw", func() { be.MatMulBackWeight(dw, y, x, n, out, in, 1, true) })
				}
			}
		}
	}
}
