package safetensors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cria-llm/cria/internal/wholefile"
)

// openIndex maps every shard that an index names. Tensors that a shard holds and the index does not name are left
// out, as the index is what says which of two is meant.
func openIndex(path string) (_ *File, err error) {
	text, err := wholefile.Read(path, maxHeader)
	if err != nil {
		return nil, err
	}
	where, err := parseIndex(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	all := &File{tensors: map[string]Tensor{}, metadata: map[string]string{}}
	defer func() {
		if err != nil {
			all.Close()
		}
	}()
	shards := map[string]*File{}
	for _, name := range slices.Sorted(maps.Values(where)) {
		if shards[name] != nil {
			continue
		}
		shard, err := openFile(filepath.Join(filepath.Dir(path), name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: shard %s is missing beside it (download it again)", path, name)
		}
		if err != nil {
			return nil, err
		}
		shards[name] = shard
		all.maps = append(all.maps, shard.maps...)
		for k, v := range shard.metadata {
			if _, ok := all.metadata[k]; !ok {
				all.metadata[k] = v
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(where)) {
		t, ok := shards[where[name]].Tensor(name)
		if !ok {
			return nil, fmt.Errorf("%s: tensor %q is said to be in %s, which does not hold it", path, name, where[name])
		}
		all.tensors[name] = t
		all.names = append(all.names, name)
	}
	return all, nil
}

// parseIndex reads {"metadata": …, "weight_map": {tensor: shard}} and checks that a shard is a plain file name.
func parseIndex(text []byte) (map[string]string, error) {
	var index struct {
		WeightMap json.RawMessage `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, err
	}
	where := map[string]string{}
	if index.WeightMap == nil {
		return nil, errors.New("no weight_map: this is no index of shards")
	}
	err := eachMember("weight_map", index.WeightMap, func(name string, dec *json.Decoder) error {
		var shard string
		if err := dec.Decode(&shard); err != nil {
			return fmt.Errorf("weight_map: tensor %q: %w", name, err)
		}
		if !plainName(shard) {
			return fmt.Errorf("weight_map: tensor %q: shard %q is not the name of a %s file in this folder", name, shard, extension)
		}
		where[name] = shard
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(where) == 0 {
		return nil, errors.New("weight_map names no tensor")
	}
	return where, nil
}

// plainName says whether name can only be a file of the folder itself, on any system.
func plainName(name string) bool {
	return strings.HasSuffix(name, extension) && !strings.ContainsAny(name, "/\\:\x00") && filepath.IsLocal(name)
}
