package experts

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/cria-llm/cria/curate"
)

// Pair is an instruction with its answer before and after somebody revised it.
type Pair struct {
	Line               int // where it begins, from 1
	Instruction, Input string
	Before, After      string
}

// Changed says that the revision is more than white space.
func (p Pair) Changed() bool {
	return strings.Join(strings.Fields(p.Before), " ") != strings.Join(strings.Fields(p.After), " ")
}

// exchange is the instruction with one of its answers.
func (p Pair) exchange(row int, answer string) curate.Exchange {
	x := curate.Exchange{
		Row:         row,
		Instruction: curate.Text{Text: p.Instruction, Field: "instruction"},
		Output:      curate.Text{Text: answer, Field: "output"},
	}
	if p.Input != "" {
		x.Input = curate.Text{Text: p.Input, Field: "input"}
	}
	return x
}

const (
	maxFile = 256 << 20
	maxText = 1 << 20
)

// Read reads a CSV file of revisions whose first line names the columns src, neg and pos, in any order: src is
// "Instruction: … Input: …", of which the input may be absent, neg is the answer as it was and pos as it was revised, each
// after "Response: ". Such files write line ends as \n, quotes as \" and characters as \u0000 inside a text; these are read
// as what they stand for, and several line ends as one, so that no answer is known by how it was written down.
func Read(path string) ([]Pair, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	pairs, err := read(bufio.NewReader(io.LimitReader(f, maxFile+1)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return pairs, nil
}

func read(r io.Reader) ([]Pair, error) {
	in := csv.NewReader(r)
	in.LazyQuotes = true
	head, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	column := map[string]int{}
	for i, name := range head {
		column[strings.TrimPrefix(strings.TrimSpace(name), "\ufeff")] = i
	}
	for _, name := range []string{"src", "neg", "pos"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("line 1: has no column %q: revisions have src (the instruction), neg (the answer as it was) and pos (as it was revised)", name)
		}
	}
	var pairs []Pair
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err // names the line
		}
		line, _ := in.FieldPos(0)
		if in.InputOffset() > maxFile {
			return nil, fmt.Errorf("longer than %d MiB", maxFile>>20)
		}
		for name, i := range column {
			if len(row[i]) > maxText {
				return nil, fmt.Errorf("line %d: column %q is longer than %d MiB", line, name, maxText>>20)
			}
		}
		p := Pair{Line: line, Before: answer(row[column["neg"]]), After: answer(row[column["pos"]])}
		ask := strings.TrimSpace(strings.TrimPrefix(written(row[column["src"]]), "Instruction:"))
		instruction, input, _ := strings.Cut(ask, "Input:")
		p.Instruction, p.Input = strings.TrimSpace(instruction), strings.TrimSpace(input)
		if p.Instruction == "" {
			return nil, fmt.Errorf("line %d: column \"src\" has no instruction: must be \"Instruction: …\"", line)
		}
		pairs = append(pairs, p)
	}
	if len(pairs) == 0 {
		return nil, errors.New("has no rows")
	}
	return pairs, nil
}

func answer(s string) string {
	return strings.TrimSpace(strings.TrimPrefix(written(s), "Response:"))
}

// written is a text whose escapes are what they stand for and whose empty lines are gone.
func written(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		switch i++; s[i] {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
		case '"':
			b.WriteByte('"')
		case 'u':
			c, used := escaped(s[i+1:])
			if used == 0 {
				b.WriteString(`\u`)
				continue
			}
			b.WriteRune(c)
			i += used
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	lines := strings.Split(b.String(), "\n")
	kept := lines[:0]
	for _, l := range lines {
		if l = strings.TrimRight(l, " \t\r"); l != "" {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}

// escaped reads the four digits after \u, and those of the other half of a surrogate pair. used is 0 where there are none.
func escaped(s string) (c rune, used int) {
	unit := func(s string) (rune, bool) {
		if len(s) < 4 {
			return 0, false
		}
		u, err := strconv.ParseUint(s[:4], 16, 16)
		return rune(u), err == nil
	}
	c, ok := unit(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(c) {
		return c, 4
	}
	if len(s) >= 10 && s[4:6] == `\u` {
		if low, ok := unit(s[6:]); ok {
			return utf16.DecodeRune(c, low), 10
		}
	}
	return '\ufffd', 4
}

// Shared counts the pairs of b that are in a, too.
func Shared(a, b []Pair) int {
	seen := make(map[[4]string]bool, len(a))
	for _, p := range a {
		seen[p.key()] = true
	}
	n := 0
	for _, p := range b {
		if seen[p.key()] {
			n++
		}
	}
	return n
}

func (p Pair) key() [4]string { return [4]string{p.Instruction, p.Input, p.Before, p.After} }
