package python

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind of a token.
type kind byte

const (
	endMarker kind = iota
	newline
	indent
	dedent
	name // keywords too
	num
	str // without fields
	op
	fstart  // the opening quotes of an f-string
	fmiddle // text in it
	fend
)

type token struct {
	kind kind
	text string // of names, operators and, for strings, the prefix in lower case
	line int    // from 1
}

// Error is where source stops to be Python, and why.
type Error struct {
	Line int // from 1
	What string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

const (
	maxDepth  = 100 // of brackets, blocks and fields in f-strings; CPython allows 100 indents and 200 brackets
	maxFields = 16  // of f-strings inside f-strings
)

// lexer turns source into tokens: lines, indentation, strings and all. It looks at each byte a bounded number of times.
type lexer struct {
	src     string
	at      int
	line    int
	tokens  []token
	indents []int // columns, tabs being up to eight wide
	plain   []int // the same with tabs one wide: both must agree
	open    []byte
	fields  int // f-strings that are open
}

func (l *lexer) fail(format string, args ...any) error {
	return &Error{l.line, fmt.Sprintf(format, args...)}
}

func (l *lexer) emit(k kind, text string) { l.tokens = append(l.tokens, token{k, text, l.line}) }

// lex reads all of a source.
func lex(src string) ([]token, error) {
	src = strings.TrimPrefix(strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n"), "\ufeff")
	l := &lexer{src: src, line: 1, indents: []int{0}, plain: []int{0}}
	if strings.IndexByte(src, 0) >= 0 {
		return nil, l.fail("a null byte")
	}
	for l.at < len(l.src) {
		if err := l.startLine(); err != nil {
			return nil, err
		}
		if err := l.restOfLine(); err != nil {
			return nil, err
		}
	}
	if len(l.open) > 0 {
		return nil, l.fail("%q was never closed", string(l.open[len(l.open)-1]))
	}
	if n := len(l.tokens); n > 0 && l.tokens[n-1].kind != newline && l.tokens[n-1].kind != dedent {
		l.emit(newline, "")
	}
	for range len(l.indents) - 1 {
		l.emit(dedent, "")
	}
	l.emit(endMarker, "")
	return l.tokens, nil
}

// startLine reads the indentation of a line that has more on it than a comment.
func (l *lexer) startLine() error {
	col, plain := 0, 0
	i := l.at
	for ; i < len(l.src); i++ {
		switch l.src[i] {
		case ' ':
			col, plain = col+1, plain+1
			continue
		case '\t':
			col, plain = (col/8+1)*8, plain+1
			continue
		case '\f':
			col, plain = 0, 0
			continue
		}
		break
	}
	if i == len(l.src) || l.src[i] == '\n' || l.src[i] == '#' {
		l.at = i
		return nil
	}
	l.at = i
	if strings.HasPrefix(l.src[i:], "\\\n") { // a line that is joined to an empty one keeps the indentation it has
		return nil
	}
	top := len(l.indents) - 1
	switch {
	case col == l.indents[top]:
		if plain != l.plain[top] {
			return l.fail("tabs and spaces are mixed in the indentation")
		}
	case col > l.indents[top]:
		if plain <= l.plain[top] {
			return l.fail("tabs and spaces are mixed in the indentation")
		}
		if len(l.indents) >= maxDepth {
			return l.fail("too many levels of indentation")
		}
		l.indents, l.plain = append(l.indents, col), append(l.plain, plain)
		l.emit(indent, "")
	default:
		for top > 0 && col < l.indents[top] {
			l.indents, l.plain = l.indents[:top], l.plain[:top]
			top--
			l.emit(dedent, "")
		}
		if col != l.indents[top] {
			return l.fail("the indentation matches no outer block")
		}
		if plain != l.plain[top] {
			return l.fail("tabs and spaces are mixed in the indentation")
		}
	}
	return nil
}

// restOfLine reads tokens up to the end of a logical line.
func (l *lexer) restOfLine() error {
	some := false
	for l.at < len(l.src) {
		c := l.src[l.at]
		switch c {
		case '\n':
			l.at++
			if len(l.open) == 0 {
				if some {
					l.emit(newline, "")
				}
				l.line++
				return nil
			}
			l.line++
		case ' ', '\t', '\f':
			l.at++
		case '#':
			for l.at < len(l.src) && l.src[l.at] != '\n' {
				l.at++
			}
		case '\\':
			if !strings.HasPrefix(l.src[l.at:], "\\\n") {
				return l.fail("unexpected character after a line continuation")
			}
			l.at += 2
			l.line++
			if l.at >= len(l.src) {
				return l.fail("the source ends in a line continuation")
			}
		default:
			some = true
			if err := l.token(); err != nil {
				return err
			}
		}
	}
	return nil
}

// token reads one name, number, string or operator.
func (l *lexer) token() error {
	rest := l.src[l.at:]
	c := rest[0]
	if n := stringPrefix(rest); n >= 0 {
		return l.str(strings.ToLower(rest[:n]))
	}
	if c >= '0' && c <= '9' || c == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9' {
		return l.number()
	}
	if r, size := utf8.DecodeRuneInString(rest); r == '_' || unicode.IsLetter(r) || unicode.Is(unicode.Nl, r) {
		n := size
		for n < len(rest) {
			r, size := utf8.DecodeRuneInString(rest[n:])
			if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Nl, r) && !unicode.In(r, unicode.Mn, unicode.Mc, unicode.Pc) {
				break
			}
			n += size
		}
		l.at += n
		l.emit(name, rest[:n])
		return nil
	} else if r >= utf8.RuneSelf {
		return l.fail("%q is no character of Python", r)
	}
	for _, o := range operators {
		if !strings.HasPrefix(rest, o) {
			continue
		}
		switch o {
		case "(", "[", "{":
			if len(l.open) >= maxDepth {
				return l.fail("too many brackets in one another")
			}
			l.open = append(l.open, o[0])
		case ")", "]", "}":
			if len(l.open) == 0 {
				return l.fail("unmatched %q", o)
			}
			if was := l.open[len(l.open)-1]; was != opener[o[0]] {
				return l.fail("%q closes %q", o, string(was))
			}
			l.open = l.open[:len(l.open)-1]
		}
		l.at += len(o)
		l.emit(op, o)
		return nil
	}
	return l.fail("%q is no character of Python", string(c))
}

