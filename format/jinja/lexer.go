package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind of a token.
type kind byte

const (
	tEOF      kind = iota
	tData          // text between tags
	tBlock         // {%
	tBlockEnd      // %}
	tVar           // {{
	tVarEnd        // }}
	tName
	tString
	tInt
	tFloat
	tOp
)

type token struct {
	kind kind
	s    string // of a string its value; of a number its digits
	line int
}

func (t token) String() string {
	switch t.kind {
	case tEOF:
		return "the end of the template"
	case tBlockEnd:
		return "%}"
	case tVarEnd:
		return "}}"
	case tString:
		return strconv.Quote(t.s)
	}
	return fmt.Sprintf("%q", t.s)
}

// lexer cuts a template into tokens as Jinja does with trim_blocks and lstrip_blocks: the newline after a block tag goes,
// and so do spaces before it on its line. One newline at the end of the template goes too.
type lexer struct {
	src    string
	at     int
	line   int
	tokens []token
	fresh  bool // the next byte begins a line, as Jinja sees it: nothing or a newline came before
}

func lex(src string) ([]token, error) {
	src = strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
	src = strings.TrimSuffix(src, "\n")
	l := &lexer{src: src, line: 1, fresh: true}
	for l.at < len(l.src) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	l.emit(tEOF, "")
	return l.tokens, nil
}

func (l *lexer) emit(k kind, s string) { l.tokens = append(l.tokens, token{k, s, l.line}) }

func (l *lexer) errorf(format string, args ...any) error {
	return &Error{Line: l.line, Msg: fmt.Sprintf(format, args...)}
}

// advance goes to byte to, and counts lines on the way.
func (l *lexer) advance(to int) {
	l.line += strings.Count(l.src[l.at:to], "\n")
	l.fresh = to > l.at && l.src[to-1] == '\n'
	l.at = to
}

// next reads the text up to a tag, and the tag.
func (l *lexer) next() error {
	rest := l.src[l.at:]
	open := -1
	for i := 0; i+1 < len(rest); i++ {
		if rest[i] == '{' && (rest[i+1] == '%' || rest[i+1] == '{' || rest[i+1] == '#') {
			open = i
			break
		}
	}
	if open < 0 {
		l.emit(tData, rest)
		l.advance(len(l.src))
		return nil
	}
	what := rest[open+1]
	after := l.at + open + 2
	sign := byte(0)
	if after < len(l.src) && (l.src[after] == '-' || l.src[after] == '+') {
		sign = l.src[after]
		after++
	}
	l.data(rest[:open], sign, what == '{')
	l.advance(after)
	switch what {
	case '#':
		return l.comment()
	case '{':
		l.emit(tVar, "{{")
		return l.inside(tVarEnd)
	}
	if end, ok := rawTag(l.src[l.at:], "raw"); ok {
		return l.raw(l.at + end)
	}
	l.emit(tBlock, "{%")
	return l.inside(tBlockEnd)
}

// data emits the text before a tag, without what the tag's sign or lstrip_blocks takes.
func (l *lexer) data(s string, sign byte, variable bool) {
	fresh := l.fresh
	switch {
	case sign == '-':
		s = strings.TrimRightFunc(s, pySpace)
	case sign != '+' && !variable:
		if from := strings.LastIndexByte(s, '\n') + 1; (from > 0 || fresh) && strings.TrimFunc(s[from:], pySpace) == "" {
			s = s[:from]
		}
	}
	if s != "" {
		l.emit(tData, s)
	}
}

// rawTag matches the rest of a {% raw %} or {% endraw %} tag and says where its text ends and which sign closes it. A
// newline after it is the caller's.
func rawTag(s, name string) (end int, ok bool) {
	i := len(s) - len(strings.TrimLeftFunc(s, pySpace))
	if !strings.HasPrefix(s[i:], name) {
		return 0, false
	}
	i += len(name)
	i += len(s[i:]) - len(strings.TrimLeftFunc(s[i:], pySpace))
	switch {
	case strings.HasPrefix(s[i:], "%}"):
		return i + 2, true
	case strings.HasPrefix(s[i:], "-%}"), strings.HasPrefix(s[i:], "+%}"):
		return i + 3, true
	}
	return 0, false
}

