package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/internal/wholefile"
)

// NotPulledError is the error of what is not in the cache, or not whole there. It says what to type.
type NotPulledError struct {
	Ref  Ref
	what string
}

func (e *NotPulledError) Error() string {
	return fmt.Sprintf("%s %s: get it with: %s", e.Ref, e.what, e.Ref.pullCommand())
}

func notPulled(r Ref, what string) error { return &NotPulledError{r, what} }

// Locate finds a model that was pulled: the folder of its snapshot, or the GGUF file. It opens no connection.
func Locate(r Ref) (string, error) {
	dir, names, err := located(r)
	if err != nil {
		return "", err
	}
	has := func(n string) bool { return slices.Contains(names, n) }
	safetensors := slices.ContainsFunc(names, func(n string) bool { return path.Ext(n) == ".safetensors" })
	ggufs := ggufFiles(names)
	if r.Part != "" || !safetensors && len(ggufs) > 0 {
		keys, parts := groups(ggufs)
		keys = slices.DeleteFunc(keys, func(k string) bool {
			return r.Part != "" && !strings.EqualFold(quantOf(k), r.Part) && !strings.EqualFold(strings.TrimSuffix(k, ".gguf"), strings.TrimSuffix(r.Part, ".gguf"))
		})
		switch {
		case len(keys) == 0:
			return "", notPulled(r, "is not in the Hugging Face cache")
		case len(keys) > 1:
			for i, k := range keys {
				keys[i] = Ref{ID: r.ID, Revision: r.Revision, Part: quantOf(k)}.String()
			}
			return "", fmt.Errorf("%s: several GGUF files were pulled, say which: %s", r, some(keys, 12))
		case !whole(parts[keys[0]]):
			return "", notPulled(r, "is in the Hugging Face cache only in part")
		}
		return filepath.Join(dir, filepath.FromSlash(parts[keys[0]][0])), nil
	}
	switch {
	case has(indexFile):
		b, err := wholefile.Read(filepath.Join(dir, indexFile), maxInfo)
		if err != nil {
			return "", err
		}
		if _, err := shards(r, b, names); err != nil {
			return "", notPulled(r, "is in the Hugging Face cache only in part")
		}
	case !safetensors:
		return "", notPulled(r, "is in the Hugging Face cache without its weights")
	case !has("config.json") && !has("adapter_config.json"):
		return "", notPulled(r, "is in the Hugging Face cache only in part")
	}
	return dir, nil
}

// LocateData finds the files of rows of a dataset that was pulled, in their order: of the split that is named, else of the
// one to train on. It opens no connection.
func LocateData(r Ref) ([]string, error) {
	dir, names, err := located(r)
	if err != nil {
		return nil, err
	}
	var card []byte
	if slices.Contains(names, cardFile) {
		if card, err = wholefile.Read(filepath.Join(dir, cardFile), maxInfo); err != nil {
			return nil, err
		}
	}
	all := splits(names, card)
	if len(all) == 0 {
		return nil, notPulled(r, "is in the Hugging Face cache without its rows")
	}
	list, err := pick(r, all, false)
	if err != nil {
		return nil, err
	}
	if !whole(list[0].files) {
		return nil, notPulled(r, "is in the Hugging Face cache only in part")
	}
	return list[0].in(dir), nil
}

// Rows finds the files of rows in any folder, in their order: those to train on, where names or a card say so.
func Rows(dir string) ([]string, error) {
	names, err := filesIn(dir)
	if err != nil {
		return nil, err
	}
	r := Ref{Kind: Dataset, ID: dir}
	var card []byte
	if slices.Contains(names, cardFile) {
		if card, err = wholefile.Read(filepath.Join(dir, cardFile), maxInfo); err != nil {
			return nil, err
		}
	}
	all := splitsOfCard(names, card)
	if len(all) == 0 {
		if kinds := formsOf(names); len(kinds) > 1 {
			return nil, fmt.Errorf("%s: is a folder with files in several forms (%s): name the files to read", dir, strings.Join(kinds, ", "))
		}
		all = splits(names, nil)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: is a folder without files of rows: want .parquet, .jsonl, .json or .csv", dir)
	}
	list, err := pick(r, all, false)
	if err != nil {
		return nil, err
	}
	if !whole(list[0].files) {
		return nil, fmt.Errorf("%s: is a folder with some of several files that belong together", dir)
	}
	return list[0].in(dir), nil
}

