package train

import (
	"math"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// Adafactor's second moment forgets by 1-t^-0.8 in step t, and an update whose values have a root mean square above 1 is
// scaled down to it (Shazeer & Stern 2018, "Adafactor: adaptive learning rates with sublinear memory cost", algorithm 4).
const (
	adafactorPower = 0.8
	adafactorClip  = 1.0
)

// adafactor is Adafactor without momentum and without relative steps: the second moment of a matrix is kept as the running
// means of its rows and of its columns, that of a vector whole.
type adafactor struct {
	be         compute.Backend
	rows, cols int
	r, c       compute.Buffer
}

func newAdafactor(be compute.Backend, p shaped) *adafactor {
	rows, cols := p.matrix()
	a := &adafactor{be: be, rows: rows, cols: cols, c: be.Alloc(cols)}
	if rows > 1 {
		a.r = be.Alloc(rows)
	}
	return a
}

func (a *adafactor) step(p *model.Param, r *Recipe, rate, grad float64, t int) {
	a.be.Adafactor(p.Value, p.Grad, a.r, a.c, a.rows, a.cols, compute.AdafactorStep{LR: rate, Beta2: 1 - math.Pow(float64(t), -adafactorPower),
		Clip: adafactorClip, WeightDecay: r.decay(p), GradScale: grad})
}

func (a *adafactor) state() []moment {
	list := []moment{{kind: "columns", values: a.c}}
	if a.rows > 1 {
		list = append(list, moment{kind: "rows", values: a.r})
	}
	return list
}

// adafactorBytes is what it remembers of a parameter.
func adafactorBytes(p shaped) int64 {
	rows, cols := p.matrix()
	if rows == 1 {
		rows = 0
	}
	return 4 * int64(rows+cols)
}
