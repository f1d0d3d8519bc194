package dataset

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/plainjson"
)

// Record is a row as its file has it, with every field in its order, for programs that look at rows and change them. Unlike
// an [Example] it may be unfit to learn from: an empty answer is there to be found.
type Record struct {
	Ref    Ref
	Format string // one of [Formats]
	Turns  []Turn // its conversation, in order

	fields record
	raw    []byte // as it was read; nil once a field was set
}

// Turn is one text of a conversation and where it stands.
type Turn struct {
	Role  chat.Role
	Input bool // it is the input that belongs to the instruction before it; "" where the row has the field and nothing in it
	Text  string
	Field string // as in errors: "output", "messages[2].content"
}

// Records reads the rows of what a path stands for, see [Files], and gives each to visit, whose error ends it. A row that is
// of no format is a [*RowError]; one with an empty text, an odd order of turns or a label is not. Rows that hold several
// conversations (self-instruct) are refused: they are to be converted first, or read by [EachConversation].
func Records(ctx context.Context, path string, opt Options, visit func(*Record) error) error {
	return eachRecord(ctx, path, opt, false, visit)
}

// EachConversation is Records but for rows that hold several conversations: each of those is given as a record of its own, in
// Alpaca's format, with the other fields of its row.
func EachConversation(ctx context.Context, path string, opt Options, visit func(*Record) error) error {
	return eachRecord(ctx, path, opt, true, visit)
}

func eachRecord(ctx context.Context, path string, opt Options, split bool, visit func(*Record) error) error {
	if names := opt.Kind.formats(); opt.Format != "" && !slices.Contains(names, opt.Format) {
		return fmt.Errorf("unknown data format %q: must be one of %s", opt.Format, strings.Join(names, ", "))
	}
	files, err := Files(path)
	if err != nil {
		return err
	}
	n := 0
	for _, file := range files {
		if err := records(ctx, file, opt, split, &n, visit); err != nil {
			return err
		}
	}
	return nil
}

// records reads one file. n counts the rows of all files.
func records(ctx context.Context, path string, opt Options, split bool, n *int, visit func(*Record) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in, _, err := openFile(f, io.Discard)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	all := opt.Kind.shapes()
	var shape *shape
	if opt.Format != "" {
		shape = &all[slices.Index(opt.Kind.formats(), opt.Format)]
	}
	for row := 1; opt.Limit == 0 || *n < opt.Limit; row++ {
		if row%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		raw, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		ref := Ref{File: path, Line: raw.line, Row: row}
		recs, s, bad := recordsOf(raw, all, shape, opt.Format != "", split)
		switch {
		case bad != nil && opt.SkipBad:
			continue
		case bad != nil:
			return &RowError{Ref: ref, Field: bad.field, Problem: bad.text, Excerpt: excerpt(raw.data, 80)}
		}
		shape = s
		*n++
		for _, rec := range recs {
			rec.Ref = ref
			if err := visit(rec); err != nil {
				return err
			}
		}
	}
	return nil
}

func recordsOf(raw row, all []shape, file *shape, forced, split bool) ([]*Record, *shape, *problem) {
	if raw.bad != nil {
		return nil, nil, raw.bad
	}
	data := bytes.Clone(raw.data)
	r, bad := parseRecord(data, "")
	if bad != nil {
		return nil, nil, bad
	}
	s, bad := choose(r, all, file, forced)
	if bad != nil {
		return nil, nil, bad
	}
	if !split || s.name != "self-instruct" {
		rec, bad := recordOf(r, s)
		if bad != nil {
			return nil, nil, bad
		}
		rec.raw = data
		return []*Record{rec}, s, nil
	}
	if _, bad := s.read(r); bad != nil {
		return nil, nil, bad
	}
	alpaca := &all[slices.IndexFunc(all, func(s shape) bool { return s.name == "alpaca" })]
	var out []*Record
	singles, bad := instances(r)
	if bad != nil {
		return nil, nil, bad
	}
	for _, single := range singles {
		rec, bad := recordOf(single, alpaca)
		if bad != nil {
			return nil, nil, bad
		}
		out = append(out, rec)
	}
	return out, s, nil
}

