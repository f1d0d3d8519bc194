package jinja

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

type textMethod func(e *evaluator, t text, args arguments) (value, error)

// textMethods are the methods of Python's str.
var textMethods = map[string]textMethod{
	"strip":      stripping(true, true),
	"lstrip":     stripping(true, false),
	"rstrip":     stripping(false, true),
	"upper":      changing(upper),
	"lower":      changing(lower),
	"casefold":   changing(func(s string) string { return cases.Fold().String(s) }),
	"title":      changing(pyTitle),
	"capitalize": changing(capitalize),
	"swapcase": changing(func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsUpper(r) {
				return unicode.ToLower(r)
			}
			return unicode.ToUpper(r)
		}, s)
	}),
	"isdigit":   every(unicode.IsDigit),
	"isdecimal": every(unicode.IsDigit),
	"isnumeric": every(unicode.IsNumber),
	"isalpha":   every(unicode.IsLetter),
	"isalnum":   every(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }),
	"isspace":   every(pySpace),
	"isascii": func(e *evaluator, t text, _ arguments) (value, error) {
		return !strings.ContainsFunc(t.s, func(r rune) bool { return r > unicode.MaxASCII }), e.spend(len(t.s) / 64)
	},
	"isupper":      cased(unicode.IsUpper, unicode.IsLower),
	"islower":      cased(unicode.IsLower, unicode.IsUpper),
	"startswith":   edge(strings.HasPrefix),
	"endswith":     edge(strings.HasSuffix),
	"removeprefix": removing(strings.HasPrefix, func(t text, n int) text { return t.cut(n, len(t.s)) }),
	"removesuffix": removing(strings.HasSuffix, func(t text, n int) text { return t.cut(0, len(t.s)-n) }),
	"split":        func(e *evaluator, t text, a arguments) (value, error) { return split(e, t, a, false) },
	"rsplit":       func(e *evaluator, t text, a arguments) (value, error) { return split(e, t, a, true) },
	"splitlines":   splitLines,
	"partition":    parting(strings.Index, false),
	"rpartition":   parting(strings.LastIndex, true),
	"join":         joinMethod,
	"replace":      replaceMethod,
	"find":         finding(strings.Index, -1),
	"rfind":        finding(strings.LastIndex, -1),
	"index":        finding(strings.Index, -2),
	"rindex":       finding(strings.LastIndex, -2),
	"count": func(e *evaluator, t text, a arguments) (value, error) {
		sub, in, _, err := within(t, a)
		if err != nil || !in.ok {
			return int64(0), err
		}
		part, err := asText("sub", sub)
		if err != nil {
			return nil, err
		}
		return int64(strings.Count(in.s, part.s)), e.spend(len(t.s) / 64)
	},
	"zfill": func(e *evaluator, t text, a arguments) (value, error) {
		n, err := intArg("width", a)
		if err != nil {
			return nil, err
		}
		fill := n - utf8.RuneCountInString(t.s)
		if err := e.spend(max(fill, 0)); err != nil || fill <= 0 {
			return t, err
		}
		sign := 0
		if strings.HasPrefix(t.s, "-") || strings.HasPrefix(t.s, "+") {
			sign = 1
		}
		var b builder
		b.add(t.cut(0, sign))
		b.lit(strings.Repeat("0", fill))
		b.add(t.cut(sign, len(t.s)))
		return b.text(), nil
	},
	"ljust":  justifying(func(int, int) int { return 0 }),
	"rjust":  justifying(func(n, _ int) int { return n }),
	"center": justifying(centred),
}

// Formats read attributes, and so these methods.
func init() { textMethods["format"] = formatMethod }

func upper(s string) string { return cases.Upper(language.Und).String(s) }
func lower(s string) string { return cases.Lower(language.Und).String(s) }

func capitalize(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return upper(s[:n]) + lower(s[n:])
}

