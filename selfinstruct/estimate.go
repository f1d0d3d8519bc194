package selfinstruct

import (
	"math"
	"unicode/utf8"

	"github.com/cria-llm/cria/openai"
)

// Interval is a guess with its bounds.
type Interval struct {
	Low    float64 `json:"low"`
	Likely float64 `json:"likely"`
	High   float64 `json:"high"`
}

func (i Interval) times(j Interval) Interval {
	return Interval{i.Low * j.Low, i.Likely * j.Likely, i.High * j.High}
}

func (i Interval) scale(x float64) Interval { return Interval{i.Low * x, i.Likely * x, i.High * x} }

func (i Interval) plus(j Interval) Interval {
	return Interval{i.Low + j.Low, i.Likely + j.Likely, i.High + j.High}
}

// Estimate is what a generation takes in all.
type Estimate struct {
	Requests         Interval `json:"requests"`
	PromptTokens     Interval `json:"prompt_tokens"`
	CompletionTokens Interval `json:"completion_tokens"`
	Cost             Interval `json:"cost"` // in dollars; 0 where there are no prices
	// Measured is how many answers of this generation it is from; 0 before the first, when it is from what such requests
	// came to elsewhere, and wide.
	Measured int `json:"measured"`
}

// beforehand is the estimate before anything is asked, from the first request.
func beforehand(n int, m method, first *ask, prices openai.Prices) Estimate {
	requests, completion := m.prior()
	requests = requests.scale(float64(n))
	requests.Low, requests.Likely, requests.High = math.Ceil(requests.Low), math.Ceil(requests.Likely), math.Ceil(requests.High)
	size := 0.0
	for _, x := range first.request.Messages {
		size += tokens(x.Content)
	}
	// A later request shows other examples, and one of another step is shorter.
	prompt := Interval{0.6 * size, size, 1.35 * size}
	e := Estimate{Requests: requests, PromptTokens: requests.times(prompt), CompletionTokens: requests.times(completion)}
	e.Cost = e.PromptTokens.scale(prices.In / 1e6).plus(e.CompletionTokens.scale(prices.Out / 1e6))
	return e
}

// tokens is about how many tokens a text has: four letters to one in ASCII, and nearly one for another character.
func tokens(text string) float64 {
	ascii := 0
	for i := range len(text) {
		if text[i] < utf8.RuneSelf {
			ascii++
		}
	}
	others := utf8.RuneCountInString(text) - ascii
	return float64(ascii)/4 + 0.8*float64(others)
}

// measured is what was seen of answers so far, for the forecast.
type measured struct {
	n           int
	rows, rows2 float64 // sums of the rows kept of each answer, and of their squares
	paid
}

func (m *measured) add(rows int, p paid) {
	m.n++
	m.rows += float64(rows)
	m.rows2 += float64(rows * rows)
	m.paid = m.plus(p)
}

// leastMeasured is how many answers a forecast is from at least.
const leastMeasured = 5

// forecast is what the whole takes, from the answers so far: what they took, and for the rows that are missing the same a
// row, with a 95 % interval from how the rows of an answer vary, among those that were read and among those to come. It reports
// false where too little was seen.
func (m *measured) forecast(kept, n int) (Estimate, bool) {
	if m.n < leastMeasured || m.rows == 0 {
		return Estimate{}, false
	}
	k, missing := float64(m.n), float64(max(0, n-kept))
	mean := m.rows / k
	variance := max(0, m.rows2/k-mean*mean) * k / (k - 1)
	const z = 1.96
	t := z + (z*z*z+z)/(4*(k-1)) // of Student's distribution, nearly
	spread := t * math.Sqrt(variance*(1/k+mean/max(1, missing)))
	more := Interval{missing / (mean + spread), missing / mean, missing / max(mean-spread, mean/4)}
	whole := func(sum float64) Interval {
		return Interval{sum, sum, sum}.plus(more.scale(sum / k))
	}
	return Estimate{Requests: whole(k), PromptTokens: whole(m.prompt), CompletionTokens: whole(m.completion), Cost: whole(m.cost.Dollars()), Measured: m.n}, true
}
