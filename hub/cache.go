package hub

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/cria-llm/cria/internal/atomicfile"
)

// folder is where the cache has a repository:
//
//	blobs/ETAG                    the bytes of a file, under the name of their hash
//	blobs/ETAG.incomplete         the beginning of them
//	snapshots/COMMIT/FOLDER/FILE  a link to the blob
//	refs/REVISION                 the commit that a branch or tag was at when it was pulled
type folder string

func folderOf(cache string, r Ref) folder {
	return folder(filepath.Join(cache, r.Kind.plural()+"--"+strings.ReplaceAll(r.ID, "/", "--")))
}

func (d folder) blob(etag string) string { return filepath.Join(string(d), "blobs", etag) }

func (d folder) snapshot(commit string) string { return filepath.Join(string(d), "snapshots", commit) }

// lock is the file that Hugging Face's own tools lock for a blob, too.
func (d folder) lock(etag string) string {
	return filepath.Join(filepath.Dir(string(d)), ".locks", filepath.Base(string(d)), etag+".lock")
}

// commit is what a revision was when it was pulled; "" where it was not.
func (d folder) commit(revision string) (string, error) {
	if !validRevision(revision) {
		return "", fmt.Errorf("%q is not a revision", revision)
	}
	b, err := os.ReadFile(filepath.Join(string(d), "refs", filepath.FromSlash(revision)))
	if err == nil {
		commit := strings.TrimSpace(string(b))
		if !commitForm.MatchString(commit) {
			return "", fmt.Errorf("%s: refs/%s holds no commit", d, revision)
		}
		return commit, nil
	}
	if commitForm.MatchString(revision) {
		if info, err := os.Stat(d.snapshot(revision)); err == nil && info.IsDir() {
			return revision, nil
		}
	}
	return "", nil
}

// setRef remembers what a revision is now. A commit needs no such note.
func (d folder) setRef(revision, commit string) error {
	if revision == commit {
		return nil
	}
	p := filepath.Join(string(d), "refs", filepath.FromSlash(revision))
	if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
		return err
	}
	return atomicfile.WriteBytes(p, []byte(commit))
}

// link makes a file of a snapshot stand for a blob. The folders on the way must be folders within the snapshot: a link that
// leads out is an error. Where the system allows no symbolic link, it is a hard link or a copy.
func (d folder) link(commit, name, etag string) error {
	if err := os.MkdirAll(d.snapshot(commit), 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(d.snapshot(commit))
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing is lost with it
	at := filepath.FromSlash(name)
	if dir := filepath.Dir(at); dir != "." {
		if err := root.MkdirAll(dir, 0o777); err != nil {
			return err
		}
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if info, err := root.Lstat(filepath.FromSlash(dir)); err != nil || !info.IsDir() {
			return fmt.Errorf("%s: %s is not a folder of its own: remove it and pull again", d.snapshot(commit), dir)
		}
	}
	target := filepath.Join(strings.Repeat(".."+string(filepath.Separator), strings.Count(name, "/")+2), "blobs", etag)
	if old, err := root.Readlink(at); err == nil && old == target {
		return nil
	}
	if err := root.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err = root.Symlink(target, at)
	if err == nil || errors.Is(err, fs.ErrExist) { // another pull was faster
		return nil
	}
	full := filepath.Join(d.snapshot(commit), at)
	if os.Link(d.blob(etag), full) == nil {
		return nil
	}
	return atomicfile.Write(full, func(w io.Writer) error {
		f, err := os.Open(d.blob(etag))
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	})
}

// size is that of a whole blob; -1 where there is none.
func (d folder) size(etag string) int64 { return sizeOf(d.blob(etag)) }

// begun is how much there is of a blob that is not whole.
func (d folder) begun(etag string) int64 { return max(0, sizeOf(incomplete(d.blob(etag)))) }

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	return info.Size()
}

// incomplete is the beginning of a blob, and origin a note of which version of the file its server sent.
func incomplete(blob string) string { return blob + ".incomplete" }
func origin(blob string) string     { return blob + ".incomplete.etag" }
