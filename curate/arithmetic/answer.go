package arithmetic

import (
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// shown is a number, or a short expression such as 3/4, that an answer gives.
type shown struct {
	value
	start, end int
	decimals   int // -1 for a fraction, which is not rounded
	grouped    bool
	percent    bool
	about      bool // "approximately"
}

// scales are words after a number that multiply it.
var scales = map[string]int64{"hundred": 100, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}

// given are the numbers of an answer.
func given(tokens []token) []shown {
	var out []shown
	add := func(run []token, v value) {
		s := shown{value: v, start: run[0].start, end: run[len(run)-1].end}
		s.percent = run[len(run)-1].kind == percent
		at := slices.IndexFunc(tokens, func(t token) bool { return t.start == run[0].start })
		if digits := slices.IndexFunc(run, func(t token) bool { return t.kind == number }); digits >= 0 {
			s.decimals, s.grouped = run[digits].decimals, run[digits].grouped
		}
		if s.percent {
			s.decimals += 2
		}
		if len(run) > 1 && slices.ContainsFunc(run, func(t token) bool { return t.kind == over || t.kind == root || t.kind == power || t.kind == times }) {
			s.decimals = -1
		}
		for i := at - 1; i >= 0 && i >= at-2; i-- {
			s.about = s.about || tokens[i].kind == about
		}
		if after := at + len(run); after < len(tokens) {
			if t := tokens[after]; scales[t.word] != 0 {
				f := big.NewRat(scales[t.word], 1)
				s.value = value{new(big.Rat).Mul(v.Rat, f), v.exact}
				s.decimals -= len(f.Num().String()) - 1
				s.end = t.end
			}
		}
		out = append(out, s)
	}
	for _, run := range runs(tokens) {
		if at := slices.IndexFunc(tokens, func(t token) bool { return t.start == run[0].start }); at > 0 {
			before := tokens[at-1]
			if before.kind == power || before.kind == word && run[0].glued { // cm^2, v2
				run = run[1:]
				if len(run) == 0 {
					continue
				}
			}
		}
		if v, _, err := evaluate(run, nil); err == nil {
			add(run, v)
			continue
		}
		for i, t := range run {
			if t.kind == number && (i == 0 || run[i-1].kind != power) {
				add(run[i:i+1], value{t.value, true})
			}
		}
	}
	return out
}

// tail is where the last statement of a text begins that gives a result: after its last "=", "is" or ":".
var tail = regexp.MustCompile(`(?i)=|≈|\b(?:is|are|equals?|be|gives?|get|to|approximately|yields?)\b|:`)

// cut is the end of an answer whose number is missing.
var cut = regexp.MustCompile(`(?:[$€£=:,(]|\b(?:is|are|to|of|equals|and))\s*$`)

var half = big.NewRat(1, 2)

// agrees says whether a number is what was wanted, as it is rounded.
func (r reading) agrees(s shown) bool {
	other := s
	switch hundred := big.NewRat(100, 1); {
	case s.percent:
		other.Rat = new(big.Rat).Mul(s.Rat, hundred)
		if s.decimals >= 2 {
			other.decimals -= 2
		}
	case r.percent:
		other.Rat = new(big.Rat).Quo(s.Rat, hundred)
		if s.decimals >= 0 {
			other.decimals += 2
		}
	}
	for _, want := range r.any {
		if same(s, want, r.loose) || same(other, want, r.loose) {
			return true
		}
	}
	return false
}

// same compares a number as it is shown with the exact one: it may be rounded or cut off where it ends, but a whole number
// stands for a fraction only where the answer says so, or a fraction can't be meant.
func same(s shown, want value, loose bool) bool {
	diff := new(big.Rat).Sub(s.Rat, want.Rat)
	diff.Abs(diff)
	if diff.Sign() == 0 {
		return true
	}
	size := new(big.Rat).Abs(want.Rat)
	if loose && diff.Cmp(new(big.Rat).Mul(size, big.NewRat(1, 100))) <= 0 {
		return true
	}
	if s.about && diff.Cmp(new(big.Rat).Mul(size, big.NewRat(2, 100))) <= 0 {
		return true
	}
	if s.decimals > 8 && diff.Cmp(new(big.Rat).Mul(size, big.NewRat(1, 1e9))) <= 0 { // floating point
		return true
	}
	if s.decimals > 0 || s.decimals == 0 && !want.IsInt() {
		last := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(s.decimals)), nil))
		if want.Rat.Sign() == s.Sign() && new(big.Rat).Abs(s.Rat).Cmp(size) < 0 { // cut off
			return diff.Cmp(last) < 0
		}
		return diff.Cmp(last.Mul(last, half)) <= 0
	}
	if s.decimals < -1 { // 5.2 million
		last := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-s.decimals)), nil))
		return diff.Cmp(last.Mul(last, half)) <= 0
	}
	// Long results are given in floating point.
	return want.Num().BitLen() > 50 && diff.Cmp(new(big.Rat).Mul(size, big.NewRat(1, 1e9))) <= 0
}

// verdict of an answer.
type verdict int

const (
	unclear verdict = iota
	right
	wrong
)

