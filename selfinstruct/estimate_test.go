package selfinstruct

import (
	"math/rand/v2"
	"testing"

	"github.com/cria-llm/cria/openai"
)

// The interval of a forecast, made after a few answers, has the cost that the whole came to in about 95 of 100 runs.
func TestForecastsAreRightAsOftenAsTheySay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, after := range []int{leastMeasured, 10, 40} {
		const runs, rows = 2000, 600
		within := 0
		for range runs {
			var m measured
			var e Estimate
			kept := 0
			for kept < rows {
				n := 0
				share := 0.2 + 0.7*random.Float64() // of the tasks of an answer that are kept
				for range 8 {
					if random.Float64() < share {
						n++
					}
				}
				kept += n
				m.add(n, paid{cost: openai.Dollar})
				if m.n == after {
					e, _ = m.forecast(kept, rows)
				}
			}
			if cost := m.cost.Dollars(); e.Cost.Low <= cost && cost <= e.Cost.High {
				within++
			}
		}
		if share := float64(within) / runs; share < 0.92 || share > 0.99 {
			t.Errorf("after %d answers the interval is right in %.1f %% of runs", after, 100*share)
		}
	}
}

func TestTokensAreAboutAFourthOfTheLetters(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "four": 1, "写一首诗": 3.2} {
		if got := tokens(text); got != want {
			t.Errorf("%q has about %v tokens, want %v", text, got, want)
		}
	}
}
