package cpu

import (
	"math"

	"github.com/cria-llm/cria/compute"
)

// ScaleColumns implements [compute.Elementwise].
func (b *Backend) ScaleColumns(y, x, g compute.Buffer, n, d int, acc bool) {
	b.loop = loopJob{op: opScaleColumns, y: y.Host()[:n*d], a: x.Host()[:n*d], b: g.Host()[:d], d: d, acc: acc}
	b.each(n, d)
}

func opScaleColumns(j *loopJob, lo, hi int, _ *worker) {
	k := &j.be.kernels
	scale := k.mulScale
	if j.acc {
		scale = k.addMulScale
	}
	for i := lo; i < hi; i++ {
		scale(j.y[i*j.d:(i+1)*j.d], j.a[i*j.d:(i+1)*j.d], j.b, 1)
	}
}

// ScaleColumnsBack implements [compute.Elementwise].
func (b *Backend) ScaleColumnsBack(dg, dy, x compute.Buffer, n, d int) {
	b.loop = loopJob{op: opScaleColumnsBack, y: dg.Host()[:d], a: dy.Host()[:n*d], b: x.Host()[:n*d], rows: n, d: d}
	b.eachColumn(d)
}

func opScaleColumnsBack(j *loopJob, lo, hi int, _ *worker) {
	for i := range j.rows {
		at := i * j.d
		j.be.kernels.addMulScale(j.y[lo:hi], j.a[at+lo:at+hi], j.b[at+lo:at+hi], 1)
	}
}

// InverseNorms implements [compute.Elementwise].
func (b *Backend) InverseNorms(y, x compute.Buffer, n, d int) {
	b.loop = loopJob{op: opInverseNorms, y: y.Host()[:n], a: x.Host()[:n*d], d: d}
	b.each(n, d)
}

func opInverseNorms(j *loopJob, lo, hi int, _ *worker) {
	for i := lo; i < hi; i++ {
		j.y[i] = 0
		if s := j.be.kernels.sumSquares(j.a[i*j.d : (i+1)*j.d]); s != 0 {
			j.y[i] = float32(1 / math.Sqrt(s))
		}
	}
}

// AddRow implements [compute.Elementwise].
func (b *Backend) AddRow(y, row compute.Buffer, n, d int) {
	b.loop = loopJob{op: opAddRow, y: y.Host()[:n*d], a: row.Host()[:d], d: d}
	b.each(n, d)
}

func opAddRow(j *loopJob, lo, hi int, _ *worker) {
	for i := lo; i < hi; i++ {
		j.be.kernels.axpy(j.y[i*j.d:(i+1)*j.d], j.a, 1)
	}
}

// AddRowBack implements [compute.Elementwise].
func (b *Backend) AddRowBack(db, dy compute.Buffer, n, d int) {
	b.loop = loopJob{op: opAddRowBack, y: db.Host()[:d], a: dy.Host()[:n*d], rows: n, d: d}
	b.eachColumn(d)
}

func opAddRowBack(j *loopJob, lo, hi int, _ *worker) {
	for i := range j.rows {
		j.be.kernels.axpy(j.y[lo:hi], j.a[i*j.d+lo:i*j.d+hi], 1)
	}
}

// CopyColumns implements [compute.Elementwise].
func (b *Backend) CopyColumns(dst compute.Buffer, dstWidth, dstAt int, src compute.Buffer, srcWidth, srcAt, n, width int) {
	b.loop = loopJob{op: opCopyColumns, y: dst.Host()[:n*dstWidth], a: src.Host()[:n*srcWidth],
		rows: dstWidth, heads: srcWidth, from: srcAt, to: dstAt, d: width}
	b.each(n, width)
}

func opCopyColumns(j *loopJob, lo, hi int, _ *worker) {
	for i := lo; i < hi; i++ {
		copy(j.y[i*j.rows : (i+1)*j.rows][j.to:j.to+j.d], j.a[i*j.heads : (i+1)*j.heads][j.from:j.from+j.d])
	}
}
