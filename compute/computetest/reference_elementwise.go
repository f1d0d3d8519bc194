package computetest

import (
	"math"

	"github.com/cria-llm/cria/compute"
)

// rmsNorm: Zhang & Sennrich 2019, equation 4, with eps inside the root.
func rmsNorm(y, x, w []float64, n, d int, eps float64) {
	for i := range n {
		r := inverseRMS(x[i*d:][:d], eps)
		for j := range d {
			y[i*d+j] = w[j] * x[i*d+j] * r
		}
	}
}

func inverseRMS(x []float64, eps float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return 1 / math.Sqrt(sum/float64(len(x))+eps)
}

// rmsNormBack adds to dx[n,d] and, where it is not empty, dw[d]. With r = 1/rms and ∂r/∂x_j = -r³·x_j/d:
// dx_j = r·w_j·dy_j - r³·x_j/d · Σ_k dy_k·w_k·x_k.
func rmsNormBack(dx, dw, dy, x, w []float64, n, d int, eps float64) {
	for i := range n {
		xi, gi := x[i*d:][:d], dy[i*d:][:d]
		r := inverseRMS(xi, eps)
		dot := 0.0
		for j := range d {
			dot += gi[j] * w[j] * xi[j]
		}
		for j := range d {
			dx[i*d+j] += r*w[j]*gi[j] - r*r*r*xi[j]/float64(d)*dot
			if len(dw) > 0 {
				dw[j] += gi[j] * xi[j] * r
			}
		}
	}
}

// layerNorm: Ba et al. 2016, equation 4, with eps inside the root. b may be empty.
func layerNorm(y, x, w, b []float64, n, d int, eps float64) {
	for i := range n {
		xHat, _ := standard(x[i*d:][:d], eps)
		for j, v := range xHat {
			y[i*d+j] = w[j] * v
			if len(b) > 0 {
				y[i*d+j] += b[j]
			}
		}
	}
}

// standard is x with its mean taken off, times r, 1 over the root of the variance and eps.
func standard(x []float64, eps float64) (xHat []float64, r float64) {
	d := float64(len(x))
	mean := dot(x, ones(len(x))) / d
	xHat = make([]float64, len(x))
	for j, v := range x {
		xHat[j] = v - mean
	}
	r = 1 / math.Sqrt(dot(xHat, xHat)/d+eps)
	for j := range xHat {
		xHat[j] *= r
	}
	return xHat, r
}

// layerNormBack adds to dx[n,d] and, where they are not empty, dw[d] and db[d]. x̂_j moves by r·(δ_jk - 1/d - x̂_j·x̂_k/d)
// with x_k, and with h = dy ⊙ w: dx_k = r·(h_k - Σ_j h_j/d - x̂_k·Σ_j h_j·x̂_j/d).
func layerNormBack(dx, dw, db, dy, x, w []float64, n, d int, eps float64) {
	for i := range n {
		xHat, r := standard(x[i*d:][:d], eps)
		g := dy[i*d:][:d]
		sum, along := 0.0, 0.0
		for j := range d {
			sum += g[j] * w[j]
			along += g[j] * w[j] * xHat[j]
		}
		for j := range d {
			dx[i*d+j] += r * (g[j]*w[j] - sum/float64(d) - xHat[j]*along/float64(d))
			if len(dw) > 0 {
				dw[j] += g[j] * xHat[j]
			}
			if len(db) > 0 {
				db[j] += g[j]
			}
		}
	}
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// activate is act(z) and its slope. silu(z) = z·σ(z), Elfwing et al. 2017; the two GELU of Hendrycks & Gimpel 2016,
// section 2. 1-σ(z) is σ(-z), and 1-tanh(v)² is 4·σ(2v)·σ(-2v).
func activate(z float64, act compute.Activation) (y, slope float64) {
	switch act {
	case compute.SiLU:
		return z * sigmoid(z), sigmoid(z) * (1 + z*sigmoid(-z))
	case compute.GELUTanh:
		c := math.Sqrt(2 / math.Pi)
		v := c * (z + 0.044715*z*z*z)
		s := sigmoid(2 * v)
		if s*(1-s) == 0 { // z³ may be infinite
			return z * s, s
		}
		return z * s, s + z*2*s*sigmoid(-2*v)*c*(1+3*0.044715*z*z)
	case compute.GELU:
		phi := math.Erfc(-z/math.Sqrt2) / 2
		return z * phi, phi + z*math.Exp(-z*z/2)/math.Sqrt(2*math.Pi)
	}
	panic("computetest: no reference for this activation")
}

// gated: Shazeer 2020, section 2: y = act(gate)·up.
func gated(y, gate, up []float64, act compute.Activation) {
	for i := range y {
		a, _ := activate(gate[i], act)
		y[i] = a * up[i]
	}
}

func gatedBack(dgate, dup, dy, gate, up []float64, act compute.Activation) {
	for i := range dgate {
		a, slope := activate(gate[i], act)
		dgate[i], dup[i] = dy[i]*up[i]*slope, dy[i]*a
	}
}

// capped is x bent to stay within ±limit.
func capped(x, limit float64) float64 { return limit * math.Tanh(x/limit) }

// rope turns the pair (j, j+half) of each head by the angle whose cos and sin the tables hold for the row's
// position: Su et al. 2021, equation 15, in the half-split order.
func rope(x []float64, pos []int32, heads, dim int, cos, sin []float64, ropeDim int, inverse bool) {
	half := ropeDim / 2
	for i, p := range pos {
		for h := range heads {
			v := x[(i*heads+h)*dim:][:dim]
			for j := range half {
				c, s := cos[int(p)*half+j], sin[int(p)*half+j]
				if inverse {
					s = -s
				}
				v[j], v[j+half] = v[j]*c-v[j+half]*s, v[j]*s+v[j+half]*c
			}
		}
	}
}

// kept draws whether dropout keeps value i: the SplitMix64 output function (Steele et al. 2014) applied to seed
// and then to its sum with i, read as a fraction of 1.
func kept(seed uint64, i int, p float64) bool {
	return float64(mix(mix(seed)+uint64(i))>>11)/(1<<53) >= p
}

// noise draws value i of -1..1, from as many bits as a float32 has.
func noise(seed uint64, i int) float64 {
	return float64(int64(mix(mix(seed)+uint64(i))>>40)-1<<23) / (1 << 23)
}

func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
