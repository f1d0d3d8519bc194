// Package recipes embeds the recipes of published models, with the hyper-parameters that their makers gave and where they
// gave them. It knows their text alone: package train reads them.
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

// Names lists the recipes, sorted.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil // there is always a root
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Text is the YAML of the recipe of that name.
func Text(name string) ([]byte, bool) {
	text, err := files.ReadFile(name + ".yaml")
	return text, err == nil
}