// pyTitle is str.title: the first letter of every run of letters in upper case, the rest in lower.
func pyTitle(s string) string {
	within := false
	return strings.Map(func(r rune) rune {
		was := within
		within = unicode.IsLetter(r)
		if was {
			return unicode.ToLower(r)
		}
		return unicode.ToTitle(r)
	}, s)
}

func changing(f func(string) string) textMethod {
	return func(e *evaluator, t text, args arguments) (value, error) {
		if err := args.bind("it", 0, nil); err != nil {
			return nil, err
		}
		return derived(f(t.s), t), e.spend(len(t.s))
	}
}

// every says whether all characters are such, and there is one.
func every(is func(rune) bool) textMethod {
	return func(e *evaluator, t text, args arguments) (value, error) {
		for _, r := range t.s {
			if !is(r) {
				return false, nil
			}
		}
		return t.s != "", e.spend(len(t.s) / 64)
	}
}

// cased says whether there is a character of the one case and none of the other.
func cased(is, not func(rune) bool) textMethod {
	return func(e *evaluator, t text, args arguments) (value, error) {
		return strings.ContainsFunc(t.s, is) && !strings.ContainsFunc(t.s, not), e.spend(len(t.s) / 64)
	}
}

func asText(what string, v value) (text, error) {
	if t, ok := v.(text); ok {
		return t, nil
	}
	return text{}, fmt.Errorf("%s is a %s, not a str", what, kindOf(v))
}

func asInt(what string, v value) (int, error) {
	_, i, isInt, ok := number(v)
	if !ok || !isInt || int64(int(i)) != i {
		return 0, fmt.Errorf("%s is a %s, not an int", what, kindOf(v))
	}
	return int(i), nil
}

func textArg(name string, a arguments) (text, error) {
	var v value
	if err := a.bind("it", 1, []string{name}, &v); err != nil {
		return text{}, err
	}
	return asText(name, v)
}

func intArg(name string, a arguments) (int, error) {
	var v value
	if err := a.bind("it", 1, []string{name}, &v); err != nil {
		return 0, err
	}
	return asInt(name, v)
}

// strip takes characters off the ends: spaces, or those of set.
func strip(t text, set value, left, right bool) (text, error) {
	in := pySpace
	if set != nil {
		chars, err := asText("chars", set)
		if err != nil {
			return t, err
		}
		in = func(r rune) bool { return strings.ContainsRune(chars.s, r) }
	}
	from, to := 0, len(t.s)
	if left {
		from = len(t.s) - len(strings.TrimLeftFunc(t.s, in))
	}
	if right {
		to = max(from, len(strings.TrimRightFunc(t.s, in)))
	}
	return t.cut(from, to), nil
}

func stripping(left, right bool) textMethod {
	return func(e *evaluator, t text, args arguments) (value, error) {
		var set value
		if err := args.bind("strip", 0, []string{"chars"}, &set); err != nil {
			return nil, err
		}
		out, err := strip(t, set, left, right)
		if err != nil {
			return nil, err
		}
		return out, e.spend(len(t.s))
	}
}

func removing(has func(s, part string) bool, without func(text, int) text) textMethod {
	return func(e *evaluator, t text, args arguments) (value, error) {
		part, err := textArg("part", args)
		if err != nil || !has(t.s, part.s) {
			return t, err
		}
		return without(t, len(part.s)), e.spend(len(t.s))
	}
}

// split is str.split, or str.rsplit, which differ where maxsplit is given.
func split(e *evaluator, t text, args arguments, right bool) (value, error) {
	var sep, most value = nil, int64(-1)
	if err := args.bind("split", 0, []string{"sep", "maxsplit"}, &sep, &most); err != nil {
		return nil, err
	}
	limit, err := asInt("maxsplit", most)
	if err != nil {
		return nil, err
	}
	if err := e.spend(len(t.s)); err != nil {
		return nil, err
	}
	var parts []value
	if sep == nil {
		parts = splitSpaces(t, limit, right)
	} else {
		by, err := asText("sep", sep)
		if err != nil {
			return nil, err
		}
		if by.s == "" {
			return nil, errors.New("an empty separator")
		}
		parts = splitBy(t, by.s, limit, right)
	}
	return &list{items: parts}, e.spend(16 * len(parts))
}

