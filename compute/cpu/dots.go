package cpu

import (
	"unsafe"

	"github.com/cria-llm/cria/compute"
)

// A product of a few rows of x with a weight is dot products, a block of rows of W and four rows of x at a time: W is read
// from memory once, unpacked in registers, and x stays in the first cache levels.

// dotTokens is the rows of x that a kernel takes at a time.
const dotTokens = 4

// dots is a kernel for blocks of rows rows of W; run is nil where there is none.
type dots struct {
	rows int
	run  func(b *dotBlock)
}

// dotBlock is y[i,r] (+)= alpha · x_i·w_r for groups·dotTokens rows of x and a block's rows of W. W rests in F32, F16 or
// BF16, its rows wRow bytes apart; the rows of x and y lie xRow and yRow values apart; n values make a row of W and x. What
// lies ahead bytes further on in w is asked for.
type dotBlock struct {
	t          compute.Type
	w          []byte
	wRow       int
	x, y       []float32
	xRow, yRow int
	n, groups  int
	alpha      float32
	acc        bool
	ahead      int
}

// check panics where the kernel would reach past an end.
func (b *dotBlock) check(rows int) {
	last := b.groups*dotTokens - 1
	if b.groups < 1 || len(b.w) < (rows-1)*b.wRow+b.t.RowBytes(b.n) || len(b.x) < last*b.xRow+b.n || len(b.y) < last*b.yRow+rows {
		panic("cpu: dot products of rows that are too short")
	}
}

// rest adds the products of values from..n, after a kernel's from values or none.
func (b *dotBlock) rest(rows, from int) {
	if from == b.n {
		return
	}
	for i := range b.groups * dotTokens {
		for r := range rows {
			var s float32
			for j := from; j < b.n; j++ {
				var v [1]float32
				size := b.t.RowBytes(1)
				compute.Decode(v[:], b.t, b.w[r*b.wRow+j*size:][:size])
				s += v[0] * b.x[i*b.xRow+j]
			}
			y := &b.y[i*b.yRow+r]
			s = float32(s * b.alpha)
			if b.acc || from > 0 {
				s += *y
			}
			*y = s
		}
	}
}

// dotsJob is a thinJob that goes by blocks.
type dotsJob thinJob

func (d *dotsJob) run(task int, w *worker) {
	j := (*thinJob)(d)
	s, first, end := j.find(task)
	for t := range s.terms {
		j.dots(s, &s.terms[t], s.acc || t > 0, first, end, w)
	}
}

// dots is y[:,first..end] (+)= alpha · x·Wᵀ.
func (j *thinJob) dots(s *thinSum, t *compute.Term, acc bool, first, end int, w *worker) {
	kern := &j.be.kernels
	in, rows := t.W.Cols, kern.dots.rows
	x := t.X.Host()
	if j.n < dotTokens { // the last row again
		pad := w.get(scratchPackB, dotTokens*in)
		for i := range dotTokens {
			copy(pad[i*in:(i+1)*in], x[min(i, j.n-1)*in:])
		}
		x = pad
	}
	if t.W.Rows < rows {
		j.pairs(s, t, acc, first, end)
		return
	}
	// x a part at a time, which stays in the first cache level while rows of W that fit the second go by.
	part := max(dotTokens, dotInput/4/in/dotTokens*dotTokens)
	block := max(rows, dotWeight/t.W.Type.RowBytes(in)/rows*rows)
	for from := first; from < end; from += block {
		for i := 0; i < j.n; i += part {
			j.dotPart(s, t, x, acc, from, min(from+block, end), i, min(i+part, j.n), w)
		}
	}
}

const (
	dotInput  = 32 << 10  // bytes of x
	dotWeight = 256 << 10 // bytes of W
)

// dotPart is y[i0..i1,first..end] (+)= alpha · x·Wᵀ.
func (j *thinJob) dotPart(s *thinSum, t *compute.Term, x []float32, acc bool, first, end, i0, i1 int, w *worker) {
	kern := &j.be.kernels
	in, rows := t.W.Cols, kern.dots.rows
	b := &w.dots
	*b = dotBlock{n: in, xRow: in}
	for o := first; o < end; o += rows {
		from := min(o, t.W.Rows-rows) // the last rows: as many again from before
		b.t, b.wRow = t.W.Type, t.W.Type.RowBytes(in)
		switch b.t {
		case compute.F32:
			b.w = bytesOf(t.W.Values().Host()[from*in:])
		case compute.F16, compute.BF16:
			b.w = t.W.Data()[from*b.wRow:]
		default:
			buf := w.get(scratchPackA, rows*in)
			kern.unpackFrom(b.t, buf, t.W.Data(), from*in)
			b.t, b.w, b.wRow = compute.F32, bytesOf(buf), 4*in
		}
		b.ahead = 0
		if i0 == 0 {
			b.ahead = rows * b.wRow
		}
		whole := (i1 - i0) / dotTokens
		if from < o || o+rows > end {
			whole = 0
		}
		if whole > 0 {
			b.x, b.y, b.yRow, b.groups, b.alpha, b.acc = x[i0*in:], s.y[i0*s.out+o:], s.out, whole, t.Alpha, acc
			kern.dots.run(b)
			b.ahead = 0
		}
		// What does not fill a block goes through scratch memory.
		for i := i0 + whole*dotTokens; i < i1; i += dotTokens {
			token := max(0, min(i, j.n-dotTokens))
			edge := w.get(scratchTile, dotTokens*rows)
			b.x, b.y, b.yRow, b.groups, b.alpha, b.acc = x[token*in:], edge, rows, 1, t.Alpha, false
			kern.dots.run(b)
			b.ahead = 0
			for k := i; k < min(i+dotTokens, i1); k++ {
				place(s.y[k*s.out+o:k*s.out+min(o+rows, end)], edge[(k-token)*rows+o-from:], acc)
			}
		}
	}
}

// pairs is dots for each pair of rows alone.
func (j *thinJob) pairs(s *thinSum, t *compute.Term, acc bool, first, end int) {
	k := &j.be.kernels
	w := &t.W
	in := w.Cols
	for o := first; o < end; o++ {
		for i := range j.n {
			x := t.X.Host()[i*in : (i+1)*in]
			var v float32
			if w.Type == compute.F32 {
				v = k.dot(x, w.Values().Host()[o*in:(o+1)*in])
			} else {
				v = k.dotFrom(w.Type, x, w.Data(), o*in)
			}
			v = float32(v * t.Alpha)
			y := &s.y[i*s.out+o]
			if acc {
				v += *y
			}
			*y = v
		}
	}
}

// bytesOf is the memory of x.
func bytesOf(x []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}
