package model

import (
	"testing"

	"github.com/cria-llm/cria/compute"
)

// One LoRA step on 512 packed tokens of the SmolLM2-135M shape, rank 8 on every linear layer, a quarter of the rows scored.
func BenchmarkAdapterStep(b *testing.B) {
	be := fast(b, 0)
	defer be.Close()
	cfg, err := Shape("smollm2-135m")
	if err != nil {
		b.Fatal(err)
	}
	m, err := Random(be, cfg, compute.BF16, 1)
	if err != nil {
		b.Fatal(err)
	}
	attach(b, m, "", 0)
	batch := packed(sequences(cfg, 128, 128, 128, 128)...)
	batch.Rows, batch.Targets = batch.Rows[:128], batch.Targets[:128]
	scale := scales(batch)[0]
	ws := m.NewWorkspace(512, Training)
	b.ReportAllocs()
	for b.Loop() {
		m.ZeroGrads()
		if _, err := m.Loss(ws, batch, scale, true); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(batch.IDs))*float64(b.N)/b.Elapsed().Seconds(), "tok/s")
}
