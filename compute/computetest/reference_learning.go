package computetest

import (
	"math"

	"github.com/cria-llm/cria/compute"
)

// logitsOf is the logits of one row, as the terms scale and cap them, and the slope of that by head·x.
func logitsOf(z, slope, xi, head []float64, out, in int, terms compute.LossTerms) {
	scale := float64(terms.LogitScale)
	if scale == 0 {
		scale = 1
	}
	matMul(z, xi, head, 1, out, in, scale, false)
	for o := range z {
		slope[o] = scale
		if limit := float64(terms.Cap); limit > 0 {
			z[o] = capped(z[o], limit)
			slope[o] *= 1 - z[o]/limit*(z[o]/limit)
		}
	}
}

// crossEntropy: nll_i = log Σ_v exp(z_v) - z_target, z = head·x_i. By z the gradient of the loss is
// softmax(z)·(1 + 2·ζ·log Z) - (1-α)·onehot(target) - α/out, with smoothing α and ζ the weight of (log Z)². dx and dw may
// be empty.
func crossEntropy(nll, dx, dw, x, head []float64, out, in int, targets []int32, scale []float64, terms compute.LossTerms) {
	smoothing, zLoss := float64(terms.Smoothing), float64(terms.ZLoss)
	clear(dx)
	z, slope := make([]float64, out), make([]float64, out)
	for i, target := range targets {
		xi := x[i*in:][:in]
		logitsOf(z, slope, xi, head, out, in, terms)
		lse := logSumExp(z)
		nll[i] = lse - z[target]
		if len(dx) == 0 && len(dw) == 0 {
			continue
		}
		for o, v := range z {
			g := math.Exp(v-lse)*(1+2*zLoss*lse) - smoothing/float64(out)
			if o == int(target) {
				g -= 1 - smoothing
			}
			g *= scale[i] * slope[o]
			if len(dx) > 0 {
				addScaled(dx[i*in:][:in], g, head[o*in:][:in])
			}
			if len(dw) > 0 {
				addScaled(dw[o*in:][:in], g, xi)
			}
		}
	}
}

// lossOf is the whole loss of the rows, as it is defined.
func lossOf(x, head []float64, out, in int, targets []int32, scale []float64, terms compute.LossTerms) float64 {
	z, slope, sum := make([]float64, out), make([]float64, out), 0.0
	for i, target := range targets {
		logitsOf(z, slope, x[i*in:][:in], head, out, in, terms)
		lse, even := logSumExp(z), 0.0
		for _, v := range z {
			even += (lse - v) / float64(out)
		}
		smoothing := float64(terms.Smoothing)
		sum += scale[i] * ((1-smoothing)*(lse-z[target]) + smoothing*even + float64(terms.ZLoss)*lse*lse)
	}
	return sum
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
