// Package shared finds the folder of reference models, data and golden vectors that stands beside a checkout.
// It is for tests alone: the folder is no part of the project, and a test that needs it skips where it is absent.
//
//	model := shared.Path(t, "data", "models", "stories3M")
package shared

import (
	"os"
	"path/filepath"
	"testing"
)

// Path is the file or folder of that name below the shared folder. It skips the test where there is none.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skip("no go.mod above this test, so no shared folder beside the checkout")
		}
		dir = up
	}
	path := filepath.Join(append([]string{dir, "..", "shared"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("reference data absent: %s", path)
	}
	return path
}
