package cpu

import (
	"math"

	"github.com/cria-llm/cria/compute"
)

// LayerNorm implements [compute.Elementwise].
func (b *Backend) LayerNorm(y, x, w, bias compute.Buffer, n, d int, eps float32) {
	b.loop = loopJob{op: opLayerNorm, y: y.Host(), a: x.Host(), b: w.Host()[:d], c: bias.Host(), d: d, eps: eps}
	b.each(n, d)
}

// moments are the mean of x and 1/sqrt(variance + eps).
func (k *kernels) moments(x []float32, eps float32) (mean, inverse float32) {
	m := k.sum(x) / float64(len(x))
	return float32(m), float32(1 / math.Sqrt(k.sumDistances(x, float32(m))/float64(len(x))+float64(eps)))
}

func opLayerNorm(j *loopJob, lo, hi int, _ *worker) {
	k := &j.be.kernels
	for i := lo; i < hi; i++ {
		x, y := j.a[i*j.d:(i+1)*j.d], j.y[i*j.d:(i+1)*j.d]
		mean, r := k.moments(x, j.eps)
		k.subScale(y, x, mean, r)
		k.mulScale(y, y, j.b, 1)
		if len(j.c) > 0 {
			k.axpy(y, j.c[:j.d], 1)
		}
	}
}

// LayerNormBack implements [compute.Elementwise]. With x̂ = (x - mean)·r, r = 1/sqrt(variance + eps), and h = dy ⊙ w:
// dx += r·(h - Σh/d - x̂·(h·x̂)/d), dw += Σ dy ⊙ x̂, db += Σ dy.
func (b *Backend) LayerNormBack(dx, dw, db, dy, x, w compute.Buffer, n, d int, eps float32) {
	if dw.Len() > 0 {
		b.inverse = grow(b.inverse, 2*n)
		b.loop = loopJob{op: opMoments, y: b.inverse[:n], z: b.inverse[n:], a: x.Host(), d: d, eps: eps}
		b.each(n, d)
		b.loop = loopJob{op: opLayerNormWeightBack, y: dw.Host()[:d], a: dy.Host(), b: x.Host(), c: b.inverse, rows: n, d: d}
		b.eachColumn(d)
	}
	if db.Len() > 0 {
		b.AddRowBack(db, dy, n, d)
	}
	b.loop = loopJob{op: opLayerNormBack, y: dx.Host(), a: dy.Host(), b: x.Host(), c: w.Host()[:d], d: d, eps: eps}
	b.each(n, d)
}

func opMoments(j *loopJob, lo, hi int, _ *worker) {
	for i := lo; i < hi; i++ {
		j.z[i], j.y[i] = j.be.kernels.moments(j.a[i*j.d:(i+1)*j.d], j.eps)
	}
}

func opLayerNormWeightBack(j *loopJob, lo, hi int, w *worker) {
	k := &j.be.kernels
	xHat := w.get(scratchRow, hi-lo)
	for i := range j.rows {
		at := i * j.d
		k.subScale(xHat, j.b[at+lo:at+hi], j.c[j.rows+i], j.c[i])
		k.addMulScale(j.y[lo:hi], j.a[at+lo:at+hi], xHat, 1)
	}
}

func opLayerNormBack(j *loopJob, lo, hi int, w *worker) {
	k := &j.be.kernels
	room := w.get(scratchRow, 2*j.d)
	h, xHat := room[:j.d], room[j.d:]
	for i := lo; i < hi; i++ {
		dx, dy, x := j.y[i*j.d:(i+1)*j.d], j.a[i*j.d:(i+1)*j.d], j.b[i*j.d:(i+1)*j.d]
		mean, r := k.moments(x, j.eps)
		k.subScale(xHat, x, mean, r)
		k.mulScale(h, dy, j.c, 1)
		along := k.dot(h, xHat) / float32(j.d)
		k.subScale(h, h, float32(k.sum(h)/float64(j.d)), r)
		k.axpy(dx, h, 1)
		k.axpy(dx, xHat, -r*along)
	}
}
