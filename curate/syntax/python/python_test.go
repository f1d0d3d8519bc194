package python

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// Sources that CPython 3.12 parses; ast.parse was asked.
var good = []string{
	"",
	"# only a comment",
	"x = 1; y = 2;",
	"def f(a, /, b: int = 1, *args: str, c, d=2, **kw) -> list[int]:\n    return a",
	"def f(*, a): pass",
	"def f[T: int, *Ts, **P](x: T) -> T: ...",
	"type Pair[T] = tuple[T, T]\ntype = 3\nprint(type)",
	"class A(B, metaclass=M):\n    x: int\n    y: str = 'a'\n\n    @property\n    async def z(self):\n        async with a as b, c:\n            async for i in d:\n                yield i\n        await e",
	"if (n := len(a)) > 10:\n\tprint(n)\nelif n:\n\tpass\nelse:\n\tpass",
	"print(f'{x!r:>{width}} {{}} {y=} {z:%Y-%m-%d}')",
	"f'{d['a']}' f\"{f'{1}'}\" rf'\\d{x}' f'''{\n x\n}'''",
	"f'{lambda_x:=5}' f'{(lambda: 1)()}' f'\\N{DASH}{x}'",
	"match command.split():\n    case ['go', ('north' | 'south') as where, *rest] if where:\n        pass\n    case {'a': 1, **others} | Point(x=0, y=-1):\n        pass\n    case None | True | 1+2j | 'a' 'b' | mod.NAME | _:\n        pass",
	"match = {}\nmatch[0] = case = 1\nmatch.x(1)\nmatch(x)\n",
	"a, *b = c = [1, *d, 2]\n(x) = y = 1\n[p, (q, r)] = z\nfor i, (j, *k) in m: pass",
	"x = yield\ny = [i async for i in j if k if l for m in n]\nz = {**a, 'b': c} | {*d, e}",
	"lambda: (yield)\nlambda x=1, *a, y, **k: x if y else k",
	"try:\n    pass\nexcept* (A, B) as e:\n    raise X from e\nelse:\n    pass\nfinally:\n    pass",
	"with (open(a) as b, open(c) as d,):\n    pass\nwith (a, b): pass\nwith (yield): pass\nwith a(b)[c] as d.e, f: pass",
	"from . import a\nfrom ..b import c",
	"from ...x.y import (a as b, c,)\nimport a.b as c, d\nfrom x import *",
	"x[1:2, ::3, ..., *y] = a[b:=1]\ndel x[0], y.z, (q)\nassert x, 'y'\nglobal g, h\nnonlocal i",
	"0xFF_FF + 0b1 + 0o7 + 1_000.5e-3j + .5 + 1. + 00\n1if x else 2\n",
	"x = rb'\\d' b'\\xff'\ny = '''a\nb''' u'c' \"d\"\n",
	"if x:\n    # a comment\n\n  # another\n    y = \\\n        1\nz",
	"x = (1,\n# in brackets\n  2)\n",
	"not a in b is not c not in d\n-x ** -y\nawait_ = 1\nprint >>f, 'x'",
	"def f():\r\n\treturn *a, b\r\n",
	"é = 1; 变量 = é",
	"@a.b[c](d)\n@e := f\ndef g(): pass",
	"f(*a, b, *c, d=1, **e, g=2)\nf(x for x in y)\nf(a := 1, b=2)",
	"x: int = yield y\na.b: int\nc[0]: str = 'd'",
	"while True: break",
}

func TestSourcesOfPython312Parse(t *testing.T) {
	for _, src := range good {
		if err := Check(src); err != nil {
			t.Errorf("%q: %v", src, err)
		}
	}
}