func (l *lexer) raw(from int) error {
	line := l.line
	if strings.HasSuffix(l.src[l.at:from], "-%}") {
		from += len(l.src[from:]) - len(strings.TrimLeftFunc(l.src[from:], pySpace))
	}
	l.advance(from)
	for at := from; ; {
		i := strings.Index(l.src[at:], "{%")
		if i < 0 {
			return &Error{Line: line, Msg: "{% raw %} without {% endraw %}"}
		}
		at += i + 2
		tag, sign := at, byte(0)
		if tag < len(l.src) && (l.src[tag] == '-' || l.src[tag] == '+') {
			sign = l.src[tag]
			tag++
		}
		end, ok := rawTag(l.src[tag:], "endraw")
		if !ok {
			continue
		}
		l.data(l.src[from:at-2], sign, false)
		l.advance(l.closed(tag + end))
		return nil
	}
}

// closed is where the text goes on after a block tag or comment that ends before byte end.
func (l *lexer) closed(end int) int {
	switch sign := l.src[end-3]; {
	case sign == '-':
		return end + len(l.src[end:]) - len(strings.TrimLeftFunc(l.src[end:], pySpace))
	case sign != '+' && end < len(l.src) && l.src[end] == '\n':
		return end + 1
	}
	return end
}

func (l *lexer) comment() error {
	i := strings.Index(l.src[l.at:], "#}")
	if i < 0 {
		if l.at == len(l.src) {
			return nil // as Jinja does
		}
		return l.errorf("{# without #}")
	}
	end := l.at + i + 2
	if i == 0 {
		// The byte before #} is the tag's own.
		if end < len(l.src) && l.src[end] == '\n' {
			end++
		}
		l.advance(end)
		return nil
	}
	l.advance(l.closed(end))
	return nil
}

const operators = "+-/*%~[](){}=!<>.:|,;"

// inside reads the tokens of a tag up to its end.
func (l *lexer) inside(end kind) error {
	closing := "%}"
	if end == tVarEnd {
		closing = "}}"
	}
	var open []byte // brackets
	for {
		rest := l.src[l.at:]
		if rest == "" {
			return l.errorf("a tag without %s", closing)
		}
		if len(open) == 0 {
			switch {
			case strings.HasPrefix(rest, "-"+closing):
				l.emit(end, closing)
				l.advance(l.at + 3)
				l.advance(l.at + len(l.src[l.at:]) - len(strings.TrimLeftFunc(l.src[l.at:], pySpace)))
				return nil
			case end == tBlockEnd && strings.HasPrefix(rest, "+%}"):
				l.emit(end, closing)
				l.advance(l.at + 3)
				return nil
			case strings.HasPrefix(rest, closing):
				l.emit(end, closing)
				to := l.at + 2
				if end == tBlockEnd && to < len(l.src) && l.src[to] == '\n' {
					to++
				}
				l.advance(to)
				return nil
			}
		}
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case pySpace(r):
			l.advance(l.at + size)
		case r == '\'' || r == '"':
			if err := l.quoted(rest); err != nil {
				return err
			}
		case r >= '0' && r <= '9':
			l.number(rest)
		case r == '_' || unicode.IsLetter(r):
			n := 0
			for i, c := range rest {
				if c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
					break
				}
				n = i + utf8.RuneLen(c)
			}
			l.emit(tName, rest[:n])
			l.advance(l.at + n)
		case strings.ContainsRune(operators, r):
			op := rest[:1]
			if len(rest) > 1 {
				switch rest[:2] {
				case "//", "**", "==", "!=", ">=", "<=":
					op = rest[:2]
				}
			}
			switch op {
			case "!":
				return l.errorf("an unexpected %q", op)
			case "(", "[", "{":
				open = append(open, op[0])
			case ")", "]", "}":
				pair := map[string]byte{")": '(', "]": '[', "}": '{'}[op]
				if len(open) == 0 || open[len(open)-1] != pair {
					return l.errorf("an unexpected %q", op)
				}
				open = open[:len(open)-1]
			}
			l.emit(tOp, op)
			l.advance(l.at + len(op))
		default:
			return l.errorf("an unexpected %q", r)
		}
	}
}

