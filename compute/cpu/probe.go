package cpu

import "time"

// PeakFLOPS is the floating-point operations a second that all workers reach together with the matrix kernel on data
// in the first cache level: the floor that measured speeds are compared with. It measures for about d and takes the best
// try, because noise only ever makes one slower.
func (b *Backend) PeakFLOPS(d time.Duration) float64 {
	const depth, turns = 256, 200
	k, threads := &b.kernels, len(b.pool.workers)
	job := &probeFlops{be: b, depth: depth, turns: turns}
	work := float64(2*k.tile.mr*k.tile.nr*depth*turns) * float64(threads)
	return best(d, work, func() { b.pool.run(job, threads) })
}

// probeBytes is the memory that the bandwidth is measured over, far more than any cache.
const probeBytes = 256 << 20

// Bandwidth is the bytes a second that all workers together read from memory, of streams that fit no cache.
func (b *Backend) Bandwidth(d time.Duration) float64 {
	threads := len(b.pool.workers)
	job := &probeRead{be: b, x: alignedFloats(probeBytes / 4), sums: make([]float32, threads)}
	for i := range job.x {
		job.x[i] = 1 // touched, so that every page is there
	}
	return best(d, probeBytes, func() { b.pool.run(job, threads) })
}

// best is the highest rate of work over tries of about d together, at least two.
func best(d time.Duration, work float64, try func()) float64 {
	var rate float64
	for start, n := time.Now(), 0; n < 2 || time.Since(start) < d; n++ {
		t := time.Now()
		try()
		rate = max(rate, work/max(time.Since(t), 1).Seconds()) // a coarse clock may see no time pass
	}
	return rate
}

type probeFlops struct {
	be           *Backend
	depth, turns int
}

func (p *probeFlops) run(_ int, w *worker) {
	k := &p.be.kernels
	t := &k.tile
	a, b := w.get(scratchPackA, panelStride(t.mr, p.depth)), w.get(scratchPackB, panelStride(t.nr, p.depth))
	clear(a)
	clear(b)
	c := w.get(scratchTile, t.mr*t.nr)
	for range p.turns {
		t.run(p.depth, a, 1, t.mr, b, t.nr, c, t.nr, 1, false)
	}
}

type probeRead struct {
	be   *Backend
	x    []float32
	sums []float32
}

func (p *probeRead) run(task int, _ *worker) {
	n := len(p.x) / len(p.sums)
	part := p.x[task*n : (task+1)*n]
	p.sums[task] = p.be.kernels.dot(part[:n/2], part[n/2:])
}
