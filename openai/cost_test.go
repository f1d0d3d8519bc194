package openai

import (
	"encoding/json"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// Costs are rational arithmetic, rounded up to a billionth of a dollar for each side.
func TestCostsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micro := rapid.Int64Range(0, 1e9) // dollars a million tokens, in millionths
		tokens := rapid.IntRange(0, 1<<24)
		in, out := micro.Draw(t, "in"), micro.Draw(t, "out")
		u := Usage{PromptTokens: tokens.Draw(t, "prompt"), CompletionTokens: tokens.Draw(t, "completion")}
		want := new(big.Int)
		for _, side := range [][2]int64{{in, int64(u.PromptTokens)}, {out, int64(u.CompletionTokens)}} {
			pico := new(big.Int).Mul(big.NewInt(side[0]), big.NewInt(side[1]))
			nano, rest := new(big.Int).QuoRem(pico, big.NewInt(1000), new(big.Int))
			if rest.Sign() > 0 {
				nano.Add(nano, big.NewInt(1))
			}
			want.Add(want, nano)
		}
		if got := (Prices{In: float64(in) / 1e6, Out: float64(out) / 1e6}).Cost(u); want.Cmp(big.NewInt(int64(got))) != 0 {
			t.Errorf("cost %d, want %s", got, want)
		}
	})
}

func TestCostsAsText(t *testing.T) {
	for c, want := range map[Cost][2]string{
		0: {"$0.00", "0"}, 1: {"$0.000000001", "0.000000001"}, 1_500_000: {"$0.001500", "0.0015"}, 12_345_678: {"$0.0123", "0.012345678"},
		Dollar: {"$1.00", "1"}, 123 * Dollar: {"$123.00", "123"}, 2*Dollar + 5e8: {"$2.50", "2.5"}, -5e8: {"-$0.5000", "-0.5"}, 10 * Dollar: {"$10.00", "10"},
	} {
		text, err := json.Marshal(c)
		if c.String() != want[0] || err != nil || string(text) != want[1] {
			t.Errorf("%d is %s and %s, want %s and %s", int64(c), c, text, want[0], want[1])
		}
	}
}

func TestPricesThatAreNone(t *testing.T) {
	for _, p := range []Prices{{In: -1}, {Out: 1e9}} {
		if p.Check() == nil {
			t.Errorf("%+v is taken for prices", p)
		}
	}
	for name, want := range map[string]float64{"gpt-4o-mini": 0.15, "gpt-4o-mini-2024-07-18": 0.15, "gpt-4o": 2.5, "gpt-4o-audio": 0, "llama": 0} {
		if p, ok := PriceOf(name); p.In != want || ok != (want > 0) {
			t.Errorf("%s costs %+v, %t, want %g", name, p, ok, want)
		}
	}
}
