// Package appendfile keeps files of JSON, one value a line, that are only ever added to: what is on the disk stays, and what
// ends a program, in whatever way, costs no more than a last line that was cut off.
//
//	f, err := appendfile.Open("votes.jsonl", 1<<20, func(n int, line []byte) error { … })
//	err = f.Add(vote) // it is on the disk
//
// It knows nothing of what the lines say, and does not keep two processes from one file: see package filelock.
package appendfile

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
	"time"
)

// File is a file that is added to. Its methods may be called by many goroutines at once. A nil File keeps nothing.
type File struct {
	mu      sync.Mutex
	f       *os.File
	pending bytes.Buffer
	flushed time.Time
}

// Open gives take every whole line that there is, takes away a last one that was cut off, and opens the file, which need not
// be there, to be added to. Lines are counted from 1 and come without their end; of one that is longer than most bytes only
// the beginning does. An error of take ends it and comes back with the file's name.
func Open(path string, most int, take func(n int, line []byte) error) (*File, error) {
	whole, err := read(path, most, take)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.Size() > whole {
		if err = errors.Join(err, f.Truncate(whole)); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return &File{f: f}, nil
}

// Read gives take the lines as [Open] does, and leaves the file as it is; of no file there are none.
func Read(path string, most int, take func(n int, line []byte) error) error {
	_, err := read(path, most, take)
	return err
}

func read(path string, most int, take func(n int, line []byte) error) (whole int64, err error) {
	info, err := os.Stat(path) // before it is opened, which a pipe would wait in
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, fmt.Errorf("%s is no file that can be added to: want a regular one", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if whole, err = Lines(f, most, take); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return whole, nil
}

// Lines gives take the whole lines of r, and says how many bytes they are.
func Lines(r io.Reader, most int, take func(n int, line []byte) error) (whole int64, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	var line []byte
	for n := 1; ; n++ {
		line = line[:0]
		var size int64
		for {
			part, err := in.ReadSlice('\n')
			size += int64(len(part))
			if room := most + 1 - len(line); room > 0 {
				line = append(line, part[:min(room, len(part))]...)
			}
			if errors.Is(err, io.EOF) {
				return whole, nil
			}
			if err == nil {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				return 0, err
			}
		}
		whole += size
		if err := take(n, bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return 0, err
		}
	}
}

// Put writes a value with the next [File.Flush].
func (f *File) Put(v any) error {
	if f == nil {
		return nil
	}
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending.Write(append(line, '\n'))
	return nil
}

// Flush brings to the disk what was put.
func (f *File) Flush() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pending.Len() == 0 {
		return nil
	}
	if _, err := f.f.Write(f.pending.Bytes()); err != nil {
		return err
	}
	f.pending.Reset()
	f.flushed = time.Now()
	return f.f.Sync()
}

// Soon puts a value, and flushes where the last time is longer ago than that: for values that are cheap to have again and come
// faster than a disk can be told of each. The caller flushes at the end.
func (f *File) Soon(v any, after time.Duration) error {
	if err := f.Put(v); err != nil || f == nil {
		return err
	}
	f.mu.Lock()
	due := time.Since(f.flushed) >= after
	f.mu.Unlock()
	if !due {
		return nil
	}
	return f.Flush()
}

// Add brings a value to the disk.
func (f *File) Add(v any) error {
	if err := f.Put(v); err != nil {
		return err
	}
	return f.Flush()
}

// Close brings everything to the disk.
func (f *File) Close() error {
	if f == nil {
		return nil
	}
	return errors.Join(f.Flush(), f.f.Close())
}
