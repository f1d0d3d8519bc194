package datafolder

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTheFolderIsTheSystemsOrTheOneThatIsNamed(t *testing.T) {
	abs := func(p string) string {
		a, err := filepath.Abs(p)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	home, other := abs("home"), abs("other")
	for _, c := range []struct {
		system string
		env    map[string]string
		want   string // "" for an error that says what to set
	}{
		{"linux", map[string]string{"HOME": home}, filepath.Join(home, ".local", "share", "cria")},
		{"linux", map[string]string{"HOME": home, "XDG_DATA_HOME": other}, filepath.Join(other, "cria")},
		{"linux", map[string]string{"HOME": home, "XDG_DATA_HOME": "relative"}, filepath.Join(home, ".local", "share", "cria")},
		{"linux", map[string]string{"HOME": home, "CRIA_HOME": other}, other},
		{"linux", map[string]string{"CRIA_HOME": "mine"}, abs("mine")},
		{"linux", nil, ""},
		{"darwin", map[string]string{"HOME": home}, filepath.Join(home, "Library", "Application Support", "cria")},
		{"darwin", nil, ""},
		{"windows", map[string]string{"LocalAppData": home, "HOME": other}, filepath.Join(home, "cria")},
		{"windows", map[string]string{"HOME": other}, ""},
	} {
		got, err := path(c.system, func(name string) string { return c.env[name] })
		if got != c.want || (err != nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), "set CRIA_HOME") {
			t.Errorf("%s with %v: %q, %v; want %q", c.system, c.env, got, err, c.want)
		}
	}
}
