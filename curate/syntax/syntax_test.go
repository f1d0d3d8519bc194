package syntax

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/curatetest"
)

func find(text string) []curate.Finding { return Detectors()[0].Look(curatetest.Exchange(text)) }

func TestTheExampleIsFound(t *testing.T) {
	for _, d := range Detectors() {
		if got := d.Look(curatetest.Exchange(d.Example)); len(got) != 1 || got[0].Detector != d.Name {
			t.Errorf("%s: %q gives %v", d.Name, d.Example, got)
		}
	}
}

func TestCodeThatDoesNotParse(t *testing.T) {
	for text, why := range map[string]string{
		"x → Here:\n```go\npackage p\n\nfunc f() {\n\tx := \n}\n```\nThat is it.":                             `Go does not parse: line 5: expected operand, found '}' ("}")`,
		"x → ```go\nfor i := 0; i < 3; i++ {\n\tfmt.Println(i\n}\n```":                                        `Go does not parse: line 1: expected declaration, found 'for' ("for i := 0; i < 3; i++ {")`,
		"Give me JSON. → {\"a\": 1, \"b\": }":                                                                 `JSON does not parse: line 1: invalid character '}' looking for beginning of value ("{\"a\": 1, \"b\": }")`,
		"x → ```json\n{\"a\": [1, 2,]}\n```":                                                                  `JSON does not parse: line 1: invalid character ']' looking for beginning of value ("{\"a\": [1, 2,]}")`,
		"x → ```python\nwhile True\n    pass\n```":                                                            `Python does not parse: line 1: expected ':' ("while True")`,
		"Write code. → def f(x):\nreturn x":                                                                   `Python does not parse: line 2: expected an indented block ("return x")`,
		"Write it in Python. → print \"hello\"":                                                               `Python does not parse: line 1: print is a function: its argument must stand in brackets, except in Python 2 ("print \"hello\"")`,
		"Write a SQL query for all people. → SELECT name FROM people WHERE age > ORDER BY name;":              `SQL does not parse: near "ORDER": syntax error`,
		"Write a query for the database. → SELECT a FROM t ORDER BY a GROUP BY b;":                            `SQL does not parse: near "GROUP": syntax error`,
		"x → ```sql\nINSERT INTO t (a, b) VALUES (1, 2;\n```":                                                 `SQL does not parse: incomplete input`,
		"Write a function. → Here is the function:\n\ndef f(x)\n    return x\n\nfor y in z:\n    print(f(y))": `Python does not parse: line 1: expected ':' ("def f(x)")`,
	} {
		got := find(text)
		if len(got) != 1 || got[0].Why != why {
			t.Errorf("%q: %v, want %q", text, got, why)
		}
	}
}

func TestCodeThatParsesOrIsNotKnownToBeCodeIsLeftAlone(t *testing.T) {
	for _, text := range []string{
		"x → ```go\nfmt.Println(1)\n```",
		"x → ```go\nfunc f() {}\n```",
		"x → ```\nwhile True\n```",
		"x → ```js\nlet x = {\n```",
		"x → ```json\n{\"a\": 1}\n{\"b\": 2}\n```",
		"x → ```json\n{\"a\": 1, ...}\n```",
		"x → ```python\nasync def f(x: int, /, *, y=1) -> int:\n    return [z async for z in x if (w := z)]\n```",
		"Write a query for the table. → SELECT TOP 10 * FROM people;",
		"Write a query for the table. → SELECT name, COUNT(*) FROM people GROUP BY name HAVING COUNT(*) > 1;",
		"Write a MySQL table. → CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY);",
		"Write a SQL query. → SELECT a FROM t WHERE b = 'x; y' -- ; no\nLIMIT 3;",
		"Write a SQL query. → SELECT a FROM t WHERE b = <value>;",
		"Write a SQL query. → SELECT column_1 FROM table WHERE id = 1;",
		"Write a SQL query. → Select the rows from the table.",
		"Write a query for the table. → SELECT a FROM t\n\nThis query reads a.",
		"Write Ruby. → def f(x)\n  x + 1\nend",
		"Write JavaScript. → function f(x) {\n  return x\n",
		"What is Python? → Python is a language (made by Guido: a Dutchman).",
		"Write Python code with a syntax error. → def f(x)\n    return x",
		"Write a program in Python. → print('a')\n\nThis prints the letter a.",
		"Write a function. → def f(x):\n    return x\n\nThis function gives back what it is given.",
		"Write a Python function. → def f(x):\n    print(x)\n\nf(1)\n\nOutput:\n1 2",
		"Give me a task in Python. → def solve(x):\n    # your code\n\ndef test():\n    assert solve(1)",
		"Convert this Python command to Ruby. → print('a\nfor x in y:",
		"Tell a story. → The class Animal: a tale.",
	} {
		if got := find(text); len(got) != 0 {
			t.Errorf("%q: %s", text, got[0].Why)
		}
	}
}

