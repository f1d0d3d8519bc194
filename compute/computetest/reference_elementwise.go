package computetest

import (
	"math"
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

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// siluGate: Shazeer 2020, section 2 (SwiGLU): y = z·σ(z)·up with z = gate.
func siluGate(y, gate, up []float64, n int) {
	for i := range n {
		y[i] = gate[i] * sigmoid(gate[i]) * up[i]
	}
}

// siluGateBack: silu'(z) = σ(z)·(1 + z·(1-σ(z))), and 1-σ(z) = σ(-z).
func siluGateBack(dgate, dup, dy, gate, up []float64, n int) {
	for i := range n {
		z, s, g := gate[i], sigmoid(gate[i]), dy[i]
		dgate[i] = g * up[i] * s * (1 + z*sigmoid(-z))
		dup[i] = g * z * s
	}
}

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
