// Package mmap shows a file as read-only memory. Weights of many gigabytes are then read from disk only where
// they are touched, and the system may drop and re-read them at will.
//
// It never writes and never grows with the file: the map has the length that the file had when it was opened. A
// file that is cut shorter while it is mapped makes a read past its new end crash the process; cria itself
// replaces files by renaming, which leaves a map of the old file whole (Windows refuses to replace a mapped file).
//
//	m, err := mmap.Open("model.gguf")
//	if err != nil { ... }
//	defer m.Close()
//	header := m.Bytes()[:4]
package mmap

import (
	"fmt"
	"math"
	"os"
	"unsafe"
)

// Map is a mapped file. It is safe for concurrent reads; Close must come after the last of them.
type Map struct {
	data []byte
}

// Open maps the regular file at path. An empty file gives an empty map.
func Open(path string) (*Map, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // the map outlives the descriptor
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	switch size := info.Size(); {
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("map %s: not a regular file", path)
	case size == 0:
		return &Map{}, nil
	case size > math.MaxInt:
		return nil, fmt.Errorf("map %s: %d bytes are more than this system can address", path, size)
	default:
		data, err := mapFile(f, int(size))
		if err != nil {
			return nil, fmt.Errorf("map %s: %w", path, err)
		}
		return &Map{data: data}, nil
	}
}

// Bytes is the file's content. It must not be written to, nor read after Close.
func (m *Map) Bytes() []byte { return m.data }

// Release lets the system take back the memory that part of the file takes, for a program that has read what it wants
// from it. The bytes can still be read, from the file again. Where part is no part of the map nothing happens.
func (m *Map) Release(part []byte) {
	if len(part) == 0 || len(m.data) == 0 {
		return
	}
	begin, at := uintptr(unsafe.Pointer(&m.data[0])), uintptr(unsafe.Pointer(&part[0]))
	if at >= begin && at+uintptr(len(part)) <= begin+uintptr(len(m.data)) {
		release(part)
	}
}

// Close gives the memory back. A second call does nothing.
func (m *Map) Close() error {
	data := m.data
	m.data = nil
	if len(data) == 0 {
		return nil
	}
	return unmapFile(data)
}
