package arithmetic

import (
	"regexp"
	"slices"
	"strings"
)

// figure is a measure of a shape and its formulas, each for the dimensions that may be given. In a formula a, b and c are the
// dimensions in the order of their names.
type figure struct {
	measure, shape *regexp.Regexp
	formulas       []formula
}

type formula struct {
	names   []string // patterns of the dimensions' names; nil: as many numbers as wanted, in any order
	numbers int      // where names is nil
	expr    string
}

func dims(expr string, names ...string) formula { return formula{names: names, expr: expr} }
func anyOrder(expr string, numbers int) formula { return formula{numbers: numbers, expr: expr} }
func figureOf(measure, shape string, f ...formula) figure {
	return figure{named(measure), named(shape), f}
}
func named(s string) *regexp.Regexp { return regexp.MustCompile(`\b(?:` + s + `)\b`) }

const (
	side   = `sides?|edges?|lengths?|long|side lengths?`
	radius = `radius|radii`
	height = `height|high|tall`
	prism  = `rectangular prism|cuboid|rectangular box|box|rectangular solid`
)

// figures in the order in which they are tried: the particular ones first.
var figures = []figure{
	figureOf(`surface area`, `cube`, dims("6 * a^2", side)),
	figureOf(`surface area`, `sphere`, dims("4 * pi * a^2", radius), dims("pi * a^2", `diameter`)),
	figureOf(`surface area`, `cylinder`, dims("2 * pi * a * (a + b)", radius, height)),
	figureOf(`surface area`, `cone`, dims("pi * a * (a + sqrt(a^2 + b^2))", radius, height)),
	figureOf(`surface area`, prism, anyOrder("2 * (a * b + b * c + a * c)", 3)),
	figureOf(`surface area`, `.*`), // of nothing else
	figureOf(`volume`, `cube`, dims("a^3", side)),
	figureOf(`volume`, `sphere`, dims("4 * pi * a^3 / 3", radius), dims("pi * a^3 / 6", `diameter`)),
	figureOf(`volume`, `cylinder`, dims("pi * a^2 * b", radius, height), dims("pi * a^2 * b / 4", `diameter`, height)),
	figureOf(`volume`, `cone`, dims("pi * a^2 * b / 3", radius, height)),
	figureOf(`volume`, prism, anyOrder("a * b * c", 3)),
	figureOf(`hypot[eh]+n[eu]+se`, `triangle|sides|legs`, anyOrder("sqrt(a^2 + b^2)", 2)),
	figureOf(`circumference|perimeter`, `circle|ball|wheel`, dims("2 * pi * a", radius), dims("pi * a", `diameter`)),
	figureOf(`area`, `circle|circular`, dims("pi * a^2", radius), dims("pi * a^2 / 4", `diameter`)),
	figureOf(`area`, `equilateral triangle`, dims("a^2 * sqrt(3) / 4", side)),
	figureOf(`perimeter`, `equilateral triangle`, dims("3 * a", side)),
	figureOf(`perimeter`, `triangle`, anyOrder("a + b + c", 3)),
	figureOf(`area`, `triangle`, dims("a * b / 2", `base`, height), anyOrder("sqrt((a + b + c) * (b + c - a) * (a + c - b) * (a + b - c)) / 4", 3)),
	figureOf(`area`, `square`, dims("a^2", side)),
	figureOf(`perimeter`, `square`, dims("4 * a", side)),
	figureOf(`area`, `rectangle|rectangular`, anyOrder("a * b", 2)),
	figureOf(`perimeter`, `rectangle|rectangular`, anyOrder("2 * (a + b)", 2)),
	figureOf(`area`, `rhombus`, dims("a * b / 2", `diagonals?(?: 1)?`, `diagonal 2|and`)),
}

