package adapter

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// Principal is the start of PiSSA (Meng et al. 2024): the best approximation of W[out, in] at rank r as a pair of the given
// scale, whose halves share the singular values evenly. The seed draws where the search begins; the same seed and weights
// give the same bits.
func Principal(w []float32, out, in, r int, scale float32, seed uint64) (Pair, error) {
	if r > min(out, in) {
		return Pair{}, fmt.Errorf("%d×%d weights have no %d singular vectors", out, in, r)
	}
	u, s, v, err := principal(w, out, in, r, seed)
	if err != nil {
		return Pair{}, err
	}
	p := Pair{A: make([]float32, r*in), B: make([]float32, out*r), R: r, In: in, Out: out, Scale: scale}
	for k := range r {
		root := math.Sqrt(s[k] / float64(scale))
		for i, x := range v[k] {
			p.A[k*in+i] = float32(root * x)
		}
		for o, x := range u[k] {
			p.B[o*r+k] = float32(root * x)
		}
	}
	return p, nil
}

// Minus is the pair that is p less from, exactly: both ranks side by side. They have the same widths and the same scale,
// and p's magnitude, if it has one, stays.
func (p Pair) Minus(from Pair) Pair {
	d := Pair{R: p.R + from.R, In: p.In, Out: p.Out, Scale: p.Scale, Magnitude: p.Magnitude}
	d.A = append(slices.Clone(p.A), from.A...)
	d.B = make([]float32, 0, d.Out*d.R)
	for o := range d.Out {
		d.B = append(d.B, p.B[o*p.R:(o+1)*p.R]...)
		for _, b := range from.B[o*from.R : (o+1)*from.R] {
			d.B = append(d.B, -b)
		}
	}
	return d
}

// Since is what training made of an adapter that began as start: a plain adapter of twice the rank for the base as it is,
// which is how PEFT converts PiSSA.
func (a *Adapter) Since(start map[string]Pair) *Adapter {
	d := *a
	d.Config.R = 2 * a.Config.R
	d.Config.Alpha = 2 * a.Config.Alpha
	if a.Config.RSLoRA {
		d.Config.Alpha = math.Sqrt2 * a.Config.Alpha
	}
	d.Modules = make(map[string]Pair, len(a.Modules))
	for name, p := range a.Modules {
		p = p.Minus(start[name])
		p.Scale = d.Config.scale(d.Config.R, d.Config.Alpha)
		d.Modules[name] = p
	}
	return &d
}

// principalError is how near a singular vector must be, as a share of the largest singular value.
const principalError = 1e-9

// principal is the r largest singular values of w[m, n], falling, with their vectors on the left and on the right: the
// bidiagonalisation of Golub & Kahan (1965) by the method of Lanczos, in float64, each vector held orthogonal to all
// before it. It goes on until the vectors have converged, or to the end.
func principal(w []float32, m, n, r int, seed uint64) (u vectors, s []float64, v vectors, err error) {
	rng := rand.New(rand.NewPCG(seed, uint64(m)<<32|uint64(n)))
	most := min(m, n)
	left, right := make(vectors, 0, most), make(vectors, 0, most)
	var alpha, beta []float64 // W·right = left·B and Wᵀ·left = right·Bᵀ + the rest, B of alpha and above it beta
	next := another(rng, nil, n)
	var top float64
	for check := min(most, 2*r+16); ; {
		k := len(left)
		right = append(right, next)
		x := make([]float64, m)
		multiply(x, w, right[k])
		if k > 0 {
			axpy(x, -beta[k-1], left[k-1])
		}
		a := orthogonal(x, left)
		top = max(top, a)
		if a <= 1e-14*top { // the space that it searched is closed: go on in another
			x, a = another(rng, left, m), 0
		}
		left, alpha = append(left, x), append(alpha, a)

		y := make([]float64, n)
		multiplyBack(y, w, x)
		axpy(y, -a, right[k])
		b := orthogonal(y, right)
		top = max(top, b)
		k++
		if k < most && b <= 1e-14*top {
			y, b = another(rng, right, n), 0
		}
		beta, next = append(beta, b), y
		if k < check {
			continue
		}
		values, coefficients, err := bidiagonal(alpha, beta)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("singular vectors of %d×%d weights: %w", m, n, err)
		}
		worst := 0.0
		for i := range r {
			worst = max(worst, b*math.Abs(coefficients[i][k-1]))
		}
		if k < most && worst > principalError*values[0] {
			check = min(most, k+max(8, k/4))
			continue
		}
		u, v = left.times(coefficients[:r]), newVectors(r, n)
		for i := range r {
			multiplyBack(v[i], w, u[i])
			if norm := math.Sqrt(dot(v[i], v[i])); norm > 0 {
				for j := range v[i] {
					v[i][j] /= norm
				}
			}
		}
		return u, values[:r], v, nil
	}
}

