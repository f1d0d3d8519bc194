package bout

import (
	"encoding/json"
	"fmt"

	"github.com/cria-llm/cria/internal/appendfile"
)

// maxLine is more than an answer of any model takes.
const maxLine = 64 << 20

// openLines gives put what the file has, and opens it to be added to; see [appendfile.Open].
func openLines[T any](path string, put func(T)) (*appendfile.File, error) {
	return appendfile.Open(path, maxLine, taking(put))
}

// readLines gives put what the file has.
func readLines[T any](path string, put func(T)) error {
	return appendfile.Read(path, maxLine, taking(put))
}

func taking[T any](put func(T)) func(n int, line []byte) error {
	return func(n int, line []byte) error {
		if len(line) > maxLine {
			return fmt.Errorf("line %d is longer than %d MiB", n, maxLine>>20)
		}
		var x T
		if err := json.Unmarshal(line, &x); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		put(x)
		return nil
	}
}
