package model

import (
	"fmt"
	"maps"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// Pair is one adapter's addition to one layer, as its files hold it: y += Scale · x · Aᵀ · Bᵀ, and where Magnitude is not
// empty every row of the sum of all weights then has that length (DoRA).
type Pair struct {
	A, B       []float32 // [R, In] and [Out, R], row-major
	R, In, Out int
	Scale      float32   // α/r, or α/√r under rsLoRA
	Magnitude  []float32 // [Out], or empty
}

// below is the frozen adapters beneath a layer's delta, as one: y = gain ⊙ x·Wᵀ + the delta.
type below struct {
	delta *Delta         // nil where there are none
	gain  compute.Buffer // [out]; empty where no adapter of the stack gives the rows other lengths
}

// Stack puts frozen adapters beneath what [Model.Attach] puts on, by module name, in place of what was stacked before.
// They act in order: plain ones add up, and each magnitude gives its lengths to the rows of the sum of everything before it.
// An error stacks none: it names the module that the model does not have or whose shape differs.
func (m *Model) Stack(adapters ...map[string]Pair) error {
	pairs := map[string][]Pair{}
	for _, a := range adapters {
		for name, p := range a {
			name = m.ownName(name)
			pairs[name] = append(pairs[name], p)
		}
	}
	byName := m.linearsByName()
	stacks := make(map[string]below, len(pairs))
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		l := byName[name]
		if l == nil {
			return fmt.Errorf("adapter module %q: model %s has no such linear layer", name, m.name)
		}
		b, err := m.stack(l, pairs[name])
		if err != nil {
			return fmt.Errorf("adapter module %q: %w", name, err)
		}
		stacks[name] = b
	}
	for _, l := range m.linears {
		l.below = stacks[l.Name]
	}
	m.offset = false
	m.retrain()
	m.measure(false)
	return nil
}

// Offset takes pairs off what lies beneath, for adapters that begin as a part of the base (PiSSA): what [Model.Attach] puts
// on starts with the same pairs, and the model where it was. The offset belongs to what is attached: [Model.Without] is
// without it, and [Model.Stack] ends it.
func (m *Model) Offset(pairs map[string]Pair) error {
	byName := m.linearsByName()
	stacks := make(map[string]below, len(pairs))
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		l, p := byName[name], pairs[name]
		if l == nil {
			return fmt.Errorf("adapter module %q: model %s has no such linear layer", name, m.name)
		}
		if err := p.check(l); err != nil {
			return fmt.Errorf("adapter module %q: %w", name, err)
		}
		p.Scale = -p.Scale
		sum := Pair{In: l.In(), Out: l.Out(), Scale: 1}
		if d := l.below.delta; d != nil {
			have := Pair{A: make([]float32, d.A.Len()), B: make([]float32, d.B.Len()), R: d.R, Scale: d.Scale}
			m.be.Read(have.A, d.A)
			m.be.Read(have.B, d.B)
			sum.add(have)
		}
		sum.add(p)
		stacks[name] = below{delta: m.NewDelta(sum.A, sum.B, sum.R, 1, 0, false), gain: l.below.gain}
	}
	for _, l := range m.linears {
		l.bare = l.below
		if b, ok := stacks[l.Name]; ok {
			l.below = b
		}
	}
	m.offset = true
	m.retrain()
	m.measure(false)
	return nil
}

// stack is the pairs as one: their ranks side by side, A over A and B beside B, with each scale multiplied into its B. One
// alone stays as it is.
func (m *Model) stack(l *LinearLayer, pairs []Pair) (below, error) {
	for _, p := range pairs {
		if err := p.check(l); err != nil {
			return below{}, err
		}
		if len(p.Magnitude) > 0 && m.repacked() {
			return below{}, fmt.Errorf("model %s is repacked, and DoRA reads its weights: stack it first", m.name)
		}
	}
	if p := pairs[0]; len(pairs) == 1 && len(p.Magnitude) == 0 {
		return below{delta: m.NewDelta(p.A, p.B, p.R, p.Scale, 0, false)}, nil
	}
	sum := Pair{In: l.In(), Out: l.Out(), Scale: 1}
	var gain []float32
	for _, p := range pairs {
		sum.add(p)
		if len(p.Magnitude) == 0 {
			continue
		}
		so := below{delta: m.NewDelta(sum.A, sum.B, sum.R, 1, 0, false)}
		if gain != nil {
			so.gain = m.be.Alloc(len(gain))
			m.be.Write(so.gain, gain)
		} else {
			gain = slices.Repeat([]float32{1}, l.Out())
		}
		inverse := make([]float32, l.Out())
		to := m.be.Alloc(len(inverse))
		m.inverseNorms(to, l.W, so, nil)
		m.be.Read(inverse, to)
		for row, length := range p.Magnitude {
			g := length * inverse[row]
			gain[row] *= g
			for i := range sum.R {
				sum.B[row*sum.R+i] *= g
			}
		}
	}
	b := below{delta: m.NewDelta(sum.A, sum.B, sum.R, 1, 0, false)}
	if gain != nil {
		b.gain = m.be.Alloc(len(gain))
		m.be.Write(b.gain, gain)
	}
	return b, nil
}

