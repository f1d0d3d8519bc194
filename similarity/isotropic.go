package similarity

import "math"

// Isotropic gives vectors that point in all directions: those of language models lie in a narrow cone, where everything is
// like everything. It takes away the mean of all and the directions in which they vary most, one for each hundred numbers and
// one at least, and brings what is left to length 1 (Mu and Viswanath 2018, "All-but-the-Top"). The vectors given are left as
// they are; what has nothing left is zeros.
func Isotropic(vectors [][]float32) [][]float32 {
	if len(vectors) == 0 {
		return nil
	}
	dim := len(vectors[0])
	centre := mean(vectors)
	out := make([][]float32, len(vectors))
	for i, v := range vectors {
		out[i] = make([]float32, dim)
		for j, x := range v {
			out[i][j] = x - centre[j]
		}
	}
	if len(vectors) > dim { // fewer vary in every direction that they have
		for range (dim + 99) / 100 {
			top := principal(out)
			for _, v := range out {
				p := dot(v, top)
				for j, x := range top {
					v[j] -= p * x
				}
			}
		}
	}
	for _, v := range out {
		length := math.Sqrt(float64(dot(v, v)))
		if length < 1e-6 {
			clear(v)
			continue
		}
		for j, x := range v {
			v[j] = float32(float64(x) / length)
		}
	}
	return out
}

// principal is the direction in which centred vectors vary most, by power iteration.
func principal(vectors [][]float32) []float32 {
	v := make([]float32, len(vectors[0]))
	for j := range v {
		v[j] = 1 + float32(j%7) // any start that has a part in every direction
	}
	for range 30 {
		sum := make([]float64, len(v))
		for _, x := range vectors {
			p := float64(dot(x, v))
			for j, y := range x {
				sum[j] += p * float64(y)
			}
		}
		length := 0.0
		for _, s := range sum {
			length += s * s
		}
		if length == 0 {
			clear(v)
			return v
		}
		for j, s := range sum {
			v[j] = float32(s / math.Sqrt(length))
		}
	}
	return v
}
