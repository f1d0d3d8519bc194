package gguf

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// A large model may be split into files NAME-00001-of-00003.gguf and so on. Each says which part it is, from 0, and of how
// many; the first has the model's metadata, and says how many tensors there are in all.
const (
	splitNo      = "split.no"
	splitCount   = "split.count"
	splitTensors = "split.tensors.count"

	maxParts = 1 << 16 // split.count is a uint16
)

// join adds the tensors of the other parts where the file at path is the first of several, and forgets the keys that say so.
func (f *File) join(path string) error {
	count, ok, err := Lookup[uint64](f, splitCount)
	if err == nil && count > maxParts {
		err = fmt.Errorf("metadata %s is %d, more than %d", splitCount, count, maxParts)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if !ok || count <= 1 {
		f.forget(splitNo, splitCount, splitTensors)
		return nil
	}
	no, err := Need[uint64](f, splitNo)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	stem, named := strings.CutSuffix(path, partEnd(int(no), int(count)))
	switch {
	case no != 0 && named:
		return fmt.Errorf("%s is part %d of %d: open %s, which opens the others", path, no+1, count, filepath.Base(stem+partEnd(0, int(count))))
	case no != 0:
		return fmt.Errorf("%s is part %d of %d: open the first", path, no+1, count)
	case !named:
		return fmt.Errorf("%s is the first of %d parts, which cannot be found by its name: name it and them like model%s", path, count, partEnd(0, int(count)))
	}
	for part := 1; part < int(count); part++ {
		if err := f.add(stem+partEnd(part, int(count)), part, int(count)); err != nil {
			return err
		}
	}
	total, ok, err := Lookup[uint64](f, splitTensors)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case ok && total != uint64(len(f.tensors)):
		return fmt.Errorf("%s: the %d parts hold %d tensors, but %s is %d", path, count, len(f.tensors), splitTensors, total)
	}
	f.forget(splitNo, splitCount, splitTensors)
	return nil
}

// partEnd is how the name of a part, counted from 0, ends.
func partEnd(part, count int) string { return fmt.Sprintf("-%05d-of-%05d.gguf", part+1, count) }

// add opens a further part and adds its tensors.
func (f *File) add(path string, part, count int) error {
	p, err := openFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: part %d of %d is missing beside the first (download it)", path, part+1, count)
	}
	if err != nil {
		return err
	}
	f.maps = append(f.maps, p.maps...) // closed with f also where the part is wrong
	no, err := Need[uint64](p, splitNo)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	of, err := Need[uint64](p, splitCount)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case no != uint64(part) || of != uint64(count):
		return fmt.Errorf("%s says that it is part %d of %d: want part %d of %d", path, no+1, of, part+1, count)
	}
	for _, t := range p.tensors {
		if _, ok := f.byName[t.Name]; ok {
			return fmt.Errorf("%s: tensor %q is in an earlier part as well", path, t.Name)
		}
		f.byName[t.Name] = len(f.tensors)
		f.tensors = append(f.tensors, t)
	}
	return nil
}

// forget removes metadata.
func (f *File) forget(keys ...string) {
	f.kvs = slices.DeleteFunc(f.kvs, func(kv KV) bool { return slices.Contains(keys, kv.Key) })
	clear(f.byKey)
	for i, kv := range f.kvs {
		f.byKey[kv.Key] = i
	}
}