// judge compares an answer with a reading. at is the number that is wrong, for the one result that the answer gives. What
// the answer repeats of the question is no result of it, unless it comes last.
func (r reading) judge(q *question, text string) (v verdict, at *shown) {
	if cut.MatchString(text) {
		return unclear, nil
	}
	if r.yes != nil {
		return r.judgeYes(text), nil
	}
	if r.form != nil {
		return r.judgeForm(q, text)
	}
	tokens := read(text)
	if r.set {
		return r.judgeSet(text, tokens), nil
	}
	all := given(tokens)
	if len(all) == 0 || strings.Contains(text, "?") {
		return r.spelled(tokens), nil
	}
	if r.list != nil {
		return r.judgeList(all), nil
	}
	from := 0
	for _, m := range tail.FindAllStringIndex(text, -1) {
		if slices.ContainsFunc(all, func(s shown) bool { return s.start >= m[1] }) {
			from = m[1]
		}
	}
	asked := strings.ReplaceAll(q.text, " ", "")
	echo := func(s shown) bool {
		return strings.Contains(asked, strings.ReplaceAll(strings.ToLower(text[s.start:s.end]), " ", ""))
	}
	var last []shown
	agreed, fresh := false, len(all) == 1
	for _, s := range all {
		ok := r.agrees(s)
		agreed = agreed || ok && !echo(s)
		if s.start >= from {
			last = append(last, s)
			fresh = fresh || from > 0 || !echo(s)
			if ok {
				return right, nil
			}
		}
	}
	if spelled := r.spelled(tokens); agreed || !fresh || spelled == right {
		return spelled, nil
	}
	if len(last) == 1 {
		return wrong, &last[0]
	}
	return wrong, nil
}

// spelled looks for the result in words; not to find it says nothing.
func (r reading) spelled(tokens []token) verdict {
	for _, t := range tokens {
		n := slices.Index(numerals, t.word)
		if t.kind == word && n >= 0 && slices.ContainsFunc(r.any, func(v value) bool { return v.Cmp(big.NewRat(int64(n), 1)) == 0 }) {
			return right
		}
	}
	return unclear
}

var numerals = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty")

// judgeYes compares whether something is so with an answer that says so in its first words.
func (r reading) judgeYes(text string) verdict {
	t := strings.ToLower(strings.TrimSpace(text))
	no := negative.MatchString(t)
	if !no && !positive.MatchString(t) {
		return unclear
	}
	if no == *r.yes {
		return wrong
	}
	return right
}

var (
	negative = regexp.MustCompile(`^(?:no|false|incorrect)\b|^[^.]{0,40}\b(?:is not|isn't|are not|cannot be|is neither)\b`)
	positive = regexp.MustCompile(`^(?:yes|true|correct)\b|^[^.]{0,20}\b(?:is|are) (?:a |an )?(?:prime|even|odd|divisible)\b`)
)

// judgeSet compares the numbers of a list, each of which counts once. What is asked about stands before the list.
func (r reading) judgeSet(text string, tokens []token) verdict {
	if strings.Contains(text, "...") || strings.Contains(text, "…") || strings.Contains(text, "etc") || strings.Contains(text, "-") || len(text) > 40+8*len(r.list) {
		return unclear
	}
	from := 0
	for _, m := range tail.FindAllStringIndex(text, -1) {
		if strings.ContainsAny(text[m[1]:], "0123456789") {
			from = m[1]
		}
	}
	got := map[string]bool{}
	for i, t := range tokens {
		switch {
		case t.kind == opaque:
			return unclear
		case t.kind == number && t.start >= from && (i == 0 || tokens[i-1].kind != power):
			got[t.value.RatString()] = true
		}
	}
	want := map[string]bool{}
	for _, v := range r.list {
		want[v.RatString()] = true
	}
	for _, l := range r.limits {
		if n := strconv.Itoa(l); want[n] {
			delete(got, n)
			delete(want, n)
		}
	}
	switch {
	case len(got) == 0:
		return unclear
	case maps.Equal(got, want):
		return right
	}
	return wrong
}

// judgeList compares all numbers of an answer with a list. An answer that repeats what it was given first is looked at from
// where the list begins.
func (r reading) judgeList(all []shown) verdict {
	if len(all) < len(r.list) {
		return wrong
	}
	got := all[len(all)-len(r.list):]
	want := slices.Clone(r.list)
	if !r.ordered {
		by := func(a, b value) int { return a.Cmp(b.Rat) }
		slices.SortFunc(want, by)
		got = slices.Clone(got)
		slices.SortFunc(got, func(a, b shown) int { return a.Cmp(b.Rat) })
	}
	for i, w := range want {
		if !same(got[i], w, r.loose) {
			return wrong
		}
	}
	if len(all) > len(r.list) && !r.ordered && len(all)%len(r.list) != 0 {
		return unclear
	}
	return right
}

// format writes a value as the number that it replaces was written; exactly says whether nothing was rounded.
func format(v value, like shown) (text string, exactly bool) {
	if like.percent {
		v = value{new(big.Rat).Mul(v.Rat, big.NewRat(100, 1)), v.exact}
	}
	switch {
	case v.IsInt():
		text, exactly = v.Num().String(), v.exact
	case like.decimals == -1 && v.exact:
		text, exactly = v.RatString(), true
	default:
		digits, finite := v.FloatPrec()
		if exactly = finite && v.exact && digits <= 6; !exactly {
			digits = max(2, min(like.decimals, 10))
		}
		text = v.FloatString(digits)
	}
	if like.grouped || v.IsInt() && v.Num().CmpAbs(big.NewInt(1e6)) >= 0 && !like.percent {
		text = thousands(text)
	}
	if like.percent {
		text += "%"
	}
	return text, exactly
}

func thousands(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	digits, rest, dot := strings.Cut(s, ".")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if dot {
		rest = "." + rest
	}
	return sign + digits + rest
}
