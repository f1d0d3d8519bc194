package cpu

import "github.com/cria-llm/cria/compute"

// fewRows is up to how many rows of x a product with a weight goes row of W by row of W, unpacked in registers
// alone: then the weight's bytes are what takes the time.
const fewRows = 2

// thinRows is up to how many rows of x a product with a weight is dot products.
func (k *kernels) thinRows() int {
	if k.dots.run == nil {
		return fewRows
	}
	return dotRows
}

// dotRows is thinRows where there are kernels for blocks of them.
const dotRows = 48

// fewChunkBytes is about the weight's bytes that one task of a thin product reads.
const fewChunkBytes = 512 << 10

// thinSum is y[n,out] (+)= Σ alpha · x·Wᵀ for few rows of x, cut into tasks of some rows of W.
type thinSum struct {
	y         []float32
	out       int
	terms     []compute.Term
	acc       bool
	chunk     int // rows of W of a task
	firstTask int
}

// thinJob is several such sums.
type thinJob struct {
	be   *Backend
	n    int
	sums []thinSum
	one  [1]compute.Term // of a lone product
}

// add puts a sum into the job.
func (j *thinJob) add(y compute.Buffer, terms []compute.Term, acc bool) {
	size := 0
	for i := range terms {
		size += terms[i].W.Type.RowBytes(terms[i].W.Cols)
	}
	out := terms[0].W.Rows
	// As many tasks for each worker, so that none waits for the last.
	workers := len(j.be.pool.workers)
	tasks := max(1, (out*size+workers*fewChunkBytes/2)/(workers*fewChunkBytes)) * workers
	rows := max(1, j.be.kernels.dots.rows)
	chunk := ((out+tasks-1)/tasks + rows - 1) / rows * rows
	first := 0
	if n := len(j.sums); n > 0 {
		first = j.sums[n-1].firstTask + j.sums[n-1].tasks()
	}
	j.sums = append(j.sums, thinSum{y: y.Host(), out: out, terms: terms, acc: acc, chunk: chunk, firstTask: first})
}

func (s *thinSum) tasks() int { return (s.out + s.chunk - 1) / s.chunk }

// find is the sum that a task belongs to, and its rows of W.
func (j *thinJob) find(task int) (s *thinSum, first, end int) {
	i := len(j.sums) - 1
	for j.sums[i].firstTask > task {
		i--
	}
	s = &j.sums[i]
	first = (task - s.firstTask) * s.chunk
	return s, first, min(first+s.chunk, s.out)
}

// beginThin starts the job of products of n rows.
func (b *Backend) beginThin(n int) *thinJob {
	b.thin.be, b.thin.n = b, n
	return &b.thin
}

// runThin runs the sums that were added, and forgets them.
func (b *Backend) runThin() {
	j := &b.thin
	last := &j.sums[len(j.sums)-1]
	tasks := last.firstTask + last.tasks()
	if j.n <= fewRows {
		b.pool.run((*fewRowsJob)(j), tasks)
	} else {
		b.pool.run((*dotsJob)(j), tasks)
	}
	clear(j.sums)
	j.sums, j.one = j.sums[:0], [1]compute.Term{}
}

type fewRowsJob thinJob

func (f *fewRowsJob) run(task int, _ *worker) {
	j := (*thinJob)(f)
	s, first, end := j.find(task)
	for t := range s.terms {
		j.pairs(s, &s.terms[t], s.acc || t > 0, first, end)
	}
}