func TestWhatIsNotPythonSaysWhereAndWhy(t *testing.T) {
	for src, want := range map[string]string{
		"def f(x)\n    return x":       "line 1: expected ':'",
		"if x = 1:\n    pass":          "line 1: expected ':' and not '=': is '==' meant?",
		"if x:\ny = 1":                 "line 2: expected an indented block",
		"x = 1\n  y = 2":               "line 2: unexpected indentation",
		"if x:\n    a\n  b":            "line 3: the indentation matches no outer block",
		"if x:\n        a\n\tb":        "line 3: tabs and spaces are mixed in the indentation",
		"print 'a'":                    "line 1: print is a function: its argument must stand in brackets",
		"print('a'":                    `line 1: "(" was never closed`,
		"x = [1, 2)":                   `line 1: ")" closes "["`,
		"x = 1)":                       `line 1: unmatched ")"`,
		"x = 'a":                       "line 1: a string is not closed",
		"x = '''a\n":                   "line 1: a string is not closed",
		"x = “a”":                      `line 1: '“' is no character of Python`,
		"f() = 1":                      "line 1: this cannot be assigned to",
		"x + 1 = y":                    "line 1: this cannot be assigned to",
		"None = 1":                     "line 1: this cannot be assigned to",
		"f() += 1":                     "line 1: this cannot be assigned to in place",
		"*a = b":                       "line 1: a starred target must be in a list or tuple",
		"for 1 in x: pass":             "line 1: a loop cannot assign to this",
		"for x of y: pass":             "line 1: expected 'in' in a loop",
		"def f(a=1, b): pass":          "line 1: an argument without a default follows one with a default",
		"f(a=1, b)":                    "line 1: a positional argument follows a keyword argument",
		"x = 012":                      `line 1: "012" has a leading zero`,
		"x = 1a":                       `line 1: a number goes on with 'a'`,
		"x = a b":                      `line 1: unexpected "b"`,
		"x = 1 +":                      "line 1: the line ends too early",
		"try:\n    pass\nx":            "line 3: expected 'except' or 'finally'",
		"except X, e: pass":            `line 1: unexpected "except"`,
		"try: pass\nexcept X, e: pass": "line 2: several exceptions must stand in brackets",
		"f'{x'":                        "line 1: a string is not closed",
		"f'}'":                         "line 1: a single '}' in an f-string",
		"f'{}'":                        `line 1: unexpected "}"`,
		"b'a' 'b'":                     "line 1: bytes and text stand side by side",
		"x = 'C:\\Users'":              `line 1: "\\U" in a string needs 8 hexadecimal digits`,
		"class = 1":                    `line 1: unexpected "="`,
		"x++":                          "line 1: the line ends too early",
		"{1: 2, 3}":                    "line 1: ':' expected after a dictionary's key",
		"x = a ? b : c":                `line 1: "?" is no character of Python`,
		"a && b":                       `line 1: unexpected "&"`,
		"match x:\n    pass":           "line 2: expected 'case'",
		"@a\nx = 1":                    "line 2: a decorator stands before a function or a class",
		"[x for x in y if z := 1]":     "line 1: an assignment here must stand in brackets",
		"(x.y := 1)":                   "line 1: only a name can be assigned to in an expression",
		"x = 1 \\ y":                   "line 1: unexpected character after a line continuation",
		"import a.b.":                  "line 1: the line ends too early",
		"f(x for x in y, 1)":           "line 1: a generator must stand in brackets",
		"x = (1 if 2)":                 "line 1: expected 'else' after 'if' in an expression",
		"del f()":                      "line 1: this cannot be deleted",
		strings.Repeat("(", 500):       "line 1: too many brackets in one another",
	} {
		err := Check(src)
		var e *Error
		if !errors.As(err, &e) || err.Error() != want {
			t.Errorf("%q: %v, want %s", src, err, want)
		}
	}
}

func TestParsingTakesTimeInProportion(t *testing.T) {
	for _, s := range []string{"(", "x = ", "if x:\n", "f'{", "with (", "match ", "a if ", "not ", "-", "lambda: ", "a\\\n", "[x for x in ", "{", "**", "@", "x.", "'", "\t", "1_"} {
		start := time.Now()
		_ = Check(strings.Repeat(s, (1<<18)/len(s)))
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%q takes %v", s, d)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range good[3:16] {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		err := Check(src)
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Line < 1 || e.Line > strings.Count(src, "\n")+strings.Count(src, "\r")+1) {
			t.Errorf("%q: %v", src, err)
		}
		if err == nil && Check(src+"\n\n# a comment\n") != nil {
			t.Errorf("%q parses, but not with a comment below", src)
		}
	})
}
