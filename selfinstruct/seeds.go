package selfinstruct

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/wholefile"
)

// readSeeds reads rows of any format as tasks. A row's id is its field "id", or its number.
func readSeeds(ctx context.Context, path string) ([]Task, error) {
	var list []Task
	seen := map[string]bool{}
	err := dataset.Records(ctx, path, dataset.Options{}, func(r *dataset.Record) error {
		t := Task{ID: fmt.Sprintf("seed-%d", len(list))}
		answers := 0
		for _, turn := range r.Turns {
			switch {
			case turn.Role == chat.User && turn.Input:
				t.Input = turn.Text
			case turn.Role == chat.User:
				t.Instruction = turn.Text
			case turn.Role == chat.Assistant:
				t.Output = turn.Text
				answers++
			}
		}
		switch {
		case answers != 1:
			return fmt.Errorf("%s: has %d answers: a seed is one instruction with one answer", r.Ref, answers)
		case strings.TrimSpace(t.Instruction) == "":
			return fmt.Errorf("%s: its instruction is empty: a seed is one instruction with one answer", r.Ref)
		case strings.TrimSpace(t.Output) == "":
			return fmt.Errorf("%s: its answer is empty: a seed is one instruction with one answer", r.Ref)
		}
		var id string
		if raw := r.Field("id"); raw != nil && json.Unmarshal(raw, &id) == nil && id != "" && !seen[id] {
			t.ID = id
		}
		seen[t.ID] = true
		var classification bool
		if raw := r.Field("is_classification"); raw != nil && json.Unmarshal(raw, &classification) == nil {
			t.Classification = &classification
		}
		list = append(list, t)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("seeds: %w", err)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("seeds: %s has no rows", path)
	}
	return list, nil
}

// passage is a part of a text that a request is made of.
type passage struct {
	file   string
	number int // in the file
	text   string
}

func (p passage) id() string { return fmt.Sprintf("%s#%d", p.file, p.number) }

// How long passages are, in words, where the text lets them: paragraphs are put together until one is long enough, and
// those too long are cut at the ends of sentences.
const (
	shortPassage = 120
	longPassage  = 350
	leastPassage = 25 // a passage below it is left out
)

// maxText is the size of a Markdown file, in bytes; what [dataset.Documents] reads has its own bounds.
const maxText = 64 << 20

// readPassages reads a text file, every text file of a folder, or rows with a field "text".
func readPassages(ctx context.Context, path string) ([]passage, error) {
	files := []string{path}
	if info, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("seeds: %w", err)
	} else if info.IsDir() {
		if files, err = textFiles(path); err != nil {
			return nil, fmt.Errorf("seeds: %w", err)
		}
	}
	var list []passage
	for _, file := range files {
		name := file
		if rel, err := filepath.Rel(path, file); err == nil && rel != "." {
			name = filepath.ToSlash(rel)
		} else {
			name = filepath.Base(file)
		}
		n := 0
		visit := func(text string, _ dataset.Ref) error {
			for _, part := range passages(text) {
				list = append(list, passage{name, n, part})
				n++
			}
			return ctx.Err()
		}
		if err := readDocuments(ctx, file, visit); err != nil {
			return nil, fmt.Errorf("seeds: %w", err)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("seeds: %s has no passage of %d words or more", path, leastPassage)
	}
	return list, nil
}

// textFiles are the texts in a folder and below, by name.
func textFiles(dir string) ([]string, error) {
	var list []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if hidden := strings.HasPrefix(e.Name(), ".") && path != dir; hidden && e.IsDir() {
			return fs.SkipDir
		} else if hidden || !e.Type().IsRegular() {
			return nil
		}
		name := strings.TrimSuffix(strings.TrimSuffix(e.Name(), ".gz"), ".zst")
		if slices.Contains([]string{".txt", ".md", ".jsonl", ".json", ".csv", ".parquet"}, filepath.Ext(name)) {
			list = append(list, path)
		}
		return nil
	})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%s has no texts in it: no .txt, .md, .jsonl, .json, .csv or .parquet", dir)
	}
	slices.Sort(list)
	return list, err
}

// readDocuments gives the documents of a file.
func readDocuments(ctx context.Context, file string, visit func(string, dataset.Ref) error) error {
	if filepath.Ext(file) != ".md" {
		return dataset.Documents(ctx, dataset.TextSource{Path: file}, visit)
	}
	text, err := wholefile.Read(file, maxText)
	switch {
	case err != nil:
		return err
	case !utf8.Valid(text):
		return errors.New(file + ": is not UTF-8")
	}
	return visit(string(text), dataset.Ref{File: file})
}

// passages cuts a text.
func passages(text string) []string {
	var out, now []string
	words := 0
	end := func() {
		if words >= leastPassage {
			out = append(out, strings.Join(now, "\n\n"))
		}
		now, words = nil, 0
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, paragraph := range strings.Split(text, "\n\n") {
		for _, part := range sentences(strings.TrimSpace(paragraph)) {
			n := length(part)
			if words > 0 && words+n > longPassage {
				end()
			}
			if n == 0 {
				continue
			}
			now = append(now, part)
			if words += n; words >= shortPassage {
				end()
			}
		}
	}
	end()
	return out
}

// sentences cuts a paragraph that is too long after sentences, and gives another whole.
func sentences(paragraph string) []string {
	if length(paragraph) <= longPassage {
		return []string{paragraph}
	}
	var out []string
	from, words := 0, 0
	at := 0
	for at < len(paragraph) {
		end := sentenceEnd(paragraph[at:])
		n := length(paragraph[at : at+end])
		if words > 0 && words+n > longPassage {
			out = append(out, strings.TrimSpace(paragraph[from:at]))
			from, words = at, 0
		}
		words += n
		at += end
	}
	return append(out, strings.TrimSpace(paragraph[from:]))
}

// sentenceEnd is where the first sentence of a text ends, with the space after it.
func sentenceEnd(text string) int {
	for i, r := range text {
		switch r {
		case '。', '！', '？':
			return i + utf8.RuneLen(r)
		case '.', '!', '?', '\n':
			if next, size := utf8.DecodeRuneInString(text[i+1:]); r == '\n' || next == ' ' || next == '\n' {
				return i + 1 + min(size, len(text)-i-1)
			}
		}
	}
	return len(text)
}
