package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// TextSource is a file of raw text: what a tokenizer is trained on and a base model pretrained.
type TextSource struct {
	Path string
	// Repeat is how often an epoch has each document; 0 means 1. It is for who draws from the documents: [Documents]
	// gives each once, however often it is to be seen.
	Repeat float64
	// Separator is the line at which a .txt is cut into documents, for example "<|endoftext|>"; "" makes a .txt one
	// document. Other files take no notice of it.
	Separator string
}

// maxText bounds a document of a .txt, which is held in memory whole.
const maxText = 1 << 30

// Documents visits the documents of a file in order: a .txt is one, or several with lines of [TextSource.Separator]
// between; a .jsonl, .json, .csv or .parquet has one in the field "text" of each row. Each may be compressed, with .gz after
// its name. What stands for several files of rows, as [Files] has it, is read in their order.
// Of the file, one document is held in memory.
//
// Texts are given as they are, without a byte order mark. An empty one is not visited. Text that is not UTF-8, a row
// without a text, and a file without any text are errors that name the file and the line. An error of visit ends the
// reading and is returned as it is.
func Documents(ctx context.Context, src TextSource, visit func(text string, ref Ref) error) error {
	if src.Repeat < 0 || math.IsNaN(src.Repeat) || math.IsInf(src.Repeat, 0) {
		return fmt.Errorf("%s: repeat is %v: must be a number of 0 or more", src.Path, src.Repeat)
	}
	if strings.ContainsAny(src.Separator, "\r\n") {
		return fmt.Errorf("%s: separator %q: must be one line, without its end", src.Path, src.Separator)
	}
	files, err := Files(src.Path)
	if err != nil {
		return err
	}
	if len(files) != 1 || files[0] != src.Path {
		for _, src.Path = range files {
			if err := Documents(ctx, src, visit); err != nil {
				return err
			}
		}
		return nil
	}
	kind := filepath.Ext(strings.TrimSuffix(src.Path, ".gz"))
	switch kind {
	case ".txt", ".jsonl", ".json", ".csv", ".parquet":
	default:
		return fmt.Errorf("%s: not a file of text by its name: must end in .txt, .jsonl, .json, .csv or .parquet, with or without .gz", src.Path)
	}
	f, err := os.Open(src.Path)
	if err != nil {
		return err // names the path
	}
	defer f.Close()
	d := &documents{ctx: ctx, src: src, visit: visit}
	if kind == ".txt" {
		err = d.plain(f)
	} else {
		err = d.rows(f)
	}
	if err == nil && d.seen == 0 {
		return fmt.Errorf("%s: holds no text", src.Path)
	}
	return err
}

type documents struct {
	ctx   context.Context
	src   TextSource
	visit func(text string, ref Ref) error
	row   int // of the document that is read
	seen  int // documents that were not empty
}

// give visits a document.
func (d *documents) give(text string, line int) error {
	if err := d.ctx.Err(); err != nil {
		return err
	}
	if text == "" {
		return nil
	}
	d.seen++
	return d.visit(text, Ref{File: d.src.Path, Line: line, Row: d.row})
}

// rows reads a file of JSON rows.
func (d *documents) rows(f *os.File) error {
	in, _, err := openFile(f, io.Discard)
	if err != nil {
		return fmt.Errorf("%s: %w", d.src.Path, err)
	}
	for {
		raw, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", d.src.Path, err)
		}
		d.row++
		var text string
		bad := raw.bad
		if bad == nil {
			var record record
			if record, bad = parseRecord(raw.data, ""); bad == nil {
				text, bad = record.text("text")
			}
		}
		if bad != nil {
			ref := Ref{File: d.src.Path, Line: raw.line, Row: d.row}
			return &RowError{Ref: ref, Field: bad.field, Problem: bad.text, Excerpt: excerpt(raw.data, 80)}
		}
		if err := d.give(text, raw.line); err != nil {
			return err
		}
	}
}

// plain reads a .txt.
func (d *documents) plain(r io.Reader) error {
	br, err := openText(r)
	if err != nil {
		return fmt.Errorf("%s: %w", d.src.Path, err)
	}
	var text []byte
	d.row = 1
	line, first := 1, 1 // the line that is read, and the one that the document begins with
	start := 0          // of that line in text
	for {
		part, err := br.ReadSlice('\n')
		text = append(text, part...)
		if len(text) > maxText {
			return fmt.Errorf("%s: the document that begins at line %d is longer than %d MiB: cut it by lines that hold a separator", d.src.Path, first, maxText>>20)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: %w", d.src.Path, err)
		}
		if !utf8.Valid(text[start:]) {
			return fmt.Errorf("%s:%d: not valid UTF-8: %s", d.src.Path, line, excerpt(text[start:], 60))
		}
		if d.src.Separator != "" && string(bytes.TrimRight(text[start:], "\r\n")) == d.src.Separator {
			if err := d.give(string(text[:start]), first); err != nil {
				return err
			}
			d.row++
			text, first = text[:0], line+1
		}
		if err != nil {
			return d.give(string(text), first)
		}
		line++
		start = len(text)
		if line%4096 == 0 && d.ctx.Err() != nil {
			return d.ctx.Err()
		}
	}
}

// openText undoes compression, which the content decides, and skips a byte order mark.
func openText(r io.Reader) (*bufio.Reader, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	if magic, err := br.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		packed := &counted{r: br}
		zr, err := gzip.NewReader(packed)
		if err != nil {
			return nil, err
		}
		br = bufio.NewReaderSize(&unpacked{zr, packed, 0}, 64<<10)
	}
	if bom, err := br.Peek(3); err == nil && bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		if _, err := br.Discard(3); err != nil {
			return nil, err
		}
	}
	return br, nil
}

// counted counts the bytes that are read.
type counted struct {
	r *bufio.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// ReadByte keeps gzip from reading ahead through a buffer of its own.
func (c *counted) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// What gzip may make of a file: text becomes a tenth, and repeats of a row perhaps a hundredth; a thousandth is what files are
// made into that are to fill a memory.
const (
	freeUnpacked = 64 << 20
	maxExpansion = 300
)

// unpacked is what gzip makes of a file, within reason.
type unpacked struct {
	z      *gzip.Reader
	packed *counted
	n      int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	u.n += int64(n)
	if u.n > freeUnpacked && u.n/maxExpansion > u.packed.n {
		return n, fmt.Errorf("unpacks to more than %d times its size, which no file of text does: unpack it yourself where it is meant", maxExpansion)
	}
	return n, err
}
