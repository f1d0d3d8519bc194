package cpu

import (
	"unsafe"

	"github.com/cria-llm/cria/compute"
)

// Products of a few rows of x, too many for one dot product each, exchange their sides: rows of W are the left side,
// unpacked a tile's height at a time into the first cache level and read once, and the rows of x are the lanes of the
// right side, packed once for all. Every value is summed as in the product of many rows, so it has the same bits.

// swapRows is up to how many rows of x a product is done so.
const swapRows = 48

// lanes is the inputs of a job, packed: for each, its depth blocks, and in each the panels of the tile's width.
type lanes struct {
	tile   *tile
	packed []float32
	inputs []laneInput
}

type laneInput struct {
	x     []float32
	k     int
	first int // value of packed
}

// depthBlock is the steps of a block of an inner dimension k: as equal as they can be, none above depthMax.
func depthBlock(k int) int {
	blocks := (k + depthMax - 1) / depthMax
	return (k + blocks - 1) / blocks
}

// input is the place of x in the list.
func (l *lanes) input(x []float32, k int) int {
	for i := range l.inputs {
		if in := &l.inputs[i]; in.k == k && unsafe.SliceData(in.x) == unsafe.SliceData(x) {
			return i
		}
	}
	return -1
}

// block is where the panels of a depth block begin; panels lie panelStride(width, depth) apart.
func (l *lanes) block(in *laneInput, n, k0 int) []float32 {
	nr := l.tile.nr
	panels := (n + nr - 1) / nr
	full := depthBlock(in.k)
	return l.packed[in.first+k0/full*panels*panelStride(nr, full):]
}

// packLanes packs every input of the sums.
func (j *thinJob) packLanes() {
	l, kern := &j.lanes, &j.be.kernels
	l.tile = &kern.tile
	if j.n <= kern.thin.nr {
		l.tile = &kern.thin
	}
	l.inputs = l.inputs[:0]
	panels, size := (j.n+l.tile.nr-1)/l.tile.nr, 0
	for i := range j.sums {
		for _, t := range j.sums[i].terms {
			x, k := t.X.Host(), t.W.Cols
			if l.input(x, k) >= 0 {
				continue
			}
			l.inputs = append(l.inputs, laneInput{x, k, size})
			depth := depthBlock(k)
			size += (k + depth - 1) / depth * panels * panelStride(l.tile.nr, depth)
		}
	}
	l.packed = grow(l.packed, size)
	tasks := 0
	for i := range l.inputs {
		tasks += (l.inputs[i].k + depthMax - 1) / depthMax * panels
	}
	j.be.pool.run((*packLanesJob)(j), tasks)
}

// packLanesJob packs one panel of one depth block a task.
type packLanesJob thinJob

func (p *packLanesJob) run(task int, w *worker) {
	j := (*thinJob)(p)
	l := &j.lanes
	nr := l.tile.nr
	panels := (j.n + nr - 1) / nr
	i := 0
	for {
		if n := (l.inputs[i].k + depthMax - 1) / depthMax * panels; task >= n {
			task -= n
			i++
			continue
		}
		break
	}
	in := &l.inputs[i]
	full := depthBlock(in.k)
	k0, panel := task/panels*full, task%panels
	depth := min(full, in.k-k0)
	o := operand{f32: in.x, ld: in.k, laneRows: true}
	stride := panelStride(nr, depth)
	to := l.block(in, j.n, k0)[panel*stride:][:stride]
	j.be.kernels.packRows(to, nr, &o, panel*nr, min(nr, j.n-panel*nr), k0, depth, w)
}

type swappedJob thinJob

func (s *swappedJob) run(task int, w *worker) {
	j := (*thinJob)(s)
	sum, first, end := j.find(task)
	for o := first; o < end; o += j.lanes.tile.mr {
		j.swapped(sum, o, min(j.lanes.tile.mr, end-o), w)
	}
}

// swapped is y[:,o..o+rows] (+)= the sum's terms.
func (j *thinJob) swapped(s *thinSum, o, rows int, w *worker) {
	l, kern := &j.lanes, &j.be.kernels
	mr, nr := l.tile.mr, l.tile.nr
	width := (j.n + nr - 1) / nr * nr
	c := w.get(scratchTile, mr*width)
	acc := s.acc
	if acc {
		for i := range j.n {
			for r := range rows {
				c[r*width+i] = s.y[i*s.out+o+r]
			}
		}
	}
	for t := range s.terms {
		term := &s.terms[t]
		in := &l.inputs[l.input(term.X.Host(), term.W.Cols)]
		full := depthBlock(in.k)
		for k0 := 0; k0 < in.k; k0 += full {
			depth := min(full, in.k-k0)
			x, lane := weightRows(kern, &term.W, o, mr, k0, depth, w)
			packed, stride := l.block(in, j.n, k0), panelStride(nr, depth)
			for panel := 0; panel*nr < j.n; panel++ {
				l.tile.run(depth, x, lane, 1, packed[panel*stride:], nr, c[panel*nr:], width, term.Alpha, acc)
			}
			acc = true
		}
	}
	for i := range j.n {
		for r := range rows {
			s.y[i*s.out+o+r] = c[r*width+i]
		}
	}
}

// weightRows is mr rows of W from row first, steps k0..k0+depth, in float32, and how far apart the rows lie. Rows past
// the last repeat it.
func weightRows(kern *kernels, w *compute.Weight, first, mr, k0, depth int, scratch *worker) (x []float32, lane int) {
	o := weightOperand(*w, true)
	if w.Type == compute.F32 && first+mr <= w.Rows {
		return o.f32[first*o.ld+k0:], o.ld
	}
	span := depth + 2*blockMax
	buf := scratch.get(scratchPackA, mr*span)
	rows := min(mr, w.Rows-first)
	for r := range mr {
		to := buf[r*span : (r+1)*span]
		if r >= rows {
			copy(to[:depth], buf[(rows-1)*span:])
			continue
		}
		if row := o.row(kern, to, first+r, k0, depth); &row[0] != &to[0] {
			copy(to, row)
		}
	}
	return buf, span
}
