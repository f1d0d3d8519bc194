package openai

import "math"

// Forecast is what a run will have cost in the end, with an interval of 95 %.
type Forecast struct {
	Expect Cost `json:"expect"`
	Low    Cost `json:"low"`
	High   Cost `json:"high"`
}

// Forecast says what all of total will have cost, where done of it are there; ok is false before any answer was paid for.
//
// The cost of one is that of all so far through done. Its standard error is taken from how the answers' costs vary, and from
// how many are done in an answer as if that were of a Poisson distribution: (cv² + 1)/answers, relative and squared.
func (g *Guarded) Forecast(done, total int) (f Forecast, ok bool) {
	g.j.mu.Lock()
	defer g.j.mu.Unlock()
	n, spent := float64(g.j.spent.Requests), g.j.spent.Cost.Dollars()
	if done <= 0 || n == 0 {
		return Forecast{}, false
	}
	left := float64(max(0, total-done)) * spent / float64(done)
	mean := spent / n
	deviation := 0.0
	if mean > 0 {
		deviation = 1.96 * left * math.Sqrt((max(0, g.j.squares/n/(mean*mean)-1)+1)/n)
	}
	now := g.j.spent.Most().Dollars()
	return Forecast{Expect: CostOf(now + left), Low: CostOf(now + max(0, left-deviation)), High: CostOf(now + left + deviation)}, true
}
