package adapter

import (
	"fmt"
	"math"
	"slices"
)

// vectors is a matrix in float64 by its columns, so that those are contiguous.
type vectors [][]float64

func newVectors(n, length int) vectors {
	v, all := make(vectors, n), make([]float64, n*length)
	for i := range v {
		v[i] = all[i*length : (i+1)*length : (i+1)*length]
	}
	return v
}

// length is that of each column.
func (v vectors) length() int { return len(v[0]) }

// transposed turns columns into rows.
func (v vectors) transposed() vectors {
	t := newVectors(v.length(), len(v))
	for j, col := range v {
		for i, x := range col {
			t[i][j] = x
		}
	}
	return t
}

// times is v · m, where v has a column for each entry of m's columns.
func (v vectors) times(m vectors) vectors {
	out := newVectors(len(m), v.length())
	for j, col := range m {
		for k, x := range col {
			axpy(out[j], x, v[k])
		}
	}
	return out
}

// dot sums in four places at once, which do not wait for each other.
func dot(x, y []float64) float64 {
	y = y[:len(x)]
	var a, b, c, d float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		a += x[i] * y[i]
		b += x[i+1] * y[i+1]
		c += x[i+2] * y[i+2]
		d += x[i+3] * y[i+3]
	}
	for ; i < len(x); i++ {
		a += x[i] * y[i]
	}
	return a + b + (c + d)
}

// axpy adds a·x to y.
func axpy(y []float64, a float64, x []float64) {
	if a == 0 {
		return
	}
	y = y[:len(x)]
	for i, v := range x {
		y[i] += a * v
	}
}

// squares is the squared Frobenius norm.
func (v vectors) squares() float64 {
	var s float64
	for _, col := range v {
		s += dot(col, col)
	}
	return s
}

// qr is the thin decomposition of m×n columns by Householder reflections (Golub & Van Loan, Matrix Computations, section
// 5.2): q has k = min(m, n) orthonormal columns, r is k×n and upper triangular. It holds for any rank.
func qr(a vectors) (q, r vectors) {
	m, n := a.length(), len(a)
	k := min(m, n)
	work := newVectors(n, m)
	for j := range a {
		copy(work[j], a[j])
	}
	reflections := newVectors(k, m) // unit vectors, zero above their index; zero for none
	for j := range k {
		u := reflections[j]
		copy(u[j:], work[j][j:])
		norm := math.Sqrt(dot(u, u))
		if norm == 0 {
			continue
		}
		u[j] += math.Copysign(norm, u[j])
		norm = math.Sqrt(dot(u, u))
		for i := j; i < m; i++ {
			u[i] /= norm
		}
		for c := j; c < n; c++ {
			axpy(work[c][j:], -2*dot(u[j:], work[c][j:]), u[j:])
		}
	}
	r = newVectors(n, k)
	for c := range n {
		copy(r[c], work[c][:min(c+1, k)])
	}
	q = newVectors(k, m)
	for c := range k {
		q[c][c] = 1
		for j := k - 1; j >= 0; j-- {
			u := reflections[j]
			axpy(q[c][j:], -2*dot(u[j:], q[c][j:]), u[j:])
		}
	}
	return q, r
}

// maxSweeps is far above the ten or so that Jacobi's method takes.
const maxSweeps = 60

// jacobi is the singular value decomposition a = u · diag(s) · vᵀ by one-sided Jacobi rotations (Hestenes 1958), s falling.
// Columns of u that belong to a singular value of 0 are 0.
func jacobi(a vectors) (u vectors, s []float64, v vectors, err error) {
	n := len(a)
	w := newVectors(n, a.length())
	v = newVectors(n, n)
	for j := range a {
		copy(w[j], a[j])
		v[j][j] = 1
	}
	floor := 1e-30 * a.squares() // of columns that are nothing but rounding
	turned := true
	for sweep := 0; turned; sweep++ {
		if sweep == maxSweeps {
			return nil, nil, nil, fmt.Errorf("the singular value decomposition of %d×%d values does not converge", a.length(), n)
		}
		turned = false
		for i := range n {
			for j := i + 1; j < n; j++ {
				x, y, xy := dot(w[i], w[i]), dot(w[j], w[j]), dot(w[i], w[j])
				if math.Abs(xy) <= 1e-15*math.Sqrt(x)*math.Sqrt(y)+floor {
					continue
				}
				turned = true
				zeta := (y - x) / (2 * xy)
				t := math.Copysign(1, zeta) / (math.Abs(zeta) + math.Hypot(1, zeta))
				c := 1 / math.Hypot(1, t)
				rotate(w[i], w[j], c, c*t)
				rotate(v[i], v[j], c, c*t)
			}
		}
	}
	s = make([]float64, n)
	order := make([]int, n)
	for j := range n {
		s[j], order[j] = math.Sqrt(dot(w[j], w[j])), j
	}
	slices.SortStableFunc(order, func(x, y int) int {
		switch {
		case s[x] > s[y]:
			return -1
		case s[x] < s[y]:
			return 1
		}
		return 0
	})
	u2, s2, v2 := make(vectors, n), make([]float64, n), make(vectors, n)
	for to, from := range order {
		u2[to], s2[to], v2[to] = w[from], s[from], v[from]
		if s2[to] > 0 {
			for i := range u2[to] {
				u2[to][i] /= s2[to]
			}
		}
	}
	return u2, s2, v2, nil
}

func rotate(x, y []float64, c, s float64) {
	for i := range x {
		x[i], y[i] = c*x[i]-s*y[i], s*x[i]+c*y[i]
	}
}

// cut is the best approximation of b · aᵀ at the given rank or below (Eckart & Young 1936), as a pair with scale 1 whose
// halves share the singular values evenly, and the singular values of the whole. b is [out, k] and a is [in, k] by
// columns. The product is never formed: what is decomposed is k×k at most.
func cut(b, a vectors, rank int) (Pair, []float64, error) {
	qb, rb := qr(b)
	qa, ra := qr(a)
	u, s, v, err := jacobi(rb.times(ra.transposed()))
	if err != nil {
		return Pair{}, nil, err
	}
	r := min(rank, len(qb), len(qa))
	left, right := qb.times(u[:r]), qa.times(v[:r])
	p := Pair{R: r, In: a.length(), Out: b.length(), Scale: 1}
	p.A, p.B = make([]float32, r*p.In), make([]float32, p.Out*r)
	for k := range r {
		root := math.Sqrt(s[k])
		for i, x := range right[k] {
			p.A[k*p.In+i] = float32(root * x)
		}
		for o, x := range left[k] {
			p.B[o*r+k] = float32(root * x)
		}
	}
	return p, s, nil
}
