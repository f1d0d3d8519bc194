package arithmetic

import (
	"math/big"
	"slices"
	"strings"
)

// listOps are what is asked about several numbers.
var listOps = []struct {
	name  string
	words []string // any of them
	least int      // numbers
	most  int      // 0: any
	do    func(n []value) (reading, bool)
}{
	{"the greatest common divisor", []string{"gcd", "gcf", "hcf", "greatest common", "highest common"}, 2, 0, common(gcd)},
	{"the least common multiple", []string{"lcm", "least common multiple", "lowest common multiple", "smallest common multiple"}, 2, 0, common(lcm)},
	{"the mean", []string{"average", "mean"}, 2, 0, func(n []value) (reading, bool) {
		s := sum(n)
		return one("", value{s.Quo(s, big.NewRat(int64(len(n)), 1)), true}, 0.95), true
	}},
	{"the median", []string{"median"}, 2, 0, median},
	{"the mode", []string{"mode"}, 3, 0, mode},
	{"the range", []string{"range"}, 3, 0, func(n []value) (reading, bool) {
		return one("", value{new(big.Rat).Sub(slices.MaxFunc(n, cmp).Rat, slices.MinFunc(n, cmp).Rat), true}, 0.9), true
	}},
	{"the difference", []string{"difference", "subtract"}, 2, 2, func(n []value) (reading, bool) {
		d := new(big.Rat).Sub(n[0].Rat, n[1].Rat)
		return reading{any: []value{{d, true}, {new(big.Rat).Neg(d), true}}, sure: 0.9}, true
	}},
	{"the product", []string{"product of", "product given", "multiply", "multiplication"}, 2, 0, func(n []value) (reading, bool) {
		p := big.NewRat(1, 1)
		for _, v := range n {
			p.Mul(p, v.Rat)
		}
		return one("", value{p, true}, 0.95), true
	}},
	{"the sum", []string{"sum", "total", "add", "addition", "added"}, 2, 0, func(n []value) (reading, bool) { return one("", value{sum(n), true}, 0.95), true }},
	{"in ascending order", []string{"ascending", "increasing", "smallest to largest", "least to greatest", "lowest to highest", "smallest to greatest", "smallest to biggest"}, 3, 0, func(n []value) (reading, bool) {
		s := slices.SortedFunc(slices.Values(n), cmp)
		return reading{list: s, ordered: true, sure: 0.95}, true
	}},
	{"in descending order", []string{"descending", "decreasing", "largest to smallest", "greatest to least", "highest to lowest", "greatest to smallest", "biggest to smallest"}, 3, 0, func(n []value) (reading, bool) {
		s := slices.SortedFunc(slices.Values(n), cmp)
		slices.Reverse(s)
		return reading{list: s, ordered: true, sure: 0.95}, true
	}},
	{"the largest", []string{"largest", "greatest", "biggest", "highest", "maximum", "max"}, 2, 0, func(n []value) (reading, bool) { return one("", slices.MaxFunc(n, cmp), 0.9), true }},
	{"the smallest", []string{"smallest", "lowest", "minimum", "min"}, 2, 0, func(n []value) (reading, bool) { return one("", slices.MinFunc(n, cmp), 0.9), true }},
}

func cmp(a, b value) int { return a.Cmp(b.Rat) }

func sum(n []value) *big.Rat {
	s := new(big.Rat)
	for _, v := range n {
		s.Add(s, v.Rat)
	}
	return s
}

func median(n []value) (reading, bool) {
	s := slices.SortedFunc(slices.Values(n), cmp)
	if len(s)%2 == 1 {
		return one("", s[len(s)/2], 0.95), true
	}
	m := new(big.Rat).Add(s[len(s)/2-1].Rat, s[len(s)/2].Rat)
	return one("", value{m.Mul(m, half), true}, 0.95), true
}

// mode is there where one number is more frequent than all others.
func mode(n []value) (reading, bool) {
	count := map[string]int{}
	for _, v := range n {
		count[v.RatString()]++
	}
	best, ties := 0, 0
	var at value
	for _, v := range n {
		switch c := count[v.RatString()]; {
		case c > best:
			best, ties, at = c, 1, v
		case c == best && v.Cmp(at.Rat) != 0:
			ties++
		}
	}
	return one("", at, 0.95), best > 1 && ties == 1
}

func gcd(a, b *big.Int) *big.Int { return new(big.Int).GCD(nil, nil, a, b) }

func lcm(a, b *big.Int) *big.Int {
	p := new(big.Int).Mul(a, b)
	return p.Quo(p, gcd(a, b))
}

