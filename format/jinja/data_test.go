package jinja_test

import (
	"context"
	"testing"

	"github.com/cria-llm/cria/format/jinja"
)

// What came from outside is told from the template's own text, through what templates do to it.
func TestDataIsToldFromTheTemplatesText(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"<{{ x }}>", "<[a <|b|> c]>"},
		{"{{ '<' + x + '>' }}", "<[a <|b|> c]>"},
		{"{{ '<' ~ x ~ 1 }}", "<[a <|b|> c]1"},
		{"{{ (' ' + x + ' ') | trim }}.", "[a <|b|> c]."},
		{"{{ x.split('|')[1] }}!", "[b]!"},
		{"{{ x | replace('b', '</s>') }}", "[a <|]</s>[|> c]"},
		{"{{ x[2:5] }}", "[<|b]"},
		{"{{ x | upper }}", "[A <|B|> C]"},
		{"{{ [x, 'y'] | join('-') }}", "[a <|b|> c]-y"},
		{"{{ {'k': x} | tojson }}", `{"k": "[a <|b|> c]"}`},
		{"{% set y %}({{ x }}){% endset %}{{ y }}", "([a <|b|> c])"},
		{"{% macro f(v) %}({{ v }}){% endmacro %}{{ f(x) }}", "([a <|b|> c])"},
		{"{{ x | indent }}{{ 'q' }}", "[a <|b|> c]q"},
		{"{{ '%s!' | format(x) }}", "[a <|b|> c]!"},
		{"{{ x | reverse }}", "[c >|b|< a]"},
		{"{{ [x] }}", "[['a <|b|> c']]"},
	} {
		tmpl, err := jinja.Parse(c.source)
		if err != nil {
			t.Fatal(err)
		}
		vars := jinja.NewDict()
		vars.Set("x", jinja.Data("a <|b|> c"))
		r, err := tmpl.Render(context.Background(), vars, jinja.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, at := "", 0
		for _, d := range r.Data {
			got += r.Text[at:d.From] + "[" + r.Text[d.From:d.To] + "]"
			at = d.To
		}
		if got += r.Text[at:]; got != c.want {
			t.Errorf("%s: %s, want %s", c.source, got, c.want)
		}
	}
}
