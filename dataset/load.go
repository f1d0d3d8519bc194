package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/cria-llm/cria/internal/amount"
)

// Options say how files are read. The zero value reads all rows, and takes a bad one for an error.
type Options struct {
	Kind    Kind   // of rows wanted; another is a bad row
	Format  string // one of Formats, for rows that fit more than one; "" recognises it
	SkipBad bool   // leave bad rows out and list them, instead of failing
	Limit   int    // read only so many rows, over all files; 0 is all
}

// RowError says what is wrong with a row.
type RowError struct {
	Ref     Ref
	Field   string // "" where it is the row as a whole
	Problem string
	Excerpt string // how the row begins, fit to print
}

func (e *RowError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s: %s", e.Ref, e.Problem)
	}
	return fmt.Sprintf("%s: field %q: %s", e.Ref, e.Field, e.Problem)
}

// BadRows is the error of Load for rows that cannot be learned from. Rows has the first ones, at most 100.
type BadRows struct{ Rows []*RowError }

func (e *BadRows) Error() string {
	first := e.Rows[0]
	s := fmt.Sprintf("%v (fix the row, or --skip-bad-rows to leave such rows out): %s", first, first.Excerpt)
	more := ""
	if len(e.Rows) == maxBad {
		more = "at least "
	}
	switch n := len(e.Rows) - 1; n {
	case 0:
		return s
	case 1:
		return fmt.Sprintf("%s; and %s1 more bad row: %s", s, more, e.Rows[1].Ref)
	default:
		return fmt.Sprintf("%s; and %s%d more bad rows: %s", s, more, n, refs(e.Rows[1:], 5))
	}
}

// Unwrap gives the errors of the rows.
func (e *BadRows) Unwrap() []error {
	out := make([]error, len(e.Rows))
	for i, r := range e.Rows {
		out[i] = r
	}
	return out
}

// maxBad is after how many bad rows loading gives up, where it is going to fail anyway.
const maxBad = 100

// maxSkipped is after how many bad rows it gives up where they are left out: a small file can hold millions of empty ones.
const maxSkipped = 1_000_000

// refs lists where rows are, the first n of them; a file's name stands once.
func refs(rows []*RowError, n int) string {
	var b strings.Builder
	for i, r := range rows[:min(n, len(rows))] {
		switch {
		case i == 0:
			b.WriteString(r.Ref.String())
		case r.Ref.File == rows[i-1].Ref.File:
			fmt.Fprintf(&b, ", %s", r.Ref.place())
		default:
			fmt.Fprintf(&b, ", %s", r.Ref)
		}
	}
	if len(rows) > n {
		b.WriteString(", …")
	}
	return b.String()
}

// Load reads the rows of files, in order; of what stands for several, see [Files]. Rows that cannot be learned from are a [*BadRows], unless
// [Options.SkipBad] has them left out; a file that cannot be read, is not JSON, or has no good row at all is always an
// error. All conversations are held in
// memory; of the files, one row at a time.
func Load(ctx context.Context, paths []string, opt Options) (*Set, error) {
	if len(paths) == 0 {
		return nil, errors.New("no data file is given")
	}
	if opt.Limit < 0 {
		return nil, fmt.Errorf("limit of %d rows: must be 0 (all) or more", opt.Limit)
	}
	if names := opt.Kind.formats(); opt.Format != "" && !slices.Contains(names, opt.Format) {
		return nil, fmt.Errorf("unknown data format %q: must be one of %s", opt.Format, strings.Join(names, ", "))
	}
	l := &loader{opt: opt, left: -1}
	if opt.Limit > 0 {
		l.left = opt.Limit
	}
	var files []string
	for _, path := range paths {
		list, err := Files(path)
		if err != nil {
			return nil, err
		}
		files = append(files, list...)
	}
	for _, path := range files {
		if l.left == 0 {
			break
		}
		if err := l.file(ctx, path); err != nil {
			// A broken row can make the rest of an array unreadable: then the row is what to report.
			if len(l.bad) > 0 && !opt.SkipBad && ctx.Err() == nil {
				break
			}
			return nil, err
		}
		if len(l.bad) == maxBad && !opt.SkipBad {
			break
		}
	}
	if len(l.bad) > 0 && !opt.SkipBad {
		return nil, &BadRows{Rows: l.bad}
	}
	l.set.Skipped = l.bad
	return &l.set, nil
}

type loader struct {
	opt  Options
	set  Set
	bad  []*RowError
	left int // rows still to read; -1 is all
}

func (l *loader) file(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err // names the path
	}
	defer f.Close()
	sum := sha256.New()
	rows, disk, err := openFile(f, sum)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	info := FileInfo{Path: path}
	if err := l.rows(ctx, rows, &info); err != nil {
		return err
	}
	// Rows past the limit, and what gzip leaves unread, count for the file's hash.
	if _, err := io.Copy(io.Discard, disk); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	info.SHA256 = hex.EncodeToString(sum.Sum(nil))
	l.set.Files = append(l.set.Files, info)
	return nil
}

// rows reads the rows of one file.
func (l *loader) rows(ctx context.Context, in rows, info *FileInfo) error {
	all := l.opt.Kind.shapes()
	var file *shape
	forced := l.opt.Format != ""
	if forced {
		file = &all[slices.Index(l.opt.Kind.formats(), l.opt.Format)]
	}
	ignored := make(map[string]bool)
	for l.left != 0 {
		if info.Rows%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		raw, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", info.Path, err)
		}
		info.Rows++
		if l.left > 0 {
			l.left--
		}
		ref := Ref{File: info.Path, Line: raw.line, Row: info.Rows}
		bad := raw.bad
		var examples []Example
		var s *shape
		var r record
		if bad == nil {
			examples, s, r, bad = parseRow(raw.data, all, file, forced)
		}
		if bad != nil {
			info.Bad++
			l.bad = append(l.bad, &RowError{Ref: ref, Field: bad.field, Problem: bad.text, Excerpt: excerpt(raw.data, 80)})
			switch {
			case len(l.bad) == maxBad && !l.opt.SkipBad:
				return nil
			case len(l.bad) == maxSkipped:
				return fmt.Errorf("%s: more than %s bad rows", info.Path, amount.Thousands(maxSkipped))
			}
			continue
		}
		file = s
		for _, name := range r.names {
			if !s.uses(name) && !ignored[name] && len(info.Ignored) < 20 {
				ignored[name] = true
				info.Ignored = append(info.Ignored, name)
			}
		}
		for _, e := range examples {
			e.File, e.Line, e.Row = ref.File, ref.Line, ref.Row
			l.set.Examples = append(l.set.Examples, e)
			info.Examples++
		}
	}
	switch {
	case info.Rows == 0:
		return fmt.Errorf("%s: has no rows", info.Path)
	case info.Examples == 0 && l.opt.SkipBad:
		first := l.bad[len(l.bad)-info.Bad]
		return fmt.Errorf("%s: none of its %s rows can be learned from; the first: %w: %s", info.Path, amount.Thousands(info.Rows), first, first.Excerpt)
	}
	if file != nil {
		info.Format, info.Mapping = file.name, file.mapping
	}
	return nil
}
