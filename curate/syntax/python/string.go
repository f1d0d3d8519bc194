package python

import "strings"

// strings parses literals that stand side by side. Bytes and text don't mix.
func (p *parser) strings() error {
	bytes, text := false, false
	for {
		switch t := p.peek(); t.kind {
		case str:
			p.pos++
			if t.text == "b" || t.text == "rb" || t.text == "br" {
				bytes = true
			} else {
				text = true
			}
		case fstart:
			p.pos++
			text = true
			if err := p.fields(); err != nil {
				return err
			}
		default:
			return nil
		}
		if bytes && text {
			return p.fail("bytes and text stand side by side")
		}
	}
}

// fields parses those of an f-string up to its end.
func (p *parser) fields() error {
	for {
		switch t := p.peek(); {
		case t.kind == fend:
			p.pos++
			return nil
		case t.kind == fmiddle:
			p.pos++
		case p.isOp("{"):
			if err := p.field(); err != nil {
				return err
			}
		default:
			return p.unexpected()
		}
	}
}

func (p *parser) field() error {
	if p.depth++; p.depth > maxDepth {
		return p.fail("fields are too deep in one another")
	}
	defer func() { p.depth-- }()
	p.pos++
	if p.isName("yield") {
		if err := p.yield(); err != nil {
			return err
		}
	} else if p.isName("lambda") {
		return p.fail("a lambda in a field must stand in brackets")
	} else if _, err := p.expressions(); err != nil {
		return err
	}
	p.takeOp("=")
	if p.takeOp("!") {
		if t := p.peek(); t.kind != name || t.text != "r" && t.text != "s" && t.text != "a" {
			return p.fail("a conversion is !r, !s or !a")
		}
		p.pos++
	}
	if p.takeOp(":") {
		for p.peek().kind != fmiddle {
			if !p.isOp("{") {
				return p.unexpected()
			}
			if err := p.field(); err != nil {
				return err
			}
		}
		p.pos++
	}
	if !p.takeOp("}") {
		return p.unexpected()
	}
	return nil
}

// stringPrefix is the length of what stands before a string's quotes, or -1.
func stringPrefix(s string) int {
	for n := 0; n < len(s) && n <= 2; n++ {
		if s[n] == '"' || s[n] == '\'' {
			switch strings.ToLower(s[:n]) {
			case "", "r", "b", "u", "f", "rb", "br", "rf", "fr":
				return n
			}
			return -1
		}
		if s[n]|0x20 < 'a' || s[n]|0x20 > 'z' {
			return -1
		}
	}
	return -1
}

