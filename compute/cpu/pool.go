package cpu

import (
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
	dots    dotBlock
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
// usually follows at once, and then sleep. The caller works too, and never waits for a worker that has not begun: on a
// machine that others use as well, one may get no processor for a while.
type pool struct {
	workers []*worker

	job   job
	tasks int64
	next  atomic.Int64
	gate  atomic.Int64 // workers inside the job; gateShut is added when no more may enter
	epoch atomic.Uint64
	stop  atomic.Bool

	mu      sync.Mutex
	work    *sync.Cond // there is a new epoch
	idle    *sync.Cond // the last worker left a shut gate
	asleep  int        // workers that wait for work
	waiting atomic.Bool
	done    sync.WaitGroup
}

const gateShut = 1 << 32

// spinTurns is how often the next event is looked for before sleeping: some tens of microseconds.
const spinTurns = 400

func newPool(threads int) *pool {
	p := &pool{}
	p.work, p.idle = sync.NewCond(&p.mu), sync.NewCond(&p.mu)
	p.gate.Store(gateShut)
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
	p.mu.Lock()
	p.epoch.Add(1)
	if p.asleep > 0 {
		p.work.Broadcast()
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
	p.gate.Store(0)
	p.publish()
	p.drain(p.workers[0])
	if p.gate.Add(gateShut) != gateShut {
		p.awaitIdle()
	}
	p.job = nil
}

// awaitIdle returns when the last worker is out.
func (p *pool) awaitIdle() {
	for range spinTurns {
		if p.gate.Load() == gateShut {
			return
		}
		pause(10)
	}
	p.mu.Lock()
	p.waiting.Store(true)
	for p.gate.Load() != gateShut {
		p.idle.Wait()
	}
	p.waiting.Store(false)
	p.mu.Unlock()
}

// enter says whether the worker may work on the current job.
func (p *pool) enter() bool {
	for {
		g := p.gate.Load()
		if g >= gateShut {
			return false
		}
		if p.gate.CompareAndSwap(g, g+1) {
			return true
		}
	}
}

func (p *pool) leave() {
	if p.gate.Add(-1) == gateShut && p.waiting.Load() {
		p.mu.Lock()
		p.idle.Signal()
		p.mu.Unlock()
	}
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
		if p.enter() {
			p.drain(w)
			p.leave()
		}
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
		p.work.Wait()
	}
	p.asleep--
	return p.epoch.Load()
}
