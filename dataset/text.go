package dataset

import (
	"bufio"
	"bytes"
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
// between; a .jsonl, .json, .csv or .parquet has one in the field "text" of each row. Each may be compressed, with .gz or
// .zst after its name. What stands for several files of rows, as [Files] has it, is read in their order.
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
	kind := filepath.Ext(unpackedName(src.Path))
	switch kind {
	case ".txt", ".jsonl", ".json", ".csv", ".parquet":
	default:
		return fmt.Errorf("%s: not a file of text by its name: must end in .txt, .jsonl, .json, .csv or .parquet, with or without .gz or .zst", src.Path)
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
