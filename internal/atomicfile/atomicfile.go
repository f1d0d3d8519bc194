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
	"os"
	"path/filepath"
)

// Write makes path hold what write writes. The folder must exist; the file gets mode 0644.
func Write(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := fill(f, path, write); err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// fill writes and closes the temporary file, and gives it its name.
func fill(f *os.File, path string, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, 1<<18)
	err := write(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Chmod(0o644)
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
