package jinja_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cria-llm/cria/format/jinja"
	"github.com/cria-llm/cria/internal/shared"
)

// Templates of published models give what Python's jinja2 gives, to the byte, and refuse what it refuses.
func TestModelsTemplatesRenderAsInPython(t *testing.T) {
	dir := shared.Path(t, "golden/jinja")
	var want map[string]struct {
		Out *string
		Err *string
	}
	var cases []json.RawMessage
	readJSON(t, filepath.Join(dir, "expected.json"), &want)
	readJSON(t, filepath.Join(dir, "cases.json"), &cases)
	if len(want) < 60 {
		t.Fatalf("%d vectors", len(want))
	}
	byName := map[string]json.RawMessage{}
	for _, c := range cases {
		var head struct{ Name string }
		if err := json.Unmarshal(c, &head); err != nil {
			t.Fatal(err)
		}
		byName[head.Name] = c
	}
	for key, w := range want {
		t.Run(key, func(t *testing.T) {
			file, name, _ := strings.Cut(key, "|")
			source, err := os.ReadFile(filepath.Join(dir, "templates", file))
			if err != nil {
				t.Fatal(err)
			}
			for _, data := range []bool{false, true} {
				got, err := render(string(source), byName[name], data)
				switch {
				case w.Err != nil && err == nil:
					t.Errorf("gave %q, want the error %s", got.Text, *w.Err)
				case w.Err != nil:
				case err != nil:
					t.Error(err)
				default:
					if d := cmp.Diff(*w.Out, got.Text); d != "" {
						t.Error(d)
					}
				}
			}
		})
	}
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func render(source string, vars json.RawMessage, data bool) (jinja.Result, error) {
	tmpl, err := jinja.Parse(source)
	if err != nil {
		return jinja.Result{}, err
	}
	v, err := jinja.FromJSON(vars, data)
	if err != nil {
		return jinja.Result{}, err
	}
	d := v.(*jinja.Dict)
	for k, v := range map[string]string{"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"} {
		if _, ok := d.Lookup(k); !ok {
			d.Set(k, v)
		}
	}
	return tmpl.Render(context.Background(), d, jinja.Options{Now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)})
}
