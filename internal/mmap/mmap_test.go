package mmap_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/internal/mmap"
)

func TestMapHoldsTheFile(t *testing.T) {
	for _, size := range []int{0, 1, 4095, 4096, 100_001} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i * 7)
		}
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := mmap.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.Bytes(), want) {
			t.Errorf("size %d: the map differs from the file", size)
		}
		m.Release(m.Bytes())
		m.Release(want) // no part of it
		if size > 0 {
			m.Release(m.Bytes()[size/3 : size/2])
		}
		if !bytes.Equal(m.Bytes(), want) {
			t.Errorf("size %d: the map differs from the file after Release", size)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if err := m.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
		if len(m.Bytes()) != 0 {
			t.Error("a closed map still has bytes")
		}
	}
}

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	if _, err := mmap.Open(t.TempDir()); err == nil {
		t.Error("a folder was mapped")
	}
	if _, err := mmap.Open(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent file: %v, want fs.ErrNotExist", err)
	}
}
