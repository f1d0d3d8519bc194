package computetest

import (
	"math"

	"github.com/cria-llm/cria/compute"
)

// crossEntropy: nll_i = log Σ_v exp(z_v) - z_target, z = head·x_i. By z the gradient is softmax(z) - onehot(target).
// dx and dw may be empty.
func crossEntropy(nll, dx, dw, x, head []float64, out, in int, targets []int32, scale []float64) {
	clear(dx)
	z := make([]float64, out)
	for i, target := range targets {
		xi := x[i*in:][:in]
		matMul(z, xi, head, 1, out, in, 1, false)
		lse := logSumExp(z)
		nll[i] = lse - z[target]
		if len(dx) == 0 && len(dw) == 0 {
			continue
		}
		for o, v := range z {
			g := math.Exp(v - lse)
			if o == int(target) {
				g--
			}
			g *= scale[i]
			if len(dx) > 0 {
				addScaled(dx[i*in:][:in], g, head[o*in:][:in])
			}
			if len(dw) > 0 {
				addScaled(dw[o*in:][:in], g, xi)
			}
		}
	}
}

func logSumExp(z []float64) float64 {
	largest := math.Inf(-1)
	for _, v := range z {
		largest = math.Max(largest, v)
	}
	sum := 0.0
	for _, v := range z {
		sum += math.Exp(v - largest)
	}
	return largest + math.Log(sum)
}

// adamW: Loshchilov & Hutter 2019, algorithm 2, with the schedule multiplier inside LR and the decay decoupled
// from the moments but scaled by LR, as in the interface.
func adamW(p, g, m, v []float64, s compute.AdamWStep) {
	for i := range p {
		grad := g[i] * s.GradScale
		m[i] = s.Beta1*m[i] + (1-s.Beta1)*grad
		v[i] = s.Beta2*v[i] + (1-s.Beta2)*grad*grad
		mHat := m[i] / (1 - math.Pow(s.Beta1, float64(s.T)))
		vHat := v[i] / (1 - math.Pow(s.Beta2, float64(s.T)))
		p[i] -= s.LR * (mHat/(math.Sqrt(vHat)+s.Eps) + s.WeightDecay*p[i])
	}
}
