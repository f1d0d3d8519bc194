package weigh

import (
	"testing"

	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
	"github.com/cria-llm/cria/internal/shared"
)

func BenchmarkIFD(b *testing.B) {
	a := infertest.Open(b, shared.Path(b, "data", "models", "stories3M"), infer.OpenOptions{})
	rows := read(b, shared.Path(b, "data", "alpaca", "alpaca_28k.jsonl"), 512)
	rules := rulesOf(b, "scores: [ifd-loss, ifd-ppl]")
	var last Speed
	for b.Loop() {
		t, err := Measure(b.Context(), rows, rules, Options{Model: a})
		if err != nil {
			b.Fatal(err)
		}
		last = t.Speed
	}
	b.ReportMetric(last.RowsPerSecond(), "rows/s")
	b.ReportMetric(float64(last.Tokens)/float64(last.Rows), "tokens/row")
	b.ReportMetric(100*last.PeakShare, "%peak")
}
