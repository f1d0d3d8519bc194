// Package infertest opens models for tests of what is done with them. It is for tests alone.
//
//	a := infertest.Nano(t, infer.OpenOptions{Exact: true})
package infertest

import (
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/models/nano"
)

// Open opens MODEL or MODEL+ADAPTER on a backend of its own, until the test ends.
func Open(t testing.TB, spec string, o infer.OpenOptions) *infer.Assistant {
	t.Helper()
	be, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(be.Close)
	a, err := infer.Open(t.Context(), be, spec, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// Nano opens the model that is in the program.
func Nano(t testing.TB, o infer.OpenOptions) *infer.Assistant {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "nano")
	if err := nano.Extract(dir); err != nil {
		t.Fatal(err)
	}
	return Open(t, dir, o)
}
