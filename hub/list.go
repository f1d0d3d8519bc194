package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Entry is a repository in the cache.
type Entry struct {
	Kind      string    `json:"kind"` // model or dataset
	ID        string    `json:"id"`
	Revisions []string  `json:"revisions"` // that were pulled
	Bytes     int64     `json:"bytes"`     // on the disk
	Partial   bool      `json:"partial"`   // some files are not whole
	Changed   time.Time `json:"changed"`
	Path      string    `json:"path"`
}

// List tells of the models and datasets in the cache, whoever put them there.
func List() ([]Entry, error) {
	cache, _, err := folders(os.Getenv)
	if err != nil {
		return nil, err
	}
	list, err := os.ReadDir(cache)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, e := range list {
		kind, id, ok := strings.Cut(e.Name(), "--")
		kind = strings.TrimSuffix(kind, "s")
		if !ok || kind != Model.String() && kind != Dataset.String() {
			continue
		}
		entry := Entry{Kind: kind, ID: strings.Replace(id, "--", "/", 1), Path: filepath.Join(cache, e.Name())}
		entry.Partial = len(folder(entry.Path).revisions()) == 0
		entry.Revisions = append([]string{}, folder(entry.Path).revisions()...)
		if err := entry.measure(); err != nil {
			return nil, err
		}
		out = append(out, entry)
	}
	return out, nil
}

// measure adds up the files, links not counted.
func (e *Entry) measure() error {
	return filepath.WalkDir(e.Path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		e.Bytes += info.Size()
		e.Partial = e.Partial || strings.HasSuffix(p, ".incomplete")
		if info.ModTime().After(e.Changed) {
			e.Changed = info.ModTime()
		}
		return nil
	})
}

// Find is the entry of a repository.
func Find(r Ref) (Entry, error) {
	list, err := List()
	if err != nil {
		return Entry{}, err
	}
	for _, e := range list {
		if e.Kind == r.Kind.String() && e.ID == r.ID {
			return e, nil
		}
	}
	return Entry{}, fmt.Errorf("%s: no such %s in the Hugging Face cache", r.ID, r.Kind)
}

// Remove takes a repository out of the cache, with all its revisions.
func (e Entry) Remove() error {
	if err := os.RemoveAll(e.Path); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(filepath.Dir(e.Path), ".locks", filepath.Base(e.Path)))
}
