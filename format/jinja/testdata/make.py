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
{% set r={}|center(9) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='<a href="x">&'|join('|',attribute='role') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r={}|select('in',[1,2]) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r={}|batch(2,'x') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='12'|select %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=namespace(a=1)|join %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=nil|title %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=nil|round(1,'floor') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='12'|sum(start=5) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=3.7|dictsort(true) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=true|int(7) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=-2.5|round %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='<a href="x">&'|truncate(5,true,'') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=nil|select('odd') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=neg|list %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=[]|string %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=q|dictsort(by='value') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=t|round(1,'floor') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=neg|format %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='x\ny\n'|default('D') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r={'z':1,'a':2}|indent('>>') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=true|rejectattr('role','equalto','user') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=e|unique(attribute='role') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=namespace(a=1)|selectattr('n','gt',1) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=undefd|map('default','x') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r={}|default('D',true) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='aB c'|map('default','x') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=1e300|lower %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=-2.5|select('string') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='aB c'|indent %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=no|join %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=true|abs %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=s|selectattr('tool_calls','defined') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='-3.5e2'|round(1,'floor') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=n|unique(true) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=n|sort(attribute='role') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=e|select('odd') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=nil|tojson(indent=1) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=d|indent %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=namespace(a=1)|truncate(5,true,'') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=e|map('upper') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='<a href="x">&'|format %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r={}|round(1,'floor') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=nested|last %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=[]|reject %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=namespace(a=1)|reject %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=l|d %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='-3.5e2'|e %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=w|trim %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=true|sum %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=u|selectattr('role','equalto','user') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='12'|indent(2,true) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=s|float(1) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='aB c'|title %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=z|upper %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r={}|indent(2,blank=true) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='aB c'|min %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=many|unique(attribute='role') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=undefd|unique(true) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='x\ny\n'|select('string') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=z|tojson(sort_keys=true) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r={'z':1,'a':2}|unique(attribute='role') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=d|sum(start=5) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=q|select('in',[1,2]) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=['x',none,1]|indent('>>') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=w|selectattr('role','equalto','user') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r='12'|tojson(sort_keys=true) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=u|map('int') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=e|list %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=z|indent(2,true) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=range(4)|float(1) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=['x',none,1]|select('odd') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=f|batch(2,'x') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=undefd|select %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=f|batch(2) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=u|replace('a','X') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=m|nosuch %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=z|dictsort %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=s|string %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=[[1,'b'],[0,'a']]|trim %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=s|batch(2,'x') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=l|unique(true) %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=l|sort(attribute='role') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=n|map('default','x') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r={}|trim %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=m|max %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r={'z':1,'a':2}|nosuch %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=undefd|reject('odd') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{% set r=(1,2)|replace('a','X') %}{{ r|list if r is iterable and r is not string and r is not mapping else r}}
{{ (f).splitlines(true) }}
{{ joiner() is sameas 1 }}
{{ (undefd).isascii() }}
{{ ('x\ny\r\nz').swapcase() }}
{{ ('x=%s y=%d').pop() }}
{{ (t).title() }}
{{ (' ').sort() }}
{{ ('x=%s y=%d').rindex('a') }}
{{ (e).index('a') }}
{{ t is nosuch }}
{{ (w).center(9,'*') }}
{{ (d).join(w) }}
{{ ({}).remove(1) }}
{{ (nil).get('zz',default=1) }}
{{ (s).reverse() }}
{{ (neg).splitlines() }}
{{ '12' is none }}
{{ ' ' is nosuch }}
{{ (q).splitlines(keepends=true) }}
{{ ('x'|e) is not none }}
{{ (nested).replace('','-') }}
{{ undefd is boolean }}
{{ range(3) is test }}
{{ (nested).splitlines(keepends=true) }}
{{ (d).center(9) }}
{{ l is not none }}
{{ e is string }}
{{ (l).foo }}
{{ z is eq 3 }}
{{ w is mapping }}
{{ ((1,2)).join(['a','b']) }}
{{ (s).center(9,'*') }}
{{ (' ').isupper() }}
{{ (e).rsplit(' ') }}
{{ ((1,2)).find('') }}
{{ (nested).ljust(8) }}
{{ z is odd }}
{{ (nil).translate({97:'b'}) }}
{{ (z).isdigit() }}
{{ (many).isascii() }}
{{ ((1,2)).join(d) }}
{{ q is ne 3 }}
{{ ('12').copy() }}
{{ (s).get('zz',default=1) }}
{{ ('x=%s y=%d').isalnum() }}
{{ ('a1').upper() }}
{{ e is in [3,none] }}
{{ (f).startswith('B',1) }}
{{ (f).upper() }}
{{ (t).__len__() }}
{{ (undefd).hex() }}
{{ ({}).splitlines(keepends=true) }}
{{ (e).isalpha() }}
{{ (range(3)).isidentifier() }}
{{ (range(3)).rfind('a') }}
{{ (1,2) is divisibleby(2) }}
{{ (w).items()|list }}
{{ ' ' is true }}
{{ (d).partition(' ') }}
{{ e is ==3 }}
{{ (q).index(1,1) }}
{{ (many).update({'a':1}) }}
{{ (' ').update({'a':1}) }}
{{ ([]).rpartition(' ') }}
{{ (nested).rstrip() }}
{{ (u).find('') }}
{{ '' is filter }}
{{ (undefd).count(1) }}
{{ n is string }}
{{ 'a1' is not none }}
{{ (t).casefold() }}
{{ w is divisibleby 3 }}
{{ (z).strip() }}
{{ (nil).is_integer() }}
{{ (l).ljust(8,'.') }}
{{ true is equalto('e') }}
{{ ('12').split() }}
{{ ({}).isprintable() }}
{{ n is gt(2) }}
{{ w is sequence }}
{{ 'ǅabc' is gt(2) }}
{{ ('a1').rindex('a') }}
{{ 1.0 is mapping }}
{{ (q).replace('a','b',1) }}
{{ (f).isspace() }}
{{ (w).translate({97:'b'}) }}
{{ ([]).rsplit() }}
{#- c -#}{%- raw -%}{% endraw -%}{%- raw -%}x{% endraw %}
{{ [][-5::none] }}
{{ l >= (1,2) }}
{{ 0.5 / 3 ~ f == 2 }}
{{ 3 % 3 }}
{{ 1e3 < f }}
{{ n != f }}
{{ l % l }}
{{ n and 0.5 < 3 - not 1 == -2 is not none and not 1 }}
{{ 0.5 in [1,2,3] ~ +2 and not +2 if 1 else n - +2 and +2 }}
{{ nil != n }}
{{ t // l }}
{{ {'a':1} + '%s-%d' }}
{{ 2 == n == 2 is not none and f |abs * (1+1) }}
{{ (1,2,3)[-5:5:none] }}
{{ [][none:5:0] }}
{{ 'ab' or 'ab' }}
{{ undefd ~ s }}
{{ 0 < '%s-%d' }}
{{ u[1:-1:2] }}
{{ many[5:-2:0] }}
{{ 0 >= 1e3 }}
{{ [][n] }}
{{ f / (1,2) }}
{{ n <= l }}
{% raw %}{% set y = 1 %}\{#- c -#} {% endraw %}
{{ f + 3 }}
{{ n and {'a':1} }}
{{ l in 0 }}
{{ l * t }}
{{ 3 - not 1 is odd or f |string ~ f }}
{{ 0 ~ {'a':1} }}
{{ l < -1 }}
{{ l not in l }}
{{ 'abc'[-2::2] }}
{{ t + '' }}
{{ 'ab' in t }}
{{ d >= neg }}
{{ d - nil }}
{{ neg >= 'ab' }}
{{ l[-5::-1] }}
{{ many[:-2:-1] }}
{{ n % {'a':1} }}
{{ many[2:-2:-1] }}
{{ n * d }}
{{ l < d }}
{{ d % undefd }}
{{ undefd // [] }}
{{ [] != d }}
{{ 3 in [1,2,3] ~ f % (1+1) |abs * f |abs * f }}
{{ many[1:-5:0] }}
{{- n -}}{#- c #}{%- raw -%}{% endraw -%}x{# c -#}{{ n -}}}}{% if t -%}{% endif %}
{{ (1,2,3)[none::none] }}
{{ d <= nil }}
{{ u[-1:-1:0] }}
{{ u[:none:] }}
{{ neg > {'a':1} }}
{{ 1 in [1,2,3] ~ 3 ~ n is odd or +2 |string ~ +2 if 1 else 2 }}
{{ d or 2.0 }}
}}{ { {{ n -}}{{ n -}}{% if t -%}\%}{%+ endif %}
{{ neg + [] }}
{{ -2 is odd or -2 in [1,2,3] ~ 1 + f // (1+1) |abs * (1+1) }}
{{ [] // 3 }}
{{ s[none:-1:-2] }}
{{ s[-5:2:0] }}
{{ true + 0.5 % 3 / 0.5 * -2 is odd or 2 }}
{{ n + [] }}
{{ true / +2 ~ not 1 + not 1 < f |abs * +2 }}
{{ -1 + -1 }}
{{ 1e3 ~ '' }}
{{ u[-1:-2:] }}
{{ '%s-%d' ~ '' }}
{% raw %}{# c #}{%- endraw -%} 	
{{ l[::2] }}
{{ 2 is odd or 0.5 ** -2 ~ +2 % not 1 or f }}
{{ n - -n * -n |string ~ f / -n |string ~ f }}
{{ 1e3 - t }}
%}{# c #}{%- set y=1 -%}{%- raw -%}{%+ if t %}{% endif +%}{% endraw -%}
{{ 1e3 // f }}
{{ 3 == 1e3 }}
{{ 3 or '%s-%d' }}
{{ many[2:0:-2] }}
{{ '[%-3.8i]' % (2.5,) }}
{{ '[{:>012_.0d}]'.format('') }}
{{ '[{:>3.1o}]'.format('日本語') }}
{{ '[{:= 3}]'.format(2.5) }}
{{ '[%-3.2x]' % (-7,) }}
{{ '[{:#012_.1f}]'.format(1e-7) }}
{{ '[{:-12_.1G}]'.format(100.0) }}
{{ '[%-8g]' % (2.5,) }}
{{ '[%03.2x]' % (2.5,) }}
{{ '[%0.2d]' % (2.5,) }}
{{ '[%#3.2c]' % (100.0,) }}
{{ '[{:*<-#_.0c}]'.format(0) }}
{{ '[%3i]' % (255,) }}
{{ '[%-r]' % (1e-7,) }}
{{ '[{:0=-3f}]'.format(1e20) }}
{{ '[%3.2X]' % (255,) }}
{{ '[%.8r]' % (0,) }}
{{ '[%-3G]' % (2.5,) }}
{{ '[%o]' % (l,) }}
{{ '[%3e]' % (1e20,) }}
{{ '[{:0=-#08x}]'.format(2.5) }}
{{ '[%03F]' % (1e20,) }}
{{ '[{:0=8,.0X}]'.format(1e20) }}
{{ '[%#3.8o]' % ('abc',) }}
{{ '[%3.8x]' % (0.0,) }}
{{ '[%-3.2c]' % (2.5,) }}
{{ '[{:*<-0.0E}]'.format(1e20) }}
{{ '[%8o]' % (nil,) }}
{{ '[%-.2x]' % (-0.001,) }}
{{ '[%#.8s]' % (5,) }}
{{ '[{:0=3E}]'.format(-7) }}
{{ '[{:x>12.10x}]'.format(0) }}
{{ '[{:=3_.3n}]'.format(1e-7) }}
{{ '[{:=+3}]'.format('日本語') }}
{{ '[{:>#.3n}]'.format(-7) }}
{{ '[{:12,.1x}]'.format(255) }}
{{ '[{:x>-#.10%}]'.format(1e-7) }}
{{ '[%3G]' % (l,) }}
{{ '[{:0=#8.0}]'.format('abc') }}
{{ '[% X]' % (nil,) }}
{{ '[{:*<-3,s}]'.format(255) }}
{{ '[{:-#3.1q}]'.format(1e20) }}
{{ '[%8.0g]' % (2.5,) }}
{{ '[%+8.8e]' % (nil,) }}
{{ '[{:>#8,.0g}]'.format(l) }}
{{ '[{:x>#_.1}]'.format(0) }}
{{ '[{:>-3E}]'.format(0.0) }}
{{ '[{:^8.10X}]'.format('') }}
{{ '[{:0=-3G}]'.format('') }}
{{ '[{:-#12_.3X}]'.format(5) }}
{{ '[% 8o]' % (-0.001,) }}
{{ '[%-X]' % ('日本語',) }}
{{ '[{:é^+#8.3g}]'.format(-0.001) }}
{{ '[{:0=12,.3e}]'.format(255) }}
{{ '[%.8r]' % (l,) }}
{{ '[{:é^8n}]'.format(5) }}
{{ '[{:,.0f}]'.format(123456.789) }}
{{ '[%3.0f]' % (2.5,) }}
{{ '[{:x>-#3.0f}]'.format(5) }}
{{ '[{:x> 3,.0c}]'.format(0) }}
{{ '[{: 0,G}]'.format('abc') }}
{{ '[%-8.2f]' % (1234567,) }}
{{ '[{: 03.1}]'.format('日本語') }}
{{ '[%-8r]' % ('abc',) }}
{{ '[%+X]' % (123456.789,) }}
{{ '[{:12_.10n}]'.format('') }}
{{ '[{:*<#012_.3F}]'.format('') }}
{{ '[{: 8.0E}]'.format(5e300) }}
{{ '[%#.0F]' % (true,) }}
{{ '[{:>-,g}]'.format(-0.001) }}
{{ '[{:#12,.1x}]'.format(100.0) }}
{{ '[% .8x]' % ('abc',) }}
{{ '[{:-3.1g}]'.format(-0.001) }}
{{ '[{:é^#12.1g}]'.format(255) }}
{{ '[{:>+8.3b}]'.format(255) }}
{{ '[{:x>-3_}]'.format(255) }}
{{ '[{:+.1E}]'.format('') }}
{{ '[%.0F]' % (-7,) }}
{{ '[%8.8s]' % (255,) }}
{{ '[{:é^ #8_g}]'.format('abc') }}
{{ '[{:-#3,.10b}]'.format('日本語') }}
{{ '[{:> 3}]'.format('') }}
{{ '[%#8d]' % (5,) }}
{{ '[{:^ 3.1g}]'.format(-0.001) }}
{{ '[{:^-,F}]'.format(5e300) }}
{{ '[%c]' % (2.5,) }}
{{ '[%#8o]' % (123456.789,) }}
{{ -2 ** 2 }} {{ (-2) ** 2 }} {{ -n ** 2 }} {{ 2 ** -2 ** 2 }} {{ -2|abs }} {{ -n|abs }} {{ +n|string }} {{ not n is odd }} {{ -n is odd }} {{ - -2 }}
{{ -2 ** 2 }}
{{ (-2) ** 2 }}
{{ -n ** 2 }}
{{ 2 ** -2 ** 2 }}
{{ -2|abs }}
{{ -n|abs }}
{{ +n|string }}
{{ not n is odd }}
{{ -n is odd }}
{{ - -2 }}
{{ 2 * 3 is odd }} {{ 1 + 2 is odd }} {{ n is odd is true }} {{ 'a' ~ 1 + 2 }} {{ 1 ~ 2 * 3 }} {{ 1 if 0 }}| {{ 1 if 0 else 2 if 0 else 3 }} {{ (1 if 0).x }}
{{ 2 * 3 is odd }}
{{ 1 + 2 is odd }}
{{ n is odd is true }}
{{ 'a' ~ 1 + 2 }}
{{ 1 ~ 2 * 3 }}
{{ 1 if 0 }}
{{ 1 if 0 else 2 if 0 else 3 }}
{{ (1 if 0).x }}
{% macro f(a, b=a, c=n) %}{{a}}{{b}}{{c}}{% endmacro %}{{ f(1) }} {{ f(1,2) }} {{ f(1,c=5) }} {{ f() }}
{% macro f(a) %}{{ varargs }}{{ kwargs }}{{ caller is defined }}{% endmacro %}{{ f(1,2,3,x=4) }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1,2) }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1,a=2) }}
{% macro f() %}{{ caller('q') }}{% endmacro %}{% call(x) f() %}[{{ x }}{{ n }}]{% endcall %}
{% macro f(x) %}{{ caller(x, y=2) }}{% endmacro %}{% call(a, y=1) f(3) %}{{ a }}{{ y }}{% endcall %}
{% macro f(x) %}{% if x %}{{ x }}{{ f(x-1) }}{% endif %}{% endmacro %}{{ f(4) }}
{% set x = 1 %}{% for i in l %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}
{% set x = 1 %}{% if t %}{% set x = 2 %}{% endif %}{{ x }}
{% set x = 1 %}{% macro f() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ f() }}
{% macro f() %}{{ y }}{% endmacro %}{% set y = 2 %}{{ f() }}
{% for i in l %}{% macro g() %}{{ i }}{% endmacro %}{{ g() }}{% endfor %}
{% set ns = namespace(a=1, b=[]) %}{% for i in l %}{% set ns.a = ns.a * i %}{% set ns.b = ns.b + [i] %}{% endfor %}{{ ns.a }}{{ ns.b }}
{% set ns = namespace({'a': 5}, b=1) %}{{ ns.a }}{{ ns.b }}{{ ns.c }}{{ ns['a'] }}
{% set d.x = 1 %}
{% set ns.x = 1 %}
{% set a, b = (1, 2) %}{{ a }}{{ b }}{% set (a, b) = [3, 4] %}{{ a }}{{ b }}
{% set a, b = 1, 2, 3 %}{{ a }}
{% set a = 1, %}{{ a }}
{% set x %}hi {{ n }}{% endset %}[{{ x }}] {{ x is string }}
{% set x | upper | trim %} hi {{ n }} {% endset %}[{{ x }}]
{% set ns = namespace() %}{% set ns.x %}abc{% endset %}{{ ns.x }}
{% for a, b in nested %}{{ a }}{% endfor %}
{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for k, v in d %}{{ k }}{{ v }}{% endfor %}
{% for x in l if x > 1 %}{{ loop.index }}/{{ loop.length }}{{ x }}{{ loop.last }} {% else %}E{% endfor %}
{% for x in l if x > 9 %}{{ x }}{% else %}E{{ x }}{% endfor %}
{% for x in [] %}{% else %}E{% endfor %}{{ loop }}
{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a','b') }}{{ loop.changed(x) }};{% endfor %}
{% for x in [1,1,2,2,1] %}{{ loop.changed(x) }}{{ loop.previtem is defined }}{% endfor %}
{% for x in l %}{% for y in w %}{{ loop.index }}{{ loop.depth }}{% endfor %}{{ loop.index }}{% endfor %}
{% for x in l %}{% set outer = loop %}{% for y in w %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}
{% for x in l %}{% if loop.index == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}
{% for x in l %}{% if loop.index == 2 %}{% break %}{% endif %}{{ x }}{% else %}E{% endfor %}
{% for x in nested recursive %}{% if x is iterable and x is not string %}[{{ loop(x) }}]{% else %}{{ x }}{{ loop.depth }}{% endif %}{% endfor %}
{% for x in 'abc' %}{{ x }}-{% endfor %}
{% for x in n %}{{ x }}{% endfor %}
{% for x in nil %}{{ x }}{% endfor %}
{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}{{ range(3)[1] }}{{ range(5)|length }}{{ 3 in range(5) }}{{ range(4)|list }}{{ range(4)[1:]|list }}{{ range(3)|last }}
{{ range(3) == range(3) }}
{{ (range(3)|list) == [0,1,2] }}
{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a }}
{% with %}{% set q2 = 3 %}{{ q2 }}{% endwith %}{{ q2 }}
{% with a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}{% endwith %}
{% filter upper %}abc {{ s }}{% endfilter %}
{% filter replace('a', 'b') | upper %}aaa{% endfilter %}
{% filter indent(2, first=true) %}a
b{% endfilter %}
{% generation %}x{% set g = 1 %}{{ g }}{% endgeneration %}{{ g }}
{% for m2 in m %}{% generation %}{{ m2.role }}{{ loop.index }}{% endgeneration %}{% endfor %}
{% generation %}{% if t %}{% for i in l %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% endfor %}{% endif %}{% endgeneration %}
{% if n == 3 and (s or z) and not nil %}a{% elif t %}b{% else %}c{% endif %}
{% if undefd %}a{% elif undefd is not defined %}b{% endif %}
{% if undefd.x is defined %}a{% endif %}
{{ undefd.x is defined }}
{{ d.x.y is defined }}
{{ d.x is defined and d.x.y }}
{{ (undefd or {}).x }}|{{ (d.x or {'y': 1}).y }}|{{ d.x | default({}) }}
{{ (undefd or {}).x }}
{{ (d.x or {'y': 1}).y }}
{{ d.x | default({}) }}
{{ undefd is none }}{{ undefd is undefined }}{{ undefd is string }}{{ undefd is mapping }}{{ undefd is iterable }}{{ undefd is sequence }}
{{ undefd is none }}
{{ undefd is undefined }}
{{ undefd is string }}
{{ undefd is mapping }}
{{ undefd is iterable }}
{{ undefd is sequence }}
{{ undefd + 1 }}
{{ undefd ~ 1 }}
{{ undefd < 1 }}
{{ -undefd }}
{{ undefd in [1] }}{{ undefd not in d }}
{{ undefd | list }}{{ undefd | join(',') }}{{ undefd | upper }}{{ undefd | trim }}{{ undefd | default('z') }}{{ undefd|string }}{{ undefd|first }}{{ undefd|tojson is defined }}
{{ undefd | list }}
{{ undefd | join(',') }}
{{ undefd | upper }}
{{ undefd | trim }}
{{ undefd | default('z') }}
{{ undefd|string }}
{{ undefd|first }}
{{ undefd|tojson is defined }}
{{ undefd | items | list }}
{{ nil | trim }}{{ nil | upper }}{{ nil | string }}{{ nil | default('x') }}{{ nil | default('x', true) }}{{ nil | d('y', boolean=true) }}
{{ nil | trim }}
{{ nil | upper }}
{{ nil | string }}
{{ nil | default('x') }}
{{ nil | default('x', true) }}
{{ nil | d('y', boolean=true) }}
{{ nil ~ 'x' }}{{ nil == none }}{{ nil is none }}
{{ nil ~ 'x' }}
{{ nil == none }}
{{ nil is none }}
{{ nil + 'x' }}
{{ dict(a=1, b=2) }}{{ dict([('a', 1)]) }}{{ dict({'a': 1}, b=2) }}{{ dict() }}
{{ dict(a=1, b=2) }}
{{ dict([('a', 1)]) }}
{{ dict({'a': 1}, b=2) }}
{{ dict() }}
{{ {'a': 1}.a }}
{{ {'a': {'b': 2}}
{{ {'items': 1}['items'] }}
{{ {'keys': 5}['keys'] }}
{{ {'a': 1} == {'a': 1.0} }}{{ {'a': 1, 'b': 2} == {'b': 2, 'a': 1} }}
{{ {'a': 1, 'a': 2} }}{{ {1: 'a', 1.0: 'b', true: 'c'} }}
{{ [1, 2, 3,] }}{{ (1, 2,) }}{{ {'a': 1,} }}{{ 1, 2 }}
{{ [1, 2, 3,] }}
{{ (1, 2,) }}
{{ {'a': 1,} }}
{{ 1, 2 }}
{{ 'a' 'b' "c" }}
{{ "\x41\u00e9\U0001F600\101\n\'" }}
{{ '\q' }}
{{ 'a\
b' }}
{{ """x""" }}
{{ l.0 }}{{ l.1 + 1 }}{{ nested.0.1.0 }}
{{ l.0 }}
{{ l.1 + 1 }}
{{ nested.0.1.0 }}
{{ m[0]['role'] }}{{ m[-1].content }}{{ m[0:1][0].role }}{{ (m|first).role }}{{ m|map(attribute='role')|list }}{{ m|map(attribute='tool_calls.0.function.name')|list }}
{{ m[0]['role'] }}
{{ m[-1].content }}
{{ m[0:1][0].role }}
{{ (m|first).role }}
{{ m|map(attribute='role')|list }}
{{ m|map(attribute='tool_calls.0.function.name')|list }}
{{ m|selectattr('role','equalto','user')|map(attribute='content')|join('|') }}{{ m|rejectattr('role','in',['user'])|list|length }}{{ (m|selectattr('role','==','user')|list)[-1].content }}
{{ m|selectattr('role','equalto','user')|map(attribute='content')|join('|') }}
{{ m|rejectattr('role','in',['user'])|list|length }}
{{ (m|selectattr('role','==','user')|list)[-1].content }}
{{ m|groupby('role')|map('first')|list }}{% for r, items in m|groupby('role') %}{{ r }}{{ items|length }}{% endfor %}{% for g in m|groupby('role') %}{{ g.grouper }}{{ g.list|length }}{% endfor %}
{{ m|tojson }}{{ m[1].tool_calls[0].function.arguments|tojson(indent=2) }}
{{ m|tojson(separators=(',', ': '), sort_keys=True, ensure_ascii=True, indent=None) }}
{{ '%s' % 'a' }}{{ '%d %5.1f %r %x %%' % (1, 2.25, 'q', 255) }}{{ '%(a)s' % {'a': 1} }}{{ '%-5s|%05d|%+d|%e|%g|%c|%o|%X|%i|%s' % ('a', 3, 4, 1.5, 0.00001, 'c', 8, 255, 7, [1]) }}
{{ '%s' % 'a' }}
{{ '%d %5.1f %r %x %%' % (1, 2.25, 'q', 255) }}
{{ '%(a)s' % {'a': 1} }}
{{ '%-5s|%05d|%+d|%e|%g|%c|%o|%X|%i|%s' % ('a', 3, 4, 1.5, 0.00001, 'c', 8, 255, 7, [1]) }}
{{ '%s %s' % ('a',) }}
{{ '%s' % (1, 2) }}
{{ '%d' % 'a' }}
{{ '%d' % 3.9 }}{{ '%s' % none }}{{ '%s' % true }}{{ '%.3s' % 'abcdef' }}{{ '%*d' % (5, 3) }}
{{ '%d' % 3.9 }}
{{ '%s' % none }}
{{ '%s' % true }}
{{ '%.3s' % 'abcdef' }}
{{ '%*d' % (5, 3) }}
{{ '{} {1}'.format(1, 2) }}
{{ '{0} {1} {0}'.format(1, 2) }}{{ '{a} {b!r} {c:>5} {d:.2f} {e:05d} {f:,}'.format(a=1, b='x', c='q', d=1.005, e=42, f=1234567) }}{{ '{{}} {}'.format(3) }}{{ '{:<5}|{:^5}|{:>5}|{:*^7}'.format('a','b','c','d') }}{{ '{:x} {:X} {:b} {:o} {:e} {:g} {:%} {:+d}'.format(255,255,5,8,1234.5,0.0001,0.25,3) }}
{{ '{0} {1} {0}'.format(1, 2) }}
{{ '{a} {b!r} {c:>5} {d:.2f} {e:05d} {f:,}'.format(a=1, b='x', c='q', d=1.005, e=42, f=1234567) }}
{{ '{{}}
{{ '{:<5}|{:^5}|{:>5}|{:*^7}'.format('a','b','c','d') }}
{{ '{:x} {:X} {:b} {:o} {:e} {:g} {:%} {:+d}'.format(255,255,5,8,1234.5,0.0001,0.25,3) }}
{{ '{:>{w}}'.format('a', w=4) }}
{{ '{:d}'.format('a') }}
{{ '{!s:>3}'.format(1) }}{{ '{:10.3}|'.format('abcdef') }}{{ '{:,.2f}'.format(12345.678) }}{{ '{:_}'.format(1000000) }}{{ '{:#x}'.format(255) }}{{ '{:=+6d}'.format(5) }}{{ '{:06.2f}'.format(3.14159) }}
{{ '{!s:>3}'.format(1) }}
{{ '{:10.3}|'.format('abcdef') }}
{{ '{:,.2f}'.format(12345.678) }}
{{ '{:_}'.format(1000000) }}
{{ '{:#x}'.format(255) }}
{{ '{:=+6d}'.format(5) }}
{{ '{:06.2f}'.format(3.14159) }}
{{ strftime_now('%Y-%m-%d %H:%M:%S %d %b %B %a %A %j %y %I %p %U %w %% %e %-d %Z %z|%D|%F|%T|%R|%x|%X|%c|%h|%n|%t|%u|%V|%G|%k|%l|%s|%C|%-m|%-H|%-I|%f') }}
{{ raise_exception('no ' ~ n) }}
{{ cycler('a','b').next() }}{% set c = cycler('a','b') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.reset() }}{{ c.current }}
{% set j = joiner('; ') %}{{ j() }}a{{ j() }}b
{{ context is defined }}
{{ 10000000000 * 10 }}{{ 2 ** 62 }}{{ 7 // 0.0 }}
{{ 10000000000 * 10 }}
{{ 2 ** 62 }}
{{ 7 // 0.0 }}
{{ 1 % 0 }}
{{ 9007199254740993 + 0 }}{{ big }}{{ big + 1 }}{{ big / 1 }}{{ big * 1.0 }}
{{ 9007199254740993 + 0 }}
{{ big }}
{{ big + 1 }}
{{ big / 1 }}
{{ big * 1.0 }}
{{ 1e15 }}{{ 1e16 }}{{ 123456789.123456789 }}{{ 1/3 }}{{ 100.0 }}{{ 1e-4 }}{{ 1e-5 }}{{ 0.1 }}{{ 1.0e10 }}{{ 1e22 }}{{ 5e-324 }}{{ 1.7976931348623157e308 }}{{ 1e309 }}{{ -1e309 }}
{{ 1e15 }}
{{ 1e16 }}
{{ 123456789.123456789 }}
{{ 1/3 }}
{{ 100.0 }}
{{ 1e-4 }}
{{ 1e-5 }}
{{ 0.1 }}
{{ 1.0e10 }}
{{ 1e22 }}
{{ 5e-324 }}
{{ 1.7976931348623157e308 }}
{{ 1e309 }}
{{ -1e309 }}
{{ 1e309 | tojson }}{{ (1e309 - 1e309) }}
{{ 3.7 | int }}{{ '0x1f' | int(0, 16) }}{{ 'zz' | int(5) }}{{ '3.7' | int }}{{ ' 42 ' | int }}{{ '1_000'|int }}{{ 2.5|round }}{{ 3.5|round }}{{ 2.675|round(2) }}{{ 1234|round(-2) }}{{ 2.5|round|int }}
{{ 3.7 | int }}
{{ '0x1f' | int(0, 16) }}
{{ 'zz' | int(5) }}
{{ '3.7' | int }}
{{ ' 42 ' | int }}
{{ '1_000'|int }}
{{ 2.5|round }}
{{ 3.5|round }}
{{ 2.675|round(2) }}
{{ 1234|round(-2) }}
{{ 2.5|round|int }}
{{ [1, [2, {'a': (3, none)}], 'x', "it's", 'a"b\'c', true, 1.0] }}
{{ 'é\u00a0\u200b\u2028\x7f\x80\uffff' }}{{ ['é\u00a0\u200b\u2028\x7f\x80\U0001F600\u0301'] }}
{{ ['a\tb\nc\rd\\e\x00\x1f'] }}{{ 'a\tb\x00\x1f\u2028\x7f"\\/' | tojson }}
{{ caller }}{{ varargs }}
{% raw %}{{ x }}{% if %}{% endraw %}{{ n }}
{# {{ x }} {% if %} #}{{ n }}
{% if t %}a
b
c
{{ '{{ x }}' }}{{ "{%" }}{{ '#}' }}{{ '%}' }}{{ "}}" }}
{{ {'a':{'b':{}}} }}{{ {'a':1}}}
{{ true and false }}{{ True and None }}{{ none or False }}{{ not none }}
{{ true and false }}
{{ True and None }}
{{ none or False }}
{{ not none }}
{% if 'a' in {'a': 1} and 'b' not in ['a'] %}y{% endif %}{{ not 'a' in 'b' }}{{ 1 in [true] }}{{ none in [none] }}
{{ ['b', 'A', 'c']|sort }}{{ ['b', 'A', 'c']|sort(case_sensitive=true) }}{{ ['b', 'B', 'b']|unique|list }}{{ [3,1,2]|sort(reverse=true)|first }}{{ [[2,1],[1,2]]|sort }}
{{ ['b', 'A', 'c']|sort }}
{{ ['b', 'A', 'c']|sort(case_sensitive=true) }}
{{ ['b', 'B', 'b']|unique|list }}
{{ [3,1,2]|sort(reverse=true)|first }}
{{ [[2,1],[1,2]]|sort }}
{{ ['a',1]|sort }}
{{ {'b':1,'A':2}|dictsort }}{{ {'b':1,'A':2}|dictsort(true) }}{{ {'b':1,'A':2}|dictsort(false,'value') }}
{{ {'b':1,'A':2}|dictsort }}
{{ {'b':1,'A':2}|dictsort(true) }}
{{ {'b':1,'A':2}|dictsort(false,'value') }}
{{ [1,2,3,4,5]|batch(2)|list }}{{ [1,2,3,4,5]|batch(2,0)|list }}{{ [1,2,3,4,5]|slice(2)|list }}{{ [1,2,3,4,5]|slice(3,'x')|list }}
{{ [1,2,3,4,5]|batch(2)|list }}
{{ [1,2,3,4,5]|batch(2,0)|list }}
{{ [1,2,3,4,5]|slice(2)|list }}
{{ [1,2,3,4,5]|slice(3,'x')|list }}
{{ [1,2,3]|sum }}{{ [[1],[2]]|sum(start=[]) }}{{ m|sum(attribute='zz') }}
{{ [1,2,3]|sum }}
{{ [[1],[2]]|sum(start=[]) }}
{{ m|sum(attribute='zz') }}
{{ ['a','b']|join }}{{ [1,none,'x']|join('-') }}{{ m|join(', ', attribute='role') }}{{ 'abc'|join('.') }}{{ {'a':1,'b':2}|join(',') }}
{{ ['a','b']|join }}
{{ [1,none,'x']|join('-') }}
{{ m|join(', ', attribute='role') }}
{{ 'abc'|join('.') }}
{{ {'a':1,'b':2}|join(',') }}
{{ 'hello world foo bar'|truncate(11) }}|{{ 'hello world foo bar'|truncate(11, true) }}|{{ 'hello world'|truncate(9, false, '…', 0) }}
{{ 'hello world foo bar'|truncate(11) }}
{{ 'hello world foo bar'|truncate(11, true) }}
{{ 'hello world'|truncate(9, false, '…', 0) }}
{{ 'a b'|wordcount }}{{ 'x'|center(5) }}|{{ 'a\nb\n\nc'|indent }}|{{ 'a\nb'|indent(2, true) }}|{{ 'a\n\nb'|indent(2, blank=true) }}
{{ 'a b'|wordcount }}
{{ 'x'|center(5) }}
{{ 'a\nb\n\nc'|indent }}
{{ 'a\nb'|indent(2, true) }}
{{ 'a\n\nb'|indent(2, blank=true) }}
{{ '<a>'|e }}{{ '<a>'|e|e }}{{ ('<a>'|e) ~ '<b>' }}{{ ('<a>'|e) + '<b>' }}{{ '<a>'|safe|e }}{{ '<a>'|escape|upper }}{{ "'\""|e }}{{ ['<',('>'|e)]|join('&') }}
{{ '<a>'|e }}
{{ '<a>'|e|e }}
{{ ('<a>'|e) ~ '<b>' }}
{{ ('<a>'|e) + '<b>' }}
{{ '<a>'|safe|e }}
{{ '<a>'|escape|upper }}
{{ "'\""|e }}
{{ ['<',('>'|e)]|join('&') }}
{{ ('<'|e) * 2 }}
{{ '<b>'|safe|replace('b','<') }}
{{ ('<x>'|safe)|trim|e }}
{{ ('<x>'|safe)[1:]|e }}
{% set content = '<think>abc</think>  def' %}{% if '</think>' in content %}{{ content.split('</think>')[-1].lstrip('\n') }}{{ content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') }}{% endif %}
{{- '<|im_start|>' + m[0].role + '\n' + m[0].content + '<|im_end|>' + '\n' -}}
{% for tool in [{'type':'function','function':{'name':'g','parameters':{'type':'object','properties':{'x':{'type':'string','enum':['a','b']}},'required':['x']}}}] %}{%- for pn, pf in tool.function.parameters.properties|items %}{{ pn }}: {{ pf.type }}{% if pf.enum %}{{ pf.enum|tojson }}{% endif %}{% endfor %}{% endfor %}
{{ (m|last)['role'] if m else 'none' }}{{ m[::-1]|map(attribute='role')|list }}{{ m|length - 1 }}{{ loop.index0 if loop is defined }}
{{ (m|last)['role'] if m else 'none' }}
{{ m[::-1]|map(attribute='role')|list }}
{{ m|length - 1 }}
{{ loop.index0 if loop is defined }}
{% set ns = namespace(found=false, idx=m|length - 1) %}{% for x in m[::-1] %}{% if not ns.found and x.role == 'user' %}{% set ns.found = true %}{% set ns.idx = m|length - 1 - loop.index0 %}{% endif %}{% endfor %}{{ ns.idx }}{{ ns.found }}
{% if m[0].content is string %}s{% elif m[0].content is iterable %}i{% endif %}{% if m[1].content is none %}n{% endif %}{% if m[1].tool_calls is defined and m[1].tool_calls %}tc{% endif %}
{% macro render_item(x, depth=0) -%}
{%- if x is mapping -%}
{%- for k, v in x|dictsort -%}
{{ '  ' * depth }}{{ k }}: {{ render_item(v, depth + 1) }}
{{ '  ' * depth }}
{{ k }}
{{ render_item(v, depth + 1) }}
{% endfor -%}
{%- else -%}{{ x }}{%- endif -%}
{%- endmacro %}{{ render_item({'b': {'c': 1}, 'a': 2}) }}
{% set x = [] %}{{ x.append(1) }}
{% set _ = l.append(1) %}
{% do l.append(1) %}
{% set dd = {} %}{% set _ = dd.update({'a': 1}) %}
{% include 'x' %}
{% import 'x' as y %}
{% extends 'x' %}
{% trans %}x{% endtrans %}
{% if %}{% endif %}
{{ 1 2 }}
{{ a b }}
{% for x %}{% endfor %}
{{ [1, }}
{% set 1 = 2 %}
{% set none = 2 %}
{% set true = 2 %}{{ true }}
{{ x | }}
{{ x is }}
{% break %}
{% macro f(a=1, b) %}{% endmacro %}
{{ f(a=1, 2) }}
{{ f(*[1,2]) }}
{% macro g(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ g(*[1,2]) }}{{ g(**{'a': 1, 'b': 2}) }}{{ g(1, **{'b': 3}) }}
{{ n if n > 2 }}{{ 'x' if nil }}|{{ ('x' if nil) is defined }}
{{ n if n > 2 }}
{{ 'x' if nil }}
{{ ('x' if nil) is defined }}
{{ l[0] if l else 0 }}{{ l|max }}{{ l|min }}{{ [l, [0]]|map('first')|list }}{{ w|map('upper')|join }}{{ w|select('in', ['a','b'])|list }}
{{ l[0] if l else 0 }}
{{ l|max }}
{{ l|min }}
{{ [l, [0]]|map('first')|list }}
{{ w|map('upper')|join }}
{{ w|select('in', ['a','b'])|list }}
{{ w|map('replace', 'a', 'X')|list }}{{ [1.5, 2.5]|map('round')|list }}{{ ['1','2']|map('int')|sum }}{{ w|reject('equalto','a')|list }}{{ [1,2,3,4]|select('divisibleby', 2)|list }}{{ [0,1,none,'']|select|list }}
{{ w|map('replace', 'a', 'X')|list }}
{{ [1.5, 2.5]|map('round')|list }}
{{ ['1','2']|map('int')|sum }}
{{ w|reject('equalto','a')|list }}
{{ [1,2,3,4]|select('divisibleby', 2)|list }}
{{ [0,1,none,'']|select|list }}
{{ l is iterable and l is not mapping }}{{ d is mapping }}{{ 'x' is sequence }}{{ d is sequence }}{{ n is iterable }}
{{ l is iterable and l is not mapping }}
{{ d is mapping }}
{{ 'x' is sequence }}
{{ d is sequence }}
{{ n is iterable }}
{{ 1 is sameas 1 }}{{ true is sameas true }}{{ 1 is sameas true }}{{ none is sameas none }}{{ 'a' is sameas 'a' }}
{{ 1 is sameas 1 }}
{{ true is sameas true }}
{{ 1 is sameas true }}
{{ none is sameas none }}
{{ 'a' is sameas 'a' }}
{{ 3 is divisibleby 3 }}{{ 3 is not divisibleby 2 }}{{ 3 is eq 3 }}{{ 3 is in [3] }}{{ 'x' is in 'xyz' }}{{ 3 is gt 2 and 2 is lt 3 }}
{{ 3 is divisibleby 3 }}
{{ 3 is not divisibleby 2 }}
{{ 3 is eq 3 }}
{{ 3 is in [3] }}
{{ 'x' is in 'xyz' }}
{{ 3 is gt 2 and 2 is lt 3 }}
{{ 'A' is upper }}{{ 'a' is lower }}{{ 1 is integer }}{{ 1.0 is float }}{{ true is integer }}{{ true is number }}{{ 1 is boolean }}{{ range is callable }}
{{ 'A' is upper }}
{{ 'a' is lower }}
{{ 1 is integer }}
{{ 1.0 is float }}
{{ true is integer }}
{{ true is number }}
{{ 1 is boolean }}
{{ range is callable }}
{{ namespace(a=1).a }}{{ namespace(a=1) is mapping }}
{{ (1, 2) + (3,) }}{{ [1] + [2] }}{{ [1, 2] * 2 }}{{ 'ab' * 2 }}{{ 2 * 'ab' }}{{ (1,2)[0] }}{{ 'abc'[1] }}{{ 'abc'[-1] }}{{ 'abc'[9] }}|
{{ (1, 2) + (3,) }}
{{ [1] + [2] }}
{{ [1, 2] * 2 }}
{{ 'ab' * 2 }}
{{ 2 * 'ab' }}
{{ (1,2)[0] }}
{{ 'abc'[1] }}
{{ 'abc'[-1] }}
{{ 'abc'[9] }}
{{ [1] + (2,) }}
{% set loop = 5 %}{{ loop }}{% for i in l %}{{ loop.index }}{% endfor %}{{ loop }}
{% for i in l %}{{ i }}{% set i = 9 %}{{ i }}{% endfor %}{{ i }}
{% for n in l %}{{ n }}{% endfor %}{{ n }}
{% set n = n + 1 %}{{ n }}{% for i in l %}{% set n = n + i %}{% endfor %}{{ n }}
{% if false %}{% set n = 5 %}{% endif %}{{ n }}
{% if false %}{% set newvar = 5 %}{% endif %}{{ newvar }}|{{ newvar is defined }}
{% for i in l %}{% if loop.first %}{% set a = i %}{% endif %}{{ a }}|{% endfor %}
{% for i in l %}{% set a = (a or 0) + i %}{{ a }}|{% endfor %}
{% macro m1() %}{% set inner = 1 %}{{ inner }}{{ n }}{% endmacro %}{{ m1() }}{{ inner }}
{% macro m2(n) %}{{ n }}{% set n = 7 %}{{ n }}{% endmacro %}{{ m2(1) }}{{ n }}
{% set f = 'x' %}{% macro f() %}y{% endmacro %}{{ f() }}
{%- macro a() %}1{% endmacro %}{%- macro b() %}{{ a() }}2{% endmacro %}{{ b() }}{{ b()|length }}{{ b() ~ 'x' }}{{ b() == '12' }}{{ b() is string }}{{ (b() + '<')|e }}
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
