package computetest

import (
	"math"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// Repack gives the plain backend's repacked weights the bytes that they had; what makes them repacked is that products
// round x.
func (plain) Repack(w compute.Weight) (compute.Weight, bool) {
	if _, ok := w.Type.RepackedAs(); ok {
		return compute.RepackedWeight(w.Type, w.Rows, w.Cols, slices.Clone(w.Data())), true
	}
	return compute.Weight{}, false
}

// factors is the n rows of x and the matrix that a product multiplies.
func factors(x compute.Buffer, w compute.Weight, n int) (x64, w64 []float64) {
	if w.Repacked() == nil {
		return load(x, n*w.Cols), matrix(w)
	}
	return rounded(x.Host()[:n*w.Cols]), decode(w.Type, w.Repacked(), w.Rows*w.Cols)
}

// rounded is x as a product with a repacked weight sees it: runs of 32 values rounded to integers times a scale.
func rounded(x []float32) []float64 {
	y := make([]float64, len(x))
	for at := 0; at < len(x); at += 32 {
		run := x[at : at+32]
		var most float32
		finite := true
		for _, v := range run {
			size := float32(math.Abs(float64(v)))
			finite = finite && size <= math.MaxFloat32
			most = max(most, size)
		}
		inverse, scale := float64(float32(127)/most), float64(most/127)
		for i, v := range run {
			switch {
			case !finite:
				y[at+i] = math.NaN()
			case inverse <= math.MaxFloat32:
				y[at+i] = scale * math.RoundToEven(float64(float32(float64(v)*inverse)))
			}
		}
	}
	return y
}
