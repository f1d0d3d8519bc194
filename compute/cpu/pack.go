package cpu

import (
	"unsafe"

	"github.com/cria-llm/cria/compute"
)

// left is the side of a product whose values are broadcast one by one. Where it is not packed, the value of row r at
// step s lies at r·lane + s·step.
type left struct {
	x          []float32
	lane, step int
	packed     bool // in panels of the tile's height, of depth steps: all values of a step side by side
	depth      int
}

// rowsOf is a matrix whose rows are the product's; columnsOf one whose columns are. ld values make a row of the matrix.
func rowsOf(x []float32, ld int) left    { return left{x: x, lane: ld, step: 1} }
func columnsOf(x []float32, ld int) left { return left{x: x, lane: 1, step: ld} }

// sameSets is the distance of rows, in values, whose multiples crowd into few sets of the first cache level.
const sameSets = 512

// at is mr rows from row first, steps from k0 on, and how far apart their values lie. Where there are fewer rows than
// mr, the rest repeat the last. Rows that are read again and again are copied aside: where they lie, all may fall into the
// same few sets of the cache.
func (l *left) at(first, mr, rows, k0, depth int, aside bool, w *worker) (x []float32, lane, step int) {
	if l.packed {
		return l.x[first/mr*panelStride(mr, l.depth)+k0*mr:], 1, mr
	}
	if rows >= mr && (!aside || l.step != 1 || l.lane%sameSets != 0) {
		return l.x[first*l.lane+k0*l.step:], l.lane, l.step
	}
	lane = (depth+15)&^15 + 16
	copies := w.get(scratchPackA, mr*lane)
	for r := range mr {
		row := l.x[min(first+r, rows-1)*l.lane+k0*l.step:]
		to := copies[r*lane : r*lane+depth]
		if l.step == 1 {
			copy(to, row)
			continue
		}
		for s := range to {
			to[s] = row[s*l.step]
		}
	}
	return copies, lane, 1
}

// packLeft packs the columns of a matrix of n rows, lanes values each, where they are read often enough to pay for it.
func (b *Backend) packLeft(x []float32, n, lanes int) left {
	mr := b.kernels.tile.mr
	panels := (lanes + mr - 1) / mr
	b.packed = grow(b.packed, panels*panelStride(mr, n))
	b.pack = packJob{be: b, x: x, n: n, lanes: lanes}
	b.pool.run(&b.pack, (panels+packGroup-1)/packGroup)
	b.pack = packJob{}
	return left{x: b.packed, packed: true, depth: n}
}

// packGroup is how many panels one task packs.
const packGroup = 8

type packJob struct {
	be       *Backend
	x        []float32
	n, lanes int
}

func (j *packJob) run(task int, w *worker) {
	k := &j.be.kernels
	first := task * packGroup * k.tile.mr
	o := operand{f32: j.x, ld: j.lanes}
	k.packColumns(j.be.packed[task*packGroup*panelStride(k.tile.mr, j.n):], k.tile.mr, &o, first, min(packGroup*k.tile.mr, j.lanes-first), 0, j.n, w)
}

// operand is the right side of a product: lanes (the product's columns) by depth (the dimension summed over).
type operand struct {
	f32  []float32
	data []byte // where the matrix rests in another type
	typ  compute.Type
	ld   int // values in a row of the matrix
	// laneRows: a lane is a row of the matrix and depth runs along it; otherwise a row is one step of depth.
	laneRows bool
}

func weightOperand(w compute.Weight, laneRows bool) operand {
	return operand{f32: w.Values().Host(), data: w.Data(), typ: w.Type, ld: w.Cols, laneRows: laneRows}
}

// row is n values of row r from column from, unpacked into buf where they rest in another type.
func (o *operand) row(k *kernels, buf []float32, r, from, n int) []float32 {
	if o.typ == compute.F32 {
		return o.f32[r*o.ld+from : r*o.ld+from+n]
	}
	// Blocks are unpacked whole: from and the end are widened to their bounds.
	block := o.typ.Block()
	lead := from % block
	whole := (lead + n + block - 1) / block * block
	k.unpackFrom(o.typ, buf[:whole], o.data, r*o.ld+from-lead)
	return buf[lead : lead+n]
}

