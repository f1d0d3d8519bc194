package cpu

import "github.com/cria-llm/cria/compute"

// Embed implements [compute.Sequence].
func (b *Backend) Embed(y compute.Buffer, w compute.Weight, ids []int32) {
	b.loop = loopJob{op: opEmbed, y: y.Host(), weight: w, ids: ids, d: w.Cols}
	b.each(len(ids), w.Cols)
}

func opEmbed(j *loopJob, lo, hi int, _ *worker) {
	o := weightOperand(j.weight, true)
	k := &j.be.kernels
	for i := lo; i < hi; i++ {
		y := j.y[i*j.d : (i+1)*j.d]
		if row := o.row(k, y, int(j.ids[i]), 0, j.d); &row[0] != &y[0] {
			copy(y, row)
		}
	}
}

// EmbedBack implements [compute.Sequence].
func (b *Backend) EmbedBack(dw, dy compute.Buffer, ids []int32, d int) {
	b.Scatter(dw, dy, ids, d)
}

// Gather implements [compute.Sequence].
func (b *Backend) Gather(dst, src compute.Buffer, rows []int32, d int) {
	b.loop = loopJob{op: opGather, y: dst.Host(), a: src.Host(), ids: rows, d: d}
	b.each(len(rows), d)
}

func opGather(j *loopJob, lo, hi int, _ *worker) {
	for i := lo; i < hi; i++ {
		at := int(j.ids[i]) * j.d
		copy(j.y[i*j.d:(i+1)*j.d], j.a[at:at+j.d])
	}
}

// Scatter implements [compute.Sequence]. A row may be named more than once, so the work is cut by columns.
func (b *Backend) Scatter(dst, src compute.Buffer, rows []int32, d int) {
	b.loop = loopJob{op: opScatter, y: dst.Host(), a: src.Host(), ids: rows, d: d}
	b.eachColumn(d)
}

func opScatter(j *loopJob, lo, hi int, _ *worker) {
	for i, r := range j.ids {
		to := int(r) * j.d
		j.be.kernels.axpy(j.y[to+lo:to+hi], j.a[i*j.d+lo:i*j.d+hi], 1)
	}
}
