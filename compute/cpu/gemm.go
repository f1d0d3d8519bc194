package cpu

import "github.com/cria-llm/cria/compute"

// The matrix product C[m,n] (+)= Σ alpha · A·B, blocked as in Goto & van de Geijn 2008. A is read one value at a time,
// where it lies or from a copy of a few rows; strips of B's columns are packed, and unpacked from their resting type, by
// whoever multiplies them, into memory that fits the second cache level, and are used for all rows of A. The terms of a
// sum and the blocks of their inner dimensions go in the same order whatever the number of threads.
const (
	depthMax = 384 // steps of k in a block: a panel of A stays in the first cache level
	stripMax = 384 // columns of a strip of B, which stays in the second

	stripPanels = 3  // panels of a strip at least, where there are as many: for each, rows of A are read again
	rowsSplit   = 96 // fewest rows worth packing a strip of B again for
	rowsDirect  = 48 // most rows for which B, where it can be read where it lies, is not worth packing
)

// tile is a register tile: c[mr,nr] (+)= alpha · a·b over kc ≥ 1 steps, where the value of row r of a at step s lies at
// r·aLane + s·aStep and the nr values of b at s·bStep. Distances and ldc count values.
type tile struct {
	mr, nr int
	run    func(kc int, a []float32, aLane, aStep int, b []float32, bStep int, c []float32, ldc int, alpha float32, acc bool)
}

// term is one summand: alpha · A[m,k] · B[k,n].
type term struct {
	a     left
	b     operand
	k     int
	alpha float32
}

// product is one C with all that is summed into it, and how it is cut into tasks: strips of B by blocks of rows.
type product struct {
	c         []float32
	m, n      int
	terms     []term
	acc       bool
	panels    int // of B
	strips    int // that the panels are shared out to
	rowBlock  int // rows of a task
	firstTask int
}

// gemm is a job of several products.
type gemm struct {
	be       *Backend
	products []product
	terms    []term // of all products
}

// add starts a product; its terms follow by addTerm.
func (g *gemm) add(c []float32, m, n int, acc bool) {
	g.products = append(g.products, product{c: c, m: m, n: n, acc: acc})
}

func (g *gemm) addTerm(a left, b operand, k int, alpha float32) {
	p := &g.products[len(g.products)-1]
	if p.m == 0 || p.n == 0 || k == 0 {
		return
	}
	g.terms = append(g.terms, term{a, b, k, alpha})
	p.terms = g.terms[len(g.terms)-len(p.terms)-1:]
}

// multiply runs the products that were added, on all workers, and forgets them.
func (b *Backend) multiply() {
	g := &b.gemm
	g.be = b
	tasks, at := 0, 0
	for i := range g.products {
		p := &g.products[i]
		p.terms = g.terms[at : at+len(p.terms)] // g.terms may have moved while it grew
		at += len(p.terms)
		p.firstTask = tasks
		if len(p.terms) > 0 {
			tasks += p.cut(&b.kernels, len(b.pool.workers))
		} else if !p.acc { // the empty sum
			clear(p.c[:p.m*p.n])
		}
	}
	b.pool.run(g, tasks)
	clear(g.products)
	clear(g.terms)
	g.products, g.terms = g.products[:0], g.terms[:0]
}

// cut plans the product's tasks and returns their number: as many strips of equal size for each worker, or where that
// would make them narrow, blocks of rows too.
func (p *product) cut(k *kernels, workers int) int {
	nr := k.tile.nr
	p.panels = (p.n + nr - 1) / nr
	p.strips = (p.panels*nr + stripMax - 1) / stripMax
	p.strips = (p.strips + workers - 1) / workers * workers
	blocks := 1
	if p.strips*stripPanels > p.panels {
		p.strips = max(1, p.panels/stripPanels)
		blocks = max(1, min((workers+p.strips-1)/p.strips, p.m/rowsSplit))
	}
	mr := k.tile.mr
	p.rowBlock = ((p.m+blocks-1)/blocks + mr - 1) / mr * mr
	return p.strips * ((p.m + p.rowBlock - 1) / p.rowBlock)
}

// depthBlock is the steps of a block of an inner dimension k: as equal as they can be, none above depthMax.
func depthBlock(k int) int {
	blocks := (k + depthMax - 1) / depthMax
	return (k + blocks - 1) / blocks
}

func (g *gemm) run(task int, w *worker) {
	p := &g.products[0]
	for i := range g.products[1:] {
		if next := &g.products[i+1]; len(next.terms) > 0 && next.firstTask <= task {
			p = next
		}
	}
	task -= p.firstTask
	k := &g.be.kernels
	nr := k.tile.nr
	strip := task % p.strips
	col := strip * p.panels / p.strips * nr
	cols := min((strip+1)*p.panels/p.strips*nr, p.n) - col
	row := task / p.strips * p.rowBlock
	rows := min(p.rowBlock, p.m-row)

	acc := p.acc
	for i := range p.terms {
		t := &p.terms[i]
		depth := depthBlock(t.k)
		for k0 := 0; k0 < t.k; k0 += depth {
			d := min(depth, t.k-k0)
			b := k.right(&t.b, col, cols, k0, d, p.m <= rowsDirect, w)
			k.block(p.c[col:], p.n, &t.a, row, rows, p.m, k0, b, cols, d, t.alpha, acc, w)
			acc = true
		}
	}
}

