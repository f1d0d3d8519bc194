package cpu

import (
	"math"

	"github.com/cria-llm/cria/compute"
)

// logitsBytes bounds the memory for logits: how many rows of the vocabulary's width exist together.
const logitsBytes = 32 << 20

// CrossEntropy implements [compute.Learning].
func (b *Backend) CrossEntropy(nll []float32, dx, dw, x compute.Buffer, head compute.Weight, targets []int32, scale []float32, terms compute.LossTerms) {
	vocab, d := head.Rows, head.Cols
	chunk := max(1, min(len(targets), logitsBytes/4/vocab))
	b.logits = grow(b.logits, chunk*vocab)
	grad := dx.Len() > 0 || dw.Len() > 0
	alpha := terms.LogitScale
	if alpha == 0 {
		alpha = 1
	}
	for at := 0; at < len(targets); at += chunk {
		n := min(chunk, len(targets)-at)
		logits := compute.HostBuffer(b.logits[:n*vocab])
		xs := x.Slice(at*d, (at+n)*d)
		b.MatMul(logits, xs, head, n, alpha, false)
		b.loop = loopJob{op: opSoftmaxLoss, y: logits.Host(), z: nll[at : at+n], ids: targets[at : at+n], d: vocab, acc: grad,
			alpha: terms.Smoothing, eps: terms.ZLoss, limit: terms.Cap}
		if grad {
			b.loop.a = scale[at : at+n]
		}
		b.each(n, vocab)
		if dx.Len() > 0 {
			b.MatMulBackInput(dx.Slice(at*d, (at+n)*d), logits, head, n, alpha, false)
		}
		if dw.Len() > 0 {
			b.MatMulBackWeight(dw, logits, xs, n, vocab, d, alpha, true)
		}
	}
}

// opSoftmaxLoss turns rows of logits into their losses and, where acc is set, in place into the gradient of
// Σ scale·loss by the logits: with smoothing α and weight ζ, scale·(p·(1 + 2·ζ·log Z) - (1-α)·onehot - α/vocabulary),
// times the slope of the cap where there is one.
func opSoftmaxLoss(j *loopJob, lo, hi int, w *worker) {
	k := &j.be.kernels
	var capped []float32
	if j.limit > 0 && j.acc {
		capped = w.get(scratchScores, j.d)
	}
	for i := lo; i < hi; i++ {
		row := j.y[i*j.d : (i+1)*j.d]
		target := int(j.ids[i])
		if j.limit > 0 {
			k.softCap(row, j.limit)
			copy(capped, row)
		}
		want := row[target]
		top := k.max(row)
		// float64 for the sum of a vocabulary's worth of exponentials: a part of the row at a time.
		var sum float64
		for from := 0; from < len(row); from += columnChunk {
			part := row[from:min(from+columnChunk, len(row))]
			sum += float64(k.expSum(part, part, top))
		}
		j.z[i] = float32(math.Log(sum) - float64(want-top))
		if j.acc {
			s := j.a[i]
			p := float64(s) / sum
			if j.eps != 0 {
				p *= 1 + 2*float64(j.eps)*(math.Log(sum)+float64(top))
			}
			f := float32(p)
			for c := range row {
				row[c] *= f
			}
			if j.alpha != 0 {
				each := s * j.alpha / float32(j.d)
				for c := range row {
					row[c] -= each
				}
			}
			row[target] -= s * (1 - j.alpha)
			if j.limit > 0 {
				k.capSlope(row, capped, 1/j.limit)
			}
		}
	}
}

// AdamW implements [compute.Learning].
func (b *Backend) AdamW(p, g, m, v compute.Buffer, s compute.AdamWStep) {
	b.loop = loopJob{op: opAdamW, y: p.Host(), a: g.Host(), b: m.Host(), c: v.Host(), adam: adamOf(s)}
	b.each(p.Len(), 1)
}

func adamOf(s compute.AdamWStep) adamK {
	t := float64(s.T)
	return adamK{
		gradScale: float32(s.GradScale),
		beta1:     float32(s.Beta1), oneBeta1: float32(1 - s.Beta1),
		beta2: float32(s.Beta2), oneBeta2: float32(1 - s.Beta2),
		rate:     float32(s.LR / (1 - math.Pow(s.Beta1, t))),
		correct2: float32(1 / math.Sqrt(1-math.Pow(s.Beta2, t))),
		eps:      float32(s.Eps),
		keep:     float32(1 - s.LR*s.WeightDecay),
	}
}

func opAdamW(j *loopJob, lo, hi int, _ *worker) {
	j.be.kernels.adamw(j.y[lo:hi], j.a[lo:hi], j.b[lo:hi], j.c[lo:hi], &j.adam)
}

// SumSquares implements [compute.Learning].
func (b *Backend) SumSquares(x compute.Buffer) float64 {
	n := x.Len()
	parts := (n + chunkValues - 1) / chunkValues
	if cap(b.sums) < parts {
		b.sums = make([]float64, parts)
	}
	b.sums = b.sums[:parts]
	b.loop = loopJob{op: opSumSquares, a: x.Host(), sums: b.sums}
	b.each(n, 1)
	var s float64
	for _, part := range b.sums {
		s += part
	}
	return s
}

func opSumSquares(j *loopJob, lo, hi int, _ *worker) {
	j.sums[lo/j.chunk] = j.be.kernels.sumSquares(j.a[lo:hi])
}
