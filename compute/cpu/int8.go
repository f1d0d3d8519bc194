package cpu

import (
	"math"
	"unsafe"

	"github.com/cria-llm/cria/compute"
)

// The product with a repacked weight. x is rounded once, 32 values to a record, and laid out in tiles: some rows of x,
// which a kernel multiplies with a panel of W in registers. Tiles of all heights, and the kernels of all instruction
// sets, do the same roundings in the same order, so that a row's bits depend on nothing but the row: of each group the
// sum of the integer products, exactly; times the weight's scale; times d; added to the sum of the groups before. Where a
// group has a minimum, that times d·Σq is subtracted after it. Nothing is fused.

// A record is 32 rounded values of x and what a product needs of them besides, as kernels read it:
//
//	0   32 signed bytes q
//	32  float32 d: x = q·d
//	36  int32 -offset·Σq, or of the first 16 alone where the halves of a group have scales of their own
//	40  int32 -offset·Σq of the last 16
//	44  float32 d·Σq
const recordBytes = 48

// integerKernels is one instruction set's part in products with repacked weights.
type integerKernels struct {
	// heights lists the rows of x that tile takes, the most first; the last is 1.
	heights []int
	// round writes the records of a row of x, step bytes apart.
	round func(dst []byte, step int, x []float32, offset int32, split bool)
	// without lists the types that tile does not take.
	without []compute.Type
	// tile is y[height,32] (+)= alpha · x·Wᵀ for a panel of W and a tile of x; y's rows are ldy values apart.
	tile func(t compute.Type, height int, panel, x []byte, groups int, y []float32, ldy int, alpha float32, acc bool)
}

func plainIntegers() integerKernels {
	return integerKernels{heights: []int{4, 1}, round: plainRound, tile: plainIntegerTile}
}

const (
	// recordsBytes is how much of the rounded x one task goes over: it stays in the second cache level while panels of W
	// pass.
	recordsBytes = 384 << 10
	// panelsBytes is the weight's bytes that one task of a thin product reads.
	panelsBytes = 256 << 10
)

// integerJob is one or more products y[n,out] (+)= alpha · x·Wᵀ in integers.
type integerJob struct {
	be       *Backend
	n        int
	inputs   []roundedInput
	products []integerProduct
}

// roundedInput is x[n, groups·32] and its records: tiles one after the other, of a tile group by group, of a group row by
// row.
type roundedInput struct {
	x       []float32
	groups  int
	offset  int32
	split   bool
	records []byte
}

// integerProduct is cut into tasks of some panels of W times some tiles of x.
type integerProduct struct {
	y      []float32
	w      compute.Weight
	as     compute.Type // whose panels w is laid out in
	input  int
	alpha  float32
	acc    bool
	size   int // bytes of a panel
	chunk  int // rows of x of a task, a multiple of the greatest height
	chunks int
	panels int // of a task
	tasks  int
}

// integerProduct is MatMul with a repacked weight.
func (b *Backend) integerProduct(y, x compute.Buffer, w compute.Weight, n int, alpha float32, acc bool) {
	b.integers.add(y.Host(), x.Host(), w, n, alpha, acc)
	b.multiplyIntegers(n)
}

// integerSums is MatMulSums where a weight is repacked, and does nothing and returns false where none is.
func (b *Backend) integerSums(n int, sums []compute.Sum) bool {
	for i := range sums {
		s := &sums[i]
		if t := firstRepacked(s.Terms); t >= 0 {
			b.integers.add(s.Y.Host(), s.Terms[t].X.Host(), s.Terms[t].W, n, s.Terms[t].Alpha, s.Acc)
		}
	}
	if len(b.integers.products) == 0 {
		return false
	}
	b.multiplyIntegers(n)
	for i := range sums {
		s := &sums[i]
		first := firstRepacked(s.Terms)
		for j, t := range s.Terms {
			if j != first {
				b.MatMul(s.Y, t.X, t.W, n, t.Alpha, s.Acc || first >= 0 || j > 0)
			}
		}
	}
	return true
}

func firstRepacked(terms []compute.Term) int {
	for i, t := range terms {
		if t.W.Repacked() != nil {
			return i
		}
	}
	return -1
}

// add prepares a product; a row of x that products share is rounded once.
func (j *integerJob) add(y, x []float32, w compute.Weight, n int, alpha float32, acc bool) {
	it, _ := integer(w.Type)
	in := roundedInput{x: x[:n*w.Cols], groups: w.Cols / groupSize, offset: it.offset, split: it.split}
	as, _ := w.Type.RepackedAs()
	p := integerProduct{y: y, w: w, as: as, alpha: alpha, acc: acc, size: it.panelBytes(w.Cols), input: len(j.inputs)}
	for i := range j.inputs {
		if j.inputs[i].same(&in) {
			p.input = i
		}
	}
	if p.input == len(j.inputs) {
		j.inputs = append(j.inputs, in)
	}
	j.products = append(j.products, p)
}

func (r *roundedInput) same(o *roundedInput) bool {
	return unsafe.SliceData(r.x) == unsafe.SliceData(o.x) && r.groups == o.groups && r.offset == o.offset && r.split == o.split
}

