package cpu

import "github.com/cria-llm/cria/compute"

// The matrix product C[m,n] (+)= alpha · A[m,k]·B[k,n], blocked as in Goto & van de Geijn 2008: a block of A of
// depthMax steps is packed once and shared; strips of B's columns are packed, and unpacked from their resting type,
// by whoever multiplies them, into memory that fits the second cache level, and are used for all rows of A. The sum
// over k goes in the same order whatever the number of threads.
const (
	depthMax  = 384 // steps of k in a block: a panel of B stays in the first cache level
	stripMax  = 256 // columns of a strip of B
	rowsChunk = 192 // rows of A that stay in the second cache level while a strip goes over them
	rowsSplit = 192 // fewest rows worth packing a strip of B again for
)

type gemm struct {
	be       *Backend
	a, b     operand
	c        []float32
	m, n, k  int
	alpha    float32
	acc      bool
	packed   []float32 // the block of A
	k0       int
	depth    int
	panels   int // of B
	strips   int // that the panels are shared out to
	rowBlock int // rows of a task
}

// multiply runs g on all workers.
func (b *Backend) multiply(g *gemm) {
	if g.k == 0 && !g.acc { // the empty sum
		clear(g.c[:g.m*g.n])
	}
	if g.m == 0 || g.n == 0 || g.k == 0 {
		return
	}
	k := &b.kernels
	g.be = b
	blocks := (g.k + depthMax - 1) / depthMax
	depth := (g.k + blocks - 1) / blocks
	rowPanels := (g.m + k.mr - 1) / k.mr
	b.packedA = grow(b.packedA, rowPanels*panelStride(k.mr, depth))
	g.packed = b.packedA

	// Strips of about equal size, as many for each worker.
	g.panels = (g.n + k.nr - 1) / k.nr
	g.strips = (g.panels*k.nr + stripMax - 1) / stripMax
	if t := len(b.pool.workers); g.strips < 4*t {
		g.strips = min((g.strips+t-1)/t*t, g.panels)
	}
	rowBlocks := 1
	if g.strips < len(b.pool.workers) {
		rowBlocks = max(1, min(len(b.pool.workers)/g.strips, g.m/rowsSplit))
	}
	g.rowBlock = ((g.m+rowBlocks-1)/rowBlocks + k.mr - 1) / k.mr * k.mr
	rowBlocks = (g.m + g.rowBlock - 1) / g.rowBlock

	for g.k0 = 0; g.k0 < g.k; g.k0 += depth {
		g.depth = min(depth, g.k-g.k0)
		b.pool.run((*packA)(g), (rowPanels+packGroup-1)/packGroup)
		b.pool.run(g, g.strips*rowBlocks)
		g.acc = true
	}
	*g = gemm{}
}

// packGroup is how many panels of A one task packs.
const packGroup = 8

type packA gemm

func (p *packA) run(task int, w *worker) {
	k := &p.be.kernels
	first := task * packGroup * k.mr
	n := min(packGroup*k.mr, p.m-first)
	dst := p.packed[task*packGroup*panelStride(k.mr, p.depth):]
	k.packPanels(dst, k.mr, &p.a, first, n, p.k0, p.depth, w)
}

func (g *gemm) run(task int, w *worker) {
	k := &g.be.kernels
	strip := task % g.strips
	col := strip * g.panels / g.strips * k.nr
	cols := min((strip+1)*g.panels/g.strips*k.nr, g.n) - col
	row := task / g.strips * g.rowBlock
	rows := min(g.rowBlock, g.m-row)

	bStride := panelStride(k.nr, g.depth)
	packedB := w.get(scratchPackB, (cols+k.nr-1)/k.nr*bStride)
	k.packPanels(packedB, k.nr, &g.b, col, cols, g.k0, g.depth, w)
	for done := 0; done < rows; done += rowsChunk {
		n := min(rowsChunk, rows-done)
		first := row + done
		a := g.packed[first/k.mr*panelStride(k.mr, g.depth):]
		k.block(a, packedB, g.c[first*g.n+col:], g.n, n, cols, g.depth, g.alpha, g.acc, w)
	}
}

