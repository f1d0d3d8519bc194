package cpu

import "github.com/cria-llm/cria/compute"

// Gate implements [compute.Elementwise].
func (b *Backend) Gate(y, gate, up compute.Buffer, n int, act compute.Activation) {
	b.loop = loopJob{op: opGate, y: y.Host()[:n], a: gate.Host()[:n], b: up.Host(), act: act}
	if up.Len() > 0 {
		b.loop.b = b.loop.b[:n]
	} else {
		b.loop.op = opAct
	}
	b.each(n, 1)
}

func opGate(j *loopJob, lo, hi int, _ *worker) {
	j.be.kernels.gate[j.act](j.y[lo:hi], j.a[lo:hi], j.b[lo:hi])
}

// GateBack implements [compute.Elementwise].
func (b *Backend) GateBack(dgate, dup, dy, gate, up compute.Buffer, n int, act compute.Activation) {
	b.loop = loopJob{op: opGateBack, y: dgate.Host()[:n], z: dup.Host(),
		a: dy.Host()[:n], b: gate.Host()[:n], c: up.Host(), act: act}
	if up.Len() > 0 {
		b.loop.z, b.loop.c = b.loop.z[:n], b.loop.c[:n]
	} else {
		b.loop.op = opActBack
	}
	b.each(n, 1)
}

func opGateBack(j *loopJob, lo, hi int, _ *worker) {
	j.be.kernels.gateBack[j.act](j.y[lo:hi], j.z[lo:hi], j.a[lo:hi], j.b[lo:hi], j.c[lo:hi])
}

// onesRun is how many values an activation without a gated input takes at a time: its ones stay in the first cache level.
const onesRun = 512

// onesOf is n ones, of at most onesRun, and room for as many values that nobody reads.
func onesOf(n int, w *worker) (ones, sink []float32) {
	x := w.get(scratchRow, 2*onesRun)
	n = min(n, onesRun)
	for i := range n {
		x[i] = 1
	}
	return x[:n], x[onesRun:]
}

func opAct(j *loopJob, lo, hi int, w *worker) {
	ones, _ := onesOf(hi-lo, w)
	for ; lo < hi; lo += onesRun {
		end := min(lo+onesRun, hi)
		j.be.kernels.gate[j.act](j.y[lo:end], j.a[lo:end], ones[:end-lo])
	}
}

func opActBack(j *loopJob, lo, hi int, w *worker) {
	ones, sink := onesOf(hi-lo, w)
	for ; lo < hi; lo += onesRun {
		end := min(lo+onesRun, hi)
		j.be.kernels.gateBack[j.act](j.y[lo:end], sink[:end-lo], j.a[lo:end], j.b[lo:end], ones[:end-lo])
	}
}
