package cpu

import "github.com/cria-llm/cria/compute"

// operand is one side of a matrix product as the register tile sees it: lanes (rows of the left side, columns of the
// right) by depth (the dimension summed over).
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
	start := r*o.typ.RowBytes(o.ld) + o.typ.RowBytes(from-lead)
	k.unpack(o.typ, buf[:whole], o.data[start:start+o.typ.RowBytes(whole)])
	return buf[lead : lead+n]
}

// panelPad keeps the last, overlapping store of a transpose inside its own panel.
const panelPad = 16

// panelStride is the distance of packed panels of that many lanes and steps: whole cache lines.
func panelStride(lanes, depth int) int { return (lanes*depth+15)&^15 + panelPad }

// packPanels packs lanes lane0..lane0+n of o, steps k0..k0+depth, as panels of width lanes each: all the values of
// a step side by side. The lanes that fill up the last panel hold values of no meaning.
func (k *kernels) packPanels(dst []float32, width int, o *operand, lane0, n, k0, depth int, w *worker) {
	stride := panelStride(width, depth)
	if o.laneRows {
		for p := 0; p*width < n; p++ {
			k.packRows(dst[p*stride:(p+1)*stride], width, o, lane0+p*width, min(width, n-p*width), k0, depth, w)
		}
		return
	}
	buf := w.get(scratchRow, n+2*q8Block)
	for s := range depth {
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
	span := depth + 2*q8Block
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
