package compute_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// BenchmarkEncode is one core's speed, in megabytes of float32 a second.
func BenchmarkEncode(b *testing.B) {
	const n = 16 * 1024
	rng := rand.New(rand.NewPCG(1, 1))
	row, importance := make([]float32, n), make([]float32, n)
	for i := range row {
		row[i], importance[i] = float32(rng.NormFloat64()*0.02), float32(1+rng.ExpFloat64())
	}
	for _, typ := range compute.Types()[3:] {
		data := make([]byte, typ.RowBytes(n))
		for _, weighted := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/importance=%t", typ, weighted), func(b *testing.B) {
				b.SetBytes(4 * n)
				for b.Loop() {
					var err error
					if weighted {
						err = compute.EncodeWeighted(data, typ, row, importance)
					} else {
						err = compute.Encode(data, typ, row)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
