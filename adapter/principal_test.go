package adapter

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// low is a matrix whose singular values fall as given, from vectors that are drawn.
func low(out, in int, s []float64, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	draw := func(length int) vectors {
		v := newVectors(len(s), length)
		for _, col := range v {
			for i := range col {
				col[i] = rng.NormFloat64()
			}
		}
		q, _ := qr(v)
		return q
	}
	u, v := draw(out), draw(in)
	w := make([]float64, out*in)
	for k, x := range s {
		for o := range out {
			axpy(w[o*in:(o+1)*in], x*u[k][o], v[k])
		}
	}
	narrow := make([]float32, len(w))
	for i, x := range w {
		narrow[i] = float32(x)
	}
	return narrow
}

// The principal singular vectors are those that Jacobi's method finds, which looks at the whole matrix: their values, that
// W maps the right ones to the left ones, and the error of the approximation.
func TestPrincipalVectorsAreThoseOfJacobi(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	gauss := func(out, in int) []float32 {
		w := make([]float32, out*in)
		for i := range w {
			w[i] = float32(rng.NormFloat64())
		}
		return w
	}
	for _, c := range []struct {
		name       string
		out, in, r int
		w          []float32
	}{
		{"flat", 40, 70, 8, gauss(40, 70)},
		{"tall", 90, 30, 5, gauss(90, 30)},
		{"all of them", 12, 9, 9, gauss(12, 9)},
		{"one row", 1, 9, 1, gauss(1, 9)},
		{"steep", 50, 60, 6, low(50, 60, []float64{100, 30, 10, 3, 1, 0.3, 0.1, 0.01}, 1)},
		{"of a rank below what is asked for", 30, 20, 6, low(30, 20, []float64{3, 2, 1}, 2)},
		{"zeros", 8, 6, 3, make([]float32, 48)},
		{"equal values", 16, 16, 4, identity(16)},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, s, v, err := principal(c.w, c.out, c.in, c.r, 1)
			if err != nil {
				t.Fatal(err)
			}
			cols := newVectors(c.in, c.out)
			for o := range c.out {
				for i := range c.in {
					cols[i][o] = float64(c.w[o*c.in+i])
				}
			}
			_, want, _, err := jacobi(cols)
			if err != nil {
				t.Fatal(err)
			}
			for k := range c.r {
				if math.Abs(s[k]-want[k]) > 1e-9*want[0] {
					t.Errorf("singular value %d is %.12g, want %.12g", k, s[k], want[k])
				}
				if x := cols.times(vectors{v[k]})[0]; want[0] > 0 {
					axpy(x, -s[k], u[k])
					if d := math.Sqrt(dot(x, x)); d > 1e-7*want[0] {
						t.Errorf("W·v is %.2g away from σ·u for vector %d", d, k)
					}
				}
				for j := range k {
					if d := math.Abs(dot(u[j], u[k])); d > 1e-9 {
						t.Errorf("left vectors %d and %d have a product of %.2g", j, k, d)
					}
				}
			}
		})
	}
}

func identity(n int) []float32 {
	w := make([]float32, n*n)
	for i := range n {
		w[i*n+i] = 1
	}
	return w
}

// The pair is the approximation with the least error (Eckart & Young), whatever its scale, and the same every time.
func TestPrincipalPairIsTheNearest(t *testing.T) {
	const out, in, r = 24, 33, 4
	rng := rand.New(rand.NewPCG(3, 3))
	w := make([]float32, out*in)
	for i := range w {
		w[i] = float32(rng.NormFloat64())
	}
	p, err := Principal(w, out, in, r, 2, 5)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Principal(w, out, in, r, 2, 5)
	if !slices.Equal(p.A, again.A) || !slices.Equal(p.B, again.B) {
		t.Error("the same seed gives other bits")
	}
	cols := newVectors(in, out)
	got := product(p)
	var square float64
	for o := range out {
		for i := range in {
			cols[i][o] = float64(w[o*in+i])
			d := got[o][i] - cols[i][o]
			square += d * d
		}
	}
	_, s, _, err := jacobi(cols)
	if err != nil {
		t.Fatal(err)
	}
	var want float64
	for _, x := range s[r:] {
		want += x * x
	}
	if math.Abs(square-want) > 1e-5*want {
		t.Errorf("the squared error is %.8g, the least is %.8g", square, want)
	}
	if _, err := Principal(w, out, in, 25, 1, 0); err == nil {
		t.Error("a rank above that of any such matrix passes")
	}
}

// What was trained since the start is a plain adapter: it adds what the trained pair adds beyond the first.
func TestSinceTheStartIsTheDifference(t *testing.T) {
	for _, rs := range []bool{false, true} {
		trained, start := random(t, twoModules, 3, 5, 1), random(t, twoModules, 3, 5, 2)
		if rs {
			for _, a := range []*Adapter{trained, start} {
				a.Config.RSLoRA = true
				for name, p := range a.Modules {
					p.Scale = a.Config.scale(3, 5)
					a.Modules[name] = p
				}
			}
		}
		d := saved(t, trained.Since(start.Modules))
		for name, p := range d.Modules {
			want := product(trained.Modules[name])
			for o, row := range product(start.Modules[name]) {
				for i, x := range row {
					want[o][i] -= x
				}
			}
			if p.R != 6 || apart(product(p), want) > 1e-5 {
				t.Errorf("rsLoRA %t, %s: rank %d, the product differs by %.2g", rs, name, p.R, apart(product(p), want))
			}
		}
	}
}

func BenchmarkPrincipal(b *testing.B) {
	for _, shape := range [][2]int{{576, 576}, {576, 1536}, {1536, 576}} {
		b.Run(fmt.Sprintf("%dx%d", shape[0], shape[1]), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(3, 3))
			w := make([]float32, shape[0]*shape[1])
			for i := range w {
				w[i] = float32(rng.NormFloat64())
			}
			for b.Loop() {
				if _, err := Principal(w, shape[0], shape[1], 16, 1, 5); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