// recordOf reads a row of one conversation.
func recordOf(r record, s *shape) (*Record, *problem) {
	talks, bad := s.read(r)
	if bad != nil {
		return nil, bad
	}
	if len(talks) > 1 {
		return nil, wrong("instances", "%d conversations in one row: convert the file first, which gives each a row (cria data convert)", len(talks))
	}
	rec := &Record{Format: s.name, fields: r}
	if r.has("system") && s.name != "messages" && s.name != "sharegpt" {
		text, bad := r.maybe("system")
		if bad != nil {
			return nil, bad
		}
		rec.Turns = append(rec.Turns, Turn{Role: chat.System, Text: text, Field: "system"})
	}
	for i, m := range talks[0].messages {
		n := talks[0].names[i]
		rec.Turns = append(rec.Turns, Turn{Role: m.Role, Text: m.Content, Field: n.content})
		if m.Role == chat.User && n.input != n.content && n.input != "" {
			rec.Turns = append(rec.Turns, Turn{Role: m.Role, Input: true, Text: m.Input, Field: n.input})
		}
	}
	return rec, nil
}

// Field is the JSON of a field of the row, nil where it has none.
func (r *Record) Field(name string) json.RawMessage { return r.fields.values[name] }

// Names are the names of the row's fields, in order.
func (r *Record) Names() []string { return slices.Clone(r.fields.names) }

// Weights gives the row's weight and repeat, each 1 where it has none.
func (r *Record) Weights() (weight float64, repeat int, err error) {
	weight, repeat, bad := r.fields.weights()
	if bad != nil {
		text, _ := r.MarshalJSON() // of a record that was read it never fails
		return 0, 0, &RowError{Ref: r.Ref, Field: bad.field, Problem: bad.text, Excerpt: excerpt(text, 80)}
	}
	return weight, repeat, nil
}

// Set gives a field of the row a value, which is put last where the row has no such field.
func (r *Record) Set(name string, value any) error {
	text, err := plainjson.Marshal(value)
	if err != nil {
		return fmt.Errorf("%s: field %q: %w", r.Ref, name, err)
	}
	if !r.fields.has(name) {
		r.fields.names = append(r.fields.names, name)
	}
	r.fields.values[name] = text
	r.raw = nil
	return nil
}

// SetText gives a turn, found by its Field, another text, in Turns and in the row.
func (r *Record) SetText(field, text string) error {
	i := slices.IndexFunc(r.Turns, func(t Turn) bool { return t.Field == field })
	if i < 0 {
		return fmt.Errorf("%s: has no text in a field %q", r.Ref, field)
	}
	if err := r.put(field, text); err != nil {
		return fmt.Errorf("%s: field %q: %w", r.Ref, field, err)
	}
	r.Turns[i].Text = text
	return nil
}

// put writes a text to a field, which may stand in a list: list[i].name.
func (r *Record) put(field, text string) error {
	list, rest, nested := strings.Cut(field, "[")
	if !nested {
		return r.Set(field, text)
	}
	index, name, ok := strings.Cut(rest, "].")
	i, err := strconv.Atoi(index)
	if !ok || err != nil {
		return errors.New("no name of a field")
	}
	items, bad := r.fields.list(list)
	if bad != nil {
		return errors.New(bad.text)
	}
	if i >= len(items) {
		return fmt.Errorf("%s has %d elements", list, len(items))
	}
	value, err := plainjson.Marshal(text)
	if err != nil {
		return err
	}
	if !items[i].has(name) {
		items[i].names = append(items[i].names, name)
	}
	items[i].values[name] = value
	return r.Set(list, items)
}

// Clone is a copy whose changes do not reach the original.
func (r *Record) Clone() *Record {
	c := *r
	c.Turns = slices.Clone(r.Turns)
	c.fields.names = slices.Clone(r.fields.names)
	c.fields.values = make(map[string]json.RawMessage, len(r.fields.values))
	for name, v := range r.fields.values {
		c.fields.values[name] = v
	}
	return &c
}

// MarshalJSON writes the row with its fields in their order. A row in which nothing was set keeps its bytes, and in others
// each field that was not set keeps its own, but for white space.
func (r *Record) MarshalJSON() ([]byte, error) {
	if r.raw != nil {
		return r.raw, nil
	}
	return r.fields.MarshalJSON()
}

// MarshalJSON writes the object with its fields in their order.
func (r record) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range r.names {
		if i > 0 {
			b.WriteString(", ")
		}
		key, err := plainjson.Marshal(name)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteString(": ")
		b.Write(bytes.TrimSpace(r.values[name]))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Lines writes rows to a JSONL file, whole or not at all. next gives them one by one, and nil after the last.
func Lines(path string, next func() (*Record, error)) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		for {
			r, err := next()
			if err != nil {
				return err
			}
			if r == nil {
				return out.Flush()
			}
			text, err := r.MarshalJSON()
			if err != nil {
				return err
			}
			// A field may have been written over several lines.
			text = bytes.Map(func(c rune) rune {
				if c == '\n' || c == '\r' {
					return ' '
				}
				return c
			}, text)
			if _, err := out.Write(append(text, '\n')); err != nil {
				return err
			}
		}
	})
}