// block multiplies rows of A with a strip of B: c[rows,cols] (+)= alpha · a·b, a panel of A at a time, which stays in the
// first cache level while all panels of B pass. c is the strip's column of row 0; all is how many rows A has.
func (k *kernels) block(c []float32, ldc int, a *left, row, rows, all, k0 int, b panels, cols, depth int, alpha float32, acc bool, w *worker) {
	t := &k.tile
	if cols <= k.thin.nr && all >= k.thin.mr && !a.packed {
		t = &k.thin
	}
	aside := cols > 2*t.nr
	for i := row; i < row+rows; i += t.mr {
		first := i
		if i+t.mr > all && !a.packed {
			// The last rows: as many again from before, or copies of them where there are no others.
			first = max(0, all-t.mr)
		}
		x, lane, step := a.at(first, t.mr, all, k0, depth, aside, w)
		have := min(i+t.mr, row+rows) - i
		for j := 0; j < cols; j += t.nr {
			bp, width := b.x[j/k.tile.nr*b.panel:], min(t.nr, cols-j)
			if first == i && have == t.mr && width == t.nr {
				t.run(depth, x, lane, step, bp, b.step, c[i*ldc+j:], ldc, alpha, acc)
				continue
			}
			edge := w.get(scratchTile, t.mr*t.nr)
			t.run(depth, x, lane, step, bp, b.step, edge, t.nr, alpha, false)
			for r := range have {
				place(c[(i+r)*ldc+j:][:width], edge[(i-first+r)*t.nr:], acc)
			}
		}
	}
}

// mul is a product small enough for one worker: C[m,n] (+)= alpha · A·B, C's rows ldc values apart.
func (k *kernels) mul(w *worker, c []float32, ldc, m, n, depth int, a left, b operand, alpha float32, acc bool) {
	k.block(c, ldc, &a, 0, m, m, 0, k.right(&b, 0, n, 0, depth, true, w), n, depth, alpha, acc, w)
}

// MatMul implements [compute.Linear].
func (b *Backend) MatMul(y, x compute.Buffer, w compute.Weight, n int, alpha float32, acc bool) {
	if w.Repacked() != nil {
		b.integerProduct(y, x, w, n, alpha, acc)
		return
	}
	if n <= b.kernels.thinRows() {
		if n > 0 {
			j := b.beginThin(n)
			j.one[0] = compute.Term{X: x, W: w, Alpha: alpha}
			j.add(y, j.one[:], acc)
			b.runThin()
		}
		return
	}
	b.gemm.add(y.Host(), n, w.Rows, acc)
	b.gemm.addTerm(rowsOf(x.Host(), w.Cols), weightOperand(w, true), w.Cols, alpha)
	b.multiply()
}

// MatMulSums implements [compute.Linear].
func (b *Backend) MatMulSums(n int, sums []compute.Sum) {
	if b.integerSums(n, sums) {
		return
	}
	if n <= b.kernels.thinRows() {
		if n > 0 && len(sums) > 0 {
			j := b.beginThin(n)
			for i := range sums {
				j.add(sums[i].Y, sums[i].Terms, sums[i].Acc)
			}
			b.runThin()
		}
		return
	}
	for i := range sums {
		s := &sums[i]
		b.gemm.add(s.Y.Host(), n, s.Terms[0].W.Rows, s.Acc)
		for _, t := range s.Terms {
			b.gemm.addTerm(rowsOf(t.X.Host(), t.W.Cols), weightOperand(t.W, true), t.W.Cols, t.Alpha)
		}
	}
	b.multiply()
}

// MatMulBackInput implements [compute.Linear].
func (b *Backend) MatMulBackInput(dx, dy compute.Buffer, w compute.Weight, n int, alpha float32, acc bool) {
	b.gemm.add(dx.Host(), n, w.Cols, acc)
	b.gemm.addTerm(rowsOf(dy.Host(), w.Rows), weightOperand(w, false), w.Rows, alpha)
	b.multiply()
}

// MatMulBackInputSums implements [compute.Linear].
func (b *Backend) MatMulBackInputSums(n int, sums []compute.Sum) {
	for i := range sums {
		s := &sums[i]
		b.gemm.add(s.Y.Host(), n, s.Terms[0].W.Cols, s.Acc)
		for _, t := range s.Terms {
			b.gemm.addTerm(rowsOf(t.X.Host(), t.W.Rows), weightOperand(t.W, false), t.W.Rows, t.Alpha)
		}
	}
	b.multiply()
}

// MatMulBackWeight implements [compute.Linear].
func (b *Backend) MatMulBackWeight(dw, dy, x compute.Buffer, n, out, in int, alpha float32, acc bool) {
	a := columnsOf(dy.Host(), out)
	if in > b.kernels.tile.nr && n > 0 {
		a = b.packLeft(dy.Host(), n, out)
	}
	b.gemm.add(dw.Host(), out, in, acc)
	b.gemm.addTerm(a, operand{f32: x.Host(), ld: in}, n, alpha)
	b.multiply()
}

// MatMulBackWeights implements [compute.Linear].
func (b *Backend) MatMulBackWeights(n int, gs []compute.WeightGrad) {
	for i := range gs {
		g := &gs[i]
		b.gemm.add(g.DW.Host(), g.Out, g.In, true)
		b.gemm.addTerm(columnsOf(g.DY.Host(), g.Out), operand{f32: g.X.Host(), ld: g.In}, n, g.Alpha)
	}
	b.multiply()
}
