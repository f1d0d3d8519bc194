package adapter

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cria-llm/cria/hub"
)

// Spec is what MODEL+ADAPTER+… names.
type Spec struct {
	Model    string   // a Hugging Face folder or a .gguf file; of a model that was pulled, where it lies in the cache
	Adapters []string // folders
}

// ParseSpec takes MODEL+ADAPTER+… apart. Paths may contain a + themselves: the longest beginning that exists is the
// model, and so on for each adapter. A folder that holds a base and an adapter under these names is both. What is no path may
// be the id of a model or adapter that was pulled from a hub, org/name.
func ParseSpec(text string) (Spec, error) {
	var s Spec
	rest := text
	for first := true; ; first = false {
		path, after, more := longestPath(rest)
		what := "adapter"
		if first {
			what = "model"
		}
		switch {
		case path == "":
			return Spec{}, fmt.Errorf("%q names no %s: want MODEL or MODEL+ADAPTER", text, what)
		case !exists(path):
			var err error
			if path, err = pulled(path); err != nil {
				return Spec{}, fmt.Errorf("open %s %w", what, err)
			}
		}
		if first {
			s.Model = path
			if in := func(name string) string { return filepath.Join(path, name) }; exists(in("base")) && exists(in("adapter")) && !exists(in("config.json")) {
				s.Model, s.Adapters = in("base"), []string{in("adapter")}
			}
		} else {
			s.Adapters = append(s.Adapters, path)
		}
		if !more {
			return s, nil
		}
		rest = after
	}
}

// pulled finds what is no path in the cache of what was pulled.
func pulled(name string) (string, error) {
	if !hub.LooksLikeID(name) {
		return "", fmt.Errorf("%s: no such file or folder", name)
	}
	ref, err := hub.ParseRef(hub.Model, name)
	if err != nil {
		return "", err
	}
	path, err := hub.Locate(ref)
	if errors.As(err, new(*hub.NotPulledError)) {
		return "", fmt.Errorf("%s: no such file or folder, and %w", name, err)
	}
	return path, err
}

// longestPath is the longest beginning of text, up to a + or the end, that exists, or the shortest where none does.
func longestPath(text string) (path, rest string, more bool) {
	if text != "" && exists(text) {
		return text, "", false
	}
	for end := len(text); ; {
		i := strings.LastIndexByte(text[:end], '+')
		if i < 0 {
			break
		}
		if i > 0 && exists(text[:i]) {
			return text[:i], text[i+1:], true
		}
		end = i
	}
	return strings.Cut(text, "+")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Folder finds the adapter in a folder that was named as one: the folder itself, or the "adapter" folder in it.
func Folder(dir string) (string, error) {
	for _, d := range []string{dir, filepath.Join(dir, "adapter")} {
		if exists(filepath.Join(d, "adapter_config.json")) {
			return d, nil
		}
	}
	switch {
	case IsGGUF(dir):
		return "", fmt.Errorf("open adapter %s: here a folder is wanted, not a GGUF file: cria export MODEL+%s --to peft -o FOLDER makes one", dir, dir)
	case exists(filepath.Join(dir, "config.json")):
		return "", fmt.Errorf("open adapter %s: it holds a whole model: name it alone", dir)
	case exists(filepath.Join(dir, "recipe.yaml")):
		return "", fmt.Errorf("open adapter %s: it holds a run that is not finished; go on with: cria train --resume --out %s", dir, dir)
	}
	return "", fmt.Errorf("open adapter %s: no adapter_config.json in it: want the folder of a run or a PEFT adapter", dir)
}

// TunedGGUF is the file that a run on a GGUF base writes its tuned model to.
const TunedGGUF = "model.gguf"

// ModelPath is what to open for a model of that name: the path, or the GGUF file in the folder of a run. A folder that
// holds an adapter alone is an error that says what to write instead.
func ModelPath(path string) (string, error) {
	in := func(name string) bool { return exists(filepath.Join(path, name)) }
	switch {
	case in("config.json"):
	case in(TunedGGUF):
		return filepath.Join(path, TunedGGUF), nil
	case in("adapter_config.json"):
		base := "MODEL"
		if a, err := Load(path); err == nil && a.Config.Base != "" {
			base = a.Config.Base
			if beside := filepath.Join(path, base); !exists(base) && exists(beside) {
				base = beside
			}
			for _, p := range a.trainedOn() {
				base += "+" + p.Name
			}
		}
		return "", fmt.Errorf("open model %s: it is an adapter: name its base before it, %s+%s", path, base, path)
	case in("recipe.yaml"):
		return "", fmt.Errorf("open model %s: it holds a run that is not finished; go on with: cria train --resume --out %s", path, path)
	}
	return path, nil
}
