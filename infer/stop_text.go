package infer

import "strings"

// stopText ends a text that comes in pieces before the earliest of some strings. It holds back what may be the beginning of
// one.
type stopText struct {
	stops []string
	held  string
	found bool
}

// next is what can be said once the piece has come.
func (s *stopText) next(piece string) string {
	if len(s.stops) == 0 {
		return piece
	}
	text := s.held + piece
	end := len(text)
	for _, stop := range s.stops {
		if i := strings.Index(text[:min(end+len(stop), len(text))], stop); i >= 0 && i < end {
			end, s.found = i, true
		}
	}
	s.held = ""
	if !s.found {
		end -= s.begun(text)
		s.held = text[end:]
	}
	return text[:end]
}

// begun is the length of the longest end of a text that a stop begins with.
func (s *stopText) begun(text string) int {
	longest := 0
	for _, stop := range s.stops {
		for n := min(len(stop)-1, len(text)); n > longest; n-- {
			if strings.HasSuffix(text, stop[:n]) {
				longest = n
			}
		}
	}
	return longest
}

// rest is what was held back and began nothing.
func (s *stopText) rest() string {
	if s.found {
		return ""
	}
	return s.held
}