var (
	// What makes a question about a shape another one.
	notShape  = named(`vert(?:ex|ices)|points?|angles?|regular|polygon|hexagon|pentagon|octagon|cost|paint|tiles?|remaining|shaded|ratio|twice|half|double|perimeter is|area is|(?:area|perimeter|volume|circumference)(?: of| =|:)? \d+|its (?:area|volume|perimeter|circumference)|(?:find|calculate|compute|determine|what is) the (?:radius|diameter|height|length|width|base)|diagonals? of|equation|formula|coordinates?|sides? (?:is|are) (?:unknown|missing)|slant|semi-?circle|segment|arc|sector`)
	measured  = regexp.MustCompile(`(?:surface |\b)area\b|\bvolume\b|\bperimeter\b|\bcircumference\b|\bhypot[eh]+n[eu]+se\b`)
	dimension = regexp.MustCompile(`[a-z]+`)
)

// figure reads what is asked about a shape.
func (q *question) figure() (reading, bool) {
	if _, blocked := q.strange(); blocked || notShape.MatchString(q.text) {
		return reading{}, false
	}
	measures := map[string]bool{}
	for _, m := range measured.FindAllString(q.text, -1) {
		measures[m] = true
	}
	if len(measures) != 1 {
		return reading{}, false
	}
	for _, f := range figures {
		at := f.measure.FindStringIndex(q.text)
		if at == nil || !f.shape.MatchString(q.text) {
			continue
		}
		for _, g := range f.formulas {
			n, ok := q.dimensions(g)
			if !ok {
				continue
			}
			r, ok := calculated("", g.expr)(n)
			if !ok || r.any[0].Sign() <= 0 {
				return reading{}, false
			}
			r.what = "the " + q.text[at[0]:at[1]]
			return r, true
		}
		return reading{}, false
	}
	return reading{}, false
}

// dimensions are the values that a formula takes, if the question gives those and no other numbers. One length in two units
// is no question for a formula.
func (q *question) dimensions(g formula) ([]value, bool) {
	var all []value
	var at [][2]int
	for i, t := range q.tokens {
		if t.kind != number {
			continue
		}
		if t.value.Sign() <= 0 || i > 0 && (q.tokens[i-1].kind == power || q.tokens[i-1].kind == minus && q.tokens[i-1].end == t.start && i > 1 && q.tokens[i-2].kind != number) {
			return nil, false
		}
		all = append(all, value{t.value, true})
		at = append(at, [2]int{t.start, t.end})
	}
	if unit := q.unitsOf(); len(unit) > 1 {
		return nil, false
	}
	if g.names == nil {
		if len(all) == 2*g.numbers && slices.EqualFunc(all[:g.numbers], all[g.numbers:], func(a, b value) bool { return a.Cmp(b.Rat) == 0 }) {
			all = all[:g.numbers]
		}
		return all, len(all) == g.numbers
	}
	if len(all) != len(g.names) {
		if len(g.names) != 1 || len(all) != 2 || all[0].Cmp(all[1].Rat) != 0 { // the same number twice
			return nil, false
		}
		all = all[:1]
	}
	var out []value
	used := map[int]bool{}
	for _, name := range g.names {
		re := named(name)
		found := -1
		for i := range all {
			if used[i] {
				continue
			}
			from := 0
			if i > 0 {
				from = at[i-1][1]
			}
			after := q.text[at[i][1]:min(len(q.text), at[i][1]+16)]
			if i+1 < len(at) {
				after = q.text[at[i][1]:min(at[i+1][0], at[i][1]+16)]
			}
			if re.MatchString(q.text[max(from, at[i][0]-60):at[i][0]]) || re.MatchString(after) && !strings.Contains(after, ",") {
				found = i
				break
			}
		}
		if found < 0 {
			return nil, false
		}
		used[found] = true
		out = append(out, all[found])
	}
	return out, true
}

// unitsOf are the units of length that follow numbers.
func (q *question) unitsOf() map[string]bool {
	out := map[string]bool{}
	for i, t := range q.tokens[:max(0, len(q.tokens)-1)] {
		if next := q.tokens[i+1]; t.kind == number && next.kind == word {
			if u, ok := unitOf(dimension.FindString(next.word)); ok && u.dimension == "length" {
				out[u.factors[0]] = true
			}
		}
	}
	return out
}
