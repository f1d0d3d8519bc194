package weigh

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed rules/*.yaml
var published embed.FS

// Names lists the rules that come with cria.
func Names() []string {
	list, err := fs.ReadDir(published, "rules")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range list {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Text is the YAML of rules that come with cria.
func Text(name string) ([]byte, error) {
	text, err := published.ReadFile(path.Join("rules", name+".yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there are no rules %q: one of %s", name, strings.Join(Names(), ", "))
	}
	return text, err
}

// Named gives rules that come with cria.
func Named(name string) (*Rules, error) {
	text, err := Text(name)
	if err != nil {
		return nil, err
	}
	r, err := ParseRules(text)
	if err != nil {
		return nil, fmt.Errorf("rules %s: %w", name, err)
	}
	return r, nil
}
