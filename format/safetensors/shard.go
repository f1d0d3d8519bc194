package safetensors

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/plainjson"
)

// WriteSharded writes the tensors into dir as BASE-00001-of-0000N.safetensors, each with at most maxBytes of
// tensor data, and BASE.safetensors.index.json, named and laid out as Hugging Face does (base is usually "model").
// Tensors keep their order; one that is larger than maxBytes gets a shard of its own. Where one shard is enough it
// is BASE.safetensors without an index, as there.
//
// All files are complete on disk before the first moves into dir, and the index moves last. A failure leaves none
// of them, unless it strikes among the moves. Files of another checkpoint with the same base, which a reader would
// mix with the new, are an error.
func WriteSharded(dir, base string, tensors []Tensor, maxBytes int64, metadata map[string]string) error {
	if base == "" || !plainName(base+extension) {
		return fmt.Errorf("write %s: %q cannot begin a file name", dir, base)
	}
	shards, total, err := split(tensors, maxBytes)
	if err != nil {
		return fmt.Errorf("write %s: %w", dir, err)
	}
	names := shardNames(base, len(shards))
	if err := refuseStrangers(dir, base, names); err != nil {
		return err
	}
	stage, err := os.MkdirTemp(dir, "."+base+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", dir, err)
	}
	defer os.RemoveAll(stage)
	where := map[string]string{}
	for i, shard := range shards {
		for _, t := range shard {
			if where[t.Name] != "" {
				return fmt.Errorf("write %s: tensor %q: the name is taken", filepath.Join(dir, names[i]), t.Name)
			}
			where[t.Name] = names[i]
		}
		if err := Write(filepath.Join(stage, names[i]), shard, metadata); err != nil {
			return err
		}
	}
	if len(shards) > 1 {
		index, err := indexFor(where, total)
		if err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(filepath.Join(stage, names[len(shards)]), index); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := os.Rename(filepath.Join(stage, name), filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("write %s: %w", dir, err)
		}
	}
	return nil
}

// shardNames is the files of a checkpoint of n shards, the index last; of one shard the file alone.
func shardNames(base string, n int) []string {
	if n == 1 {
		return []string{base + extension}
	}
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("%s-%05d-of-%05d%s", base, i+1, n, extension))
	}
	return append(names, base+indexExtension)
}

// split cuts the tensors, in order, into runs of at most maxBytes. There is at least one run.
func split(tensors []Tensor, maxBytes int64) (shards [][]Tensor, total int64, err error) {
	if maxBytes <= 0 {
		return nil, 0, fmt.Errorf("a shard of at most %d bytes holds nothing", maxBytes)
	}
	start, held := 0, int64(0)
	for i, t := range tensors {
		size, err := t.Size()
		if err == nil {
			err = t.check(size)
		}
		if err == nil && total+int64(size) < total {
			err = errors.New("the checkpoint would be more than can be addressed")
		}
		if err != nil {
			return nil, 0, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if i > start && int64(size) > maxBytes-held { // held may be past maxBytes, where one tensor is
			shards = append(shards, tensors[start:i])
			start, held = i, 0
		}
		held += int64(size)
		total += int64(size)
	}
	return append(shards, tensors[start:]), total, nil
}

// indexFor is the index file's text: two spaces of indent, keys sorted.
func indexFor(where map[string]string, total int64) ([]byte, error) {
	type metadata struct {
		TotalSize int64 `json:"total_size"`
	}
	return plainjson.Indent(struct {
		Metadata  metadata          `json:"metadata"`
		WeightMap map[string]string `json:"weight_map"`
	}{metadata{total}, where})
}

// refuseStrangers says which file of dir a reader would take for part of the checkpoint that is about to be
// written and is not.
func refuseStrangers(dir, base string, ours []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		part := name == base+extension || name == base+indexExtension ||
			strings.HasPrefix(name, base+"-") && strings.HasSuffix(name, extension)
		if part && !slices.Contains(ours, name) {
			return fmt.Errorf("write %s: %s is there already and would be mixed with the new %s: choose an empty folder", dir, name, base+extension)
		}
	}
	return nil
}
