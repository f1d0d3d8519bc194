package dataset

import (
	"errors"
	"fmt"
	"math"
)

// Part says how much of an epoch the examples of a file have. The zero value leaves it to the rows themselves.
type Part struct {
	File string // or what stands for several: see [Files]
	// Repeat is how often an epoch has the file's examples, besides what their rows say; 0 means 1. Of a repeat of 2.5 an
	// epoch has each example two or three times.
	Repeat float64
	// Share, above 0, is the share of an epoch's loss weight that the file is to carry, 0 to 1, instead of a repeat.
	Share float64
}

// Source tells what a file has in an epoch. Numbers of an epoch are means, where a repeat is no whole number.
type Source struct {
	File   string
	Rows   int     // of the file, that are trained on
	Times  float64 // how often an epoch has them, besides what the rows say
	Tokens float64 // in an epoch
	Labels float64 // of these, learned
	Weight float64 // share of the epoch's loss weight, 0 to 1
}

// Mix makes the examples of each file, told apart by the file of their [Ref], as frequent as its part says, by setting
// their Times, and tells what each file then has in an epoch. Where some files have shares, the others are as frequent as
// their repeats say, and the shares are of what all carry together; where all have, an epoch carries as much as it would
// without.
func Mix(tokens []Tokens, parts []Part) ([]Source, error) {
	out := make([]Source, len(parts))
	weight := make([]float64, len(parts)) // of the labels of an epoch as the rows have it
	index := make(map[string]int, len(parts))
	for i, p := range parts {
		if err := p.check(); err != nil {
			return nil, err
		}
		if k, ok := index[p.File]; ok {
			if p != parts[k] || p.Share > 0 {
				return nil, fmt.Errorf("%s is given twice, and not alike: give it once, with one repeat or share", p.File)
			}
			continue
		}
		index[p.File] = i
		if files, err := Files(p.File); err == nil { // rows that are not on the disk are known by the name alone
			for _, f := range files {
				if k, ok := index[f]; ok && k != i {
					return nil, fmt.Errorf("%s is a part of %s and of %s: give it once", f, parts[k].File, p.File)
				}
				index[f] = i
			}
		}
		out[i] = Source{File: p.File, Times: 1}
		if p.Repeat > 0 {
			out[i].Times = p.Repeat
		}
	}
	var last Ref
	for i := range tokens {
		t := &tokens[i]
		k, ok := index[t.Ref.File]
		if !ok {
			return nil, fmt.Errorf("%s: of a file that is not in the mixture", t.Ref)
		}
		if i == 0 || t.Ref != last {
			out[k].Rows++
		}
		last = t.Ref
		labels := float64(t.labels()) * float64(t.Repeat)
		out[k].Tokens += float64(len(t.IDs)) * float64(t.Repeat)
		out[k].Labels += labels
		if t.Rated { // its answer has one loss, however long it is
			labels = float64(t.Repeat)
		}
		weight[k] += labels * float64(t.Weight)
	}
	if err := times(out, weight, parts); err != nil {
		return nil, err
	}
	total := 0.0
	for k := range out {
		out[k].Tokens *= out[k].Times
		out[k].Labels *= out[k].Times
		weight[k] *= out[k].Times
		total += weight[k]
	}
	for i := range tokens {
		if t := &tokens[i]; out[index[t.Ref.File]].Times != 1 {
			t.Times = out[index[t.Ref.File]].Times
		}
	}
	list := out[:0]
	for k := range out {
		if out[k].File == "" {
			continue // another mention of a file
		}
		if total > 0 {
			out[k].Weight = weight[k] / total
		}
		list = append(list, out[k])
	}
	return list, nil
}

func (p Part) check() error {
	switch {
	case p.File == "":
		return errors.New("a part of the mixture has no file")
	case !(p.Repeat >= 0 && p.Repeat <= MaxRepeat):
		return fmt.Errorf("%s: repeat is %v: a number above 0, at most %d", p.File, p.Repeat, MaxRepeat)
	case !(p.Share >= 0 && p.Share <= 1):
		return fmt.Errorf("%s: share is %v: a number above 0, at most 1", p.File, p.Share)
	case p.Repeat > 0 && p.Share > 0:
		return fmt.Errorf("%s: repeat and share are both set: one of them says how much of an epoch it has", p.File)
	}
	return nil
}

// times settles the Times of files with shares. weight is what each carries seen once.
func times(out []Source, weight []float64, parts []Part) error {
	shares, fixed, all := 0.0, 0.0, 0.0
	shared, others := 0, 0
	for k, p := range parts {
		if out[k].File == "" {
			continue
		}
		all += weight[k]
		if p.Share > 0 {
			shares += p.Share
			shared++
			if weight[k] == 0 {
				return fmt.Errorf("%s: share is %v, and nothing of it is learned", p.File, p.Share)
			}
		} else {
			others++
			fixed += weight[k] * out[k].Times
		}
	}
	const slack = 1e-6 // of decimal fractions
	total := all
	switch {
	case shared == 0:
		return nil
	case others == 0 && math.Abs(shares-1) > slack:
		return fmt.Errorf("the shares add up to %v: 1 where every file has one", shares)
	case others > 0 && shares >= 1-slack:
		return fmt.Errorf("the shares add up to %v: less than 1, for the files that have none", shares)
	case others > 0 && fixed == 0:
		return errors.New("shares of nothing: nothing of the files without a share is learned")
	case others > 0:
		total = fixed / (1 - shares)
	}
	for k, p := range parts {
		if p.Share == 0 || out[k].File == "" {
			continue
		}
		out[k].Times = p.Share * total / weight[k]
		if whole := math.Round(out[k].Times); math.Abs(out[k].Times-whole) < 1e-9*whole {
			out[k].Times = whole // what rounding took off a whole number of repeats
		}
		if out[k].Times > MaxRepeat {
			return fmt.Errorf("%s: a share of %v means to repeat it %.0f times: at most %d", p.File, p.Share, out[k].Times, MaxRepeat)
		}
	}
	return nil
}
