package model_test

import (
	"fmt"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/model"
)

// A model of a written-out shape scores two sequences, packed end to end.
func Example() {
	be, err := cpu.New(cpu.Options{Threads: 1})
	if err != nil {
		panic(err)
	}
	defer be.Close()
	cfg, err := model.Shape("64x2x4x2x128x100")
	if err != nil {
		panic(err)
	}
	m, err := model.Random(be, cfg, compute.BF16, 1)
	if err != nil {
		panic(err)
	}
	ws := m.NewWorkspace(16, model.Inference)
	nll, err := m.Loss(ws, model.Batch{
		IDs:     []int32{1, 40, 41, 1, 50},
		Pos:     []int32{0, 1, 2, 0, 1},
		Starts:  []int{0, 3},
		Rows:    []int32{0, 1, 3}, // whose next tokens are
		Targets: []int32{40, 41, 50},
	}, []float32{1, 1, 1}, false)
	if err != nil {
		panic(err)
	}
	// Random weights know nothing: about log(100) nats a token.
	fmt.Println(cfg.Params(), len(nll), nll[0] > 4.3 && nll[0] < 4.9)
	// Output: 80448 3 true
}
