package curate

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/plainjson"
)

// WriteFindings writes findings to a file, one on a line, whole or not at all.
func WriteFindings(path string, found []Finding) error { return WriteLines(path, found) }

// ReadFindings reads what [WriteFindings] wrote.
func ReadFindings(path string) ([]Finding, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found, err := parseFindings(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return found, nil
}

func parseFindings(r io.Reader) ([]Finding, error) {
	var found []Finding
	err := EachLine(r, func(line int, text []byte) error {
		var f Finding
		if err := json.Unmarshal(text, &f); err != nil {
			return fmt.Errorf("line %d is no finding: %w", line, err)
		}
		switch {
		case f.Row < 0:
			return fmt.Errorf("line %d: row is %d, must be 0 or more", line, f.Row)
		case f.Detector == "":
			return fmt.Errorf("line %d: detector is missing", line)
		case f.Confidence < 0 || f.Confidence > 1:
			return fmt.Errorf("line %d: confidence is %g, must be from 0 to 1", line, f.Confidence)
		}
		found = append(found, f)
		return nil
	})
	return found, err
}

// WriteLines writes values to a file as JSON, one on a line, whole or not at all.
func WriteLines[T any](path string, values []T) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		e := plainjson.NewEncoder(out)
		for i := range values {
			if err := e.Encode(&values[i]); err != nil {
				return err
			}
		}
		return out.Flush()
	})
}

// maxLine bounds the memory that one line can take.
const maxLine = 64 << 20

// EachLine visits the lines of r that are not empty, counted from 1, until visit fails. A last line without an end is one.
func EachLine(r io.Reader, visit func(line int, text []byte) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, maxLine)
	n := 0
	for in.Scan() {
		n++
		if len(in.Bytes()) == 0 {
			continue
		}
		if err := visit(n, in.Bytes()); err != nil {
			return err
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("line %d is longer than %d MiB", n+1, maxLine>>20)
	}
	return in.Err()
}