// common folds positive whole numbers.
func common(f func(a, b *big.Int) *big.Int) func(n []value) (reading, bool) {
	return func(n []value) (reading, bool) {
		var at *big.Int
		for _, v := range n {
			if !v.IsInt() || v.Sign() <= 0 {
				return reading{}, false
			}
			if at == nil {
				at = v.Num()
			} else if at = f(at, v.Num()); at.BitLen() > maxBits {
				return reading{}, false
			}
		}
		return one("", value{new(big.Rat).SetInt(at), true}, 0.97), true
	}
}

// list is the one list of numbers in the question: numbers with nothing but commas, "and" and brackets between them. It may
// stand there twice.
func (q *question) list() (n []value, from, to int) {
	var lists [][]value
	var at []value
	var part []token
	flush := func() {
		if len(part) > 0 {
			if v, _, err := evaluate(part, nil); err == nil {
				at = append(at, v)
			} else {
				at = append(at, value{})
			}
		}
		part = nil
	}
	finish := func() {
		flush()
		if len(at) > 0 {
			lists = append(lists, at)
		}
		at = nil
	}
	for i, t := range q.tokens {
		separator := t.kind == mark && strings.Contains(",;&|\"'", t.word) || t.kind == word && t.word == "and" || t.kind == open || t.kind == shut
		switch {
		case t.kind == number && len(part) > 0 && part[len(part)-1].kind == number: // white space alone
			flush()
			part = append(part, t)
			to = t.end
		case t.kind == number || t.kind == over && len(part) > 0 && t.glued || t.kind == minus && len(part) == 0 && i+1 < len(q.tokens) && q.tokens[i+1].kind == number && q.tokens[i+1].glued:
			if len(at) == 0 && len(part) == 0 {
				from = t.start
			}
			part = append(part, t)
			to = t.end
		case separator && (len(at) > 0 || len(part) > 0):
			flush()
		default:
			finish()
		}
	}
	finish()
	if len(lists) == 2 && len(lists[0]) == 1 && lists[0][0].Rat != nil && lists[0][0].Cmp(big.NewRat(int64(len(lists[1])), 1)) == 0 { // these 3 numbers: 1, 3, 5
		lists = lists[1:]
	}
	if len(lists) == 0 || len(lists) > 2 || slices.ContainsFunc(lists[0], func(v value) bool { return v.Rat == nil }) {
		return nil, 0, 0
	}
	if len(lists) == 2 && !slices.EqualFunc(lists[0], lists[1], func(a, b value) bool { return b.Rat != nil && a.Cmp(b.Rat) == 0 }) {
		return nil, 0, 0
	}
	return lists[0], from, to
}

// numbers reads what is asked about a list of numbers.
func (q *question) numbers() (reading, bool) {
	n, from, to := q.list()
	strange, blocked := q.strange()
	if len(n) == 0 || strange > 12 {
		return reading{}, false
	}
	around := " " + q.text[:from] + " " + q.text[to:] + " "
	if blocked && !strings.Contains(around, "common factor") || slices.ContainsFunc(otherwise, func(w string) bool { return strings.Contains(around, w) }) {
		return reading{}, false
	}
	rest, found := around, -1
	for i, op := range listOps {
		for _, w := range op.words {
			if !strings.Contains(rest, w) || !contains(q, w) {
				continue
			}
			if found >= 0 && found != i { // the average and the sum
				return reading{}, false
			}
			found = i
			rest = strings.ReplaceAll(rest, w, "")
		}
	}
	if found < 0 {
		return reading{}, false
	}
	op := listOps[found]
	if len(n) < op.least || op.most > 0 && len(n) > op.most {
		return reading{}, false
	}
	r, ok := op.do(n)
	if !ok {
		return r, false
	}
	if strange > 0 {
		r.sure = min(r.sure, 0.9-0.03*float64(strange))
	}
	r.what = op.name + " of " + q.text[from:to]
	if r.list != nil {
		r.what = q.text[from:to] + " " + op.name
	}
	return r, true
}

// otherwise are parts of questions that ask for something else about a list.
var otherwise = []string{"square", "cube", " odd", " even", "prime", "first", "second", "third", " all ", "root", "weigh", "digit", "subsequence", "subset", "subarray", "index",
	"number of elements", "number of items", " by ", "divisible", "non", "adjacent", "sentence", "pairs", "pair of numbers with", "closest", "missing", "position", "count", "how many", "%", "percent", "missing", "highest average", "lowest average", "is in ", "product was", "odd one", "group"}

// contains says whether the question has a word, or a phrase, as such.
func contains(q *question, phrase string) bool {
	if strings.Contains(phrase, " ") {
		return true
	}
	return slices.ContainsFunc(q.tokens, func(t token) bool { return t.kind == word && (t.word == phrase || t.word == phrase+"s") })
}