var (
	operators = strings.Fields("**= //= >>= <<= ... := -> == != <= >= << >> += -= *= /= %= &= |= ^= @= ** // ( ) [ ] { } , : . ; @ = + - * / % & | ^ ~ < > !")
	opener    = map[byte]byte{')': '(', ']': '[', '}': '{'}
)

// number reads a numeral. What it must not touch is a letter, except that keywords may follow: 1if x else y.
func (l *lexer) number() error {
	rest := l.src[l.at:]
	digits := func(i int, set string) int {
		for i < len(rest) && (strings.IndexByte(set, rest[i]) >= 0 || rest[i] == '_' && i+1 < len(rest) && strings.IndexByte(set, rest[i+1]) >= 0) {
			i++
		}
		return i
	}
	const decimal = "0123456789"
	var n int
	if len(rest) > 1 && rest[0] == '0' && strings.IndexByte("xXoObB", rest[1]) >= 0 {
		set := map[byte]string{'x': "0123456789abcdefABCDEF", 'o': "01234567", 'b': "01"}[rest[1]|0x20]
		if n = digits(2, set); n == 2 {
			return l.fail("%q is no number", rest[:2])
		}
		l.at += n
		l.emit(num, "")
		return l.afterNumber(rest[n:])
	}
	n = digits(0, decimal)
	whole := n
	float := false
	if n < len(rest) && rest[n] == '.' {
		float = true
		n = digits(n+1, decimal)
	}
	if n < len(rest) && rest[n]|0x20 == 'e' {
		m := n + 1
		if m < len(rest) && (rest[m] == '+' || rest[m] == '-') {
			m++
		}
		if end := digits(m, decimal); end > m {
			n, float = end, true
		}
	}
	if n < len(rest) && rest[n]|0x20 == 'j' {
		n, float = n+1, true
	}
	if !float && whole > 1 && rest[0] == '0' && strings.Trim(rest[:whole], "0_") != "" {
		return l.fail("%q has a leading zero", rest[:whole])
	}
	l.at += n
	l.emit(num, "")
	return l.afterNumber(rest[n:])
}

func (l *lexer) afterNumber(rest string) error {
	r, size := utf8.DecodeRuneInString(rest)
	if size == 0 || r != '_' && !unicode.IsLetter(r) && !(r >= '0' && r <= '9') {
		return nil
	}
	for _, k := range []string{"and", "else", "for", "if", "in", "is", "or", "not"} {
		if strings.HasPrefix(rest, k) {
			return nil
		}
	}
	return l.fail("a number goes on with %q", r)
}
