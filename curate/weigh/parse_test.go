package weigh

import (
	"strings"
	"testing"
)

func TestPublishedRules(t *testing.T) {
	needs := map[string]string{
		"alpagasus": "alpagasus", "cherry-10": "ifd-loss", "deita": "deita", "important": "rarity loss",
		"superfiltering": "ifd-ppl", "superfiltering-d": "ifd-ppl",
	}
	if len(Names()) != len(needs) {
		t.Errorf("rules %v", Names())
	}
	for _, name := range Names() {
		r, err := Named(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Join(r.Needs(), " "); got != needs[name] || r.About == "" {
			t.Errorf("%s needs %q, want %q; it is about %q", name, got, needs[name], r.About)
		}
	}
	if _, err := Named("none"); err == nil || !strings.Contains(err.Error(), "one of alpagasus, cherry-10") {
		t.Errorf("error %v", err)
	}
}

func TestBadRulesNameTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                                                         "no rules in it",
		"drop: [":                                                  "line 1",
		"about: x\n---\n{}":                                        "a second YAML document",
		"- 1":                                                      "line 1: rules: want key: value pairs",
		"drop: [length < 3]\nwight: {}":                            `line 2: rules has no key "wight": it may have about, clusters, drop`,
		"drop: [length < 3]\ndrop: []":                             `line 2: rules: "drop" is there twice`,
		"drop: [length = 3]":                                       `line 1: "length = 3": want SCORE, then <`,
		"drop:\n  - length < x":                                    `line 2: "x": want a number`,
		"drop:\n  - lenght < 3":                                    `line 2: there is no score "lenght": one of ifd-loss, ifd-ppl`,
		"drop: [length < .nan]":                                    "want a number",
		"select: [{by: length}]":                                   "line 1: a step needs one of top, bottom",
		"select: [{top: 0.1}]":                                     "top: by which score?",
		"select: [{top: 0.0, by: length}]":                         "share 0.0: want more than 0",
		"select: [{top: 1.5, by: length}]":                         "share 1.5: want more than 0 and at most 1.0",
		"select: [{top: -3, by: length}]":                          `"-3": want a whole number from 1`,
		"select: [{k-center: 3, by: length}]":                      "k-center does not go by a score",
		"select: [{top: 3, random: 3, by: length}]":                "a step is top or random, not both",
		"select: [{random: 3, per: town}]":                         `per "town": want cluster, category, or field:NAME`,
		"select: [{random: 3, of: remaining}]":                     "of: belongs to a share",
		"select: [{random: 3, per: category}]":                     "a rule goes by keywords, and there are none",
		"weight: {}":                                               "weight has no terms",
		"weight: {terms: [{to: [1, 2]}]}":                          "a term needs a score",
		"weight: {terms: [{score: length, to: [1]}]}":              "want two numbers",
		"weight: {terms: [{score: length, to: [-1, 2]}]}":          "a weight is not below 0",
		"weight: {terms: [{score: length, transform: square}]}":    `"square": want one of quantile, linear`,
		"weight: {terms: [{score: length, transform: threshold}]}": "a threshold needs it",
		"weight: {terms: [{score: length, at: 3}]}":                "at: belongs to transform threshold",
		"weight: {terms: [{score: length, from: [0, 2]}]}":         "want 0 to 1",
		"weight: {terms: [{score: length, transform: log, from: [0, 2]}]}": "above 0",
		"weight: {terms: [{score: length, transform: none, to: [0, 2]}]}":  "transform none has no from or to",
		"weight: {clamp: [2, 1], terms: []}":                               "want two numbers, [least, most]",
		"repeat: {score: length}":                                          "repeat needs a score, and quantiles or thresholds",
		"repeat: {score: length, quantiles: {2: 3}}":                       "quantile 2: want 0 to 1",
		"repeat: {score: length, thresholds: {2: 1001}}":                   "want a whole number from 0 to 1000",
		"repeat: {score: length, quantiles: {0: 1}, thresholds: {0: 1}}":   "quantiles or thresholds, not both",
		"keywords: {a: {worth: 2}}":                                        "category a has no words",
		"keywords: {a: {words: [x], worth: -2}}":                           "want 0 or more",
		"scores: [keywords]":                                               "there are none",
		"x: &a [1]\nscores: *a":                                            `no key "x"`,
		"scores: &a [length]\nkeywords: {a: {words: *a}}":                  "words: want a list",
		"missing: perhaps":                                                 `"perhaps": want one of keep, drop`,
	} {
		_, err := ParseRules([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func FuzzRules(f *testing.F) {
	for _, name := range Names() {
		text, err := Text(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("keywords: {a: {words: [x], worth: 2}}\nselect: [{random: 0.5, per: category, seed: 3}]\nrepeat: {score: keywords, thresholds: {2: 3}}")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRules([]byte(text))
		if err != nil {
			if r == nil && err.Error() == "" {
				t.Fatal("an error without a word")
			}
			return
		}
		if _, err := withParts(r.Needs()); err != nil {
			t.Fatalf("rules that were read name a score that is none: %v", err)
		}
	})
}
