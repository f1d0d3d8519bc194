package wholefile_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/internal/wholefile"
)

func TestAFileUpToTheLimitIsRead(t *testing.T) {
	path := put(t, `{"a":1}`)
	var v struct{ A int }
	if err := wholefile.JSON(path, 7, &v); err != nil || v.A != 1 {
		t.Errorf("%+v, error %v", v, err)
	}
	if text, err := wholefile.Read(path, 7); err != nil || string(text) != `{"a":1}` {
		t.Errorf("%q, error %v", text, err)
	}
}

func TestEveryErrorNamesTheFile(t *testing.T) {
	var v struct{ A int }
	syntax, kind := new(json.SyntaxError), new(json.UnmarshalTypeError)
	for name, c := range map[string]struct {
		path string
		is   func(error) bool
	}{
		"missing": {filepath.Join(t.TempDir(), "absent.json"), func(err error) bool { return errors.Is(err, fs.ErrNotExist) }},
		"large":   {put(t, `{"a": 1}`), func(err error) bool { return strings.HasSuffix(err.Error(), "larger than 7 bytes") }},
		"syntax":  {put(t, `{"a"`), func(err error) bool { return errors.As(err, &syntax) }},
		"kind":    {put(t, `["a"]`), func(err error) bool { return errors.As(err, &kind) }},
		"folder":  {t.TempDir(), func(err error) bool { return err != nil }},
	} {
		err := wholefile.JSON(c.path, 7, &v)
		if err == nil || !strings.Contains(err.Error(), c.path) || !c.is(err) {
			t.Errorf("%s: error %v, want one that names %s", name, err, c.path)
		}
	}
}

// put is the path of a file with that text.
func put(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "some.json")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
