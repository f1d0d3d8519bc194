package train

import (
	"context"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
)

func TestBenchRuns(t *testing.T) {
	for _, method := range []Method{LoRA, Full} {
		r, err := Bench(context.Background(), BenchOptions{Shape: "32x2x4x2x48x258", Data: rows(t, 40), Method: method, Steps: 2, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if r.TokensPerSec <= 0 || r.FLOPsFraction <= 0 || r.Tokens == 0 || !strings.HasPrefix(r.Backend, "cpu") {
			t.Errorf("%s: %+v", method, r)
		}
	}
	quantised := BenchOptions{Shape: "64x2x4x2x128x258", Data: rows(t, 40), Steps: 2, Threads: 1, Type: compute.BF16, Quantize: "nf4"}
	if r, err := Bench(context.Background(), quantised); err != nil || r.Tokens == 0 {
		t.Errorf("on NF4: %+v, %v", r, err)
	}
	quantised.Method = Full
	if _, err := Bench(context.Background(), quantised); err == nil {
		t.Error("every weight is trained in NF4")
	}
	if _, err := Bench(context.Background(), BenchOptions{Shape: "32x2", Data: rows(t, 40)}); err == nil {
		t.Error("a shape of two numbers is accepted")
	}
}