// multiplyIntegers runs what was added, of n rows each.
func (b *Backend) multiplyIntegers(n int) {
	j := &b.integers
	if n > 0 {
		j.be, j.n = b, n
		tall := b.kernels.integers.heights[0]
		need := 0
		for i := range j.inputs {
			need += n * j.inputs[i].groups * recordBytes
		}
		if cap(b.records) < need {
			b.records = alignedBytes(need)
		}
		rest := b.records[:need]
		for i := range j.inputs {
			size := n * j.inputs[i].groups * recordBytes
			j.inputs[i].records, rest = rest[:size], rest[size:]
		}
		b.pool.run((*roundJob)(j), len(j.inputs)*j.tiles())

		total := 0
		for i := range j.products {
			p := &j.products[i]
			p.chunk = max(1, recordsBytes/(tall*j.inputs[p.input].groups*recordBytes)) * tall
			p.chunks = (n + p.chunk - 1) / p.chunk
			all := (p.w.Rows + panelRows - 1) / panelRows
			// As many tasks for each worker, so that none waits for the last.
			workers := len(b.pool.workers)
			tasks := max(1, (all*p.size+workers*panelsBytes/2)/(workers*panelsBytes)) * workers
			if n > fewRows {
				tasks = max(tasks, 4*workers)
			}
			p.panels = max(1, (all+tasks-1)/tasks)
			p.tasks = p.chunks * ((all + p.panels - 1) / p.panels)
			total += p.tasks
		}
		b.pool.run(j, total)
	}
	clear(j.inputs)
	clear(j.products)
	j.inputs, j.products = j.inputs[:0], j.products[:0]
}

// tiles is how many tiles of the greatest height the rows fill, the last in part.
func (j *integerJob) tiles() int {
	tall := j.be.kernels.integers.heights[0]
	return (j.n + tall - 1) / tall
}

// height is the rows of the tile that begins at a row.
func (j *integerJob) height(row int) int {
	for _, h := range j.be.kernels.integers.heights {
		if row+h <= j.n {
			return h
		}
	}
	return 1
}

// roundJob rounds x: a task is the rows of a tile of the greatest height, at the end of several lower ones.
type roundJob integerJob

func (r *roundJob) run(task int, _ *worker) {
	j := (*integerJob)(r)
	k := &j.be.kernels.integers
	tiles := j.tiles()
	in := &j.inputs[task/tiles]
	width := in.groups * groupSize
	from := task % tiles * k.heights[0]
	for at := from; at < min(from+k.heights[0], j.n); {
		h := j.height(at)
		for i := range h {
			k.round(in.records[(at*in.groups+i)*recordBytes:], h*recordBytes, in.x[(at+i)*width:][:width], in.offset, in.split)
		}
		at += h
	}
}

func (j *integerJob) run(task int, w *worker) {
	i := 0
	for task >= j.products[i].tasks {
		task -= j.products[i].tasks
		i++
	}
	p := &j.products[i]
	all := (p.w.Rows + panelRows - 1) / panelRows
	from, first := task%p.chunks*p.chunk, task/p.chunks*p.panels
	for panel := first; panel < min(first+p.panels, all); panel++ {
		j.panel(p, panel, from, min(from+p.chunk, j.n), w)
	}
}

// panel multiplies a panel with rows from..to of x.
func (j *integerJob) panel(p *integerProduct, panel, from, to int, w *worker) {
	k, in := &j.be.kernels.integers, &j.inputs[p.input]
	laid, first, out := p.w.Repacked()[panel*p.size:(panel+1)*p.size], panel*panelRows, p.w.Rows
	for at := from; at < to; {
		h := j.height(at)
		x := in.records[at*in.groups*recordBytes:][:h*in.groups*recordBytes]
		if first+panelRows <= out {
			k.tile(p.as, h, laid, x, in.groups, p.y[at*out+first:], out, p.alpha, p.acc)
		} else {
			edge := w.get(scratchTile, h*panelRows)
			k.tile(p.as, h, laid, x, in.groups, edge, panelRows, p.alpha, false)
			for i := range h {
				place(p.y[(at+i)*out+first:(at+i+1)*out], edge[i*panelRows:], p.acc)
			}
		}
		at += h
	}
}

// place is dst (+)= src.
func place(dst, src []float32, acc bool) {
	if !acc {
		copy(dst, src)
		return
	}
	for i := range dst {
		dst[i] += src[i]
	}
}

// record is one record in Go.
type record struct {
	q         [groupSize]int8
	d         float32
	low, high int32
	scaledSum float32
}

// roundGroup makes the record of 32 values.
func roundGroup(x []float32, offset int32, split bool) (r record) {
	var most uint32 // sizes of floats are ordered as their bits are
	for _, v := range x {
		most = max(most, math.Float32bits(v)&^(1<<31))
	}
	if most >= 0x7f800000 {
		r.d = float32(math.NaN())
		r.scaledSum = r.d
		return r
	}
	size := math.Float32frombits(most)
	inverse := 127 / size
	if math.IsInf(float64(inverse), 0) {
		return r
	}
	r.d = size / 127
	for i, v := range x {
		r.q[i] = int8(math.RoundToEven(float64(float32(v * inverse))))
	}
	var low, high int32
	for i := range groupSize / 2 {
		low, high = low+int32(r.q[i]), high+int32(r.q[groupSize/2+i])
	}
	r.scaledSum = r.d * float32(low+high)
	r.low, r.high = -offset*low, -offset*high
	if !split {
		r.low += r.high
	}
	return r
}
