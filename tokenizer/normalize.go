package tokenizer

import (
	"strings"
	"unicode"
)

// maxGrowth bounds what a replacement may blow a text up to: a file that is not trusted says what is replaced by what.
const maxGrowth = 1 << 28

// A normalizer rewrites text before it is split.
type normalizer interface {
	normalize(s string, at place) string
}

func (t *Tokenizer) normalize(s string, at place) string {
	for _, n := range t.normalizers {
		s = n.normalize(s, at)
	}
	return s
}

// prepend puts a prefix before each part of the text, but not before one that continues a sequence.
type prepend struct{ prefix string }

func (n prepend) normalize(s string, at place) string {
	if s == "" || at.continues() {
		return s
	}
	return n.prefix + s
}

type replaceString struct{ old, new string }

func (n replaceString) normalize(s string, _ place) string {
	if n.old == "" || len(n.new) > len(n.old) && strings.Count(s, n.old)*len(n.new) > maxGrowth {
		return s
	}
	return strings.ReplaceAll(s, n.old, n.new)
}

type replaceRegex struct {
	re  *regex
	new string
}

func (n replaceRegex) normalize(s string, at place) string {
	if len(n.new) > 1 && len(s)*len(n.new) > maxGrowth {
		return s
	}
	return n.re.replace(s, n.new, at.spent)
}

type lowercase struct{}

func (lowercase) normalize(s string, _ place) string {
	// Character by character, as the reference does it: no special final sigma.
	if !strings.ContainsRune(s, 'İ') {
		return strings.Map(unicode.ToLower, s)
	}
	return strings.Map(unicode.ToLower, strings.ReplaceAll(s, "İ", "i̇"))
}

type strip struct{ left, right bool }

func (n strip) normalize(s string, _ place) string {
	if n.left {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
	}
	if n.right {
		s = strings.TrimRightFunc(s, unicode.IsSpace)
	}
	return s
}