// filesIn lists the files in a folder and below, with slashes, without hidden ones.
func filesIn(dir string) (names []string, err error) {
	err = filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		switch hidden := p != dir && strings.HasPrefix(e.Name(), "."); {
		case err != nil:
			return err
		case e.IsDir() && hidden:
			return filepath.SkipDir
		case e.IsDir() || hidden:
			return nil
		}
		if info, err := os.Stat(p); err != nil || !info.Mode().IsRegular() {
			return nil //nolint:nilerr // a link whose blob is gone is a file that is not there
		}
		if len(names) == maxListed {
			return fmt.Errorf("%s: holds more than %d files", dir, maxListed)
		}
		rel, err := filepath.Rel(dir, p)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	return names, err
}

// maxListed bounds the files of a folder that is looked through.
const maxListed = 100_000

// located is the folder of a snapshot and the files in it.
func located(r Ref) (dir string, names []string, err error) {
	cache, _, err := folders(os.Getenv)
	if err != nil {
		return "", nil, err
	}
	d := folderOf(cache, r)
	commit, err := d.commit(r.revision())
	if err != nil {
		return "", nil, err
	}
	if commit == "" {
		if there := d.revisions(); len(there) > 0 {
			return "", nil, notPulled(r, fmt.Sprintf("is not in the Hugging Face cache at revision %s; %s is", r.revision(), strings.Join(there, ", ")))
		}
		return "", nil, notPulled(r, "is not in the Hugging Face cache")
	}
	dir = d.snapshot(commit)
	names, err = filesIn(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, notPulled(r, "is not in the Hugging Face cache")
	}
	return dir, names, err
}

// whole says whether files that count themselves, 00001-of-00003, are all there.
func whole(files []string) bool {
	got := make(map[string]int)
	want := make(map[string]int)
	for _, f := range files {
		base := strings.TrimSuffix(f, extension(f))
		if m := shardForm.FindStringSubmatch(base); m != nil {
			n, err := strconv.Atoi(m[3])
			if err != nil {
				return false
			}
			got[m[1]]++
			want[m[1]] = n
		}
	}
	for k, n := range want {
		if got[k] != n {
			return false
		}
	}
	return true
}

// revisions says which of a repository there are.
func (d folder) revisions() []string {
	var list []string
	root := filepath.Join(string(d), "refs")
	_ = filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			if rel, err := filepath.Rel(root, p); err == nil {
				list = append(list, filepath.ToSlash(rel))
			}
		}
		return nil
	})
	return list
}

// RefOf is what a path in a cache, a model's snapshot or a GGUF file in one, was pulled as; without the revision.
func RefOf(p string) (Ref, bool) {
	r := Ref{Kind: Model}
	abs, err := filepath.Abs(p)
	if err != nil {
		return r, false
	}
	parts := strings.Split(filepath.ToSlash(abs), "/")
	for i := len(parts) - 2; i > 0; i-- {
		id, ok := strings.CutPrefix(parts[i-1], "models--")
		if parts[i] != "snapshots" || !ok {
			continue
		}
		r.ID = strings.Replace(id, "--", "/", 1)
		switch inside := strings.Join(parts[i+2:], "/"); {
		case inside == "":
			return r, true
		case path.Ext(inside) == ".gguf":
			r.Part = quantOf(splitForm.ReplaceAllString(inside, ".gguf"))
			return r, true
		}
		return r, false
	}
	return r, false
}
