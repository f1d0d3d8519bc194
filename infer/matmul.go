package infer

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/cria-llm/cria/compute"
)

// MatMulSpeed is how fast one product runs: M tokens, N outputs, K inputs.
type MatMulSpeed struct {
	M int `json:"m"`
	N int `json:"n"`
	K int `json:"k"`
	// Op is xWT (forward: x[M,K]·W[N,K]ᵀ), dyW (gradient of the input: dy[M,N]·W[N,K]) or dyTx (gradient of the weight:
	// dy[M,N]ᵀ·x[M,K]).
	Op           string  `json:"op"`
	GFLOPS       float64 `json:"gflops"`
	PeakFraction float64 `json:"peak_fraction"` // of what the machine reaches; 0 where it cannot be measured
}

// BenchMatMul measures the three products of a linear layer, in float32, for the widths that small models have. Each
// row is the median of a few runs.
func BenchMatMul(ctx context.Context, be compute.Backend) ([]MatMulSpeed, error) {
	const tokens, widest = 512, 2048
	widths := []int{576, 1536, 2048}
	random := func(n int) compute.Buffer {
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		host := make([]float32, n)
		for i := range host {
			host[i] = float32(rng.NormFloat64())
		}
		b := be.Alloc(n)
		be.Write(b, host)
		return b
	}
	x, dy, w := random(tokens*widest), random(tokens*widest), random(widest*widest)
	out := be.Alloc(widest * widest)
	var rows []MatMulSpeed
	for _, n := range widths {
		for _, k := range widths {
			weight := compute.F32Weight(w.Slice(0, n*k), n, k)
			peak := peakFLOPS(be)
			for _, op := range []struct {
				name string
				run  func()
			}{
				{"xWT", func() { be.MatMul(out, x, weight, tokens, 1, false) }},
				{"dyW", func() { be.MatMulBackInput(out, dy, weight, tokens, 1, false) }},
				{"dyTx", func() { be.MatMulBackWeight(out, dy, x, tokens, n, k, 1, false) }},
			} {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				op.run()
				took, err := repeat(func() (time.Duration, error) {
					began := time.Now()
					op.run()
					return time.Since(began), nil
				})
				if err != nil {
					return nil, err
				}
				r := MatMulSpeed{M: tokens, N: n, K: k, Op: op.name, GFLOPS: 2 * float64(tokens*n*k) / took.Seconds() / 1e9}
				if peak > 0 {
					r.PeakFraction = r.GFLOPS * 1e9 / peak
				}
				rows = append(rows, r)
			}
		}
	}
	return rows, nil
}
