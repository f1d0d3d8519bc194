package tokenizer

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

const (
	// A pattern comes from a file that is not trusted, and the engine backtracks. Past these limits (one match, one
	// call of Encode or Decode) what is left counts as unmatched, so that a hostile pattern costs seconds, not forever.
	regexTimeout = time.Second
	regexBudget  = 5 * time.Second
	// What honest text takes does not count, however long it is: a pattern that manages a megabyte a second is far
	// slower than any real one, even on a busy machine.
	regexAllowance = time.Microsecond // for each byte
	regexStack     = 1 << 22
	maxPattern     = 1 << 14
)

// A regex is a pattern in the dialect of the tokenizers library (Oniguruma's), as far as regexp2 reads it.
type regex struct {
	re *regexp2.Regexp
}

func compileRegex(pattern string) (*regex, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("pattern is %d bytes long; the limit is %d", len(pattern), maxPattern)
	}
	re, err := regexp2.Compile(pattern, regexp2.OptionMaxBacktrackingStackSize(regexStack))
	if err != nil {
		return nil, fmt.Errorf("pattern %.80q: %w", pattern, err)
	}
	re.MatchTimeout = regexTimeout
	return &regex{re}, nil
}

// spans calls yield for each match and each gap, in order; together they cover s. Byte offsets. spent is what regular
// expressions have used up of the budget so far, nil to begin anew.
func (r *regex) spans(s string, spent *time.Duration, yield func(start, end int, match bool)) {
	if spent == nil {
		spent = new(time.Duration)
	}
	if *spent > regexBudget {
		yield(0, len(s), false)
		return
	}
	began, allowed := time.Now(), time.Duration(len(s))*regexAllowance
	deadline := began.Add(allowed + regexBudget - *spent)
	defer func() { *spent += max(0, time.Since(began)-allowed) }()
	runes := make([]rune, 0, len(s))
	for _, c := range s {
		runes = append(runes, c)
	}
	done := 0 // bytes yielded
	byteAt, runeAt := 0, 0
	offset := func(n int) int { // byte offset of rune n; n never goes back
		for ; runeAt < n; runeAt++ {
			_, size := utf8.DecodeRuneInString(s[byteAt:])
			byteAt += size
		}
		return byteAt
	}
	steps := 0
	// An error is a timeout: what is left counts as a gap.
	_ = r.re.FindRunesMatches(runes, 0, func(m regexp2.MatchView) bool {
		if steps++; steps&1023 == 0 && time.Now().After(deadline) {
			return false
		}
		at, n, ok := m.GroupRange(0)
		if !ok || n == 0 || at < runeAt {
			return true
		}
		start := offset(at)
		end := offset(at + n)
		if done < start {
			yield(done, start, false)
		}
		yield(start, end, true)
		done = end
		return true
	})
	if done < len(s) {
		yield(done, len(s), false)
	}
}

// replace is s with every match replaced by the text with.
func (r *regex) replace(s, with string, spent *time.Duration) string {
	var out []byte
	r.spans(s, spent, func(start, end int, match bool) {
		if match {
			out = append(out, with...)
		} else {
			out = append(out, s[start:end]...)
		}
	})
	return string(out)
}
