package cpu

import (
	"math"

	"github.com/cria-llm/cria/compute"
)

// AdamW8 implements [compute.Learning], a block at a time.
func (b *Backend) AdamW8(p, g compute.Buffer, m *compute.Moments8, s compute.AdamWStep) {
	b.loop = loopJob{op: opAdamW8, y: p.Host(), a: g.Host(), moments: m, adam: adamOf(s)}
	b.each((p.Len()+compute.MomentBlock-1)/compute.MomentBlock, compute.MomentBlock)
}

func opAdamW8(j *loopJob, first, end int, w *worker) {
	means, squares := compute.MomentCode(true), compute.MomentCode(false)
	room := w.get(scratchRow, 2*compute.MomentBlock)
	s := j.moments
	maxM, maxV := s.MaxM.Host(), s.MaxV.Host()
	for block := first; block < end; block++ {
		lo := block * compute.MomentBlock
		hi := min(lo+compute.MomentBlock, len(j.y))
		m, v := room[:hi-lo], room[compute.MomentBlock:][:hi-lo]
		decode8(m, s.M[lo:hi], means, maxM[block])
		decode8(v, s.V[lo:hi], squares, maxV[block])
		j.be.kernels.adamw(j.y[lo:hi], j.a[lo:hi], m, v, &j.adam)
		maxM[block] = encode8(s.M[lo:hi], m, means)
		maxV[block] = encode8(s.V[lo:hi], v, squares)
	}
}

func decode8(x []float32, places []byte, c *compute.Code8, most float32) {
	if most == 0 {
		clear(x)
		return
	}
	for i, place := range places {
		x[i] = c.Value(place) * most
	}
}

// encode8 returns the largest size in x, to which the places refer.
func encode8(places []byte, x []float32, c *compute.Code8) float32 {
	var most float32
	for _, v := range x {
		if v < 0 {
			v = -v
		}
		if v > most {
			most = v
		}
	}
	scale := 1 / most
	if most == 0 || math.IsInf(float64(scale), 0) { // so small that they are as good as nothing
		clear(places)
		return 0
	}
	for i, v := range x {
		places[i] = c.Nearest(v * scale)
	}
	return most
}

// lionK is a Lion step in float32.
type lionK struct{ gradScale, beta1, oneBeta1, beta2, oneBeta2, rate, keep float32 }

// Lion implements [compute.Learning].
func (b *Backend) Lion(p, g, m compute.Buffer, s compute.LionStep) {
	b.loop = loopJob{op: opLion, y: p.Host(), a: g.Host(), b: m.Host(), lion: lionK{
		gradScale: float32(s.GradScale),
		beta1:     float32(s.Beta1), oneBeta1: float32(1 - s.Beta1),
		beta2: float32(s.Beta2), oneBeta2: float32(1 - s.Beta2),
		rate: float32(s.LR), keep: float32(1 - s.LR*s.WeightDecay),
	}}
	b.each(p.Len(), 1)
}

func opLion(j *loopJob, lo, hi int, _ *worker) {
	k := &j.lion
	p, g, m := j.y[lo:hi], j.a[lo:hi], j.b[lo:hi]
	g, m = g[:len(p)], m[:len(p)]
	rate := math.Float32bits(k.rate)
	for i := range p {
		d := g[i] * k.gradScale
		c := float32(m[i]*k.beta1) + float32(d*k.oneBeta1)
		move := math.Float32frombits(rate | math.Float32bits(c)&(1<<31)) // the rate, with c's sign: no guess at it goes wrong
		if !(c < 0 || c > 0) {                                           // 0, or not a number, which goes on
			move = c
		}
		p[i] = float32(p[i]*k.keep) - move
		m[i] = float32(m[i]*k.beta2) + float32(d*k.oneBeta2)
	}
}

// factorK is an Adafactor step. The running means were brought up to date before p moves.
type factorK struct {
	gradScale, beta2, oneBeta2, rate, keep float32
	rows, columns                          []float32 // 1/√ of the running means, those of rows over their own mean
}

