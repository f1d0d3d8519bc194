package gguf_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/format/gguf"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	norm := gguf.Tensor{Name: "output_norm.weight", Type: gguf.F16, Shape: []int{2}, Data: make([]byte, 4)}
	if err := gguf.Encode(norm.Data, norm.Type, []float32{1, 0.5}); err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(dir, "model.gguf")
	metadata := []gguf.KV{
		{Key: "general.architecture", Value: gguf.Of("llama")},
		{Key: "llama.block_count", Value: gguf.Of(uint32(6))},
	}
	if err := gguf.Write(path, metadata, []gguf.Tensor{norm}); err != nil {
		log.Fatal(err)
	}

	f, err := gguf.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	layers, err := gguf.Need[uint64](f, "llama.block_count")
	fmt.Println(layers, err)
	_, err = gguf.Need[uint64](f, "llama.context_length")
	fmt.Println(err)
	// Output:
	// 6 <nil>
	// metadata has no llama.context_length
}
