package model

import "github.com/cria-llm/cria/compute"

// Repack lays the quantised matrices of the blocks and the head out anew for products in integers, which round
// activations to a byte each: see [compute.Memory]. What is attached stays in float32, and a
// tied embedding stays as it is beside the head that is made of it. It takes [Model.RepackBytes]; what was memory-mapped
// the system may take back, for it is read again by [Model.Exactly] and [Model.MakeTrainable] alone. It returns whether
// anything was laid out anew. A model of which something is trained stays as it is.
func (m *Model) Repack() bool {
	if m.repacked() || m.trainable || m.trained.any {
		return m.repacked()
	}
	m.rested = m.rested[:0]
	swap := func(w *compute.Weight) {
		if laid, ok := m.be.Repack(*w); ok {
			m.rested = append(m.rested, restedWeight{at: w, w: *w})
			if m.release != nil {
				m.release(w.Data())
			}
			*w = laid
		}
	}
	for _, l := range m.linears {
		swap(&l.W)
	}
	swap(&m.head)
	return m.repacked()
}

// RepackBytes is about the memory that [Model.Repack] takes.
func (m *Model) RepackBytes() int64 {
	var total int64
	count := func(w compute.Weight) {
		if as, ok := w.Type.RepackedAs(); ok {
			total += int64(as.Size(w.Rows * w.Cols))
		}
	}
	for _, l := range m.linears {
		count(l.W)
	}
	count(m.head)
	return total
}

// Exactly runs a function on the model as it was before [Model.Repack]: with activations in float32.
func (m *Model) Exactly(run func() error) error {
	swap := func() {
		for i := range m.rested {
			r := &m.rested[i]
			r.w, *r.at = *r.at, r.w
		}
	}
	swap()
	defer swap()
	return run()
}

// restedWeight is a repacked weight's place, and the weight as it rests in the model's files.
type restedWeight struct {
	at *compute.Weight
	w  compute.Weight
}

func (m *Model) repacked() bool { return len(m.rested) > 0 }