func (l *lexer) quoted(rest string) error {
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case rest[0]:
			s, err := unescape(rest[1:i])
			if err != nil {
				return l.errorf("%v", err)
			}
			l.emit(tString, s)
			l.advance(l.at + i + 1)
			return nil
		}
	}
	return l.errorf("a string without its closing %c", rest[0])
}

// number reads an integer or a float in Python's notation, which may have _ between digits.
func (l *lexer) number(rest string) {
	digits := func(i int, ok func(byte) bool) int {
		for i < len(rest) && (ok(rest[i]) || rest[i] == '_' && i+1 < len(rest) && ok(rest[i+1])) {
			i++
		}
		return i
	}
	decimal := func(c byte) bool { return c >= '0' && c <= '9' }
	if len(rest) > 2 && rest[0] == '0' {
		var ok func(byte) bool
		switch rest[1] {
		case 'x', 'X':
			ok = func(c byte) bool { return decimal(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }
		case 'o', 'O':
			ok = func(c byte) bool { return c >= '0' && c <= '7' }
		case 'b', 'B':
			ok = func(c byte) bool { return c == '0' || c == '1' }
		}
		if ok != nil {
			if n := digits(2, ok); n > 2 {
				l.emit(tInt, strings.ReplaceAll(rest[:n], "_", ""))
				l.advance(l.at + n)
				return
			}
		}
	}
	n, k := digits(0, decimal), tInt
	after := len(l.tokens) > 0 && l.tokens[len(l.tokens)-1].kind == tOp && l.tokens[len(l.tokens)-1].s == "."
	if !after && n+1 < len(rest) && rest[n] == '.' && decimal(rest[n+1]) {
		n, k = digits(n+1, decimal), tFloat
	}
	if !after && n < len(rest) && (rest[n] == 'e' || rest[n] == 'E') {
		i := n + 1
		if i < len(rest) && (rest[i] == '+' || rest[i] == '-') {
			i++
		}
		if m := digits(i, decimal); m > i {
			n, k = m, tFloat
		}
	}
	l.emit(k, strings.ReplaceAll(rest[:n], "_", ""))
	l.advance(l.at + n)
}

// unescape reads Python's escapes; one that Python does not know stays as it is.
func unescape(s string) (string, error) {
	if !strings.Contains(s, "\\") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case '\n':
		case '\\', '\'', '"':
			b.WriteByte(c)
		case 'a', 'b', 'f', 'n', 'r', 't', 'v':
			b.WriteByte("\a\b\f\n\r\t\v"[strings.IndexByte("abfnrtv", c)])
		case '0', '1', '2', '3', '4', '5', '6', '7':
			n := i
			for n < len(s) && n < i+3 && s[n] >= '0' && s[n] <= '7' {
				n++
			}
			x, _ := strconv.ParseUint(s[i:n], 8, 32)
			b.WriteRune(rune(x))
			i = n - 1
		case 'x', 'u', 'U':
			n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
			if i+n >= len(s) {
				return "", fmt.Errorf(`a string with a cut \%c escape`, c)
			}
			x, err := strconv.ParseUint(s[i+1:i+1+n], 16, 32)
			if err != nil || x > unicode.MaxRune {
				return "", fmt.Errorf(`a string with a wrong escape \%s`, s[i:i+1+n])
			}
			b.WriteRune(rune(x))
			i += n
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// pySpace is what Python calls a space in a str.
func pySpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}
