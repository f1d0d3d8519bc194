package adapter

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
)

// sparse is what TIES, DARE and DARETIES make of a layer's changes, by its rows. Each change of the pairs has its weight
// in it. An adapter that does not have the layer changes it by 0 and has no say.
func (o MergeOptions) sparse(name string, ps []Pair, list []Weighted) dense {
	var with []int // places in the list of the adapters that have the layer
	for i, w := range list {
		if _, ok := w.Adapter.Modules[name]; ok {
			with = append(with, i)
		}
	}
	changes := make([][]float32, len(ps))
	for i, p := range ps {
		changes[i] = change(p)
		if o.Method == TIES {
			trim(changes[i], o.Density)
		} else {
			drop(changes[i], o.Density, rand.New(rand.NewPCG(o.Seed^uint64(with[i])<<32, nameSeed(name))))
		}
	}
	sum := newDense(ps[0].Out, ps[0].In)
	sum.eachRow(func(row int, to []float64) {
		for _, c := range changes {
			for i, v := range c[row*sum.in : (row+1)*sum.in] {
				to[i] += float64(v)
			}
		}
		if o.Method == DARE {
			return
		}
		for i, elected := range to {
			var total, weight float64
			for j, c := range changes {
				if v := float64(c[row*sum.in+i]); v*elected > 0 {
					total += v
					weight += math.Abs(list[with[j]].Weight)
				}
			}
			if to[i] = 0; weight > 0 {
				to[i] = o.Scale * total / weight
			}
		}
	})
	return sum
}

// change is Scale·B·A, row-major [Out, In], summed in float64.
func change(p Pair) []float32 {
	c := make([]float32, p.Out*p.In)
	parallel(p.Out, func(from, to int) {
		sum, a := make([]float64, p.In), make([]float64, p.In)
		for o := from; o < to; o++ {
			clear(sum)
			for k, b := range p.B[o*p.R : (o+1)*p.R] {
				for i, v := range p.A[k*p.In : (k+1)*p.In] {
					a[i] = float64(v)
				}
				axpy(sum, float64(b)*float64(p.Scale), a)
			}
			for i, v := range sum {
				c[o*p.In+i] = float32(v)
			}
		}
	})
	return c
}

// trim sets all but the given share of values to 0, the largest in magnitude staying; among equals the first do.
func trim(x []float32, density float64) {
	keep := int(math.Round(density * float64(len(x))))
	// Magnitudes are ordered as their bits are: the smallest that stays is found half of the bits at a time.
	magnitude := func(v float32) uint32 { return math.Float32bits(v) &^ (1 << 31) }
	var prefix, mask uint32
	left := keep // to be taken from the values whose upper bits are the prefix
	for shift := 16; shift >= 0; shift -= 16 {
		var counts [1 << 16]int
		for _, v := range x {
			if m := magnitude(v); m&mask == prefix {
				counts[m>>shift&0xffff]++
			}
		}
		bin := len(counts) - 1
		for ; bin > 0 && counts[bin] < left; bin-- {
			left -= counts[bin]
		}
		prefix |= uint32(bin) << shift
		mask |= 0xffff << shift
	}
	for i, v := range x {
		switch m := magnitude(v); {
		case m > prefix:
		case m == prefix && left > 0:
			left--
		default:
			x[i] = 0
		}
	}
}

// drop keeps each value with probability density, and divides what stays by it.
func drop(x []float32, density float64, rng *rand.Rand) {
	for i, v := range x {
		if rng.Float64() < density {
			x[i] = float32(float64(v) / density)
		} else {
			x[i] = 0
		}
	}
}

// dense is a layer's whole change, row-major [out, in].
type dense struct {
	out, in int
	x       []float64
}

func newDense(out, in int) dense { return dense{out, in, make([]float64, out*in)} }

func (d dense) row(o int) []float64 { return d.x[o*d.in : (o+1)*d.in] }

func (d dense) eachRow(do func(row int, x []float64)) {
	parallel(d.out, func(from, to int) {
		for o := from; o < to; o++ {
			do(o, d.row(o))
		}
	})
}

const (
	oversampling  = 8    // columns beyond the rank, with which the iteration converges sooner
	maxIterations = 40   // of it; a handful is usual
	settled       = 1e-4 // relative change of the norm that was found, below which it ends
)

// cut is the change at a rank, with the squared norms of the result and of the whole. A small one is decomposed as it is.
// Of a large one the leading directions are found by subspace iteration (Halko, Martinsson & Tropp 2011, algorithm 4.4)
// that begins with the directions of the pairs, which the change was made from.
func (d dense) cut(rank int, ps []Pair) (Pair, float64, float64, error) {
	all := dot(d.x, d.x)
	rank = min(rank, d.out, d.in)
	var b, a vectors // the change is b · aᵀ
	if width := rank + oversampling; 2*width < min(d.out, d.in) {
		b, a = d.leading(width, ps)
	} else {
		b, a = d.exact()
	}
	p, s, err := cut(b, a, rank)
	if err != nil {
		return Pair{}, 0, 0, err
	}
	return p, squares(s[:p.R]), all, nil
}

// exact is the change as a product with the identity, on its shorter side.
func (d dense) exact() (b, a vectors) {
	n := min(d.out, d.in)
	identity := newVectors(n, n)
	for i := range n {
		identity[i][i] = 1
	}
	rows := make(vectors, d.out)
	for o := range rows {
		rows[o] = d.row(o)
	}
	if d.out <= d.in {
		return identity, rows
	}
	return rows.transposed(), identity
}

// leading is the change projected on about its leading directions, width of them.
func (d dense) leading(width int, ps []Pair) (b, a vectors) {
	_, start := factors(ps)
	start = start[:min(len(start), width)]
	rng := rand.New(rand.NewPCG(uint64(width), uint64(d.in)))
	for len(start) < width {
		random := make([]float64, d.in)
		for i := range random {
			random[i] = rng.NormFloat64()
		}
		start = append(start, random)
	}
	a, _ = qr(start)
	found := 0.0
	for i := 0; ; i++ {
		b, _ = qr(d.times(a))
		a = d.transposedTimes(b)
		before := found
		if found = a.squares(); found-before <= settled*found || i == maxIterations {
			return b, a
		}
		a, _ = qr(a)
	}
}

// times is d · v.
func (d dense) times(v vectors) vectors {
	out := newVectors(len(v), d.out)
	d.eachRow(func(o int, row []float64) {
		for j := range v {
			out[j][o] = dot(row, v[j])
		}
	})
	return out
}

// transposedTimes is dᵀ · v.
func (d dense) transposedTimes(v vectors) vectors {
	out := newVectors(len(v), d.in)
	parallel(len(v), func(from, to int) {
		for j := from; j < to; j++ {
			for o := range d.out {
				axpy(out[j], v[j][o], d.row(o))
			}
		}
	})
	return out
}

// parallel divides 0..n-1 among the processors. What is written to one index must not depend on another's, so that the
// bits are the same on any number of them.
func parallel(n int, do func(from, to int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { do(w*n/workers, (w+1)*n/workers) })
	}
	wg.Wait()
}
