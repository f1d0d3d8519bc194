// Package recipes embeds the recipes of published models, with the hyper-parameters that their makers gave and where they
// gave them, and those of cria-nano. It knows their text alone: package train reads them.
//
//	text, ok := recipes.Text("alpaca-7b")
//	r, err := train.ParseRecipe(text)
package recipes

import (
	"embed"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// pretraining ends the names of recipes for pretraining, which have other keys.
const pretraining = "-pretrain"

// Names lists the recipes for tuning, sorted.
func Names() []string {
	return names(func(name string) bool { return !strings.HasSuffix(name, pretraining) })
}

// Pretraining lists the recipes for pretraining.
func Pretraining() []string {
	return names(func(name string) bool { return strings.HasSuffix(name, pretraining) })
}

func names(wanted func(string) bool) []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil // there is always a root
	}
	var list []string
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".yaml"); wanted(name) {
			list = append(list, name)
		}
	}
	return list
}

// Text is the YAML of the recipe of that name.
func Text(name string) ([]byte, bool) {
	text, err := files.ReadFile(name + ".yaml")
	return text, err == nil
}
