package cpu

import "github.com/cria-llm/cria/compute"

// loopJob is an operation whose rows, or whose columns, are independent: task i does a fixed range of them, so that
// neither the result nor its rounding depends on the number of threads.
type loopJob struct {
	be         *Backend
	op         func(j *loopJob, lo, hi int, w *worker)
	count      int // rows, or columns
	chunk      int
	y, z       []float32 // outputs
	a, b, c    []float32 // inputs
	weight     compute.Weight
	ids        []int32
	rows, d    int
	heads      int
	from, to   int
	alpha, eps float32
	act        compute.Activation
	limit      float32
	sign       float32
	seed       uint64
	acc        bool
	adam       adamK
	moments    *compute.Moments8
	lion       lionK
	factor     factorK
	sums       []float64
}

// chunkValues is about how many values one task touches: enough to be worth handing out, few enough to share.
const chunkValues = 16384

func (j *loopJob) run(task int, w *worker) {
	lo := task * j.chunk
	j.op(j, lo, min(lo+j.chunk, j.count), w)
}

// each runs b.loop over count rows of about d values each.
func (b *Backend) each(count, d int) {
	b.loop.be, b.loop.count = b, count
	b.loop.chunk = max(1, chunkValues/max(1, d))
	b.pool.run(&b.loop, (count+b.loop.chunk-1)/b.loop.chunk)
	b.loop = loopJob{}
}

// columnChunk is how many columns a task of a column-wise operation takes: whole cache lines.
const columnChunk = 64

// eachColumn runs b.loop over count columns.
func (b *Backend) eachColumn(count int) {
	b.loop.be, b.loop.count, b.loop.chunk = b, count, columnChunk
	b.pool.run(&b.loop, (count+columnChunk-1)/columnChunk)
	b.loop = loopJob{}
}
