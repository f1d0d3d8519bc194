package similarity

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
)

// instructions are those of Alpaca, 28,001 of the 52,002, and again with a word put before each, up to n.
func instructions(tb testing.TB, n int) []string {
	f, err := os.Open(shared.Path(tb, "data", "alpaca", "alpaca_28k.jsonl"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var out []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var row struct{ Instruction string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			tb.Fatal(err)
		}
		out = append(out, row.Instruction)
	}
	for i := 0; len(out) < n; i++ {
		out = append(out, "Now "+out[i])
	}
	return out[:n]
}

// BenchmarkNearest is a new instruction against Alpaca's number of them.
func BenchmarkNearest(b *testing.B) {
	texts := instructions(b, 52_002)
	x := NewIndex(0.7)
	for _, s := range texts {
		x.Add(s)
	}
	b.Run("nearest", func(b *testing.B) {
		for i := range b.N {
			x.Nearest("Then " + texts[i*37%len(texts)])
		}
	})
	b.Run("top10", func(b *testing.B) {
		for i := range b.N {
			x.Top("Then "+texts[i*37%len(texts)], 10)
		}
	})
}
