package computetest

import (
	"math"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// dynamicCode is the values of Dettmers et al. 2022, section 1.3, written down anew: 0, 1, and of each power of ten from 1
// down to 10⁻⁶ the middles of 64, 32 … 1 equal parts of its upper nine tenths, both signs, or of twice as many.
func dynamicCode(signed bool) []float64 {
	code := []float64{0, 1}
	parts, power := 128, 1.0
	if signed {
		parts = 64
	}
	for range 7 {
		width := 0.9 * power / float64(parts)
		for x := 0.1*power + width/2; x < power; x += width {
			code = append(code, x)
			if signed {
				code = append(code, -x)
			}
		}
		parts, power = parts/2, power/10
	}
	slices.Sort(code)
	return code
}

// moments8 is what places in a code stand for.
func moments8(scales []float32, places []byte, signed bool) []float64 {
	code := dynamicCode(signed)
	x := make([]float64, len(places))
	for i, place := range places {
		if scale := scales[i/compute.MomentBlock]; scale > 0 {
			x[i] = code[place] * float64(scale)
		}
	}
	return x
}

// places8 is the inverse of moments8, to the nearest.
func places8(x []float64, signed bool) (places []byte, scales []float64) {
	code := dynamicCode(signed)
	places = make([]byte, len(x))
	for lo := 0; lo < len(x); lo += compute.MomentBlock {
		block := x[lo:min(lo+compute.MomentBlock, len(x))]
		most := 0.0
		for _, v := range block {
			most = math.Max(most, math.Abs(v))
		}
		scales = append(scales, most)
		for i, v := range block {
			best := math.Inf(1)
			for place, c := range code {
				if off := math.Abs(c*most - v); most > 0 && off < best && (signed || c > 0 || v == 0) {
					places[lo+i], best = byte(place), off
				}
			}
		}
	}
	return places, scales
}

// lion: Chen et al. 2023, program 1.
func lion(p, g, m []float64, s compute.LionStep) {
	for i := range p {
		grad := g[i] * s.GradScale
		p[i] += lionMove(p[i], s.Beta1*m[i]+(1-s.Beta1)*grad, s)
		m[i] = s.Beta2*m[i] + (1-s.Beta2)*grad
	}
}

func lionMove(p, c float64, s compute.LionStep) float64 {
	sign := 0.0
	if c != 0 {
		sign = math.Copysign(1, c)
	}
	return -s.LR * (sign + s.WeightDecay*p)
}

// adafactor: Shazeer & Stern 2018, algorithm 4, with means in place of sums, a given step size, and the decay decoupled.
// Where r is empty the second moment is c, whole.
func adafactor(p, g, r, c []float64, rows, cols int, s compute.AdafactorStep) {
	square := func(i int) float64 { return g[i]*g[i]*s.GradScale*s.GradScale + 1e-30 }
	for j := range c {
		sum := 0.0
		for i := range rows {
			sum += square(i*cols + j)
		}
		c[j] = s.Beta2*c[j] + (1-s.Beta2)*sum/float64(rows)
	}
	mean := 0.0
	for i := range r {
		sum := 0.0
		for j := range cols {
			sum += square(i*cols + j)
		}
		r[i] = s.Beta2*r[i] + (1-s.Beta2)*sum/float64(cols)
		mean += r[i] / float64(rows)
	}
	u := make([]float64, len(p))
	size := 0.0
	for i := range u {
		v := c[i%cols]
		if len(r) > 0 {
			v *= r[i/cols] / mean
		}
		u[i] = g[i] * s.GradScale / math.Sqrt(v)
		size += u[i] * u[i] / float64(len(u))
	}
	for i := range p {
		p[i] -= s.LR * (u[i]/math.Max(1, math.Sqrt(size)/s.Clip) + s.WeightDecay*p[i])
	}
}
