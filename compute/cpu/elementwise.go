package cpu

import (
	"math"

	"github.com/cria-llm/cria/compute"
)

func opCopy(j *loopJob, lo, hi int, _ *worker) { copy(j.y[lo:hi], j.a[lo:hi]) }

func opZero(j *loopJob, lo, hi int, _ *worker) { clear(j.y[lo:hi]) }

// Axpy implements [compute.Elementwise].
func (b *Backend) Axpy(y, x compute.Buffer, n int, alpha float32) {
	b.loop = loopJob{op: opAxpy, y: y.Host()[:n], a: x.Host()[:n], alpha: alpha}
	b.each(n, 1)
}

func opAxpy(j *loopJob, lo, hi int, _ *worker) { j.be.kernels.axpy(j.y[lo:hi], j.a[lo:hi], j.alpha) }

// Scale implements [compute.Elementwise].
func (b *Backend) Scale(y compute.Buffer, n int, alpha float32) {
	b.loop = loopJob{op: opScale, y: y.Host()[:n], alpha: alpha}
	b.each(n, 1)
}

func opScale(j *loopJob, lo, hi int, _ *worker) {
	y := j.y[lo:hi]
	for i := range y {
		y[i] *= j.alpha
	}
}

// SoftCap implements [compute.Elementwise].
func (b *Backend) SoftCap(y compute.Buffer, n int, limit float32) {
	b.loop = loopJob{op: opSoftCap, y: y.Host()[:n], alpha: limit}
	b.each(n, 1)
}

func opSoftCap(j *loopJob, lo, hi int, _ *worker) { j.be.kernels.softCap(j.y[lo:hi], j.alpha) }

// Rope implements [compute.Elementwise].
func (b *Backend) Rope(x compute.Buffer, pos []int32, heads, dim int, t compute.RopeTable, inverse bool) {
	b.loop = loopJob{op: opRope, y: x.Host(), a: t.Cos.Host(), b: t.Sin.Host(), ids: pos,
		heads: heads, d: dim, rows: t.Dim / 2, sign: 1}
	if inverse {
		b.loop.sign = -1
	}
	b.each(len(pos), heads*dim)
}

func opRope(j *loopJob, lo, hi int, _ *worker) {
	half := j.rows
	for i := lo; i < hi; i++ {
		at := int(j.ids[i]) * half
		cos, sin := j.a[at:at+half], j.b[at:at+half]
		for h := range j.heads {
			x := j.y[(i*j.heads+h)*j.d:]
			j.be.kernels.rope(x[:half], x[half:2*half], cos, sin, j.sign)
		}
	}
}

// Dropout implements [compute.Elementwise].
func (b *Backend) Dropout(dst, src compute.Buffer, n int, p float32, seed uint64, acc bool) {
	b.loop = loopJob{op: opDropout, y: dst.Host()[:n], a: src.Host()[:n], alpha: p, seed: seed, acc: acc}
	b.each(n, 1)
}

func opDropout(j *loopJob, lo, hi int, _ *worker) {
	scale := 1 / (1 - j.alpha)
	limit := uint64(float64(j.alpha) * (1 << 53))
	for i := lo; i < hi; i++ {
		var v float32
		if splitMix(j.seed+uint64(i)*0x9e3779b97f4a7c15)>>11 >= limit {
			v = j.a[i] * scale
		}
		if j.acc {
			v += j.y[i]
		}
		j.y[i] = v
	}
}

// AddNoise implements [compute.Elementwise].
func (b *Backend) AddNoise(y compute.Buffer, n int, amplitude float32, seed uint64) {
	b.loop = loopJob{op: opNoise, y: y.Host()[:n], alpha: amplitude, seed: seed}
	b.each(n, 1)
}

func opNoise(j *loopJob, lo, hi int, _ *worker) {
	for i := lo; i < hi; i++ {
		// 24 bits make a float32 of -1..1 exactly.
		u := float32(int32(splitMix(j.seed+uint64(i)*0x9e3779b97f4a7c15)>>40)-1<<23) / (1 << 23)
		j.y[i] += float32(j.alpha * u)
	}
}

// splitMix is the output function of SplitMix64 (Steele, Lea & Flood 2014).
func splitMix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// RMSNorm implements [compute.Elementwise].
func (b *Backend) RMSNorm(y, x, w compute.Buffer, n, d int, eps float32) {
	b.loop = loopJob{op: opNorm, y: y.Host(), a: x.Host(), b: w.Host()[:d], d: d, eps: eps}
	b.each(n, d)
}

// inverseRMS is 1/sqrt(mean(x²) + eps).
func (k *kernels) inverseRMS(x []float32, eps float32) float32 {
	return float32(1 / math.Sqrt(k.sumSquares(x)/float64(len(x))+float64(eps)))
}

func opNorm(j *loopJob, lo, hi int, _ *worker) {
	k := &j.be.kernels
	for i := lo; i < hi; i++ {
		x := j.a[i*j.d : (i+1)*j.d]
		k.mulScale(j.y[i*j.d:(i+1)*j.d], x, j.b, k.inverseRMS(x, j.eps))
	}
}

// RMSNormBack implements [compute.Elementwise]. With r = 1/rms and h = dy ⊙ w:
// dx += r·h - x·r³·(h·x)/d, dw += Σ r·dy ⊙ x.
func (b *Backend) RMSNormBack(dx, dw, dy, x, w compute.Buffer, n, d int, eps float32) {
	if dw.Len() > 0 {
		b.inverse = grow(b.inverse, n)
		b.loop = loopJob{op: opInverseRMS, y: b.inverse, a: x.Host(), d: d, eps: eps}
		b.each(n, d)
		b.loop = loopJob{op: opNormWeightBack, y: dw.Host(), a: dy.Host(), b: x.Host(), c: b.inverse, rows: n, d: d}
		b.eachColumn(d)
	}
	b.loop = loopJob{op: opNormBack, y: dx.Host(), a: dy.Host(), b: x.Host(), c: w.Host()[:d], d: d, eps: eps}
	b.each(n, d)
}

func opInverseRMS(j *loopJob, lo, hi int, _ *worker) {
	for i := lo; i < hi; i++ {
		j.y[i] = j.be.kernels.inverseRMS(j.a[i*j.d:(i+1)*j.d], j.eps)
	}
}

func opNormWeightBack(j *loopJob, lo, hi int, _ *worker) {
	for i := range j.rows {
		at := i * j.d
		j.be.kernels.addMulScale(j.y[lo:hi], j.a[at+lo:at+hi], j.b[at+lo:at+hi], j.c[i])
	}
}

func opNormBack(j *loopJob, lo, hi int, _ *worker) {
	k := &j.be.kernels
	for i := lo; i < hi; i++ {
		dx, dy, x := j.y[i*j.d:(i+1)*j.d], j.a[i*j.d:(i+1)*j.d], j.b[i*j.d:(i+1)*j.d]
		r := k.inverseRMS(x, j.eps)
		dot := k.dotMul(dy, j.c, x)
		k.addMulScale(dx, dy, j.c, r)
		k.axpy(dx, x, -r*r*r*dot/float32(j.d))
	}
}