// prefetchRows is how many rows ahead are asked for where a part of each is read: too short a run for the processor
// to see what comes next.
const prefetchRows = 8

// prefetch asks for n values of row r from column from.
func (o *operand) prefetch(r, from, n int) {
	if o.typ == compute.F32 {
		prefetch((*byte)(unsafe.Pointer(&o.f32[r*o.ld+from])), 4*n)
		return
	}
	from -= from % o.typ.Block()
	prefetch(&o.data[r*o.typ.RowBytes(o.ld)+o.typ.RowBytes(from)], o.typ.RowBytes(o.typ.Block())*(n/o.typ.Block()+1))
}

// panels is lanes of the right side ready for the tile: panel values from one panel to the next, step from one step to
// the next.
type panels struct {
	x           []float32
	panel, step int
}

// right is lanes col..col+cols of o, steps k0..k0+depth: packed, or where direct allows it and nothing would be read
// past a row, where they lie.
func (k *kernels) right(o *operand, col, cols, k0, depth int, direct bool, w *worker) panels {
	nr := k.tile.nr
	if direct && !o.laneRows && o.typ == compute.F32 && cols%nr == 0 {
		return panels{o.f32[k0*o.ld+col:], nr, o.ld}
	}
	stride := panelStride(nr, depth)
	packed := w.get(scratchPackB, (cols+nr-1)/nr*stride)
	if o.laneRows {
		for p := 0; p*nr < cols; p++ {
			k.packRows(packed[p*stride:(p+1)*stride], nr, o, col+p*nr, min(nr, cols-p*nr), k0, depth, w)
		}
	} else {
		k.packColumns(packed, nr, o, col, cols, k0, depth, w)
	}
	return panels{packed, stride, nr}
}

// panelPad keeps the last, overlapping store of a transpose inside its own panel.
const panelPad = 16

// panelStride is the distance of packed panels of that many lanes and steps: whole cache lines.
func panelStride(lanes, depth int) int { return (lanes*depth+15)&^15 + panelPad }

// packColumns packs lanes lane0..lane0+n of o, whose columns they are, in panels of width lanes each: all the values of a
// step side by side. The lanes that fill up the last panel are 0.
func (k *kernels) packColumns(dst []float32, width int, o *operand, lane0, n, k0, depth int, w *worker) {
	stride := panelStride(width, depth)
	buf := w.get(scratchRow, n+2*blockMax)
	for s := range depth {
		if s+prefetchRows < depth {
			o.prefetch(k0+s+prefetchRows, lane0, n)
		}
		row := o.row(k, buf, k0+s, lane0, n)
		whole := n / width
		k.spread(dst[s*width:], stride, width, row)
		if rest := row[whole*width:]; len(rest) > 0 {
			last := dst[whole*stride+s*width:]
			clear(last[:width])
			copy(last, rest)
		}
	}
}

// packRows packs one panel whose lanes are rows of the matrix, eight rows at a time. Lanes past the last row repeat it.
func (k *kernels) packRows(dst []float32, width int, o *operand, lane0, n, k0, depth int, w *worker) {
	span := depth + 2*blockMax
	buf := w.get(scratchRow, 8*span)
	for at := 0; ; at += 8 {
		if at+8 > width && width > 8 {
			at = width - 8
		}
		for r := range w.rows {
			lane := min(at+r, n-1, width-1)
			if r > 0 && lane == min(at+r-1, n-1, width-1) {
				w.rows[r] = w.rows[r-1]
				continue
			}
			w.rows[r] = o.row(k, buf[r*span:(r+1)*span], lane0+lane, k0, depth)
		}
		k.transpose(dst[at:], width, &w.rows, depth)
		if at+8 >= width {
			return
		}
	}
}
