package arithmetic

import (
	"regexp"
	"slices"
	"strings"
)

var (
	segments = regexp.MustCompile(`[\n;]+|, `)
	// "Day 1: 15 degrees", "Apple - $2.99"
	labelOf     = regexp.MustCompile(`^[-*• ]*([a-z][a-z' ]*?)(?: (?:\d+|[a-z])|\d+)?\s*(?::|=| - | – |: \$)\s*([$€£]?)(\d[\d,]*(?:\.\d+)?) ?(?:[a-z°]+)?\.?$`)
	notLabelled = regexp.MustCompile(`\b(?:each|per|units?|unit cost|number of|amount|times|tax|rate|discount|quantity|qty|hours?|principal|probability|weights?|weighted|budget|income|expenses?|profit|revenue|fees?|down payment|balance|speed|distance|percent|change|difference|growth|return|variance|deviation)\b|%`)
)

// labelled reads a question about values that are listed with their names, all of one kind: the days' temperatures, the prices
// of things.
func (q *question) labelled() (reading, bool) {
	ask, input, ok := strings.Cut(q.text, "\n")
	if !ok || notLabelled.MatchString(q.text) || strings.ContainsAny(ask, "0123456789") {
		return reading{}, false
	}
	var list []string
	first, money := "", 0
	alike := true
	parts := segments.Split(strings.TrimSpace(input), -1)
	for i, part := range parts {
		part = strings.TrimSpace(part)
		if part == "" || i == 0 && strings.HasSuffix(part, ":") && !strings.ContainsAny(part, "0123456789") {
			continue
		}
		m := labelOf.FindStringSubmatch(part)
		if m == nil {
			return reading{}, false
		}
		name, _, _ := strings.Cut(m[1], " ")
		if first == "" {
			first = name
		}
		alike = alike && name == first
		if m[2] != "" {
			money++
		}
		list = append(list, strings.ReplaceAll(m[3], ",", ""))
	}
	if len(list) < 2 || !alike && money != len(list) {
		return reading{}, false
	}
	asked := ask + " | " + strings.Join(list, ", ")
	r, ok := (&question{asked, read(asked)}).numbers()
	if ok && slices.ContainsFunc([]string{"the mean", "the sum", "the median"}, func(s string) bool { return strings.HasPrefix(r.what, s) }) {
		r.sure = min(r.sure, 0.9)
		return r, true
	}
	return reading{}, false
}
