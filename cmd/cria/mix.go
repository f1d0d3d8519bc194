package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/train"
)

// mixed is the files of a recipe with what --repeat and --share say of them.
func (f *recipeFlags) mixed(data []train.Source) ([]train.Source, error) {
	data = slices.Clone(data)
	for _, m := range []struct {
		flag  string
		given []string
		to    func(x float64) train.Source
	}{
		{"repeat", f.repeat, func(x float64) train.Source { return train.Source{Repeat: x} }},
		{"share", f.share, func(x float64) train.Source { return train.Source{Share: x} }},
	} {
		for _, text := range m.given {
			i := strings.LastIndexByte(text, '=')
			if i < 0 {
				return nil, fmt.Errorf("--%s is %q: FILE=N, a file of --data and a number", m.flag, text)
			}
			path := text[:i]
			x, err := strconv.ParseFloat(text[i+1:], 64)
			if err != nil || !(x > 0) {
				return nil, fmt.Errorf("--%s is %q: %q is not a number above 0", m.flag, text, text[i+1:])
			}
			found := false
			for k := range data {
				if data[k].Path == path {
					data[k], found = m.to(x), true
					data[k].Path = path
				}
			}
			if !found {
				return nil, fmt.Errorf("--%s is %q: %s is not a file of --data", m.flag, text, path)
			}
		}
	}
	return data, nil
}
