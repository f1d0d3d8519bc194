package model

import "github.com/cria-llm/cria/compute"

// InputSquares runs the batch without a cache and adds to sums, by the name of each linear layer of the blocks, the squares
// of its inputs: one sum for each column, over the batch's tokens. They say which columns of its weights matter.
func (m *Model) InputSquares(ws *Workspace, b Batch, sums map[string][]float64) error {
	ws.squares = &squares{be: m.be, sums: sums}
	defer func() { ws.squares = nil }()
	return m.Logits(ws, b, nil, nil)
}

// squares adds up what goes into linear layers. A nil one does nothing.
type squares struct {
	be   compute.Backend
	sums map[string][]float64
	host []float32
}

// see adds n rows of x, the common input of the branches.
func (s *squares) see(x compute.Buffer, n int, branches []branch) {
	if s == nil {
		return
	}
	width := branches[0].l.In()
	if len(s.host) < n*width {
		s.host = make([]float32, n*width)
	}
	rows := s.host[:n*width]
	s.be.Read(rows, x.Slice(0, len(rows)))
	added := make([]float64, width)
	for at := 0; at < len(rows); at += width {
		for i, v := range rows[at : at+width] {
			added[i] += float64(v) * float64(v)
		}
	}
	for _, b := range branches {
		if s.sums[b.l.Name] == nil {
			s.sums[b.l.Name] = make([]float64, width)
		}
		for i, v := range added {
			s.sums[b.l.Name][i] += v
		}
	}
}
