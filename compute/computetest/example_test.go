package computetest_test

import (
	"fmt"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/computetest"
)

// A test of a package above computes the expected values on the trusted backend.
func ExamplePlain() {
	b := computetest.Plain()
	defer b.Close()
	x, y, w := b.Alloc(2), b.Alloc(3), b.Alloc(6)
	b.Write(x, []float32{1, 10})
	b.Write(w, []float32{1, 2, 3, 4, 5, 6})
	b.MatMul(y, x, compute.F32Weight(w, 3, 2), 1, 1, false)

	got := make([]float32, 3)
	b.Read(got, y)
	fmt.Println(got)
	// Output: [21 43 65]
}
