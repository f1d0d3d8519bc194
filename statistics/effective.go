package statistics

// Effective is the sample size of Kish (1965): so many of equal weight would say as much, (Σw)²/Σw². Without any weight it is 0.
func Effective(weights []float64) float64 {
	var sum, squares float64
	for _, w := range weights {
		sum, squares = sum+w, squares+w*w
	}
	if squares == 0 {
		return 0
	}
	return sum * sum / squares
}
