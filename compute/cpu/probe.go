package cpu

import "time"

// Speed is what the machine can do at most with this backend's instruction set and threads: the floors that
// measured speeds are compared with.
type Speed struct {
	FLOPS     float64 // floating-point operations a second, of the matrix kernel on data in the first cache level
	Bandwidth float64 // bytes a second read from memory, of streams that fit no cache
}

// probeBytes is the memory that the bandwidth is measured over, far more than any cache.
const probeBytes = 256 << 20

// Probe measures the machine for about the time given, half for each figure, and takes the best of several tries:
// noise only ever makes a try slower.
func (b *Backend) Probe(d time.Duration) Speed {
	threads := len(b.pool.workers)
	var s Speed

	const depth, turns = 256, 200
	k := &b.kernels
	f := &probeFlops{be: b, depth: depth, turns: turns}
	work := float64(2*k.mr*k.nr*depth*turns) * float64(threads)
	for start := time.Now(); time.Since(start) < d/2; {
		t := time.Now()
		b.pool.run(f, threads)
		s.FLOPS = max(s.FLOPS, work/time.Since(t).Seconds())
	}

	r := &probeRead{be: b, x: alignedFloats(probeBytes / 4), parts: threads}
	for i := range r.x {
		r.x[i] = 1 // touched, so that every page is there
	}
	r.sums = make([]float32, threads)
	for start, first := time.Now(), true; first || time.Since(start) < d/2; first = false {
		t := time.Now()
		b.pool.run(r, threads)
		s.Bandwidth = max(s.Bandwidth, probeBytes/time.Since(t).Seconds())
	}
	return s
}

type probeFlops struct {
	be           *Backend
	depth, turns int
}

func (p *probeFlops) run(_ int, w *worker) {
	k := &p.be.kernels
	a, b := w.get(scratchPackA, panelStride(k.mr, p.depth)), w.get(scratchPackB, panelStride(k.nr, p.depth))
	clear(a)
	clear(b)
	c := w.get(scratchTile, k.mr*k.nr)
	for range p.turns {
		k.tile(p.depth, a, b, c, k.nr, 1, false)
	}
}

type probeRead struct {
	be    *Backend
	x     []float32
	sums  []float32
	parts int
}

func (p *probeRead) run(task int, _ *worker) {
	n := len(p.x) / p.parts
	part := p.x[task*n : (task+1)*n]
	p.sums[task] = p.be.kernels.dot(part[:n/2], part[n/2:])
}