// str reads a string literal, whose prefix is given.
func (l *lexer) str(prefix string) error {
	l.at += len(prefix)
	quote := l.src[l.at : l.at+1]
	if strings.HasPrefix(l.src[l.at:], strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	l.at += len(quote)
	if strings.Contains(prefix, "f") {
		return l.fstring(quote, strings.Contains(prefix, "r"))
	}
	from := l.line
	for l.at < len(l.src) {
		switch c := l.src[l.at]; {
		case c == '\\':
			if l.at+1 < len(l.src) && l.src[l.at+1] == '\n' {
				l.line++
			}
			if err := l.escape(strings.Contains(prefix, "r"), strings.Contains(prefix, "b")); err != nil {
				return err
			}
			l.at += 2
			continue
		case strings.HasPrefix(l.src[l.at:], quote):
			l.at += len(quote)
			l.emit(str, prefix)
			return nil
		case c == '\n':
			if len(quote) == 1 {
				return l.fail("a string is not closed")
			}
			l.line++
		}
		l.at++
	}
	return &Error{from, "a string is not closed"}
}

// escape looks at a backslash: \x, \u and \U must be followed by so many hexadecimal digits.
func (l *lexer) escape(raw, bytes bool) error {
	rest := l.src[l.at:]
	if raw || len(rest) < 2 {
		return nil
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[rest[1]]
	if digits == 0 || bytes && rest[1] != 'x' {
		return nil
	}
	if len(rest) < 2+digits || strings.Trim(rest[2:2+digits], "0123456789abcdefABCDEF") != "" {
		return l.fail("%q in a string needs %d hexadecimal digits", rest[:2], digits)
	}
	return nil
}

// fstring reads the rest of an f-string, its fields as tokens of their own.
func (l *lexer) fstring(quote string, raw bool) error {
	if l.fields++; l.fields > maxFields {
		return l.fail("too many f-strings in one another")
	}
	defer func() { l.fields-- }()
	from := l.line
	l.emit(fstart, "")
	if err := l.middle(quote, raw, false); err != nil {
		return err
	}
	if l.at >= len(l.src) {
		return &Error{from, "an f-string is not closed"}
	}
	l.at += len(quote)
	l.emit(fend, "")
	return nil
}

// middle reads text and fields up to the closing quotes or, in a format, to the end of the field.
func (l *lexer) middle(quote string, raw, format bool) error {
	for l.at < len(l.src) {
		c := l.src[l.at]
		switch {
		case strings.HasPrefix(l.src[l.at:], quote):
			if format {
				return l.fail("a field of an f-string is not closed")
			}
			return nil
		case c == '\n' && len(quote) == 1:
			return l.fail("an f-string is not closed")
		case c == '\\' && !raw:
			if strings.HasPrefix(l.src[l.at:], "\\N{") {
				if end := strings.IndexByte(l.src[l.at:min(len(l.src), l.at+120)], '}'); end > 0 {
					l.at += end
				}
			} else if l.at+1 < len(l.src) && (l.src[l.at+1] == '{' || l.src[l.at+1] == '}') {
				break // the bracket counts
			} else {
				if l.at+1 < len(l.src) && l.src[l.at+1] == '\n' {
					l.line++
				}
				if err := l.escape(false, false); err != nil {
					return err
				}
				l.at++
			}
		case c == '\\' && raw && l.at+1 < len(l.src) && l.src[l.at+1] != '{' && l.src[l.at+1] != '}':
			l.at++
		case !format && (strings.HasPrefix(l.src[l.at:], "{{") || strings.HasPrefix(l.src[l.at:], "}}")):
			l.at++
		case c == '{':
			if err := l.field(quote, raw); err != nil {
				return err
			}
			continue
		case c == '}':
			if format {
				return nil
			}
			return l.fail("a single '}' in an f-string")
		case c == '\n':
			l.line++
		}
		l.at++
	}
	return l.fail("an f-string is not closed")
}

// field reads "{expression=!r:format}".
func (l *lexer) field(quote string, raw bool) error {
	if len(l.open) >= maxDepth {
		return l.fail("too many brackets in one another")
	}
	depth := len(l.open)
	l.at++
	l.emit(op, "{")
	l.open = append(l.open, '{')
	for l.at < len(l.src) {
		c := l.src[l.at]
		level := len(l.open) == depth+1
		switch {
		case c == ' ' || c == '\t' || c == '\f':
			l.at++
		case c == '\n':
			l.at++
			l.line++
		case c == '#':
			for l.at < len(l.src) && l.src[l.at] != '\n' {
				l.at++
			}
		case c == '\\' && strings.HasPrefix(l.src[l.at:], "\\\n"):
			l.at += 2
			l.line++
		case level && c == '}':
			l.at++
			l.open = l.open[:depth]
			l.emit(op, "}")
			return nil
		case level && c == '!' && !strings.HasPrefix(l.src[l.at:], "!="):
			l.at++
			l.emit(op, "!")
		case level && c == ':':
			l.at++
			l.emit(op, ":")
			if err := l.middle(quote, raw, true); err != nil {
				return err
			}
			l.emit(fmiddle, "")
		default:
			if err := l.token(); err != nil {
				return err
			}
		}
	}
	return l.fail("a field of an f-string is not closed")
}
