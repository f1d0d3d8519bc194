# Writes vectors.json: small templates and what Python's jinja2 makes of them, in the environment that Hugging Face's
# transformers renders chat templates in. Run with python3 and jinja2 3.1:  python3 make.py > vectors.json
import datetime, json, sys
from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

class Generation(Extension):
    tags = {"generation"}
    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_pass"), [], [], body).set_lineno(line)
    def _pass(self, caller):
        return caller()

def raise_exception(message):
    raise TemplateError(message)

def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

def strftime_now(format):
    return datetime.datetime(2026, 11, 23, 5, 6, 7).strftime(format)

env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"])
env.filters["tojson"] = tojson
env.globals["raise_exception"] = raise_exception
env.globals["strftime_now"] = strftime_now

VARS = json.loads(r'''{"s":" Hello, Wörld ","e":"","n":3,"z":0,"neg":-7,"f":2.5,"t":true,"no":false,"nil":null,
 "l":[3,1,2],"w":["b","A","c","a"],"d":{"b":1,"a":[1,"x"],"items":"own","é":null},"many":"a,b,,c","u":"日本語 ß ǅ İ",
 "q":"it's \"q\" \\ \n\t\u0001\u007f","nested":[[1,[2]],{"k":{"k":[]}}],"big":9007199254740993,
 "m":[{"role":"user","content":"hi <b>","n":2},{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":{"x":1.0}}}]},{"role":"user","content":"bye","n":1}]}''')

