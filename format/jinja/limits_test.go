package jinja_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/format/jinja"
)

// A template that would run for ever, fill the memory or the stack ends with an error, soon and with little memory.
func TestHostileTemplatesEnd(t *testing.T) {
	nest := func(open, mid, end string, n int) string {
		return strings.Repeat(open, n) + mid + strings.Repeat(end, n)
	}
	loops := nest("{% for x in range(100000) %}", "x", "{% endfor %}", 5)
	for name, source := range map[string]string{
		"loops in loops":          loops,
		"loops that print little": nest("{% for x in range(99999) %}", "", "{% endfor %}", 4),
		"a long range":            "{{ range(1000000000) }}",
		"text times much":         "{{ 'x' * 1000000000000 }}",
		"text times the most":     "{{ 'xx' * 9223372036854775807 }}",
		"a list times much":       "{{ [1] * 1000000000000 }}",
		"doubling text":           "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
		"doubling by ~":           "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
		"doubling a list":         "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
		"doubling by replace":     "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s | replace('x', 'xx') %}{% endfor %}",
		"doubling by join":        "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] | join %}{% endfor %}",
		"doubling by print":       "{% set ns = namespace(s=['x']) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
		"doubling by JSON":        "{% set ns = namespace(s=['x']) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s | tojson }}",
		"comparing what doubles":  "{% set a = namespace(s=['x']) %}{% set b = namespace(s=['x']) %}{% for i in range(40) %}{% set a.s = [a.s, a.s] %}{% set b.s = [b.s, b.s] %}{% endfor %}{{ a.s == b.s }}",
		"a macro that recurses":   "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
		"macros that branch":      "{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(90) }}",
		"a loop that recurses":    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
		"width":                   "{{ 'x'.center(100000000000) }}",
		"a format's width":        "{{ '%1000000000d' | format(1) }}",
		"a field's width":         "{{ '{:1000000000}'.format(1) }}",
		"a field's precision":     "{{ '{:.1000000000f}'.format(1) }}",
		"widths of widths":        "{{ '{:{0}}'.format(1000000000) }}",
		"many wide fields":        "{% set ns = namespace(s='{:09999,}') %}{% for i in range(20) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s.format(*range(99999)) }}",
		"fields in fields":        "{{ '" + strings.Repeat("{:", 5000) + strings.Repeat("}", 5000) + "'.format(1) }}",
		"an indent":               "{{ [[1]] | tojson(indent=1000000000) }}",
		"zfill":                   "{{ '1'.zfill(100000000000) }}",
		"nested parentheses":      "{{ " + nest("(", "1", ")", 100000) + " }}",
		"nested lists":            "{{ " + nest("[", "1", "]", 100000) + " }}",
		"nested ifs":              nest("{% if true %}", "", "{% endif %}", 100000),
		"nots":                    "{{ " + strings.Repeat("not ", 100000) + "1 }}",
		"minuses":                 "{{ " + strings.Repeat("-", 100000) + "1 }}",
		"a long chain":            "{{ 1" + strings.Repeat(" + 1", 100000) + " }}",
		"long attributes":         "{{ x" + strings.Repeat(".x", 100000) + " }}",
		"a value in itself":       "{% set ns = namespace(s=[]) %}{% for i in range(5000) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}",
		"a namespace in itself":   "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
		"a power":                 "{{ 10 ** 1000000000 }}",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin := time.Now()
			tmpl, err := jinja.Parse(source)
			if err == nil {
				_, err = tmpl.Render(context.Background(), jinja.NewDict(), jinja.Options{Limits: jinja.Limits{Steps: 300_000, Memory: 16 << 20}})
			}
			var e *jinja.Error
			if !errors.As(err, &e) {
				t.Fatalf("no error with a line, but %v", err)
			}
			runtime.ReadMemStats(&after)
			if made := (after.TotalAlloc - before.TotalAlloc) >> 20; made > 1000 {
				t.Errorf("%d MiB were made on the way", made)
			}
			if d := time.Since(begin); d > 20*time.Second {
				t.Errorf("it took %v", d)
			}
		})
	}
}

// A rendering that is told to stop does.
func TestRenderingStopsWithItsContext(t *testing.T) {
	tmpl, err := jinja.Parse("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := tmpl.Render(ctx, jinja.NewDict(), jinja.Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Errors name the line of the template, and say when the template itself refuses.
func TestErrorsNameTheLine(t *testing.T) {
	for _, c := range []struct {
		source string
		line   int
		raised bool
	}{
		{"a\nb\n{{ nothing.x }}", 3, false},
		{"a\n\n{% if x %}", 3, false},
		{"{# a\nb #}\n{% for %}", 3, false},
		{"x\n{% macro f() %}\n{{ raise_exception('no') }}\n{% endmacro %}\n{{ f() }}", 3, true},
	} {
		tmpl, err := jinja.Parse(c.source)
		if err == nil {
			_, err = tmpl.Render(context.Background(), jinja.NewDict(), jinja.Options{})
		}
		var e *jinja.Error
		if !errors.As(err, &e) || e.Line != c.line || e.Raised != c.raised {
			t.Errorf("%q: %v, want line %d", c.source, err, c.line)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		"{% for m in messages %}{{ '<|' + m.role + '|>' }}{{ m['content'] | trim }}{% endfor %}{% if add_generation_prompt %}x{% endif %}",
		"{% set ns = namespace(a=1) %}{% macro f(x, y=2) -%} {{ x ~ y }} {%- endmacro %}{{ f(ns.a) | upper | replace('1', '2') }}",
		"{% generation %}{{ messages | tojson(indent=2) }}{% endgeneration %}{% raw %}{{ x }}{% endraw %}{# c #}",
		"{{ messages[::-1][0].content.split(' ', 1)[-1] % (1, 2.5) }}{{ '%5.2f' | format(1e300) }}{{ 'a{}b{x}'.format(1, x=2) }}",
		"{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join(', ') | indent(2) | truncate(9) }}",
		"{{ '{0:>{w}} {a!r} {b.c[0]:09,.2f}'.format(1, w=5, a='x', b={'c': [2.5]}) }}{{ 'abcabc'.find('b', 2, -1) }}{{ '%-*d|%#x' % (5, 3, 255) }}",
		"{% for k, v in {'a': [1, {'b': none}]}.items() recursive %}{{ loop.index }}{{ k }}{% else %}{% break %}{% endfor %}",
	} {
		f.Add(s)
	}
	vars := `{"messages":[{"role":"user","content":"a b"},{"role":"assistant","content":"ü","tool_calls":[{"n":1.5}]}],"add_generation_prompt":true}`
	f.Fuzz(func(t *testing.T, source string) {
		tmpl, err := jinja.Parse(source)
		if err != nil {
			return
		}
		v, err := jinja.FromJSON([]byte(vars), true)
		if err != nil {
			t.Fatal(err)
		}
		r, err := tmpl.Render(context.Background(), v.(*jinja.Dict), jinja.Options{Now: time.Unix(0, 0), Limits: jinja.Limits{Steps: 20_000, Memory: 4 << 20}})
		if err != nil {
			return
		}
		for _, spans := range [][]jinja.Span{r.Generation, r.Data} {
			at := 0
			for _, s := range spans {
				if s.From < at || s.To <= s.From || s.To > len(r.Text) {
					t.Fatalf("span %v of a text of %d bytes, after %d", s, len(r.Text), at)
				}
				at = s.To
			}
		}
	})
}
