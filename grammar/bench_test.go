package grammar

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/internal/shared"
)

// vocabularyOf is so many tokens: every byte, and the pieces that are most frequent in the first rows of a file.
func vocabularyOf(b *testing.B, n int) [][]byte {
	f, err := os.Open(shared.Path(b, "data", "alpaca", "alpaca_28k.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	count := map[string]int{}
	lines := bufio.NewScanner(f)
	for i := 0; i < 8000 && lines.Scan(); i++ {
		var row struct{ Instruction, Input, Output string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			b.Fatal(err)
		}
		for _, word := range strings.SplitAfter(row.Instruction+"\n"+row.Input+row.Output+lines.Text(), " ") {
			for end := 2; end <= len(word); end++ {
				count[" "+word[:end]]++
				count[word[:end]]++
			}
		}
	}
	list := make([]string, 0, len(count))
	for s := range count {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b string) int {
		if d := count[b] - count[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var tokens [][]byte
	for i := range 256 {
		tokens = append(tokens, []byte{byte(i)})
	}
	for _, s := range list[:n-256] {
		tokens = append(tokens, []byte(s))
	}
	return tokens
}

// What a step costs with a vocabulary of 49,152 tokens: each state for the first time, and later.
func BenchmarkMasks(b *testing.B) {
	tokens := vocabularyOf(b, 49152)
	ids := map[string]int{}
	for id, t := range tokens {
		ids[string(t)] = id
	}
	text := `{"instruction":"Name three of the primes.","input":"", "output": "2, 3 and 5: nothing divides them.","score":2,"tags":["maths"]}`
	began := time.Now()
	v := NewVocabulary(tokens)
	read := time.Since(began)
	g := compiled(b, rows)
	n := 0
	steps := func(m *Masks) (slowest time.Duration) {
		n = 0
		for s, rest := g.Start(), text; rest != ""; n++ {
			began := time.Now()
			m.Allowed(s, 200-n)
			slowest = max(slowest, time.Since(began))
			size := min(12, len(rest))
			for ids[rest[:size]] == 0 && size > 1 {
				size--
			}
			s, rest = s.Next([]byte(rest[:size])), rest[size:]
			if s.Dead() {
				b.Fatalf("dead before %q", rest)
			}
		}
		return slowest
	}
	m := g.Masks(v)
	began = time.Now()
	slowest := steps(m)
	first := time.Since(began)
	began = time.Now()
	for b.Loop() {
		steps(m)
	}
	b.ReportMetric(float64(time.Since(began).Microseconds())/float64(b.N*n), "µs/step")
	b.ReportMetric(float64(read.Milliseconds()), "ms/vocabulary")
	b.ReportMetric(float64(first.Microseconds())/float64(n), "µs/step-first")
	b.ReportMetric(float64(slowest.Microseconds()), "µs/step-slowest")
}
