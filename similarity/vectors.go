package similarity

import "math"

// Cosine is the cosine of the angle between two vectors, 0 where either is all zeros.
func Cosine(a, b []float32) float64 {
	la, lb := dot(a, a), dot(b, b)
	if la == 0 || lb == 0 {
		return 0
	}
	return float64(dot(a, b)) / math.Sqrt(float64(la)*float64(lb))
}

// dot is the inner product of two vectors of one length, in four sums.
func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}

// dot4 are the inner products of one vector with four others, which reads it once.
func dot4(a, b, c, d, e []float32) (float32, float32, float32, float32) {
	b, c, d, e = b[:len(a)], c[:len(a)], d[:len(a)], e[:len(a)]
	var s0, s1, s2, s3 float32
	for i, x := range a {
		s0 += x * b[i]
		s1 += x * c[i]
		s2 += x * d[i]
		s3 += x * e[i]
	}
	return s0, s1, s2, s3
}

// mean is the mean of vectors, of which there is one at least.
func mean(vectors [][]float32) []float32 {
	sum := make([]float64, len(vectors[0]))
	for _, v := range vectors {
		for i, x := range v {
			sum[i] += float64(x)
		}
	}
	out := make([]float32, len(sum))
	for i, x := range sum {
		out[i] = float32(x / float64(len(vectors)))
	}
	return out
}
