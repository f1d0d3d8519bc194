package appendfile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func lines(t *testing.T, path string, most int) []string {
	t.Helper()
	var out []string
	err := Read(path, most, func(n int, line []byte) error {
		if n != len(out)+1 {
			t.Errorf("line %d comes as the %d.", n, len(out)+1)
		}
		out = append(out, string(line))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestALineThatWasCutOffIsTakenAwayAndTheRestGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	none := func(int, []byte) error { return errors.New("a line of no file") }
	f, err := Open(path, 100, none)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Add("a"), f.Put("b")); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, path, 100); !slices.Equal(got, []string{`"a"`}) {
		t.Errorf("before a flush the file has %q", got)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, `"torn`...), 0o666); err != nil {
		t.Fatal(err)
	}
	n := 0
	if f, err = Open(path, 100, func(int, []byte) error { n++; return nil }); err != nil || n != 2 {
		t.Fatalf("%d lines, %v", n, err)
	}
	if err := errors.Join(f.Add("c"), f.Close()); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, path, 100); !slices.Equal(got, []string{`"a"`, `"b"`, `"c"`}) {
		t.Errorf("the file has %q", got)
	}
}

func TestOfALongLineTheBeginningComes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	long := strings.Repeat("x", 1<<18)
	if err := os.WriteFile(path, []byte("a\n"+long+"\n\nb\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, path, 9); !slices.Equal(got, []string{"a", long[:10], "", "b"}) {
		t.Errorf("%q", got)
	}
}

func TestAnErrorNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("a\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	bad := errors.New("bad")
	_, err := Open(path, 9, func(int, []byte) error { return bad })
	if !errors.Is(err, bad) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
}

func TestManyMayAddAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	f, err := Open(path, 100, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := f.Add(i); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, path, 100); len(got) != 20 {
		t.Errorf("%d lines", len(got))
	}
}
