package infer

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// A text that comes byte by byte ends where its shortest beginning with a stop in it has the stop.
func TestATextEndsBeforeTheFirstStop(t *testing.T) {
	plain := func(text string, stops []string) string {
		for n := range len(text) + 1 {
			for _, stop := range stops {
				if strings.HasSuffix(text[:n], stop) {
					end := n
					for _, s := range stops {
						if strings.HasSuffix(text[:n], s) {
							end = min(end, n-len(s))
						}
					}
					return text[:end]
				}
			}
		}
		return text
	}
	rng := rand.New(rand.NewPCG(1, 1))
	word := func(most int) string {
		b := make([]byte, 1+rng.IntN(most))
		for i := range b {
			b[i] = "abc"[rng.IntN(3)]
		}
		return string(b)
	}
	for range 2000 {
		text, stops := word(20), []string{word(4), word(4)}
		s := &stopText{stops: stops}
		var said strings.Builder
		for i := 0; i < len(text) && !s.found; i++ {
			said.WriteString(s.next(text[i : i+1]))
			if strings.Contains(said.String(), stops[0]) || strings.Contains(said.String(), stops[1]) {
				t.Fatalf("of %q with stops %q was said %q", text, stops, said.String())
			}
		}
		said.WriteString(s.rest())
		if want := plain(text, stops); said.String() != want {
			t.Fatalf("%q with stops %q is %q, want %q", text, stops, said.String(), want)
		}
	}
	whole := &stopText{stops: []string{"END", "\n\n"}}
	if got := whole.next("one\n\ntwo END"); got != "one" || !whole.found || whole.rest() != "" {
		t.Errorf("a whole text ends as %q", got)
	}
}
