package model

import (
	"context"
	"math"
)

// Rounding is how far a matrix is from the same matrix of another model.
type Rounding struct {
	Name string
	// Relative is ‖a − b‖/‖a‖, Frobenius norms in float64. What types of four bits round is about 0.1; rows in another order
	// give √2.
	Relative float64
}

// Furthest is the matrix of m, adapters beneath merged in, that is furthest from the one of that name in o. Matrices that o
// lacks or has in another shape are left out, and so are those of zeros.
func (m *Model) Furthest(ctx context.Context, o *Model) (Rounding, error) {
	others := map[string]Merged{}
	for _, t := range o.Merged() {
		others[t.Name] = t
	}
	var worst Rounding
	var a, b []float32
	for _, t := range m.Merged() {
		u, ok := others[t.Name]
		if !ok || len(t.Shape) != 2 || product(u.Shape) != product(t.Shape) || u.Shape[0] != t.Shape[0] {
			continue
		}
		rows, cols := t.size()
		a, b = grown(a, mergedRows*cols), grown(b, mergedRows*cols)
		var apart, norm float64
		for row := 0; row < rows; row += mergedRows {
			if err := ctx.Err(); err != nil {
				return Rounding{}, err
			}
			n := min(mergedRows, rows-row)
			t.read(a, row, n, cols)
			u.read(b, row, n, cols)
			for i, x := range a[:n*cols] {
				d := float64(x) - float64(b[i])
				apart += d * d
				norm += float64(x) * float64(x)
			}
		}
		if r := math.Sqrt(apart / norm); norm > 0 && r > worst.Relative {
			worst = Rounding{t.Name, r}
		}
	}
	return worst, nil
}

func grown(b []float32, n int) []float32 {
	if len(b) >= n {
		return b
	}
	return make([]float32, n)
}
