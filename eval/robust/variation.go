package robust

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Names of variations.
const (
	Order      = "order"      // the options in the prompt stand in another order
	Paraphrase = "paraphrase" // the prompt in the task's other words
	Template   = "template"   // in the model's conversation template, or without it where the task asks in it
	Typos      = "typos"      // mistyped letters in the question
	Case       = "case"       // other capitals in the question
	Distractor = "distractor" // a sentence beside the question that has nothing to do with it
	Sampled    = "sampled"    // answers that are drawn
)

// How the letters' case or the place of a distractor is.
const (
	lower  = "lower"
	upper  = "upper"
	random = "random"
	before = "before"
	after  = "after"
)

// Variation is one way to ask the same.
type Variation struct {
	Name string
	How  string  // of case: lower, upper or random; of distractor: before or after
	Rate float64 // of typos and case: of how many letters
}

// kind is what may be said of a variation, the first of hows when nothing is.
type kind struct {
	name string
	hows []string
	rate func(how string) float64 // when none is given; nil where there is no rate
}

func kinds() []kind {
	fixed := func(rate float64) func(string) float64 { return func(string) float64 { return rate } }
	return []kind{
		{name: Order}, {name: Paraphrase}, {name: Template},
		{name: Typos, rate: fixed(0.05)},
		{name: Case, hows: []string{upper, lower, random}, rate: func(how string) float64 {
			if how == random {
				return 0.5
			}
			return 1
		}},
		{name: Distractor, hows: []string{before, after}},
		{name: Sampled},
	}
}

// All are the variations as they are when nothing is said of them.
func All() []Variation {
	var list []Variation
	for _, k := range kinds() {
		list = append(list, k.plain())
	}
	return list
}

func (k kind) plain() Variation {
	v := Variation{Name: k.name}
	if len(k.hows) > 0 {
		v.How = k.hows[0]
	}
	if k.rate != nil {
		v.Rate = k.rate(v.How)
	}
	return v
}

// Parse reads variations, each a name with nothing behind it or what [Variation.String] writes: "typos=0.1", "case=random:0.2",
// "distractor=after". Of no list it is all.
func Parse(list []string) ([]Variation, error) {
	if len(list) == 0 {
		return All(), nil
	}
	var out []Variation
	for _, text := range list {
		v, err := parse(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		if slices.Contains(out, v) {
			return nil, fmt.Errorf("%s is there twice", v)
		}
		out = append(out, v)
	}
	return out, nil
}

func parse(text string) (Variation, error) {
	name, setting, has := strings.Cut(text, "=")
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
		if k.name != name {
			continue
		}
		v := k.plain()
		if !has {
			return v, nil
		}
		rate := setting
		if len(k.hows) > 0 {
			var how string
			how, rate, has = strings.Cut(setting, ":")
			if !slices.Contains(k.hows, how) || has && k.rate == nil {
				return v, fmt.Errorf("%s: %s is %s, not %q", text, name, strings.Join(k.hows, ", "), setting)
			}
			v.How = how
			if k.rate != nil {
				v.Rate = k.rate(how)
			}
			if !has {
				return v, nil
			}
		}
		if k.rate == nil {
			return v, fmt.Errorf("%s: %s has no setting", text, name)
		}
		x, err := strconv.ParseFloat(rate, 64)
		if err != nil || !(x >= 0 && x <= 1) {
			return v, fmt.Errorf("%s: the rate is a share of letters, from 0 to 1, as in %s", text, k.plain())
		}
		v.Rate = x
		return v, nil
	}
	return Variation{}, fmt.Errorf("there is no variation %q: one of %s", name, strings.Join(names, ", "))
}

// String writes a variation as [Parse] reads it.
func (v Variation) String() string {
	rate := strconv.FormatFloat(v.Rate, 'g', -1, 64)
	switch v.Name {
	case Typos:
		return v.Name + "=" + rate
	case Case:
		return v.Name + "=" + v.How + ":" + rate
	case Distractor:
		return v.Name + "=" + v.How
	}
	return v.Name
}