// adafactorFloor is added to squares, so that one of a gradient of 0 can be divided by.
const adafactorFloor = 1e-30

// Adafactor implements [compute.Learning].
func (b *Backend) Adafactor(p, g, r, c compute.Buffer, rows, cols int, s compute.AdafactorStep) {
	k := factorK{gradScale: float32(s.GradScale), beta2: float32(s.Beta2), oneBeta2: float32(1 - s.Beta2)}
	b.factors = grow(b.factors, rows+cols)
	k.rows, k.columns = b.factors[:rows], b.factors[rows:rows+cols]
	pass := func(op func(j *loopJob, lo, hi int, w *worker), means []float32) {
		b.loop = loopJob{op: op, y: p.Host(), a: g.Host(), b: means, rows: rows, d: cols, factor: k, sums: b.sums}
	}
	pass(opFactorColumns, c.Host())
	b.eachColumn(cols)
	k.rows[0] = 1
	if r.Len() > 0 {
		pass(opFactorRows, r.Host())
		b.each(rows, cols)
		var sum float64
		for _, x := range r.Host()[:rows] {
			sum += float64(x)
		}
		mean := sum / float64(rows)
		for i, x := range r.Host()[:rows] {
			k.rows[i] = float32(math.Sqrt(mean / float64(x)))
		}
	}
	if cap(b.sums) < rows {
		b.sums = make([]float64, rows)
	}
	b.sums = b.sums[:rows]
	pass(opFactorSize, nil)
	b.each(rows, cols)
	var size float64
	for _, x := range b.sums {
		size += x
	}
	size = math.Sqrt(size / float64(rows*cols))
	k.rate = float32(s.LR / math.Max(1, size/s.Clip))
	k.keep = float32(1 - s.LR*s.WeightDecay)
	pass(opFactorMove, nil)
	b.each(rows, cols)
}

// opFactorColumns brings the running means of columns up to date.
func opFactorColumns(j *loopJob, lo, hi int, w *worker) {
	k := &j.factor
	sums := w.get(scratchSum, hi-lo)
	clear(sums)
	for i := range j.rows {
		for c, g := range j.a[i*j.d+lo : i*j.d+hi] {
			g *= k.gradScale
			sums[c] += g*g + adafactorFloor
		}
	}
	for c, sum := range sums {
		mean := &j.b[lo+c]
		*mean = k.beta2**mean + k.oneBeta2*(sum/float32(j.rows))
		k.columns[lo+c] = float32(1 / math.Sqrt(float64(*mean)))
	}
}

// opFactorRows brings the running means of rows up to date.
func opFactorRows(j *loopJob, lo, hi int, _ *worker) {
	k := &j.factor
	for i := lo; i < hi; i++ {
		var sum float64
		for _, g := range j.a[i*j.d : (i+1)*j.d] {
			g *= k.gradScale
			sum += float64(g*g + adafactorFloor)
		}
		j.b[i] = k.beta2*j.b[i] + k.oneBeta2*float32(sum/float64(j.d))
	}
}

// opFactorSize sums the squares of each row's update before it is clipped.
func opFactorSize(j *loopJob, lo, hi int, _ *worker) {
	k := &j.factor
	for i := lo; i < hi; i++ {
		row := k.rows[i] * k.gradScale
		var sum float64
		for c, g := range j.a[i*j.d : (i+1)*j.d] {
			u := g * row * k.columns[c]
			sum += float64(u * u)
		}
		j.sums[i] = sum
	}
}

func opFactorMove(j *loopJob, lo, hi int, _ *worker) {
	k := &j.factor
	for i := lo; i < hi; i++ {
		row := k.rows[i] * k.gradScale * k.rate
		p := j.y[i*j.d : (i+1)*j.d]
		for c, g := range j.a[i*j.d : (i+1)*j.d] {
			p[c] = p[c]*k.keep - g*row*k.columns[c]
		}
	}
}
