package model

import "math"

// twinDistance is how far apart two rows of the output head may be, as a share of their length, and still be the same to
// any adapter: rows that no training ever told apart stay as they were drawn, or shrink together.
const twinDistance = 0.05

// Twins counts the other tokens whose row of the output head is the same as that of a token, up to 5 % of its length.
// Training of everything but the head cannot tell such tokens apart: it can only make all of them likelier together. A
// base whose end-of-text token has twins was never taught to use it.
func (m *Model) Twins(id int32) int {
	d, vocab := m.cfg.Hidden, m.cfg.Vocab
	if id < 0 || int(id) >= vocab {
		return 0
	}
	const rows = 256
	buf := m.be.Alloc(rows * d)
	values := make([]float32, rows*d)
	row := make([]float32, d)
	m.be.Embed(buf, m.head, []int32{id})
	m.be.Read(row, buf.Slice(0, d))
	var length float64
	for _, x := range row {
		length += float64(x) * float64(x)
	}
	limit := twinDistance * twinDistance * length
	twins := 0
	ids := make([]int32, 0, rows)
	for from := 0; from < vocab; from += rows {
		ids = ids[:0]
		for t := from; t < min(from+rows, vocab); t++ {
			ids = append(ids, int32(t))
		}
		m.be.Embed(buf, m.head, ids)
		m.be.Read(values[:len(ids)*d], buf.Slice(0, len(ids)*d))
		for i, t := range ids {
			if t != id && distance(row, values[i*d:(i+1)*d], limit) <= limit {
				twins++
			}
		}
	}
	return twins
}

// distance is the squared distance of two vectors, or more than limit where it is.
func distance(a, b []float32, limit float64) float64 {
	var s float64
	for i, x := range a {
		y := float64(x - b[i])
		s += y * y
		if s > limit {
			break
		}
	}
	if math.IsNaN(s) {
		return math.Inf(1)
	}
	return s
}
