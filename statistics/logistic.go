package statistics

import "math"

// Feature is a value of one coordinate of an example; coordinates that are not listed are 0.
type Feature struct {
	At    int
	Value float64
}

// Logistic is a logistic regression: the probability of a yes is 1/(1+exp(-(Bias + Weights·x))).
type Logistic struct {
	Bias    float64   `json:"bias"`
	Weights []float64 `json:"weights"`
}

// FitLogistic finds the regression of width coordinates that minimises the sum of the examples' -log p plus ridge/2 times the
// squared length of the weights, without the bias, to a gradient of 1e-4 a row or for at most 2,000 steps of Nesterov's
// accelerated gradient, restarted where it overshoots (O'Donoghue and Candès 2015).
func FitLogistic(examples [][]Feature, yes []bool, width int, ridge float64) Logistic {
	n := len(examples)
	w, ahead, grad := make([]float64, width+1), make([]float64, width+1), make([]float64, width+1) // the bias is last
	last := make([]float64, width+1)
	// The second derivative is at most a quarter of the largest eigenvalue of the examples' products; power iteration finds it.
	step := 1 / (ridge + 0.25*1.05*largest(examples, width))
	momentum := 1.0
	for range 2000 {
		clear(grad)
		for i, x := range examples {
			z := ahead[width]
			for _, f := range x {
				z += f.Value * ahead[f.At]
			}
			d := 1 / (1 + math.Exp(-z))
			if yes[i] {
				d--
			}
			grad[width] += d
			for _, f := range x {
				grad[f.At] += d * f.Value
			}
		}
		steep := 0.0
		for j := range width {
			grad[j] += ridge * ahead[j]
		}
		uphill := 0.0
		copy(last, w)
		for j := range grad {
			steep = max(steep, math.Abs(grad[j]))
			w[j] = ahead[j] - step*grad[j]
			uphill += grad[j] * (w[j] - last[j])
		}
		if steep < 1e-4*float64(n) {
			break
		}
		if uphill > 0 {
			momentum = 1
		}
		next := (1 + math.Sqrt(1+4*momentum*momentum)) / 2
		for j := range w {
			ahead[j] = w[j] + (momentum-1)/next*(w[j]-last[j])
		}
		momentum = next
	}
	return Logistic{Bias: w[width], Weights: w[:width]}
}

// largest is the largest eigenvalue of the sum of the examples' outer products, the bias's 1 included.
func largest(examples [][]Feature, width int) float64 {
	v, next := make([]float64, width+1), make([]float64, width+1)
	for j := range v {
		v[j] = 1 / math.Sqrt(float64(len(v)))
	}
	value := 0.0
	for range 50 {
		clear(next)
		for _, x := range examples {
			z := v[width]
			for _, f := range x {
				z += f.Value * v[f.At]
			}
			next[width] += z
			for _, f := range x {
				next[f.At] += z * f.Value
			}
		}
		value = 0
		for _, a := range next {
			value += a * a
		}
		if value = math.Sqrt(value); value == 0 {
			return 0
		}
		for j := range v {
			v[j] = next[j] / value
		}
	}
	return value
}

// Odds are the log odds of a yes.
func (l Logistic) Odds(x []Feature) float64 {
	z := l.Bias
	for _, f := range x {
		z += f.Value * l.Weights[f.At]
	}
	return z
}