func splitBy(t text, sep string, limit int, right bool) []value {
	var parts []value
	if !right {
		at := 0
		for limit < 0 || len(parts) < limit {
			i := strings.Index(t.s[at:], sep)
			if i < 0 {
				break
			}
			parts = append(parts, t.cut(at, at+i))
			at += i + len(sep)
		}
		return append(parts, t.cut(at, len(t.s)))
	}
	end := len(t.s)
	for limit < 0 || len(parts) < limit {
		i := strings.LastIndex(t.s[:end], sep)
		if i < 0 {
			break
		}
		parts = append(parts, t.cut(i+len(sep), end))
		end = i
	}
	parts = append(parts, t.cut(0, end))
	return backwards(parts)
}

func backwards(list []value) []value {
	out := make([]value, len(list))
	for i, v := range list {
		out[len(list)-1-i] = v
	}
	return out
}

func splitSpaces(t text, limit int, right bool) []value {
	var parts []value
	from, to := 0, len(t.s)
	for {
		from += len(t.s[from:to]) - len(strings.TrimLeftFunc(t.s[from:to], pySpace))
		to = from + len(strings.TrimRightFunc(t.s[from:to], pySpace))
		if from >= to {
			break
		}
		if limit >= 0 && len(parts) >= limit {
			// What is left keeps the spaces at its far end.
			if right {
				parts = append(parts, t.cut(0, to))
			} else {
				parts = append(parts, t.cut(from, len(t.s)))
			}
			break
		}
		if right {
			i := strings.LastIndexFunc(t.s[from:to], pySpace)
			start := from
			if i >= 0 {
				_, n := utf8.DecodeRuneInString(t.s[from+i:])
				start = from + i + n
			}
			parts = append(parts, t.cut(start, to))
			to = start
			continue
		}
		end := to
		if i := strings.IndexFunc(t.s[from:to], pySpace); i >= 0 {
			end = from + i
		}
		parts = append(parts, t.cut(from, end))
		from = end
	}
	if right {
		return backwards(parts)
	}
	return parts
}

// lines cuts a text at line ends as str.splitlines does.
func lines(t text, keep bool) []value {
	var out []value
	from := 0
	for i := 0; i < len(t.s); {
		r, n := utf8.DecodeRuneInString(t.s[i:])
		switch r {
		case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		default:
			i += n
			continue
		}
		end := i
		i += n
		if r == '\r' && i < len(t.s) && t.s[i] == '\n' {
			i++
		}
		if keep {
			end = i
		}
		out = append(out, t.cut(from, end))
		from = i
	}
	if from < len(t.s) {
		out = append(out, t.cut(from, len(t.s)))
	}
	return out
}

func splitLines(e *evaluator, t text, args arguments) (value, error) {
	var keep value = false
	if err := args.bind("splitlines", 0, []string{"keepends"}, &keep); err != nil {
		return nil, err
	}
	return &list{items: lines(t, truth(keep))}, e.spend(len(t.s))
}

func parting(find func(s, sub string) int, right bool) textMethod {
	return func(e *evaluator, t text, args arguments) (value, error) {
		sep, err := textArg("sep", args)
		if err != nil {
			return nil, err
		}
		if sep.s == "" {
			return nil, errors.New("an empty separator")
		}
		if err := e.spend(len(t.s)); err != nil {
			return nil, err
		}
		i := find(t.s, sep.s)
		parts := []value{t, str(""), str("")}
		switch {
		case i >= 0:
			parts = []value{t.cut(0, i), t.cut(i, i+len(sep.s)), t.cut(i+len(sep.s), len(t.s))}
		case right:
			parts = []value{str(""), str(""), t}
		}
		return &list{items: parts, tuple: true}, nil
	}
}