CASES = r'''
{{ 1 + 2 * 3 }} {{ 7 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ neg % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }}
{{ 1.0 }} {{ 1e20 }} {{ 1e-7 }} {{ 0.1 + 0.2 }} {{ 1e16 }} {{ 123456789012345.0 }} {{ -0.0 }} {{ 3.0 * 2 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }}
{{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 00 }} {{ 1.5e3 }} {{ 1e3 }}
{{ true }} {{ True + 1 }} {{ false or none }} {{ not 0 }} {{ not not '' }} {{ none }} {{ 1 and 2 }} {{ 0 or '' or 'x' }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 }} {{ true == 1 }} {{ '1' == 1 }} {{ [1] == [1.0] }} {{ (1,) == [1] }} {{ none == false }} {{ 'a' < 'b' }} {{ [1,2] < [1,3] }}
{{ 1 < 'a' }}
{{ 'a' in 'abc' }} {{ 'x' not in 'abc' }} {{ 3 in l }} {{ 'b' in d }} {{ 1.0 in l }} {{ true in l }} {{ 'a' in undefined_thing }}
{{ 1 in 'abc' }}
{{ 1 in nil }}
{{ 'a' ~ 1 ~ none ~ 2.0 ~ undefined_thing ~ [1,'x'] }}
{{ 'a' + 'b' }} {{ [1] + [2] }} {{ (1,) + (2,) }} {{ 'ab' * 3 }} {{ [1,2] * 2 }} {{ 3 * 'x' }} {{ 'x' * -1 }}
{{ 'a' + 1 }}
{{ s + undefined_thing }}
{{ undefined_thing }}|{{ undefined_thing is defined }}|{{ undefined_thing == undefined_thing }}|{{ undefined_thing == none }}|{{ undefined_thing | length }}|{% for x in undefined_thing %}x{% else %}none{% endfor %}
{{ undefined_thing.x }}
{{ undefined_thing['x'] }}
{{ undefined_thing() }}
{{ nil.x }}|{{ n.x }}|{{ d.zzz }}|{{ s.zzz }}|{{ l.zzz }}|{{ l[10] }}|{{ l['x'] }}|{{ d['zzz'] }}
{{ nil.x.y }}
{{ d['items'] }} {{ d.b }} {{ d['a'][1] }} {{ d.a.0 }} {{ d.get('b') }} {{ d.get('q') }} {{ d.get('q', 5) }}
{{ d.items() | list }} {{ d.keys() | list }} {{ d.values() | list }}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}
{% for k in d %}{{ k }};{% endfor %}
{{ d }} {{ nested }} {{ l }} {{ (1,2) }} {{ (1,) }} {{ () }} {{ [] }} {{ {} }} {{ {'a': 1, 2: none, true: 'x'} }}
{{ [s, q, u, e, 'it''s', "a'b\"c"] }}
{{ ['\n\t\\', 'é', '\x00', '\u200b', '\xa0'] }}
{{ q | tojson }} {{ u | tojson }} {{ d | tojson }} {{ nested | tojson }} {{ 1.0 | tojson }} {{ [true, none, 1e100] | tojson }}
{{ d | tojson(indent=2) }}
{{ nested | tojson(indent=4) }} {{ [] | tojson(indent=2) }} {{ {} | tojson(indent=2) }}
{{ d | tojson(ensure_ascii=true) }} {{ '😀é' | tojson(ensure_ascii=true) }} {{ d | tojson(sort_keys=true) }} {{ l | tojson(separators=(',', ':')) }} {{ {'a':[1,2]} | tojson(separators=(',', ':')) }}
{{ d | tojson(indent='--') }}
{{ {1: 2, none: 3, true: 4, 1.5: 5} | tojson }}
{{ undefined_thing | tojson }}
{{ '<&>' | tojson }} {{ "</script>" | tojson }}
{{ s | trim }}|{{ s | upper }}|{{ s | lower }}|{{ s | length }}|{{ s | title }}|{{ s | capitalize }}|{{ 'xxaxx' | trim('x') }}
{{ u | upper }}|{{ u | lower }}|{{ u | length }}|{{ u[1] }}|{{ u[::-1] }}|{{ u[-3:] }}
{{ "they're bill's (friends) foo-bar [x] {y}" | title }} {{ "they're bill's".title() }} {{ 'ABC def'.capitalize() }} {{ 'aB'.swapcase() }}
{{ s.strip() }}|{{ s.lstrip() }}|{{ s.rstrip() }}|{{ 'xyax'.strip('xy') }}|{{ '  a '.strip(none) }}
{{ many.split(',') }} {{ many.split(',', 1) }} {{ many.rsplit(',', 1) }} {{ ' a  b c '.split() }} {{ ' a  b c '.split(none, 1) }} {{ ' a  b c '.rsplit(none, 1) }} {{ ''.split() }} {{ ''.split(',') }} {{ 'a,b'.split(',', -1) }} {{ 'abc'.split('abc') }}
{{ 'a'.split('') }}
{{ 'a\nb\r\nc\n'.splitlines() }} {{ 'a\nb'.splitlines(true) }} {{ 'a-b-c'.partition('-') }} {{ 'a-b-c'.rpartition('-') }} {{ 'abc'.partition('-') }} {{ 'abc'.rpartition('-') }}
{{ 'aXbXc'.replace('X', '-') }} {{ 'aXbXc'.replace('X', '-', 1) }} {{ 'abc'.replace('', '-') }} {{ 'aaa' | replace('a', 'b') }} {{ 'aaa' | replace('a', 'b', 2) }} {{ 5 | replace(5, 6) }}
{{ 'abc'.startswith('a') }} {{ 'abc'.startswith(('x', 'ab')) }} {{ 'abc'.endswith('bc') }} {{ 'abc'.find('c') }} {{ 'abc'.find('z') }} {{ '日本'.find('本') }} {{ 'abcabc'.rfind('b') }} {{ 'abcabc'.count('b') }} {{ 'abc'.index('b') }}
{{ 'abc'.index('z') }}
{{ '12'.isdigit() }} {{ 'a1'.isalnum() }} {{ 'ab'.isalpha() }} {{ ' '.isspace() }} {{ 'Ab'.isupper() }} {{ 'AB1'.isupper() }} {{ ''.isdigit() }} {{ '7'.zfill(3) }} {{ '-7'.zfill(4) }} {{ 'a'.ljust(3, '.') }} {{ 'a'.rjust(3) }}|{{ 'ab'.center(5, '*') }}
{{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.txt'.removesuffix('.txt') }}
{{ ', '.join(w) }} {{ w | join('-') }} {{ l | join }} {{ m | join('|', attribute='role') }} {{ [1, none, 'x'] | join(',') }}
{{ ', '.join(l) }}
{{ l | sort }} {{ w | sort }} {{ w | sort(case_sensitive=true) }} {{ l | sort(reverse=true) }} {{ [3,1,2] | sort | join(',') }} {{ m | selectattr('n') | sort(attribute='n') | map(attribute='content') | list }}
{{ l | first }} {{ l | last }} {{ e | first }}|{{ [] | last }}|{{ 'abc' | first }} {{ l | length }} {{ d | length }} {{ l | count }} {{ l | sum }} {{ l | max }} {{ l | min }} {{ w | max }} {{ [] | max }}|{{ m | selectattr('n', 'defined') | sum(attribute='n') }}
{{ l | reverse | list }} {{ 'abc' | reverse }} {{ l[::-1] }} {{ l[1:] }} {{ l[:-1] }} {{ l[-1] }} {{ 'hello'[1:4] }} {{ 'hello'[::2] }} {{ 'hello'[-100:100] }} {{ l[5:] }} {{ 'hello'[3:1] }} {{ (1,2,3)[1:] }} {{ 'hello'[::-2] }} {{ 'hello'[4:0:-1] }}
{{ 'abc'[::0] }}
{{ m | map(attribute='role') | list }} {{ w | map('upper') | list }} {{ m | map(attribute='n', default=0) | list }} {{ ['1','2'] | map('int') | sum }} {{ m | map(attribute='tool_calls.0.function.name') | list }}
{{ m | selectattr('role', 'equalto', 'user') | list | length }} {{ m | rejectattr('role', '==', 'user') | map(attribute='role') | list }} {{ l | select('odd') | list }} {{ l | reject('odd') | list }} {{ l | select('greaterthan', 1) | list }} {{ [0, 1, '', 'a', none] | select | list }} {{ m | selectattr('content') | list | length }} {{ l | select('in', [1,2]) | list }}
{{ ['a','A','b'] | unique | list }} {{ ['a','A','b'] | unique(true) | list }} {{ m | unique(attribute='role') | map(attribute='role') | list }}
{% for g in m | groupby('role') %}{{ g.grouper }}:{{ g.list | length }} {% endfor %}{% for k, v in m | groupby('role') %}{{ k }}{{ v | length }}{% endfor %}
{{ d | dictsort | map('first') | list }} {{ {'b':1,'A':2} | dictsort }} {{ {'b':1,'A':2} | dictsort(case_sensitive=true) }} {{ {'b':1,'A':2} | dictsort(by='value', reverse=true) }} {{ {'a':1} | items | list }}
{{ '12' | int }} {{ '1.9' | int }} {{ 'x' | int }} {{ 'x' | int(5) }} {{ none | int(7) }} {{ ' 12 ' | int }} {{ '0x1f' | int(base=16) }} {{ 2.9 | int }} {{ -2.9 | int }} {{ true | int }} {{ '1.5' | float }} {{ 'x' | float }} {{ 3 | float }} {{ '1e3' | float }} {{ 1e3 | int }}
{{ 2.5 | round }} {{ 3.5 | round }} {{ 2.675 | round(2) }} {{ 42.55 | round(1, 'floor') }} {{ 42.51 | round(1, 'ceil') }} {{ 42 | round }} {{ -1.5 | round }} {{ 1234.5 | round(-2) }} {{ 1234 | round(-2) }}
{{ -3 | abs }} {{ (-3) | abs }} {{ -2.5 | abs }} {{ 3 | string }} {{ none | string }} {{ [1] | string }} {{ 'ab' | list }} {{ d | list }}
{{ undefined_thing | default('x') }} {{ nil | default('x') }} {{ nil | default('x', true) }} {{ '' | d('y', boolean=true) }} {{ undefined_thing | default }}|{{ d.q | default(d.b) }}
{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb\n' | indent(2, blank=true) }}|{{ 'a\nb' | indent('> ') }}|{{ '' | indent }}|
{{ '%s is %d and %.2f %5s|%-5s|%05d %x %%' | format('a', 3, 2.5, 'r', 'l', 42, 255) }} {{ '%s' % 'x' }} {{ '%s-%s' % (1, 2) }} {{ '%(a)s' | format(a=1) }}
{{ '{} {}'.format(1, 'a') }} {{ '{1} {0}'.format(1, 2) }} {{ '{x}'.format(x=3) }} {{ '{{}}'.format() }} {{ '{:.2f}'.format(1.5) }}
{{ '<b>&"\'' | e }} {{ '<' | escape | string }} {{ ('<b>' | safe) + '<' }} {{ '<' + ('<b>' | safe) }} {{ ('<b>' | safe) ~ '<' }} {{ '<a>' | e | e }}
{{ 'foo bar baz qux' | truncate(9) }} {{ 'foo bar baz qux' | truncate(9, true) }} {{ 'foo bar baz qux' | truncate(11) }} {{ 'foo bar' | truncate(9, false, '!', 0) }} {{ 'a b c' | wordcount }} {{ 'ab' | center(6) }}|
{{ l | batch(2) | list }} {{ l | batch(2, 'x') | list }} {{ [1,2,3,4,5] | slice(3) | list }} {{ [1,2,3,4] | slice(3, 'x') | list }}
{{ range(3) | list }} {{ range(1, 10, 3) | list }} {{ range(3, 0, -1) | list }} {{ range(0) | list }}
{{ range(1000000) | list }}
{{ dict(a=1, b='x') }} {{ dict([('a', 1)]) }} {{ dict({'a': 1}, b=2) }}
{% set ns = namespace(a=1) %}{% for x in l %}{% set ns.a = ns.a + x %}{% endfor %}{{ ns.a }} {% set ns.b = 'new' %}{{ ns.b }} {{ ns.zzz }}|{{ ns.zzz is defined }}
{% set x = 1 %}{% for i in l %}{% set x = i %}{% endfor %}{{ x }}
{% set a, b = 1, 2 %}{{ a }}{{ b }} {% set t = (1, 2) %}{{ t }} {% set u2 = 1, %}{{ u2 }}
{% set x %}in {{ n }}
side{% endset %}[{{ x }}] {% set y | upper %}abc{% endset %}{{ y }}
{% if n > 2 %}A{% elif n > 1 %}B{% else %}C{% endif %} {% if e %}A{% elif z %}B{% else %}C{% endif %} {% if nil is none and not e %}ok{% endif %}
{% if t %}{% set x = 5 %}{% endif %}{{ x }}
{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }} {{ loop.previtem }}<{{ x }}>{{ loop.nextitem }};{% endfor %}
{% for x in l if x > 1 %}{{ loop.index }}:{{ x }} {% else %}none{% endfor %} {% for x in l if x > 9 %}{{ x }}{% else %}none{% endfor %}
{% for x in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }} {% endfor %}
{% for x in [1,2,3,4,5] %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% for x in [[1,[2,[3]]],[4]] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}{% endif %}{% endfor %}
{% for a, b in [(1, 2), [3, 4]] %}{{ a }}-{{ b }} {% endfor %}{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for a, b in [(1, 2, 3)] %}{{ a }}{% endfor %}
{% for x in l %}{% for y in w %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}
{% for x in n %}{% endfor %}
{% macro f(a, b=2, c='x') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }} {{ f(1, c=3) }} {{ f(1, 2, 3) }} {{ f() }} {{ f(b=1, a=0) }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}
{% macro f(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, x=3) }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(b=2) }}
{% macro f(n) %}{% if n > 0 %}{{ n }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(5) }}
{% macro f() %}{{ x }}{% endmacro %}{% set x = 5 %}{{ f() }}
{% macro f() %}{% set zz = 1 %}{{ zz }}{% endmacro %}{{ f() }}{{ zz }}|{{ f is callable }} {{ f() is string }} {{ f() | length }}
{% macro wrap(t) %}<{{ t }}>{{ caller() }}</{{ t }}>{% endmacro %}{% call wrap('b') %}in {{ n }}{% endcall %}
{% macro each(xs) %}{% for x in xs %}{{ caller(x, loop.index) }}{% endfor %}{% endmacro %}{% call(x, i) each(w) %}{{ i }}{{ x }} {% endcall %}
{% with a=1, b=2 %}{{ a }}{{ b }}{% endwith %}{{ a }}|{% with %}{% set q2 = 1 %}{{ q2 }}{% endwith %}{{ q2 }}
{% filter upper %}abc {{ s }}{% endfilter %} {% filter replace('a', 'b') | upper %}banana{% endfilter %}
{% raw %}{{ not }} {% this %}{% endraw %} {%- raw -%}  x  {%- endraw -%}  y
a {#- c -#} b {# c #} d {#
multi
line #}e
  {% if t %}
    x
  {% endif %}
y
  {%- if t -%}
    x
  {%- endif -%}
y
  {%+ if t %}
x
  {%+ endif %}
y {{- ' a ' -}} z
{% for x in l -%}
  {{ x }}
{%- endfor %}

{{ '{{' }} {{ "}}" }} {{ '%}' }} {{ {'a': {'b': 1}}['a']['b'] }} {{ {'a': 1}}}
{{ 'a' 'b' "c" }} {{ 'tab\tnl\\n\x41\u00e9\U0001F600\101' }} {{ 'un\known \d' }}
{{ 'x' if t else 'y' }} {{ 'x' if no }}|{{ ('x' if no) is defined }} {{ 'a' if no else 'b' if no else 'c' }}
{{ (1 if t else 2) + 1 }} {{ [x for x in l] }}
{{ n is number }} {{ f is float }} {{ n is integer }} {{ t is integer }} {{ t is number }} {{ t is boolean }} {{ s is string }} {{ d is mapping }} {{ l is sequence }} {{ s is sequence }} {{ d is sequence }} {{ d is iterable }} {{ n is iterable }} {{ s is iterable }} {{ nil is none }} {{ undefined_thing is undefined }} {{ n is odd }} {{ n is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }}
{{ n is eq 3 }} {{ n is equalto(3) }} {{ n is ne 3 }} {{ n is lt 4 }} {{ n is ge 3 }} {{ n is in l }} {{ n is not in l }} {{ 'a' is lower }} {{ 'A' is upper }} {{ t is true }} {{ 1 is true }} {{ no is false }} {{ nil is sameas none }} {{ 1 is sameas true }} {{ range is callable }} {{ s is not string }} {{ 'upper' is filter }} {{ 'odd' is test }}
{{ not n is odd }} {{ n is odd and t }} {{ n is defined or zz }} {{ -n | abs }} {{ -n is odd }} {{ 'a' ~ 'b' | upper }} {{ 1 + 2 ~ 3 }} {{ 2 * 3 ~ 4 + 1 }}
{{ l.append(4) }}
{{ d.update({'x': 1}) }}
{{ l.index(1) }} {{ l.count(1) }} {{ d.copy() }}
{{ ''.__class__ }}
{{ s.__class__.__mro__ }}
{{ d._x }}|{{ l._y }}
{{ raise_exception('no: ' ~ n) }}
{{ strftime_now('%Y-%m-%d %d %b %B %A %a %H:%M:%S %I %p %j %y %-d %e %F %T %% %U %W %u %w') }}
{{ zzz | nosuchfilter }}
{{ zzz is nosuchtest }}
{% nosuchtag %}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ 'a' * 2.0 }}
{{ nil + 1 }}
{{ nil | length }}
{{ n | length }}
{% if %}x{% endif %}
{{ }}
{{ 1 + }}
{{ (1 }}
{% for x in l %}
{{ 'abc }}
{% endif %}
{{ l | join(',') | upper | length }} {{ w | map('upper') | join | lower }} {{ (l | first) + 1 }} {{ l | map('string') | join('+') }}
{{ m[0].role }} {{ m[0]['content'] }} {{ m[-1].content }} {{ m[1].tool_calls[0].function.arguments | tojson }} {{ m[1].content is none }} {{ m[1]['content'] or 'empty' }} {{ m[5] is defined }} {{ m[1:] | length }} {{ m[0].keys() | list }}
{% for msg in m %}{% if msg.role == 'user' %}U:{{ msg.content }}{% elif msg['role'] == 'assistant' and msg.tool_calls is defined %}T:{% for c in msg.tool_calls %}{{ c.function.name }}({% for k, v in c.function.arguments.items() %}{{ k }}={{ v }}{{ ', ' if not loop.last }}{% endfor %}){% endfor %}{% endif %};{% endfor %}
{% set j = joiner('|') %}{% for x in l %}{{ j() }}{{ x }}{% endfor %} {% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.current }}
{% generation %}a{{ n }}{% endgeneration %}b
{% generation %}
x
{% endgeneration %}
y
{%- set x = {'a': 1, 'b': {'c': [1, 2, {'d': 'e'}]}} -%}{{ x.b.c[2].d }} {{ x['b']['c'][-1]['d'] }} {{ x | tojson }}
{{ big }} {{ big + 1 }} {{ 2 ** 62 }} {{ -2 ** 2 }} {{ (-2) ** 2 }} {{ - 3 }} {{ +3 }} {{ 5 - -3 }}
{{ [1, 2, 3,] }} {{ {'a': 1,} }} {{ (1, 2,) }} {{ f }} {{ [f, n, t, nil] }}
{{ 'é' | upper }} {{ 'straße' | upper }} {{ 'ΑΣ' | lower }} {{ 'ﬁ' | upper }} {{ 'x' is string and 'y' is string }}
{{ "a" "b" ~ 'c' }}{{ 'q'|e }}{{ 'a b'.title().split(' ') }}
{{ loop }}|{{ caller }}
{% for x in l %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}{{ '\n' }}end
{% set x = l | map('string') | list %}{{ x[0] + x[1] }} {{ x | tojson }}
{{ (l | list)[0] }} {{ l|length > 2 }} {{ l|length - 1 }} {{ l | length == 3 and 'yes' or 'no' }}
{{ nested[1].k.k }} {{ nested[1]['k'] | length }} {{ nested | first | last | first }}
{{ 'a' == "a" }} {{ 'a' != "b" }} {{ 1 != 1.0 }} {{ not (1 > 2) }} {{ 1 >= 1 <= 2 }} {{ (1, 2) in [(1, 2)] }} {{ none in [none] }}
{% set n2 = namespace() %}{% set n2.l = [] %}{% for x in l %}{% set n2.l = n2.l + [x * 2] %}{% endfor %}{{ n2.l }} {{ n2.l | sum }}
{% set content = ' x ' %}{% set content = content | trim + '!' %}{{ content }} {{ (' y ' | trim) ~ '!' }}
{{ {'role': 'x'}.role }} {{ {'get': 1}['get'] }} {{ [1,2].0 }} {{ 'ab'.0 }}
{{ '%.3f' | format(3.14159) }} {{ '%5.1f|' | format(2.25) }} {{ '%s' | format(none) }} {{ '%r' | format('a') }} {{ '%e' | format(12345.678) }} {{ '%g' | format(0.0001) }}
{{ 'x' | string | safe | upper }} {{ [1, [2, 3]] | string }} {{ {'a': [1, {'b': none}]} | string }}
'''

