// Command primer writes what cria-nano is raised from: the primer, which is school-book prose about words, numbers and small
// scenes, made by rule from the word lists in this folder; the plain texts of a public corpus; and the instruction set that
// goes with the model. Run with the same flags it writes the same bytes.
//
//	go run ./models/nano/primer --instructions data
//	go run ./models/nano/primer --text build/nano --natural natural_instructions.jsonl.gz --books books.jsonl.gz
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/plainjson"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "primer:", err)
		os.Exit(1)
	}
}

func run() error {
	instructionsTo := flag.String("instructions", "", "`FOLDER` to write the instruction set to")
	textTo := flag.String("text", "", "`FOLDER` to write the texts to, as JSONL with a text field")
	natural := flag.String("natural", "", "Super-NaturalInstructions `FILE` (.jsonl.gz), turned into plain text")
	books := flag.String("books", "", "books `FILE` (.jsonl.gz), the plainest first")
	size := flag.Int("bytes", 24_000_000, "of the primer")
	booksSize := flag.Int("books-bytes", 24_000_000, "of the books that are taken")
	learn := flag.Int("rows", 320, "of each kind, to learn from")
	held := flag.Int("held", 40, "rows of each kind for each part that is held out")
	flag.Parse()
	if *instructionsTo == "" && *textTo == "" {
		return errors.New("nothing to do: give --instructions or --text")
	}
	l := newLexicon()
	if *instructionsTo != "" {
		p := instructions(l, rand.New(rand.NewPCG(1, 2)), *learn, *held)
		for name, rows := range map[string][]row{"nano-instruct.jsonl": p.learn, "nano-instruct-inputs.jsonl": p.inputs, "nano-instruct-phrasings.jsonl": p.phrasings} {
			if err := write(filepath.Join(*instructionsTo, name), func(put func(any) error) error {
				for _, x := range rows {
					if err := put(x); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				return err
			}
		}
	}
	if *textTo == "" {
		return nil
	}
	if err := os.MkdirAll(*textTo, 0o777); err != nil {
		return err
	}
	if err := write(filepath.Join(*textTo, "primer.jsonl"), func(put func(any) error) error {
		r, all, frames := rand.New(rand.NewPCG(3, 4)), kinds(), frames()
		for n := 0; n < *size; {
			text := l.document(r, all, frames)
			n += len(text)
			if err := put(document{text}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if *natural != "" {
		if err := write(filepath.Join(*textTo, "natural.jsonl"), func(put func(any) error) error { return naturalTexts(*natural, put) }); err != nil {
			return err
		}
	}
	if *books != "" {
		return write(filepath.Join(*textTo, "books.jsonl"), func(put func(any) error) error { return bookTexts(*books, *booksSize, put) })
	}
	return nil
}

// document is a line of the texts.
type document struct {
	Text string `json:"text"`
}

// write makes a file of JSON lines, whole or not at all.
func write(path string, lines func(put func(any) error) error) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		b := bufio.NewWriter(w)
		if err := lines(plainjson.NewEncoder(b).Encode); err != nil {
			return err
		}
		return b.Flush()
	})
}
