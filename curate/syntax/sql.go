package syntax

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// dialects are words that SQLite has not and other databases have: what SQLite says of them is no verdict.
var dialects = regexp.MustCompile(`(?i)\b(?:top \(?\d+|auto_increment|identity|show|describe|desc \w+;|use \w+;|create (?:database|user|role|schema|procedure|function|or replace|sequence|type|login|proc|materialized|clustered|nonclustered)|grant|revoke|truncate|engine|interval|ilike|declare|exec|execute|call|delimiter|modify|change|add constraint|add column|add \(|drop constraint|on duplicate key|unsigned|enum|extract|convert|lateral|pivot|unpivot|merge|fetch (?:first|next)|with rollup|grouping sets|rollup|cube|any|all ?\(|some ?\(|for update|comment|index \(|key \(|separator|substring|position|trim ?\(|overlay|at time zone|minus|connect by|start with|into outfile|into \w+ from|load data|load|set @|begin|end|if |replace into|returning|explode|lateral view|partitioned|stored as|tablespace|varchar2|number\(|nvarchar|cluster|lock|rename|alter column|alter table|drop index|unique key|fulltext|spatial|using btree|delete \w+ from|update \w+ (?:\w+ )?(?:inner |left )?join|straight_join|sql_calc|output|inserted|deleted|rownum|dual|nolock|dateadd|datediff|within group|array|unnest|qualify|sample|tablesample|zone|generated|default current_timestamp on|on update current_timestamp|date '|timestamp '|similar to|is distinct|percentile_cont|match|contains|freetext|go)\b|::|:=|@|\bnow\(\) ?-|#`)

// memory opens a database that has nothing in it.
func memory() (*sql.DB, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// checkSQL has SQLite compile each statement, which never runs it: it is explained. That a table is missing is no fault.
func (c *checker) checkSQL(code string) *broken {
	// Named queries of queries may take SQLite long to compile: each use of one is compiled again.
	if dialects.MatchString(code) || strings.Count(strings.ToLower(code), "select") > maxSelects {
		return nil
	}
	db, err := c.open()
	if err != nil {
		return nil
	}
	for _, s := range statements(code) {
		text := code[s[0]:s[1]]
		if !sqlStart.MatchString(strings.TrimSpace(strings.ReplaceAll(text, "\n", " "))) {
			continue
		}
		err := explain(db, text)
		if err == nil || explain(db, reserved.ReplaceAllString(text, "$1 t")) == nil {
			continue
		}
		// Prose after a statement without its semicolon.
		if before, _, ok := strings.Cut(text, "\n\n"); ok && explain(db, before) == nil {
			continue
		}
		b := &broken{what: err.Error(), sure: 0.87}
		if strings.HasSuffix(strings.TrimSpace(text), ".") && explain(db, strings.TrimRight(text, ". \n")) == nil {
			b.better = code[:s[0]] + strings.TrimRight(text, ". \n") + ";" + code[s[1]:]
		}
		return b
	}
	return nil
}

const maxSelects = 6

// reserved are words that stand for a table's name in examples.
var reserved = regexp.MustCompile(`(?i)\b(from|into|join|update|table|on)\s+(?:table|order|group|index|transaction|values)\b`)

// syntaxError is what SQLite says of a text that is not SQL, in its message.
var syntaxError = regexp.MustCompile(`near "[^"]*": syntax error|unrecognized token: ".*?"|incomplete input`)

type sqlError string

func (e sqlError) Error() string { return string(e) }

// explain returns what is wrong with the syntax of a statement, and nil for all else that may be wrong with it.
func explain(db *sql.DB, statement string) error {
	err := compiles(db, statement)
	if err == nil {
		return nil
	}
	if m := syntaxError.FindString(err.Error()); m != "" {
		return sqlError(m)
	}
	return nil
}

func compiles(db *sql.DB, statement string) (err error) {
	rows, err := db.QueryContext(context.Background(), "EXPLAIN "+statement)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return rows.Err()
}

// statements are the parts of a script between semicolons outside of quotes and comments.
func statements(code string) [][2]int {
	var out [][2]int
	from := 0
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '\'' || c == '"' || c == '`':
			if end := strings.IndexByte(code[i+1:], c); end >= 0 {
				i += end + 1
			} else {
				i = len(code)
			}
		case strings.HasPrefix(code[i:], "--"):
			if end := strings.IndexByte(code[i:], '\n'); end >= 0 {
				i += end
			} else {
				i = len(code)
			}
		case strings.HasPrefix(code[i:], "/*"):
			if end := strings.Index(code[i:], "*/"); end >= 0 {
				i += end + 1
			} else {
				i = len(code)
			}
		case c == ';':
			out = append(out, [2]int{from, i})
			from = i + 1
		}
	}
	if strings.TrimSpace(code[min(from, len(code)):]) != "" {
		out = append(out, [2]int{from, len(code)})
	}
	return out
}