func joinMethod(e *evaluator, t text, args arguments) (value, error) {
	var v value
	if err := args.bind("join", 1, []string{"iterable"}, &v); err != nil {
		return nil, err
	}
	items, err := elements(v)
	if err != nil {
		return nil, err
	}
	var b builder
	for i, x := range items {
		part, err := asText(fmt.Sprintf("item %d", i), x)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.add(t)
		}
		b.add(part)
		if err := e.spend(len(t.s) + len(part.s)); err != nil {
			return nil, err
		}
	}
	return b.text(), nil
}

func replaceMethod(e *evaluator, t text, args arguments) (value, error) {
	var from, to value
	var most value = int64(-1)
	if err := args.bind("replace", 2, []string{"old", "new", "count"}, &from, &to, &most); err != nil {
		return nil, err
	}
	if most == nil {
		most = int64(-1)
	}
	limit, err := asInt("count", most)
	if err != nil {
		return nil, err
	}
	a, err := asText("old", from)
	if err != nil {
		return nil, err
	}
	b, err := asText("new", to)
	if err != nil {
		return nil, err
	}
	return replace(e, t, a.s, b, limit)
}

// replace puts with in the place of old, limit times where that is not negative.
func replace(e *evaluator, t text, old string, with text, limit int) (text, error) {
	var b builder
	at := 0
	for n := 0; limit < 0 || n < limit; n++ {
		i := 0
		if old == "" {
			// Before every character, and at the end.
			if n > 0 {
				if at >= len(t.s) {
					break
				}
				_, size := utf8.DecodeRuneInString(t.s[at:])
				i = size
			}
		} else if i = strings.Index(t.s[at:], old); i < 0 {
			break
		}
		b.add(t.cut(at, at+i))
		b.add(with)
		at += i + len(old)
		if err := e.spend(i + len(with.s)); err != nil {
			return text{}, err
		}
	}
	b.add(t.cut(at, len(t.s)))
	return b.text(), e.spend(len(t.s) - at)
}

func justifying(left func(n, width int) int) textMethod {
	return func(e *evaluator, t text, args arguments) (value, error) {
		var width, fill value = nil, str(" ")
		if err := args.bind("it", 1, []string{"width", "fillchar"}, &width, &fill); err != nil {
			return nil, err
		}
		n, err := asInt("width", width)
		if err != nil {
			return nil, err
		}
		with, err := asText("fillchar", fill)
		if err != nil {
			return nil, err
		}
		if utf8.RuneCountInString(with.s) != 1 {
			return nil, errors.New("fillchar is not one character")
		}
		return justify(e, t, n, left, with.s)
	}
}

// centred is how many of n fill characters CPython puts before a text in the middle of width.
func centred(n, width int) int { return n/2 + n&width&1 }

// justify fills a text up to width characters, left of the fill before it.
func justify(e *evaluator, t text, width int, left func(n, width int) int, fill string) (text, error) {
	n := width - utf8.RuneCountInString(t.s)
	if n <= 0 {
		return t, nil
	}
	if err := e.spend(n*len(fill) + len(t.s)); err != nil {
		return t, err
	}
	var b builder
	b.lit(strings.Repeat(fill, left(n, width)))
	b.add(t)
	b.lit(strings.Repeat(fill, n-left(n, width)))
	return b.text(), nil
}

// escaped is t with HTML's special characters written out, as markupsafe does.
func escaped(t text) text {
	if t.html {
		return t
	}
	var b builder
	from := 0
	for i := range len(t.s) {
		with, ok := map[byte]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '\'': "&#39;", '"': "&#34;"}[t.s[i]]
		if !ok {
			continue
		}
		b.add(t.cut(from, i))
		b.add(derived(with, t.cut(i, i+1)))
		from = i + 1
	}
	b.add(t.cut(from, len(t.s)))
	out := b.text()
	out.html = true
	return out
}
