package adapter_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/adapter"
)

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	a, err := adapter.New([]adapter.ModuleShape{{Name: "model.layers.0.self_attn.q_proj", In: 64, Out: 64}}, adapter.Options{Rank: 8, Alpha: 16, Dropout: 0.05, Seed: 1})
	if err != nil {
		panic(err)
	}
	a.Provenance = &adapter.Provenance{Base: "tiny", BaseHash: "5f2a"}
	if err := a.Save(filepath.Join(dir, "adapter")); err != nil {
		panic(err)
	}
	a, err = adapter.Load(filepath.Join(dir, "adapter"))
	if err != nil {
		panic(err)
	}
	fmt.Println(a.Names(), a.Params(), a.Modules[a.Names()[0]].Scale)
	fmt.Println(a.CheckBase("other", "77c1"))
	// Output:
	// [model.layers.0.self_attn.q_proj] 1024 2
	// adapter was trained on base "tiny" (hash 5f2a), this base is "other" (hash 77c1)
}
