package jinja_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cria-llm/cria/format/jinja"
)

// Small templates, one feature or a few each, give what Python's jinja2 gives; testdata/make.py wrote the vectors.
func TestExpressionsAndTagsAreJinjas(t *testing.T) {
	var v struct {
		Vars  json.RawMessage
		Cases []struct {
			Template string
			Out      *string
			Err      string
		}
	}
	readJSON(t, filepath.Join("testdata", "vectors.json"), &v)
	for _, c := range v.Cases {
		vars, err := jinja.FromJSON(v.Vars, false)
		if err != nil {
			t.Fatal(err)
		}
		got, err := func() (string, error) {
			tmpl, err := jinja.Parse(c.Template)
			if err != nil {
				return "", err
			}
			r, err := tmpl.Render(context.Background(), vars.(*jinja.Dict), jinja.Options{Now: time.Date(2026, 11, 23, 5, 6, 7, 0, time.UTC)})
			return r.Text, err
		}()
		switch {
		case c.Out == nil && err == nil:
			t.Errorf("%s\ngave %q, want the error %s", c.Template, got, c.Err)
		case c.Out == nil:
		case err != nil:
			t.Errorf("%s\n%v, want %q", c.Template, err, *c.Out)
		default:
			if d := cmp.Diff(*c.Out, got); d != "" {
				t.Errorf("%s\n%s", c.Template, d)
			}
		}
	}
}