func TestWhatTypesettingBrokeIsPutRight(t *testing.T) {
	for text, want := range map[string]string{
		"Write it in Python. → def f(x):\n\u00a0   return x":            "def f(x):\n    return x",
		"Write it in Python. → print(“a”)":                              `print("a")`,
		"Give me JSON. → {\"a\": [1, 2,],}":                             `{"a": [1, 2]}`,
		"Write a SQL query. → SELECT a FROM t WHERE b = 'c'.":           "SELECT a FROM t WHERE b = 'c';",
		"x → See:\n```json\n{\n  \"a\": 1,\n}\n```\nThat was {\"a\",}.": "See:\n```json\n{\n  \"a\": 1\n}\n```\nThat was {\"a\",}.",
	} {
		got := find(text)
		if len(got) != 1 || got[0].Suggestion == nil || *got[0].Suggestion != want || !got[0].Certain {
			t.Errorf("%q: %+v, want %q", text, got, want)
		}
	}
}

// SQLite must not run what it is asked to compile, however it is written.
func TestNoStatementIsRun(t *testing.T) {
	c := &checker{open: memory}
	db, err := memory()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c.open = func() (*sql.DB, error) { return db, nil }
	for _, s := range []string{"CREATE TABLE made (a)", "CREATE TABLE made (a); CREATE TABLE made2 (a)", "CREATE TABLE a ';'; CREATE TABLE made (a)", "CREATE TABLE x(a /* ; */); CREATE TABLE made(a)"} {
		c.checkSQL(s)
	}
	var n int
	if err := db.QueryRow("SELECT COUNT(*) FROM sqlite_master").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d tables, %v", n, err)
	}
}

func TestCheckingTakesTimeInProportion(t *testing.T) {
	for _, s := range []string{"(", "```python\n", "if x:\n ", "SELECT * FROM (", "{\"a\":", "[", "f'{", "`\n", "-- \n", ";", "a = a, "} {
		for _, ask := range []string{"Write Python JSON SQL query → ", "Write SQL → SELECT a FROM ", "x → ```python\n"} {
			start := time.Now()
			find(ask + strings.Repeat(s, maxCode/len(s)-10))
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("%q after %q takes %v", s, ask, d)
			}
		}
	}
	nested := "WITH a AS (SELECT 1 x)"
	for i := range 5 {
		from := string(rune('a' + i))
		nested += ", " + string(rune('b'+i)) + " AS (SELECT 1 FROM " + strings.Repeat(from+",", 7) + from + ")"
	}
	start := time.Now()
	find("Write a SQL query → " + nested + " SELECT * FROM f")
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("named queries take %v", d)
	}
}

func FuzzSyntax(f *testing.F) {
	f.Add("Write Python", "def f(x):\n    return f'{x!r:>{y}}'")
	f.Add("Write a SQL query", "SELECT 'a;' FROM t; INSERT INTO t VALUES (1)")
	f.Add("x", "```json\n{\"a\": [1,]}\n```\n```go\nx := 1\n```")
	d := Detectors()[0]
	f.Fuzz(func(t *testing.T, ask, answer string) {
		for _, g := range d.Look(curatetest.Exchange(ask + " → " + answer)) {
			if g.Certain && g.Suggestion == nil || g.Why == "" {
				t.Errorf("%+v", g)
			}
		}
	})
}
