package bout

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// lines is a file of JSON, one value a line, that is only ever added to: each is on the disk before it counts, so that what
// ends a program, in whatever way, costs no more than a last line that was cut off.
type lines[T any] struct {
	mu sync.Mutex
	f  *os.File
}

// openLines gives take what there is, takes a cut line away, and opens the file to be added to.
func openLines[T any](path string, take func(T)) (*lines[T], error) {
	whole, err := readLines(path, take)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err = f.Truncate(whole); err == nil {
		_, err = f.Seek(0, io.SeekEnd)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &lines[T]{f: f}, nil
}

// readLines gives take each whole line, and says how many bytes they are; of no file, none.
func readLines[T any](path string, take func(T)) (whole int64, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	defer f.Close()
	in := bufio.NewReader(io.LimitReader(f, most))
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return 0, err
		}
		var x T
		if err := json.Unmarshal(bytes.TrimSpace(line), &x); err != nil {
			return 0, fmt.Errorf("%s: line %d: %w", path, n, err)
		}
		whole += int64(len(line))
		take(x)
	}
}

func (l *lines[T]) add(x T) error {
	line, err := json.Marshal(x)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.f.Write(append(line, '\n')); err != nil {
		return err
	}
	return l.f.Sync()
}

func (l *lines[T]) close() error { return l.f.Close() }