func (p *Pair) check(l *LinearLayer) error {
	switch {
	case p.In != l.In() || p.Out != l.Out():
		return fmt.Errorf("it is %d×%d, the layer is %d×%d", p.Out, p.In, l.Out(), l.In())
	case p.R < 1 || len(p.A) != p.R*p.In || len(p.B) != p.Out*p.R:
		return fmt.Errorf("A holds %d and B %d values, not those of a rank of %d", len(p.A), len(p.B), p.R)
	case len(p.Magnitude) != 0 && len(p.Magnitude) != p.Out:
		return fmt.Errorf("the magnitude holds %d values, the layer has %d rows", len(p.Magnitude), p.Out)
	}
	return nil
}

// add puts another pair beside the pair, whose scale is 1.
func (p *Pair) add(o Pair) {
	b := make([]float32, 0, p.Out*(p.R+o.R))
	for row := range p.Out {
		b = append(b, p.B[row*p.R:(row+1)*p.R]...)
		for _, v := range o.B[row*o.R : (row+1)*o.R] {
			b = append(b, v*o.Scale)
		}
	}
	p.A, p.B, p.R = append(slices.Clip(p.A), o.A...), b, p.R+o.R
}

// scaled says whether something gives the layer's rows other lengths than their sum has.
func (l *LinearLayer) scaled() bool { return l.below.gain.Len() > 0 || l.dora() }

// dora says whether the delta on top does.
func (l *LinearLayer) dora() bool { return l.Delta != nil && l.Delta.Magnitude.Len() > 0 }

// ruler is the memory in which rows are measured.
type ruler struct {
	rows compute.Buffer // [rulerRows, widest input]
	ids  []int32
	host []float32 // of rows that a stack's gain is multiplied into
	gain []float32
}

// rulerRows is how many rows of a layer are unpacked at a time.
const rulerRows = 128

// measure brings the gains of DoRA up to date: of what is trained, or at first of all. The lengths of the rows follow from
// the weights and count as constant in the gradient (Liu et al. 2024, section 4.3).
func (m *Model) measure(trainedOnly bool) {
	for _, l := range m.linears {
		if l.dora() && (!trainedOnly || l.trained()) {
			d := l.Delta
			m.inverseNorms(d.inverse, l.W, l.below, d)
			m.be.ScaleColumns(d.gain, d.Magnitude, d.inverse, 1, l.Out(), false)
		}
	}
}

// RowLengths is the length of each row of a linear layer's weights with the stack beneath, which is where DoRA begins. It
// is nil where the model has no such layer.
func (m *Model) RowLengths(name string) []float32 {
	l := m.linearsByName()[name]
	if l == nil {
		return nil
	}
	to, lengths := m.be.Alloc(l.Out()), make([]float32, l.Out())
	m.inverseNorms(to, l.W, l.below, nil)
	m.be.Read(lengths, to)
	for i, x := range lengths {
		if x != 0 {
			lengths[i] = float32(1 / float64(x))
		}
	}
	return lengths
}

// inverseNorms is 1/‖row‖ of the sum of a layer's weights, what is stacked and the delta on top, which may be nil.
func (m *Model) inverseNorms(to compute.Buffer, w compute.Weight, b below, top *Delta) {
	for row := 0; row < w.Rows; row += rulerRows {
		n := min(rulerRows, w.Rows-row)
		m.be.InverseNorms(to.Slice(row, row+n), m.sumRows(w, b, top, row, n), n, w.Cols)
	}
}

// Weights is a linear layer's weights with the stack beneath, [out, in]. It is nil where the model has no such layer.
func (m *Model) Weights(name string) []float32 {
	l := m.linearsByName()[name]
	if l == nil {
		return nil
	}
	all := make([]float32, l.Out()*l.In())
	for row := 0; row < l.Out(); row += rulerRows {
		n := min(rulerRows, l.Out()-row)
		m.be.Read(all[row*l.In():(row+n)*l.In()], m.sumRows(l.W, l.below, nil, row, n))
	}
	return all
}

// sumRows is n rows of the sum of a layer's weights, what is stacked and the delta on top, which may be nil. It is valid
// until the next call.
func (m *Model) sumRows(w compute.Weight, b below, top *Delta, row, n int) compute.Buffer {
	r := &m.ruler
	if r.rows.Len() == 0 {
		widest := 0
		for _, l := range m.linears {
			widest = max(widest, l.In())
		}
		r.rows = m.be.Alloc(rulerRows * widest)
	}
	r.ids = r.ids[:0]
	for i := range n {
		r.ids = append(r.ids, int32(row+i))
	}
	rows := r.rows.Slice(0, n*w.Cols)
	m.be.Embed(rows, w, r.ids)
	if b.gain.Len() > 0 {
		m.scaleRows(rows, b.gain.Slice(row, row+n), w.Cols)
	}
	for _, d := range [...]*Delta{b.delta, top} {
		if d != nil {
			a, _ := d.weights()
			m.be.MatMulBackInput(rows, d.B.Slice(row*d.R, (row+n)*d.R), a, n, d.Scale, true)
		}
	}
	return rows
}

// scaleRows multiplies each row of d values by its gain.
func (m *Model) scaleRows(rows, gain compute.Buffer, d int) {
	r := &m.ruler
	n := gain.Len()
	if cap(r.host) < n*d {
		r.host = make([]float32, rulerRows*d)
	}
	if cap(r.gain) < n {
		r.gain = make([]float32, rulerRows)
	}
	host, g := r.host[:n*d], r.gain[:n]
	m.be.Read(host, rows)
	m.be.Read(g, gain)
	for i := range host {
		host[i] *= g[i/d]
	}
	m.be.Write(rows, host)
}
