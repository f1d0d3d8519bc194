package syntax

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/scanner"
	"go/token"
	"io"
	"regexp"
	"strings"

	"github.com/cria-llm/cria/curate/syntax/python"
)

// checkGo parses a file, or a fragment of one: declarations, or statements.
func checkGo(code string) *broken {
	var first error
	shift := 0
	for i, wrapped := range []string{code, "package p\n" + code, "package p\nfunc _() {\n" + code + "\n}"} {
		_, err := parser.ParseFile(token.NewFileSet(), "", wrapped, parser.SkipObjectResolution)
		if err == nil {
			return nil
		}
		if strings.HasPrefix(strings.TrimSpace(code), "package ") && i == 0 || i == 1 {
			first, shift = err, i
			if i == 0 {
				break
			}
		}
	}
	b := &broken{what: first.Error(), sure: 0.97}
	var list scanner.ErrorList
	if errors.As(first, &list) && len(list) > 0 {
		b.line, b.what = list[0].Pos.Line-shift, list[0].Msg
	}
	return b
}

var trailing = regexp.MustCompile(`,(\s*[}\]])`)

// checkJSON reads one value after the other.
func checkJSON(code string) *broken {
	d := json.NewDecoder(strings.NewReader(code))
	for {
		var v json.RawMessage
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			continue
		}
		b := &broken{what: err.Error(), sure: 0.95}
		if strings.Contains(code, "//") || strings.Contains(code, "/*") {
			b.sure = 0.7 // JSON with comments
		}
		var bad *json.SyntaxError
		if errors.As(err, &bad) {
			at := min(int(bad.Offset), len(code))
			b.line = strings.Count(code[:at], "\n") + 1
		}
		if fixed := trailing.ReplaceAllString(code, "$1"); !strings.Contains(code, `\"`) && json.Valid([]byte(fixed)) {
			b.better, b.sure = fixed, 0.97
		}
		return b
	}
}

// checkPython parses a file. Prose after the code is no part of it, if there is some.
func checkPython(code string) *broken {
	err := python.Check(code)
	if err == nil {
		return nil
	}
	var bad *python.Error
	if !errors.As(err, &bad) {
		return nil
	}
	if one := strings.TrimSpace(code); strings.HasSuffix(one, ":") && !strings.Contains(one, "\n") { // the head of a block alone
		return nil
	}
	if goesOn(code, bad) {
		return nil
	}
	b := &broken{line: bad.Line, what: bad.What, sure: 0.95}
	if strings.Contains(bad.What, "is a function") {
		b.what, b.sure = bad.What+", except in Python 2", 0.75
	}
	return b
}

// goesOn says whether code ends before what does not parse: at a comment that stands for the rest of a block, or at prose or
// output below it.
func goesOn(code string, bad *python.Error) bool {
	all := strings.Split(code, "\n")
	at := min(bad.Line, len(all)) - 1
	if strings.Contains(bad.What, "indented block") {
		for i := at; i >= 0 && i >= at-3; i-- {
			if strings.HasPrefix(strings.TrimSpace(all[i]), "#") {
				return true
			}
		}
	}
	for i := 1; i <= at; i++ {
		l := all[i]
		if proseLine.MatchString(l) || strings.TrimSpace(all[i-1]) == "" && l != "" && !strings.ContainsAny(l[:1], " \t#@") && !strings.ContainsAny(l, "()=") && !statement.MatchString(l) {
			if python.Check(strings.Join(all[:i], "\n")) == nil {
				return true
			}
		}
	}
	return false
}

var statement = regexp.MustCompile(`^(?:for|while|if|else|elif|try|except|finally|with|def|class|return|import|from|print|pass|break|continue|raise|del|global|assert)\b`)

// mendable also looks at code that only typesetting has broken: spaces that aren't plain ones, curly quotes, a backtick.
func mendable(check func(code string) *broken, code string) *broken {
	b := check(code)
	if b == nil {
		return nil
	}
	fixed := strings.Trim(typeset.Replace(code), "`")
	if fixed != code && check(fixed) == nil {
		b.better = fixed
	}
	return b
}

var typeset = strings.NewReplacer("\u00a0", " ", "\u2003", " ", "\u2009", " ", "\u200b", "", "‘", "'", "’", "'", "“", `"`, "”", `"`)
