package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cria-llm/cria/format/parquet"
)

// maxRow bounds the memory that one row can take. The longest conversations known are a few hundred kilobytes.
const maxRow = 64 << 20

// row is the JSON text of one record. data is valid until the next row is asked for.
type row struct {
	data []byte
	line int      // where it begins, from 1; 0 in a file that has no lines
	bad  *problem // what is wrong with the row before it is looked into
}

// rows gives the records of a file one by one, io.EOF after the last.
type rows interface {
	next() (row, error)
}

// openFile finds out how a file holds its records: Parquet and JSON by the content, CSV by the name. What is read of the file in
// order goes to sum, too.
func openFile(f *os.File, sum io.Writer) (in rows, rest io.Reader, err error) {
	rest = io.TeeReader(f, sum)
	magic := make([]byte, 4)
	// A pipe cannot be read at a place, and is no Parquet file.
	if n, _ := f.ReadAt(magic, 0); n == len(magic) && (string(magic) == "PAR1" || string(magic) == "PARE") {
		info, err := f.Stat()
		if err != nil {
			return nil, nil, err
		}
		r, err := parquet.Open(f, info.Size())
		return &columns{r}, rest, err
	}
	if strings.HasSuffix(unpackedName(strings.ToLower(f.Name())), ".csv") {
		br, err := openText(rest)
		if err != nil {
			return nil, nil, err
		}
		in, err := openTable(br, maxRow)
		return in, rest, err
	}
	in, err = openRows(rest)
	return in, rest, err
}

// columns reads Parquet.
type columns struct{ *parquet.Reader }

func (c *columns) next() (row, error) {
	data, err := c.Next()
	return row{data: data}, err
}

// openRows finds out how JSON holds its records. Neither the errors nor the rows know the file's name.
func openRows(r io.Reader) (rows, error) {
	br, err := openText(r)
	if err != nil {
		return nil, err
	}
	in := &counter{r: br, line: 1}
	c, err := in.skipSpace()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	switch c {
	case '{':
		return &lines{in: in}, nil
	case '[':
		in.skip(c)
		return &elements{in: in}, nil
	}
	start, _ := br.Peek(40)
	return nil, fmt.Errorf("begins with %s: must be a JSON array of objects or one JSON object a line, a Parquet file, or CSV by its name", excerpt(start, 30))
}

// counter reads bytes and knows the line it is on.
type counter struct {
	r    *bufio.Reader
	line int
}

func (c *counter) readByte() (byte, error) {
	b, err := c.r.ReadByte()
	if b == '\n' && err == nil {
		c.line++
	}
	return b, err
}

// skip reads a byte that was peeked at, which cannot fail.
func (c *counter) skip(b byte) {
	if b == '\n' {
		c.line++
	}
	_, _ = c.r.Discard(1)
}

// skipSpace reads white space and gives the byte after it, which is not read yet.
func (c *counter) skipSpace() (byte, error) {
	for {
		b, err := c.r.Peek(1)
		if err != nil {
			return 0, err
		}
		switch b[0] {
		case ' ', '\t', '\r', '\n':
			c.skip(b[0])
		default:
			return b[0], nil
		}
	}
}

func tooLong(line, most int) error {
	return fmt.Errorf("the row that begins at line %d is longer than %d MiB", line, most>>20)
}

// lines reads JSONL: a record on each line that is not blank.
type lines struct {
	in  *counter
	buf []byte
}

func (l *lines) next() (row, error) {
	// White space before a record is skipped over lines, which takes blank lines with it.
	if _, err := l.in.skipSpace(); err != nil {
		return row{}, err
	}
	line := l.in.line
	l.buf = l.buf[:0]
	for {
		part, err := l.in.r.ReadSlice('\n')
		l.buf = append(l.buf, part...)
		if len(l.buf) > maxRow {
			return row{}, tooLong(line, maxRow)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == nil:
			l.in.line++
		case !errors.Is(err, io.EOF):
			return row{}, err
		}
		return row{data: bytes.TrimSpace(l.buf), line: line}, nil
	}
}

// elements reads a JSON array whose bracket has been read. It finds where elements begin and end, no more, so that a
// broken element whose quotes and brackets match does not hide the ones after it.
type elements struct {
	in    *counter
	buf   []byte
	count int
	done  bool
}

func (e *elements) next() (row, error) {
	if e.done {
		return row{}, io.EOF
	}
	c, err := e.in.skipSpace()
	if err != nil {
		return row{}, e.unclosed(err, e.in.line)
	}
	line := e.in.line
	if c == ']' && e.count == 0 {
		e.in.skip(c)
		return row{}, e.finish()
	}
	e.buf = e.buf[:0]
	depth, quoted, escaped := 0, false, false
	for {
		c, err := e.in.readByte()
		if err != nil {
			return row{}, e.unclosed(err, line)
		}
		switch {
		case quoted:
			switch {
			case escaped:
				escaped = false
			case c == '\\':
				escaped = true
			case c == '"':
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			depth++
		case depth == 0 && (c == ',' || c == ']'):
			e.count++
			if c == ']' {
				if err := e.finish(); !errors.Is(err, io.EOF) {
					return row{}, err
				}
			}
			return row{data: bytes.TrimSpace(e.buf), line: line}, nil
		case (c == '}' || c == ']') && depth > 0:
			depth--
		}
		if len(e.buf) == maxRow {
			return row{}, tooLong(line, maxRow)
		}
		e.buf = append(e.buf, c)
	}
}

// finish checks that nothing follows the array. It gives io.EOF where all is well.
func (e *elements) finish() error {
	e.done = true
	_, err := e.in.skipSpace()
	if err == nil {
		start, _ := e.in.r.Peek(40)
		return fmt.Errorf("line %d: %s follows the end of the array", e.in.line, excerpt(start, 30))
	}
	return err
}

func (e *elements) unclosed(err error, line int) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the array is not closed: the file ends in or after the element that begins at line %d", line)
	}
	return err
}
