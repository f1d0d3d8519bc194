package cpu

import "github.com/cria-llm/cria/compute"

// LayerNorm implements [compute.Elementwise].
func (b *Backend) LayerNorm(y, x, w, bias compute.Buffer, n, d int, eps float32) {
	b.loop = loopJob{op: opLayerNorm, y: y.Host(), a: x.Host(), b: w.Host()[:d], c: bias.Host(), d: d, eps: eps}
	b.each(n, d)
}

// center sets y to x without its mean, and returns that and 1/sqrt(variance + eps). y may be x.
func (k *kernels) center(y, x []float32, eps float32) (mean, inverse float32) {
	mean = float32(k.sum(x) / float64(len(x)))
	k.subScale(y, x, mean, 1)
	return mean, k.inverseRMS(y, eps)
}

func opLayerNorm(j *loopJob, lo, hi int, _ *worker) {
	k := &j.be.kernels
	for i := lo; i < hi; i++ {
		x, y := j.a[i*j.d:(i+1)*j.d], j.y[i*j.d:(i+1)*j.d]
		_, r := k.center(y, x, j.eps)
		k.mulScale(y, y, j.b, r)
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

func opMoments(j *loopJob, lo, hi int, w *worker) {
	room := w.get(scratchRow, j.d)
	for i := lo; i < hi; i++ {
		j.z[i], j.y[i] = j.be.kernels.center(room, j.a[i*j.d:(i+1)*j.d], j.eps)
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
	h, far := room[:j.d], room[j.d:]
	for i := lo; i < hi; i++ {
		dx, dy, x := j.y[i*j.d:(i+1)*j.d], j.a[i*j.d:(i+1)*j.d], j.b[i*j.d:(i+1)*j.d]
		_, r := k.center(far, x, j.eps)
		k.mulScale(h, dy, j.c, 1)
		along := r * k.dot(h, far) / float32(j.d)
		k.subScale(h, h, float32(k.sum(h)/float64(j.d)), r)
		k.axpy(dx, h, 1)
		k.axpy(dx, far, -r*r*along)
	}
}
