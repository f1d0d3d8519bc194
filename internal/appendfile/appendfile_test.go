package appendfile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
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

// A pipe would be waited in for ever; a folder stands for it, which all systems have.
func TestWhatIsNoRegularFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	take := func(int, []byte) error { return nil }
	if err := Read(dir, 10, take); err == nil || !strings.Contains(err.Error(), "want a regular one") {
		t.Errorf("read: %v", err)
	}
	if _, err := Open(dir, 10, take); err == nil || !strings.Contains(err.Error(), "want a regular one") {
		t.Errorf("open: %v", err)
	}
}

// What comes faster than the disk is told of waits in memory, and is there after a flush.
func TestSoonWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	f, err := Open(path, 10, func(int, []byte) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		v     string
		after time.Duration
		want  []string
	}{
		{"a", 0, []string{`"a"`}},
		{"b", time.Hour, []string{`"a"`}},
		{"c", time.Hour, []string{`"a"`}},
		{"d", 0, []string{`"a"`, `"b"`, `"c"`, `"d"`}},
		{"e", time.Hour, []string{`"a"`, `"b"`, `"c"`, `"d"`}},
	} {
		if err := f.Soon(x.v, x.after); err != nil {
			t.Fatal(err)
		}
		if got := lines(t, path, 10); !slices.Equal(got, x.want) {
			t.Errorf("after %s the file has %q, want %q", x.v, got, x.want)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, path, 10); len(got) != 5 {
		t.Errorf("closed, the file has %q", got)
	}
}
