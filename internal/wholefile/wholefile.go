// Package wholefile reads files that are held in memory whole: configurations, recipes, pages, prompts. They come from anywhere,
// so no more than a limit is read of any. It never looks into what it reads: a value that is missing or wrong is the caller's to
// say.
//
//	text, err := wholefile.Read("rules.yaml", 1<<20)
//	var p Provenance
//	err = wholefile.JSON("my-run/cria.json", 16<<20, &p)
//	if errors.Is(err, fs.ErrNotExist) { … }
package wholefile

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Read is the file at path, of at most limit bytes. Every error names the file; that of a missing one is [io/fs.ErrNotExist].
func Read(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// A file too large is refused before it is read, and one that grows or has no size, such as a pipe, while it is.
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	large := info.Size() > limit
	var text []byte
	if !large {
		if text, err = io.ReadAll(io.LimitReader(f, limit+1)); err != nil {
			return nil, err
		}
		large = int64(len(text)) > limit
	}
	if large {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, limit)
	}
	return text, nil
}

// JSON decodes the file at path, of at most limit bytes, into v as [json.Unmarshal] does. Its errors are as those of [Read].
func JSON(path string, limit int64, v any) error {
	text, err := Read(path, limit)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
