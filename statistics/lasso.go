package statistics

import "math"

// Shares are what a regression of shares is fitted to: in each row a share of yes from 0 to 1, which stands for a yes of that
// weight and a no of the rest, and a factor on the row.
type Shares struct {
	X      [][]float64 // rows of equal width
	Share  []float64   // of yes
	Weight []float64   // nil is 1 for all
}

func (s Shares) weight(i int) float64 {
	if s.Weight == nil {
		return 1
	}
	return s.Weight[i]
}

// Some are the rows at those places.
func (s Shares) Some(at []int) Shares {
	some := Shares{X: make([][]float64, len(at)), Share: make([]float64, len(at)), Weight: make([]float64, len(at))}
	for i, k := range at {
		some.X[i], some.Share[i], some.Weight[i] = s.X[k], s.Share[k], s.weight(k)
	}
	return some
}

// Loss is the sum of the rows' -log p under weights w.
func (s Shares) Loss(w []float64) float64 {
	loss := 0.0
	for i, x := range s.X {
		z := dot(w, x)
		loss += s.weight(i) * (softplus(z) - s.Share[i]*z)
	}
	return loss
}

// FitLasso finds the weights of a logistic regression without a bias that minimise |w|₁ + c·Loss(w), from a start or, where
// that is nil, from zero. It is exact to about the last bits: quadratic approximations are minimised one coordinate at a time
// and their step is halved until the objective falls (Friedman, Hastie and Tibshirani 2010; Yuan, Ho and Lin 2012).
func FitLasso(s Shares, c float64, start []float64) []float64 {
	if len(s.X) == 0 {
		return nil
	}
	width := len(s.X[0])
	w, trial, step := make([]float64, width), make([]float64, width), make([]float64, width)
	copy(w, start)
	grad := make([]float64, width)
	curve := make([]float64, width*width)
	objective := func(w []float64) float64 { return norm1(w) + c*s.Loss(w) }
	now := objective(w)
	for range 100 {
		clear(grad)
		clear(curve)
		for i, x := range s.X {
			p := Sigmoid(dot(w, x))
			g, h := c*s.weight(i)*(p-s.Share[i]), c*s.weight(i)*p*(1-p)
			for j, xj := range x {
				grad[j] += g * xj
				for k := range j + 1 {
					curve[j*width+k] += h * xj * x[k]
				}
			}
		}
		for j := range width {
			for k := range j {
				curve[k*width+j] = curve[j*width+k]
			}
			curve[j*width+j] += 1e-12
		}
		// The step minimises grad·d + d·curve·d/2 + |w+d|₁.
		clear(step)
		for range 1000 {
			moved := 0.0
			for j := range width {
				slope := grad[j] + dot(curve[j*width:(j+1)*width], step)
				h := curve[j*width+j]
				at := w[j] + step[j]
				to := shrink(at-slope/h, 1/h)
				step[j] += to - at
				moved = max(moved, math.Abs(to-at))
			}
			if moved < 1e-14*(1+norm1(w)) {
				break
			}
		}
		falls := dot(grad, step)
		for j := range w {
			falls += math.Abs(w[j]+step[j]) - math.Abs(w[j])
		}
		if falls > -1e-15*(1+math.Abs(now)) {
			return w
		}
		better := false
		for size := 1.0; size > 1e-10 && !better; size /= 2 {
			for j := range trial {
				trial[j] = w[j] + size*step[j]
			}
			if next := objective(trial); next <= now+1e-4*size*falls {
				w, trial, now, better = trial, w, next, true
			}
		}
		if !better {
			return w
		}
	}
	return w
}

// Sigmoid is the probability of log odds.
func Sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// softplus is log(1 + exp(z)).
func softplus(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }

// shrink moves x towards 0 by as much as by.
func shrink(x, by float64) float64 {
	return math.Copysign(max(0, math.Abs(x)-by), x)
}

func norm1(w []float64) float64 {
	n := 0.0
	for _, x := range w {
		n += math.Abs(x)
	}
	return n
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i, x := range a {
		s += x * b[i]
	}
	return s
}
