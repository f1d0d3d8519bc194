// Package atomicfile writes a file whole or not at all: into a temporary file beside it, brought to the disk, then
// renamed over it. Whatever fails, a full disk included, what stood there before is untouched and nothing else is left.
//
//	err := atomicfile.Write("run/recipe.yaml", func(w io.Writer) error { … })
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Write makes path hold what write writes. The folder must exist; the file's mode is that of any new file.
func Write(path string, write func(io.Writer) error) error {
	f, err := create(path)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := fill(f, path, write); err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// create opens a new file of a name that nobody has, beside path.
func create(path string) (*os.File, error) {
	for {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%08x", filepath.Base(path), rand.Uint32()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// syncFolder brings a rename to the disk, so that a power cut does not undo it after a later one. Not every system can;
// the file is whole either way.
func syncFolder(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	_ = d.Sync()
}

// fill writes and closes the temporary file, and gives it its name.
func fill(f *os.File, path string, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, 1<<18)
	err := write(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}

// WriteBytes makes path hold data.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// WriteFrom makes path hold what w gives.
func WriteFrom(path string, w io.WriterTo) error {
	return Write(path, func(to io.Writer) error { _, err := w.WriteTo(to); return err })
}
