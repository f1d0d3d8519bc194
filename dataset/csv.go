package dataset

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table reads CSV as RFC 4180 has it: fields between commas, in quotes where they hold commas, quotes or line ends. The first
// line names the fields. Each is a text, save those that rows have for numbers.
type table struct {
	csv    *csv.Reader
	most   int // bytes of a row
	left   *budget
	names  []string
	labels [][]byte // the names as JSON has them
	buf    []byte
	last   int // the line of the last field so far
}

// budget is a reader that gives no more bytes than a row may have: a quote that is never closed would take the whole file.
type budget struct {
	r    *bufio.Reader
	left int
}

var errBudget = errors.New("too long")

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errBudget
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// openTable reads the names of the fields. A row has at most so many bytes.
func openTable(r *bufio.Reader, most int) (*table, error) {
	t := &table{most: most, left: &budget{r: r, left: most}}
	t.csv = csv.NewReader(t.left)
	names, err := t.csv.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the file is empty")
	case err != nil:
		return nil, t.problem(err, 1)
	}
	seen := make(map[string]bool, len(names))
	for i, n := range names {
		n = strings.TrimSpace(n)
		switch {
		case n == "" && i == 0 && len(names) > 1:
			n = "#" // what an index of rows is called where it has no name
		case n == "" || !utf8.ValidString(n):
			return nil, fmt.Errorf("line 1: field %d has no name: the first line must name the fields", i+1)
		}
		if seen[n] {
			return nil, fmt.Errorf("line 1: two fields have the name %q", excerpt([]byte(n), 30))
		}
		seen[n] = true
		t.names = append(t.names, n)
		label, err := json.Marshal(n)
		if err != nil {
			return nil, err
		}
		t.labels = append(t.labels, append(label, ':'))
	}
	if len(names) == 1 {
		for _, other := range []string{";", "\t"} {
			if strings.Contains(names[0], other) {
				return nil, fmt.Errorf("line 1: fields seem to be parted by %q: must be by commas", other)
			}
		}
	}
	t.csv.ReuseRecord = true
	t.csv.FieldsPerRecord = -1 // wrong numbers are told here
	return t, nil
}

// problem says what is wrong with the file's form.
func (t *table) problem(err error, line int) error {
	var parse *csv.ParseError
	switch {
	case errors.Is(err, errBudget):
		return tooLong(line, t.most)
	case errors.As(err, &parse):
		return fmt.Errorf("line %d: not CSV: %w (in the row that begins at line %d)", parse.Line, parse.Err, parse.StartLine)
	}
	return err
}

func (t *table) next() (row, error) {
	t.left.left = t.most
	fields, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return row{}, io.EOF
	}
	if err != nil {
		return row{}, t.problem(err, t.last+1)
	}
	line, _ := t.csv.FieldPos(0)
	t.last, _ = t.csv.FieldPos(len(fields) - 1)
	if len(fields) != len(t.names) {
		return row{data: appendString(nil, strings.Join(fields, ",")), line: line,
			bad: wrong("", "has %d fields, where the first line names %d", len(fields), len(t.names))}, nil
	}
	t.buf = append(t.buf[:0], '{')
	for i, f := range fields {
		if i > 0 {
			t.buf = append(t.buf, ',')
		}
		t.buf = append(t.buf, t.labels[i]...)
		t.buf = appendCell(t.buf, t.names[i], f)
	}
	t.buf = append(t.buf, '}')
	return row{data: t.buf, line: line}, nil
}

// appendCell writes a field as JSON. What a row has for numbers, or for true and false, CSV has as text.
func appendCell(b []byte, name, text string) []byte {
	switch name {
	case "weight", "repeat", "label":
		v := strings.ToLower(strings.TrimSpace(text))
		if v == "" {
			return append(b, "null"...)
		}
		if k := kindOf([]byte(v)); (k == "a number" || v == "true" || v == "false") && json.Valid([]byte(v)) {
			return append(b, v...)
		}
	}
	return appendString(b, text)
}

// appendString writes a text as JSON. Bytes that are not UTF-8 stay as they are, so that the row is found to be wrong.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < ' ':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
