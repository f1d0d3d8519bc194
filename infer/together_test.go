package infer

import (
	"fmt"
	"testing"
	"time"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// What a step costs with a token of so many answers: the best of many, for a machine that does other things too.
func BenchmarkStep(b *testing.B) {
	cfg, err := model.Shape("smollm2-135m")
	if err != nil {
		b.Fatal(err)
	}
	m, err := model.Random(backend(b), cfg, compute.Q8_0, 1)
	if err != nil {
		b.Fatal(err)
	}
	m.Repack()
	const length = 256
	for _, n := range []int{1, 2, 4, 8, 16} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			cache, err := m.NewCache(n, length)
			if err != nil {
				b.Fatal(err)
			}
			p := m.Plan(16, model.Inference)
			p.LogitRows = n
			ws := m.NewWorkspaceFor(p)
			var batch model.DecodeBatch
			for slot := range n {
				batch.IDs, batch.Spans = append(batch.IDs, 5), append(batch.Spans, model.Span{Slot: slot, Pos: length / 2, Len: 1})
			}
			best := time.Hour
			for b.Loop() {
				began := time.Now()
				if _, err := m.Decode(ws, cache, batch); err != nil {
					b.Fatal(err)
				}
				best = min(best, time.Since(began))
			}
			b.ReportMetric(best.Seconds()*1e3, "best-ms")
			b.ReportMetric(float64(n)/best.Seconds(), "best-tokens/s")
		})
	}
}
