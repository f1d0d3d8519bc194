package openai

import (
	"fmt"
	"math"
	"strings"
)

// Cost is an amount of money in billionths of a dollar. As JSON it is a number of dollars.
type Cost int64

// Dollar is a dollar.
const Dollar Cost = 1e9

// Dollars is the cost as a fraction.
func (c Cost) Dollars() float64 { return float64(c) / float64(Dollar) }

// String has cents, and more digits where the amount is small.
func (c Cost) String() string {
	sign, n := "", c
	if n < 0 {
		sign, n = "-", -n
	}
	digits := 2
	switch {
	case n == 0:
	case n < Dollar/10_000:
		digits = 9
	case n < Dollar/100:
		digits = 6
	case n < Dollar:
		digits = 4
	}
	return fmt.Sprintf("%s$%.*f", sign, digits, n.Dollars())
}

// MarshalJSON writes dollars, exactly.
func (c Cost) MarshalJSON() ([]byte, error) {
	sign, n := "", uint64(c)
	if c < 0 {
		sign, n = "-", -n
	}
	text := fmt.Sprintf("%s%d.%09d", sign, n/uint64(Dollar), n%uint64(Dollar))
	return []byte(strings.TrimSuffix(strings.TrimRight(text, "0"), ".")), nil
}

// CostOf is an amount of dollars, to the nearest billionth.
func CostOf(dollars float64) Cost { return Cost(math.Round(dollars * float64(Dollar))) }

// Prices are in dollars per million tokens, to the millionth of a dollar.
type Prices struct {
	In, Out float64
}

// Check says what is wrong with prices that are none.
func (p Prices) Check() error {
	for _, v := range []float64{p.In, p.Out} {
		if math.IsNaN(v) || v < 0 || v > maxPrice {
			return fmt.Errorf("a price is %g, want dollars per million tokens, 0 to %g", v, maxPrice)
		}
	}
	return nil
}

// maxPrice and maxTokens bound a request's cost so that sums of costs stay far from the end of an integer.
const (
	maxPrice  = 1e4
	maxTokens = 1 << 27
)

// Cost is what so many tokens cost, rounded up to a billionth of a dollar.
func (p Prices) Cost(u Usage) Cost {
	perToken := func(price float64) int64 { return int64(math.Round(price * 1e6)) } // in 1e-12 dollars
	tokens := func(n int) int64 { return int64(min(max(n, 0), maxTokens)) }
	in, out := tokens(u.PromptTokens)*perToken(p.In), tokens(u.CompletionTokens)*perToken(p.Out)
	return Cost((in+999)/1000 + (out+999)/1000)
}

// What a template adds to a conversation is bounded by what those of known models add: the marks of a message, and a system
// message of the template's own.
const (
	messageTokens = 16
	requestTokens = 96
)

// Bound is the most that a request can take: a token holds one byte of the prompt at least, and the answer has no more than
// MaxTokens.
func Bound(r Request) Usage {
	n := requestTokens + len(r.Schema)
	for _, m := range r.Messages {
		n += messageTokens + len(m.Role) + len(m.Content)
	}
	return Usage{PromptTokens: n, CompletionTokens: r.MaxTokens, Estimated: true}
}

// estimate is about what a request and its answer take, at four bytes for a token, as English has it.
func estimate(r Request, answer string) Usage {
	n := 3
	for _, m := range r.Messages {
		n += 4 + (len(m.Content)+3)/4
	}
	return Usage{PromptTokens: n, CompletionTokens: (len(answer) + 3) / 4, Estimated: true}
}
