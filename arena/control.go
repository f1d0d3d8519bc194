package arena

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
)

// Known is what a length-controlled win rate can know besides annotations, from alpaca_eval's tables. A row's instruction is
// known by its place in the file of annotations, from 0, as there.
type Known struct {
	difficulty map[int]float64
	gamed      []Gamed
}

// ReadDifficulties reads a table whose columns are the place of an instruction, named index or not at all, and
// instruction_difficulty.
func ReadDifficulties(path string) (*Known, error) {
	return readKnown(path, false)
}

// ReadGamed reads a table of verdicts on baselines that were told to be brief or wordy, with the columns index, preference (0 to
// 1), std_delta_len and instruction_difficulty. It has the difficulties too.
func ReadGamed(path string) (*Known, error) {
	return readKnown(path, true)
}

func readKnown(path string, gamed bool) (*Known, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	k, err := ParseKnown(io.LimitReader(f, most), gamed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// ParseKnown reads what [ReadGamed] does or, where it isn't gamed, [ReadDifficulties].
func ParseKnown(r io.Reader, gamed bool) (*Known, error) {
	table := csv.NewReader(r)
	head, err := table.Read()
	if err == io.EOF {
		return nil, errors.New("no table: want a line of names first")
	}
	if err != nil {
		return nil, err
	}
	column := map[string]int{}
	for i, name := range head {
		if name == "" && i == 0 {
			if name = "index"; gamed {
				continue // the numbers of the table's own rows
			}
		}
		column[name] = i
	}
	want := []string{"index", "instruction_difficulty"}
	if gamed {
		want = append(want, "preference", "std_delta_len")
	}
	for _, name := range want {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("line 1: no column %q", name)
		}
	}
	k := &Known{difficulty: map[int]float64{}}
	for {
		row, err := table.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := table.FieldPos(0)
		value := map[string]float64{}
		for _, name := range want {
			text := row[column[name]]
			if name == "preference" && text == "" {
				value[name] = math.NaN()
				continue
			}
			x, err := strconv.ParseFloat(text, 64)
			if err != nil || math.IsInf(x, 0) || math.IsNaN(x) && name != "preference" {
				return nil, fmt.Errorf("line %d: %s is %q: want a number", line, name, text)
			}
			value[name] = x
		}
		index := value["index"]
		if index < 0 || index != math.Trunc(index) || index > math.MaxInt32 {
			return nil, fmt.Errorf("line %d: index is %g: want the place of an instruction, from 0", line, index)
		}
		if _, ok := k.difficulty[int(index)]; !ok {
			k.difficulty[int(index)] = value["instruction_difficulty"]
		}
		if !gamed {
			continue
		}
		won := value["preference"]
		if math.IsNaN(won) {
			continue
		}
		if won < 0 || won > 1 {
			return nil, fmt.Errorf("line %d: preference is %g: want 0 to 1", line, won)
		}
		k.gamed = append(k.gamed, Gamed{won, value["std_delta_len"], value["instruction_difficulty"]})
	}
	if len(k.difficulty) == 0 {
		return nil, errors.New("no rows")
	}
	return k, nil
}

// Control is what is known about the rows of a.
func (k *Known) Control(a *Annotations) (Control, error) {
	c := Control{Gamed: k.gamed}
	for i := range a.Rows {
		d, ok := k.difficulty[i]
		if !ok {
			return c, fmt.Errorf("no difficulty of the instruction at place %d", i)
		}
		c.Difficulty = append(c.Difficulty, d)
	}
	return c, nil
}

// Form is alpaca_eval's name of the regression.
func (c Control) Form() string {
	switch {
	case c.Gamed != nil:
		return "length_controlled_v1"
	case c.Difficulty != nil:
		return "length_controlled_noreg"
	}
	return "length_controlled_minimal"
}