// multiply is y = W·x, multiplyBack is y = Wᵀ·x, for W[len(y), len(x)] or its transpose by rows.
func multiply(y []float64, w []float32, x []float64) {
	n := len(x)
	for i := range y {
		row := w[i*n : (i+1)*n]
		var a, b, c, d float64
		j := 0
		for ; j+4 <= n; j += 4 {
			a += float64(row[j]) * x[j]
			b += float64(row[j+1]) * x[j+1]
			c += float64(row[j+2]) * x[j+2]
			d += float64(row[j+3]) * x[j+3]
		}
		for ; j < n; j++ {
			a += float64(row[j]) * x[j]
		}
		y[i] = a + b + (c + d)
	}
}

func multiplyBack(y []float64, w []float32, x []float64) {
	n := len(y)
	i := 0
	for ; i+4 <= len(x); i += 4 {
		r0, r1, r2, r3 := w[i*n:(i+1)*n], w[(i+1)*n:(i+2)*n], w[(i+2)*n:(i+3)*n], w[(i+3)*n:(i+4)*n]
		a, b, c, d := x[i], x[i+1], x[i+2], x[i+3]
		for j := range y {
			y[j] += a*float64(r0[j]) + b*float64(r1[j]) + (c*float64(r2[j]) + d*float64(r3[j]))
		}
	}
	for ; i < len(x); i++ {
		for j, v := range w[i*n : (i+1)*n] {
			y[j] += x[i] * float64(v)
		}
	}
}

// orthogonal takes the parts along the vectors out of x, twice so that rounding leaves none, makes it of length 1 and
// returns the length it had. A vector of zeros stays.
func orthogonal(x []float64, to vectors) float64 {
	for range 2 {
		for _, v := range to {
			axpy(x, -dot(v, x), v)
		}
	}
	norm := math.Sqrt(dot(x, x))
	if norm > 0 {
		for i := range x {
			x[i] /= norm
		}
	}
	return norm
}

// another is a random direction that is orthogonal to all of the vectors, which do not fill the space.
func another(rng *rand.Rand, to vectors, n int) []float64 {
	for {
		x := make([]float64, n)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		if orthogonal(x, to) > 1e-6 {
			return x
		}
	}
}

// bidiagonal is the singular values of the upper bidiagonal matrix with one column more than rows, falling, and its left
// singular vectors: the eigenvalues and -vectors of B·Bᵀ, which is tridiagonal, by the implicit QL method (Golub & Van Loan,
// section 8.3).
func bidiagonal(alpha, beta []float64) (values []float64, u vectors, err error) {
	n := len(alpha)
	d, e := make([]float64, n), make([]float64, n)
	for i := range n {
		d[i] = alpha[i]*alpha[i] + beta[i]*beta[i]
		if i+1 < n {
			e[i] = beta[i] * alpha[i+1]
		}
	}
	z := newVectors(n, n)
	for i := range n {
		z[i][i] = 1
	}
	for l := range n {
		for sweep := 0; ; sweep++ {
			if sweep == maxSweeps {
				return nil, nil, fmt.Errorf("the eigenvalues of %d×%d values do not converge", n, n)
			}
			m := l
			for m+1 < n && math.Abs(e[m]) > 1e-16*(math.Abs(d[m])+math.Abs(d[m+1])) {
				m++
			}
			if m == l {
				break
			}
			g := (d[l+1] - d[l]) / (2 * e[l])
			g = d[m] - d[l] + e[l]/(g+math.Copysign(math.Hypot(g, 1), g))
			s, c, p := 1.0, 1.0, 0.0
			i := m - 1
			for ; i >= l; i-- {
				f, b := s*e[i], c*e[i]
				r := math.Hypot(f, g)
				if e[i+1] = r; r == 0 {
					d[i+1] -= p
					e[m] = 0
					break
				}
				s, c = f/r, g/r
				g = d[i+1] - p
				r = (d[i]-g)*s + 2*c*b
				p = s * r
				d[i+1] = g + p
				g = c*r - b
				rotate(z[i], z[i+1], c, s)
			}
			if i >= l {
				continue
			}
			d[l] -= p
			e[l], e[m] = g, 0
		}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return d[order[i]] > d[order[j]] })
	values, u = make([]float64, n), make(vectors, n)
	for to, from := range order {
		values[to], u[to] = math.Sqrt(max(0, d[from])), z[from]
	}
	return values, u, nil
}
