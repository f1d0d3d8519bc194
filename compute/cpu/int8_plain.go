package cpu

import (
	"encoding/binary"
	"math"

	"github.com/cria-llm/cria/compute"
)

// plainRound writes the records of a row of x, step bytes apart.
func plainRound(dst []byte, step int, x []float32, offset int32, split bool) {
	for at := 0; len(x) > 0; at, x = at+step, x[groupSize:] {
		r, to := roundGroup(x[:groupSize], offset, split), dst[at:at+recordBytes]
		for i, q := range r.q {
			to[i] = byte(q)
		}
		binary.LittleEndian.PutUint32(to[32:], math.Float32bits(r.d))
		binary.LittleEndian.PutUint32(to[36:], uint32(r.low))
		binary.LittleEndian.PutUint32(to[40:], uint32(r.high))
		binary.LittleEndian.PutUint32(to[44:], math.Float32bits(r.scaledSum))
	}
}

// panelGroup is one group of a panel, unpacked.
type panelGroup struct {
	q     [groupSize * panelRows]byte // quads 0..7 of all rows, unsigned
	scale [2][panelRows]float32       // of the halves of the group; where it is not split, the first of the whole
	least [panelRows]float32          // what is subtracted per Σx
}

// plainIntegerTile is y[height,32] (+)= alpha · x·Wᵀ for a panel of W and a tile of x.
func plainIntegerTile(t compute.Type, height int, panel, x []byte, groups int, y []float32, ldy int, alpha float32, acc bool) {
	it, _ := integer(t)
	var sums [maxHeight][panelRows]float32
	var g panelGroup
	for i := range groups {
		g.unpack(t, panel, i)
		for h := range height {
			g.add(&sums[h], x[(i*height+h)*recordBytes:][:recordBytes], it.split, t == compute.Q4_K || t == compute.Q5_K || t == compute.Q5_1)
		}
	}
	for h := range height {
		row := y[h*ldy:][:panelRows]
		for r := range row {
			v := float32(sums[h][r] * alpha)
			if acc {
				v += row[r]
			}
			row[r] = v
		}
	}
}

// maxHeight is the greatest height that any kernel has.
const maxHeight = 6

func (g *panelGroup) add(sums *[panelRows]float32, x []byte, split, least bool) {
	d, scaledSum := floatAt(x[32:]), floatAt(x[44:])
	low, high := int32(binary.LittleEndian.Uint32(x[36:])), int32(binary.LittleEndian.Uint32(x[40:]))
	dot := func(from, to, r int, start int32) float32 {
		for i := from; i < to; i++ {
			w, v := g.q[quad(i, r):][:4], x[4*i:][:4]
			start += int32(w[0])*int32(int8(v[0])) + int32(w[1])*int32(int8(v[1])) + int32(w[2])*int32(int8(v[2])) + int32(w[3])*int32(int8(v[3]))
		}
		return float32(start)
	}
	for r := range sums {
		// The conversions keep every step rounded, where Go may otherwise fuse.
		if split {
			sums[r] += float32(float32(dot(0, quads/2, r, low)*g.scale[0][r]) * d)
			sums[r] += float32(float32(dot(quads/2, quads, r, high)*g.scale[1][r]) * d)
			continue
		}
		sums[r] += float32(float32(dot(0, quads, r, low)*g.scale[0][r]) * d)
		if least {
			sums[r] -= float32(g.least[r] * scaledSum)
		}
	}
}

func (g *panelGroup) unpack(t compute.Type, panel []byte, i int) {
	switch t {
	case compute.Q8_0:
		group := panel[i*q8Group:][:q8Group]
		for r := range panelRows {
			g.scale[0][r] = halfAt(group, r)
		}
		copy(g.q[:], group[f16Rows:])
	case compute.Q4_0:
		group := panel[i*q4Group:][:q4Group]
		for r := range panelRows {
			g.scale[0][r] = halfAt(group, r)
		}
		g.halves(group[f16Rows:])
	case compute.Q5_1:
		group := panel[i*q51Group:][:q51Group]
		for r := range panelRows {
			g.scale[0][r], g.least[r] = halfAt(group, r), halfAt(group[f16Rows:], r)
		}
		g.halves(group[2*f16Rows:])
		g.fifths(group[q51Group-quadBytes:])
	case compute.Q4_K:
		super := panel[i/superLen*q4kSuper:][:q4kSuper]
		group := super[2*f16Rows+i%superLen*q4kGroup:][:q4kGroup]
		for r := range panelRows {
			g.scale[0][r] = halfAt(super, r) * float32(group[r])
			g.least[r] = halfAt(super[f16Rows:], r) * float32(group[panelRows+r])
		}
		g.halves(group[2*panelRows:])
	case compute.Q5_K:
		super := panel[i/superLen*q5kSuper:][:q5kSuper]
		group := super[2*f16Rows+i%superLen*q5kGroup:][:q5kGroup]
		for r := range panelRows {
			g.scale[0][r] = halfAt(super, r) * float32(group[r])
			g.least[r] = halfAt(super[f16Rows:], r) * float32(group[panelRows+r])
		}
		g.halves(group[2*panelRows:])
		g.fifths(group[q4kGroup:])
	case compute.Q6_K:
		super := panel[i/superLen*q6kSuper:][:q6kSuper]
		group := super[f16Rows+i%superLen*q6kGroup:][:q6kGroup]
		for r := range panelRows {
			g.scale[0][r] = halfAt(super, r) * float32(int8(group[r]))
			g.scale[1][r] = halfAt(super, r) * float32(int8(group[panelRows+r]))
		}
		g.halves(group[2*panelRows:])
		high := group[2*panelRows+quads/2*quadBytes:]
		for q := range g.q {
			quad, at := q/quadBytes, q%quadBytes
			g.q[q] |= high[quad/4*quadBytes+at] >> (quad % 4 * 2) & 3 << 4
		}
	}
}

// halves unpacks bytes that hold quads 0..3 below 4..7.
func (g *panelGroup) halves(packed []byte) {
	const n = quads / 2 * quadBytes
	for i, v := range packed[:n] {
		g.q[i], g.q[n+i] = v&15, v>>4
	}
}

// fifths adds bit i of a byte to quad i, as its fifth.
func (g *panelGroup) fifths(packed []byte) {
	for at, top := range packed[:quadBytes] {
		for i := range quads {
			g.q[i*quadBytes+at] |= top >> i & 1 << 4
		}
	}
}

func halfAt(b []byte, i int) float32 { return compute.F16ToF32(binary.LittleEndian.Uint16(b[2*i:])) }

func floatAt(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
