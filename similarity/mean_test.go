package similarity

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMeanIsThatOfAllScores(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		words := make([]string, random.IntN(12))
		for i := range words {
			words[i] = fmt.Sprint("w", random.IntN(20))
		}
		return strings.Join(words, " ")
	}
	x := NewIndex(0.7)
	if got := x.Mean("a"); got != 0 {
		t.Errorf("of nothing it is %v", got)
	}
	var texts []string
	for range 200 {
		texts = append(texts, text())
		x.Add(texts[len(texts)-1])
	}
	for range 50 {
		asked, want := text(), 0.0
		for _, t := range texts {
			want += RougeL(Words(asked), Words(t)) / float64(len(texts))
		}
		if got := x.Mean(asked); math.Abs(got-want) > 1e-12 {
			t.Errorf("%q: %v, want %v", asked, got, want)
		}
	}
}
