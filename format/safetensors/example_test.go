package safetensors_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/format/safetensors"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	path := filepath.Join(dir, "model.safetensors")
	norm := safetensors.Tensor{Name: "model.norm.weight", DType: "BF16", Shape: []int{2}, Data: []byte{0x80, 0x3f, 0x80, 0x3f}}
	if err := safetensors.Write(path, []safetensors.Tensor{norm}, map[string]string{"format": "pt"}); err != nil {
		log.Fatal(err)
	}

	f, err := safetensors.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	w, ok := f.Tensor("model.norm.weight")
	fmt.Println(ok, w.DType, w.Shape, len(w.Data))
	// Output: true BF16 [2] 4
}
