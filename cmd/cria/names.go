package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/hub"
	"github.com/cria-llm/cria/internal/datafolder"
	"github.com/cria-llm/cria/models/nano"
)

// The names that stand for a model wherever a MODEL is expected and there is no path of that name: what the quickstart left,
// and the base that is in the program.
const (
	quickstartName = "quickstart"
	nanoName       = "nano"
)

// placed is the path of a MODEL without adapters, for what opens paths: of one that was pulled, where it lies.
func placed(spec string) (string, error) {
	spec, err := located(spec)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(spec); err == nil || !hub.LooksLikeID(spec) {
		return spec, nil
	}
	s, err := adapter.ParseSpec(spec)
	return s.Model, err
}

// located puts the folder of a name in its place in MODEL or MODEL+ADAPTER.
func located(spec string) (string, error) {
	name, rest, more := strings.Cut(spec, "+")
	if name != quickstartName && name != nanoName {
		return spec, nil
	}
	if _, err := os.Stat(name); err == nil {
		return spec, nil
	}
	dir, err := datafolder.Path()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	if name == nanoName {
		if err := nano.Extract(path); err != nil {
			return "", err
		}
	}
	if more {
		path += "+" + rest
	}
	return path, nil
}
