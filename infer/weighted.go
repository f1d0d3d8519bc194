package infer

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/adapter"
)

// LoadWeighted reads adapters that are named as ADAPTER or ADAPTER=weight. One without has the weight 0, which stands
// for the default of what is done with it. A folder whose own name ends in =number is named with a weight after it.
func LoadWeighted(specs []string) ([]adapter.Weighted, error) {
	var list []adapter.Weighted
	for _, spec := range specs {
		path, weight, err := parseWeighted(spec)
		if err != nil {
			return nil, err
		}
		dir, err := adapter.Folder(path)
		if err != nil {
			return nil, err
		}
		a, err := adapter.Load(dir)
		if err != nil {
			return nil, err
		}
		list = append(list, adapter.Weighted{Name: folderName(path), Adapter: a, Weight: weight})
	}
	return list, nil
}

func parseWeighted(spec string) (path string, weight float64, err error) {
	if exists(spec) {
		return spec, 0, nil
	}
	i := strings.LastIndexByte(spec, '=')
	if i < 0 {
		return spec, 0, nil
	}
	weight, err = strconv.ParseFloat(spec[i+1:], 64)
	switch {
	case err != nil:
		return "", 0, fmt.Errorf("adapter %q: %q is no weight: want ADAPTER=number, such as %s=0.5", spec, spec[i+1:], spec[:i])
	case weight == 0:
		return "", 0, fmt.Errorf("adapter %q: a weight of 0 leaves the adapter out", spec)
	}
	return spec[:i], weight, nil
}

// RecordedBase is the model that adapters name as their base, where one of them names one that is there: as it stands, or
// beside the adapter. It is empty otherwise.
func RecordedBase(specs []string, list []adapter.Weighted) string {
	for i, w := range list {
		base := w.Adapter.Config.Base
		if base == "" {
			continue
		}
		path, _, err := parseWeighted(specs[i])
		if err != nil {
			continue
		}
		for _, candidate := range []string{base, filepath.Join(path, base)} {
			if exists(candidate) {
				return candidate
			}
		}
		if _, err := adapter.ParseSpec(base); err == nil { // one that was pulled
			return base
		}
	}
	return ""
}
