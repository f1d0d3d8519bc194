package infer

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/adapter"
)

// CheckNew is an error where a folder holds an adapter, a model or a run already.
func CheckNew(dir string) error {
	for _, name := range []string{"adapter_config.json", "config.json", "recipe.yaml", adapter.TunedGGUF} {
		if exists(filepath.Join(dir, name)) {
			return fmt.Errorf("%s holds %s already: name a new folder", dir, name)
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
