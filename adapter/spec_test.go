package adapter

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSpecs(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"m", "m+a", "a", "b+c", "b", "both/base", "both/adapter"} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]Spec{
		"m":       {Model: "m"},
		"m+a":     {Model: "m+a"}, // a path that exists wins
		"m+a+a":   {Model: "m+a", Adapters: []string{"a"}},
		"m+b+c":   {Model: "m", Adapters: []string{"b+c"}},
		"b+c+b+c": {Model: "b+c", Adapters: []string{"b+c"}},
		"a+b+a":   {Model: "a", Adapters: []string{"b", "a"}},
		"both":    {Model: filepath.Join("both", "base"), Adapters: []string{filepath.Join("both", "adapter")}},
		"both+a":  {Model: filepath.Join("both", "base"), Adapters: []string{filepath.Join("both", "adapter"), "a"}},
	} {
		if got, err := ParseSpec(text); err != nil || got.Model != want.Model || !slices.Equal(got.Adapters, want.Adapters) {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":       "names no model",
		"+a":     "names no model",
		"m+":     "names no adapter",
		"x":      "open model x: no such file",
		"m+x":    "open adapter x: no such file",
		"a+x+b":  "open adapter x: no such file",
		"nope+a": "open model nope: no such file",
	} {
		if _, err := ParseSpec(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}
