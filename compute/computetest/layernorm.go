package computetest

import (
	"fmt"
	"math"

	"github.com/cria-llm/cria/compute"
)

// layerNormShapes is rows and widths: every tail of a vector, and what models have.
var layerNormShapes = [][2]int{{1, 1}, {3, 2}, {2, 3}, {5, 7}, {3, 8}, {2, 15}, {3, 16}, {17, 17}, {2, 31}, {64, 33}, {1, 64}, {5, 100}, {130, 257}, {33, 768}, {2, 1025}}

// The tolerance of LayerNorm is gamma(d) + expError of |w·x̂| + |b| and, where the mean is far from 0, of |w|·mean·r: what
// taking it off costs.
func checkLayerNorm(s *suite) {
	for _, shape := range layerNormShapes {
		n, d := shape[0], shape[1]
		for _, size := range []float64{1, 1e-3, 1e10} {
			for _, mean := range []float64{0, 3} {
				for _, biased := range []bool{true, false} {
					s.layerNorm(n, d, size, mean, biased)
				}
			}
		}
	}
	const n, d = 3, 100
	x, b := s.normal(n*d, 1), s.normal(d, 1)
	for j := range d {
		x[j] = 7
	}
	x[d+50] = float32(math.NaN())
	y := s.blank("y", n*d)
	s.b.LayerNorm(y, s.input("x", x), s.input("w", s.normal(d, 1)), s.input("b", b), n, d, 1e-5)
	got := s.read(y)
	for j := range d {
		s.check(got[j] == b[j], "LayerNorm d=%d: y[0,%d] of a row of one value is %g, want the bias %g", d, j, got[j], b[j])
		s.check(got[d+j] != got[d+j], "LayerNorm d=%d: y[1,%d] of a row with NaN is %g, want NaN", d, j, got[d+j])
		s.check(!math.IsNaN(float64(got[2*d+j])), "LayerNorm d=%d: y[2,%d] is NaN; the NaN is in row 1", d, j)
	}
	s.verify("LayerNorm with values that are not finite")
}

func (s *suite) layerNorm(n, d int, size, mean float64, biased bool) {
	s.t.Helper()
	const eps = 1e-5
	what := fmt.Sprintf("LayerNorm n=%d d=%d bias=%t, values of size %g around %g times that", n, d, biased, size, mean)
	x, w, b := s.normal(n*d, size), s.normal(d, 1), s.normal(d, 1)
	for i := range x {
		x[i] += float32(mean * size)
	}
	var bias compute.Buffer
	if biased {
		bias = s.input("b", b)
	} else {
		b = nil
	}
	y, want := s.blank("y", n*d), make([]float64, n*d)
	s.b.LayerNorm(y, s.input("x", x), s.input("w", w), bias, n, d, eps)
	layerNorm(want, wide(x), wide(w), wide(b), n, d, eps)
	tol := make([]float64, n*d)
	for i := range n {
		xi := wide(x[i*d:][:d])
		xHat, r := standard(xi, eps)
		for j, v := range xHat {
			tol[i*d+j] = math.Abs(float64(w[j]))*(math.Abs(v)+r*math.Abs(xi[j])) + tiny
			if biased {
				tol[i*d+j] += math.Abs(float64(b[j]))
			}
			tol[i*d+j] *= gamma(d) + expError
		}
	}
	s.near(what, "y", d, s.read(y), want, tol)
	s.verify(what)
}

// The tolerance of LayerNormBack is 3·(gamma(d) + expError) of what is added up for dx, |before| + r·(|h| + Σ|h|/d +
// |x̂|·Σ|h·x̂|/d), and the gammas of |before| + Σ|dy·x̂| and |before| + Σ|dy| over the rows for dw and db.
func checkLayerNormBack(s *suite) {
	for _, shape := range layerNormShapes {
		for _, what := range []string{"dw and db", "dw", "db", "neither"} {
			s.layerNormBack(shape[0], shape[1], what == "dw and db" || what == "dw", what == "dw and db" || what == "db")
		}
	}
	const n, d, eps = 3, 7, 1e-5
	x, w, dy := s.normal(n*d, 1), s.normal(d, 1), s.normal(n*d, 1)
	dx, dw, db := s.output("dx", make([]float32, n*d)), s.output("dw", make([]float32, d)), s.output("db", make([]float32, d))
	s.b.LayerNormBack(dx, dw, db, s.input("dy", dy), s.input("x", x), s.input("w", w), n, d, eps)
	x64, w64, b64, y := wide(x), wide(w), make([]float64, d), make([]float64, n*d)
	loss := func() float64 {
		layerNorm(y, x64, w64, b64, n, d, eps)
		return dot(y, wide(dy))
	}
	s.nearSlopes("LayerNormBack", "dx", d, s.read(dx), slopes(x64, loss))
	s.nearSlopes("LayerNormBack", "dw", d, s.read(dw), slopes(w64, loss))
	s.nearSlopes("LayerNormBack", "db", d, s.read(db), slopes(b64, loss))
	s.verify("LayerNormBack")
}

func (s *suite) layerNormBack(n, d int, withWeight, withBias bool) {
	s.t.Helper()
	const eps = 1e-5
	what := fmt.Sprintf("LayerNormBack n=%d d=%d dw=%t db=%t", n, d, withWeight, withBias)
	x, w, dy := s.normal(n*d, 1), s.normal(d, 1), s.normal(n*d, 1)
	startX, startW, startB := s.normal(n*d, 1), s.normal(d, 1), s.normal(d, 1)
	if !withWeight {
		startW = nil
	}
	if !withBias {
		startB = nil
	}
	dx, dw, db := s.output("dx", startX), s.output("dw", startW), s.output("db", startB)
	s.b.LayerNormBack(dx, dw, db, s.input("dy", dy), s.input("x", x), s.input("w", w), n, d, eps)

	x64, w64, dy64 := wide(x), wide(w), wide(dy)
	wantX, wantW, wantB := wide(startX), wide(startW), wide(startB)
	layerNormBack(wantX, wantW, wantB, dy64, x64, w64, n, d, eps)
	sizeX, sizeW, sizeB := absolute(wide(startX)), absolute(wide(startW)), absolute(wide(startB))
	for i := range n {
		xHat, r := standard(x64[i*d:][:d], eps)
		sum, along, far := 0.0, 0.0, 0.0
		for j := range d {
			h := math.Abs(dy64[i*d+j] * w64[j])
			sum += h
			along += h * math.Abs(xHat[j])
			far = math.Max(far, r*math.Abs(x64[i*d+j]))
		}
		for j := range d {
			// x̂ is known to what taking off the mean left of it
			v, g := math.Abs(xHat[j])+far, math.Abs(dy64[i*d+j])
			sizeX[i*d+j] += r * (g*math.Abs(w64[j]) + sum/float64(d) + v*(along+far*sum)/float64(d))
			if withWeight {
				sizeW[j] += g * v
			}
			if withBias {
				sizeB[j] += g
			}
		}
	}
	s.near(what, "dx", d, s.read(dx), wantX, scaled(sizeX, 3*(gamma(d)+expError)))
	if withWeight {
		s.near(what, "dw", d, s.read(dw), wantW, scaled(sizeW, gamma(d)+gamma(n)+expError))
	}
	if withBias {
		s.near(what, "db", d, s.read(db), wantB, scaled(sizeB, gamma(n)))
	}
	s.verify(what)
}