// block multiplies packed panels: c[rows,cols] (+)= alpha · a·b, a panel of b at a time, which stays in the first
// cache level while all panels of a pass.
func (k *kernels) block(a, b, c []float32, ldc, rows, cols, depth int, alpha float32, acc bool, w *worker) {
	aStride, bStride := panelStride(k.mr, depth), panelStride(k.nr, depth)
	for j := 0; j < cols; j += k.nr {
		bp := b[j/k.nr*bStride:]
		for i := 0; i < rows; i += k.mr {
			ap := a[i/k.mr*aStride:]
			if i+k.mr <= rows && j+k.nr <= cols {
				k.tile(depth, ap, bp, c[i*ldc+j:], ldc, alpha, acc)
				continue
			}
			edge := w.get(scratchTile, k.mr*k.nr)
			k.tile(depth, ap, bp, edge, k.nr, alpha, false)
			for r := i; r < min(i+k.mr, rows); r++ {
				from := edge[(r-i)*k.nr:]
				to := c[r*ldc+j : r*ldc+min(j+k.nr, cols)]
				if acc {
					for x := range to {
						to[x] += from[x]
					}
				} else {
					copy(to, from)
				}
			}
		}
	}
}

// mul is a product small enough for one worker: C[m,n] (+)= alpha · A·B, C's rows ldc values apart.
func (k *kernels) mul(w *worker, c []float32, ldc, m, n, depth int, a, b operand, alpha float32, acc bool) {
	pa := w.get(scratchPackA, (m+k.mr-1)/k.mr*panelStride(k.mr, depth))
	pb := w.get(scratchPackB, (n+k.nr-1)/k.nr*panelStride(k.nr, depth))
	k.packPanels(pa, k.mr, &a, 0, m, 0, depth, w)
	k.packPanels(pb, k.nr, &b, 0, n, 0, depth, w)
	k.block(pa, pb, c, ldc, m, n, depth, alpha, acc, w)
}

// fewRows is up to how many rows of x a product with a weight goes row of W by row of W, unpacked in registers
// alone: then the weight's bytes are what takes the time.
const fewRows = 4

// MatMul implements [compute.Linear].
func (b *Backend) MatMul(y, x compute.Buffer, w compute.Weight, n int, alpha float32, acc bool) {
	if n <= fewRows {
		b.few = fewRowsJob{be: b, y: y.Host(), x: x.Host(), w: w, n: n, alpha: alpha, acc: acc}
		b.few.chunk = max(1, min(fewChunkBytes/w.Type.RowBytes(w.Cols)+1, w.Rows))
		b.pool.run(&b.few, (w.Rows+b.few.chunk-1)/b.few.chunk)
		b.few = fewRowsJob{}
		return
	}
	b.gemm = gemm{
		a: operand{f32: x.Host(), ld: w.Cols, laneRows: true},
		b: weightOperand(w, true),
		c: y.Host(), m: n, n: w.Rows, k: w.Cols, alpha: alpha, acc: acc,
	}
	b.multiply(&b.gemm)
}

// MatMulBackInput implements [compute.Linear].
func (b *Backend) MatMulBackInput(dx, dy compute.Buffer, w compute.Weight, n int, alpha float32, acc bool) {
	b.gemm = gemm{
		a: operand{f32: dy.Host(), ld: w.Rows, laneRows: true},
		b: weightOperand(w, false),
		c: dx.Host(), m: n, n: w.Cols, k: w.Rows, alpha: alpha, acc: acc,
	}
	b.multiply(&b.gemm)
}

// MatMulBackWeight implements [compute.Linear].
func (b *Backend) MatMulBackWeight(dw, dy, x compute.Buffer, n, out, in int, alpha float32, acc bool) {
	b.gemm = gemm{
		a: operand{f32: dy.Host(), ld: out},
		b: operand{f32: x.Host(), ld: in},
		c: dw.Host(), m: out, n: in, k: n, alpha: alpha, acc: acc,
	}
	b.multiply(&b.gemm)
}

// fewChunkBytes is the weight's bytes that one task of a thin product reads.
const fewChunkBytes = 64 << 10

// fewRowsJob is y[n,out] (+)= alpha · x·Wᵀ for small n, a chunk of W's rows a task.
type fewRowsJob struct {
	be    *Backend
	y, x  []float32
	w     compute.Weight
	n     int
	chunk int
	alpha float32
	acc   bool
}

func (j *fewRowsJob) run(task int, _ *worker) {
	k := &j.be.kernels
	in, out := j.w.Cols, j.w.Rows
	values, data, rowBytes := j.w.Values().Host(), j.w.Data(), j.w.Type.RowBytes(in)
	for o := task * j.chunk; o < min((task+1)*j.chunk, out); o++ {
		for i := range j.n {
			x := j.x[i*in : (i+1)*in]
			var s float32
			if j.w.Type == compute.F32 {
				s = k.dot(x, values[o*in:(o+1)*in])
			} else {
				s = k.dotRow(j.w.Type, x, data[o*rowBytes:(o+1)*rowBytes])
			}
			s = float32(s * j.alpha)
			if j.acc {
				s += j.y[i*out+o]
			}
			j.y[i*out+o] = s
		}
	}
}