# One case a line, but where a line begins a block that spans several: those are joined until the next blank-free case.
MULTI = {
 "lstrip": "  {% if t %}\n    x\n  {% endif %}\ny\n", "minus": "  {%- if t -%}\n    x\n  {%- endif -%}\ny\n", "plus": "a\n  {%+ if t %}\nx\n  {%+ endif %}\ny {{- ' a ' -}} z\n",
 "for": "{% for x in l -%}\n  {{ x }}\n{%- endfor %}\n\n", "comment": "a {#- c -#} b {# c #} d {#\nmulti\nline #}\ne\n  {# x #}  \nf", "crlf": "a\r\n{% if t %}\r\nb\r\n{% endif %}\r\nc\rd\r\n",
 "set": "{% set x %}in {{ n }}\nside{% endset %}[{{ x }}]\n", "generation": "<\n{% generation %}\nx\n{% endgeneration %}\ny\n", "rawlines": "{% raw %}\n  {{ x }}\n{% endraw %}\nz", "vartrim": "  {{ n }}  \n  {{- n -}}  \n{{ n }}\n\n",
 "inline": "x {% if t %} y {% endif %} z\n  {% set q9 = 1 %}  \n  w", "tail": "x\n\n\n", "tabs": "\t{% if t %}\t\n\tx{% endif %}", "nbsp": "\u00a0{% if t %}x{%- endif %}\u00a0\u2003\n", "deep": "{% for a in l %}\n  {% for b in w %}\n    {{ a }}{{ b }}\n  {% endfor %}\n{% endfor %}\n",
 "commentline": "{# one #}\n{# two #}\nx {# three #}\n", "endminus": "{% if t -%}\n\n  x\n\n{%- endif %}\n\ny",
}
templates = [c for c in CASES.split("\n") if c.strip()] + list(MULTI.values())
out = []
for t in templates:
    try:
        r = {"template": t, "out": env.from_string(t).render(**json.loads(json.dumps(VARS)))}
    except RecursionError:
        raise
    except Exception as e:
        r = {"template": t, "err": type(e).__name__ + ": " + str(e)}
    out.append(r)
json.dump({"vars": VARS, "cases": out}, sys.stdout, ensure_ascii=False, indent=1)
print()
