package bout

import (
	"encoding/json"
	"fmt"

	"github.com/cria-llm/cria/internal/appendfile"
)

// maxLine is more than an answer of any model takes.
const maxLine = 64 << 20

// openLines gives put what the file has and check finds nothing wrong with, and opens it to be added to; see [appendfile.Open].
func openLines[T any](path string, check func(T) error, put func(T)) (*appendfile.File, error) {
	return appendfile.Open(path, maxLine, taking(check, put))
}

// readLines gives put the same.
func readLines[T any](path string, check func(T) error, put func(T)) error {
	return appendfile.Read(path, maxLine, taking(check, put))
}

func taking[T any](check func(T) error, put func(T)) func(n int, line []byte) error {
	return func(n int, line []byte) error {
		if len(line) > maxLine {
			return fmt.Errorf("line %d is longer than %d MiB", n, maxLine>>20)
		}
		var x T
		if err := json.Unmarshal(line, &x); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if check != nil {
			if err := check(x); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		put(x)
		return nil
	}
}
