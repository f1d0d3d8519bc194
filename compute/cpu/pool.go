package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// job is work cut into tasks that write to different places, so that who runs which does not matter.
type job interface {
	// run does one task on one worker; the worker's scratch memory is its own while it runs.
	run(task int, w *worker)
}

// worker is one goroutine's private memory. Worker 0 is the caller itself.
type worker struct {
	index   int
	scratch [scratchKinds][]float32
	rows    [8][]float32
}

// The kinds of scratch memory a worker holds at the same time.
const (
	scratchPackA = iota
	scratchPackB
	scratchRow
	scratchTile
	scratchScores
	scratchGrad
	scratchSum
	scratchKinds
)

// get is n values of scratch memory of that kind, grown once and kept; its content is whatever was there.
func (w *worker) get(kind, n int) []float32 {
	if cap(w.scratch[kind]) < n {
		w.scratch[kind] = alignedFloats(n)
	}
	return w.scratch[kind][:n]
}

// pool runs jobs on a fixed set of goroutines. They spin for some microseconds after a job, because the next one
// usually follows at once, and then sleep.
type pool struct {
	workers []*worker

	job   job
	tasks int64
	next  atomic.Int64
	left  atomic.Int64 // workers that have not finished the current job
	epoch atomic.Uint64
	stop  atomic.Bool

	mu     sync.Mutex
	wake   *sync.Cond
	asleep int
	done   sync.WaitGroup
}

// spinTurns is how often a worker looks for the next job before it sleeps: some tens of microseconds.
const spinTurns = 400

func newPool(threads int) *pool {
	p := &pool{}
	p.wake = sync.NewCond(&p.mu)
	for i := range threads {
		p.workers = append(p.workers, &worker{index: i})
	}
	for _, w := range p.workers[1:] {
		p.done.Add(1)
		go p.serve(w)
	}
	return p
}

func (p *pool) close() {
	p.stop.Store(true)
	p.publish()
	p.done.Wait()
}

// publish lets the workers see that there is something new.
func (p *pool) publish() {
	p.epoch.Add(1)
	p.mu.Lock()
	if p.asleep > 0 {
		p.wake.Broadcast()
	}
	p.mu.Unlock()
}

// run does tasks 0..tasks-1 of j and returns when all are done.
func (p *pool) run(j job, tasks int) {
	if tasks <= 0 {
		return
	}
	if tasks == 1 || len(p.workers) == 1 {
		for t := range tasks {
			j.run(t, p.workers[0])
		}
		return
	}
	p.job, p.tasks = j, int64(tasks)
	p.next.Store(0)
	p.left.Store(int64(len(p.workers) - 1))
	p.publish()
	p.drain(p.workers[0])
	for turn := 0; p.left.Load() > 0; turn++ {
		if turn < spinTurns {
			pause(10)
		} else {
			runtime.Gosched()
		}
	}
	p.job = nil
}

func (p *pool) drain(w *worker) {
	for {
		t := p.next.Add(1) - 1
		if t >= p.tasks {
			return
		}
		p.job.run(int(t), w)
	}
}

func (p *pool) serve(w *worker) {
	defer p.done.Done()
	var seen uint64
	for {
		seen = p.await(seen)
		if p.stop.Load() {
			return
		}
		p.drain(w)
		p.left.Add(-1)
	}
}

// await returns the epoch once it is no longer seen.
func (p *pool) await(seen uint64) uint64 {
	for range spinTurns {
		if e := p.epoch.Load(); e != seen {
			return e
		}
		pause(10)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asleep++
	for p.epoch.Load() == seen {
		p.wake.Wait()
	}
	p.asleep--
	return p.epoch.Load()
}
