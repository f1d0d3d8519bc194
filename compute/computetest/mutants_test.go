package computetest

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"github.com/cria-llm/cria/compute"
)

// recorder is a test that only remembers that it failed.
type recorder struct {
	testing.TB
	message string
}

func (r *recorder) Helper()        {}
func (r *recorder) Cleanup(func()) {}
func (r *recorder) Failed() bool   { return r.message != "" }
func (r *recorder) Error(args ...any) {
	if r.message == "" {
		r.message = args[0].(string)
	}
}
func (r *recorder) Errorf(format string, args ...any) { r.Error(format) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.Error(format)
	runtime.Goexit()
}

// passes says whether b passes the check of that name.
func passes(b compute.Backend, name string) bool {
	r, done := &recorder{}, make(chan bool)
	i := slices.IndexFunc(checks(), func(c check) bool { return c.name == name })
	go func() {
		defer close(done)
		checks()[i].run(newSuite(r, b))
	}()
	<-done
	return !r.Failed()
}

// Each mutant is the trusted backend with one mistake of a kind that hand-written kernels make.

type dropsLastTerm struct{ plain }

func (m dropsLastTerm) MatMul(y, x compute.Buffer, w compute.Weight, n int, alpha float32, acc bool) {
	m.plain.MatMul(y, x, w, n, alpha, acc)
	if w.Cols%16 == 15 && w.Type == compute.F32 {
		last := w.Cols - 1
		y.Host()[0] -= alpha * x.Host()[last] * w.Values().Host()[last]
	}
}

type forgetsRounding struct{ plain }

func (m forgetsRounding) MatMul(y, x compute.Buffer, w compute.Weight, n int, alpha float32, acc bool) {
	if bytes := w.Repacked(); bytes != nil {
		w = compute.DataWeight(w.Type, w.Rows, w.Cols, bytes)
	}
	m.plain.MatMul(y, x, w, n, alpha, acc)
}

type forgetsPrefix struct{ plain }

func (m forgetsPrefix) Attention(out, lse, q, k, v compute.Buffer, seqs []compute.Seq, s compute.AttentionShape) {
	alone := slices.Clone(seqs)
	for i := range alone {
		alone[i].Prefix = nil
	}
	m.plain.Attention(out, lse, q, k, v, alone, s)
}

type forgetsLaterRuns struct{ plain }

func (m forgetsLaterRuns) Attention(out, lse, q, k, v compute.Buffer, seqs []compute.Seq, s compute.AttentionShape) {
	cut := slices.Clone(seqs)
	for i := range cut {
		cut[i].Prefix = cut[i].Prefix[:min(1, len(cut[i].Prefix))]
	}
	m.plain.Attention(out, lse, q, k, v, cut, s)
}

type lastPrefixWins struct{ plain }

func (m lastPrefixWins) AttentionBack(dq, dk, dv, dout, q, k, v, out, lse compute.Buffer, seqs []compute.Seq, s compute.AttentionShape) {
	given := slices.Clone(dout.Host())
	m.plain.AttentionBack(dq, dk, dv, dout, q, k, v, out, lse, seqs, s)
	for i, seq := range seqs {
		if seq.Before() == 0 || i == 0 {
			continue
		}
		// What the sequence before gave is taken off again.
		before := seqs[i-1]
		if before.Before() == 0 {
			continue
		}
		dk2, dv2, dq2 := compute.HostBuffer(make([]float32, dk.Len())), compute.HostBuffer(make([]float32, dv.Len())), compute.HostBuffer(make([]float32, dq.Len()))
		m.plain.AttentionBack(dq2, dk2, dv2, compute.HostBuffer(given), q, k, v, out, lse, []compute.Seq{before}, s)
		width := s.KVHeads * s.HeadDim
		for _, r := range before.Prefix {
			for j := r.At * width; j < (r.At+r.Len)*width; j++ {
				dk.Host()[j] -= dk2.Host()[j]
			}
		}
	}
}

type firstTermOnly struct{ plain }

func (m firstTermOnly) MatMulSums(n int, sums []compute.Sum) {
	cut := slices.Clone(sums)
	for i := range cut {
		cut[i].Terms = cut[i].Terms[:1]
	}
	m.plain.MatMulSums(n, cut)
}

type overwritesWeightGrads struct{ plain }

func (m overwritesWeightGrads) MatMulBackWeights(n int, grads []compute.WeightGrad) {
	for _, g := range grads {
		m.MatMulBackWeight(g.DW, g.DY, g.X, n, g.Out, g.In, g.Alpha, false)
	}
}

type writesPastEnd struct{ plain }

func (m writesPastEnd) Axpy(y, x compute.Buffer, n int, alpha float32) {
	m.plain.Axpy(y, x, n, alpha)
	if n%8 != 0 {
		past := unsafe.Slice(unsafe.SliceData(y.Host()), n+1)
		past[n] = 0
	}
}

type skipsZeros struct{ plain }

func (m skipsZeros) MatMulBackInput(dx, dy compute.Buffer, w compute.Weight, n int, alpha float32, acc bool) {
	r, values, g := load(dx, n*w.Cols), matrix(w), load(dy, n*w.Rows)
	for i := range n {
		for j := range w.Cols {
			sum := 0.0
			for o := range w.Rows {
				if v := g[i*w.Rows+o]; v != 0 {
					sum += v * values[o*w.Cols+j]
				}
			}
			set(&r[i*w.Cols+j], float64(alpha)*sum, acc)
		}
	}
	store(dx, r)
}

type scalesInsteadOfOverwriting struct{ plain }

func (m scalesInsteadOfOverwriting) MatMulBackWeight(dw, dy, x compute.Buffer, n, out, in int, alpha float32, acc bool) {
	if !acc {
		for i := range dw.Host() {
			dw.Host()[i] *= 0
		}
	}
	m.plain.MatMulBackWeight(dw, dy, x, n, out, in, alpha, true)
}

type signedScaleLost struct{ plain }

func (m signedScaleLost) NewWeight(t compute.Type, rows, cols int, data []byte) (compute.Weight, error) {
	if t == compute.Q8_0 {
		data = append([]byte(nil), data...)
		for i := range data {
			if i%34 > 1 && data[i] == 0x80 { // -128 becomes -127
				data[i] = 0x81
			}
		}
	}
	return m.plain.NewWeight(t, rows, cols, data)
}

// changesBytes alters blocks of one type before they are read.
type changesBytes struct {
	plain
	t      compute.Type
	change func(block []byte)
}

func (m changesBytes) NewWeight(t compute.Type, rows, cols int, data []byte) (compute.Weight, error) {
	if t == m.t {
		data = append([]byte(nil), data...)
		for size, at := t.RowBytes(t.Block()), 0; at+size <= len(data); at += size {
			m.change(data[at : at+size])
		}
	}
	return m.plain.NewWeight(t, rows, cols, data)
}

type leaksAcrossSequences struct{ plain }

func (m leaksAcrossSequences) Attention(out, lse, q, k, v compute.Buffer, seqs []compute.Seq, s compute.AttentionShape) {
	if len(seqs) > 1 && seqs[1].K == seqs[0].K+seqs[0].KLen {
		seqs = append([]compute.Seq(nil), seqs...)
		seqs[1].K--
		seqs[1].KLen++
	}
	m.plain.Attention(out, lse, q, k, v, seqs, s)
}

type forgetsLargest struct{ plain }

func (m forgetsLargest) Attention(out, lse, q, k, v compute.Buffer, seqs []compute.Seq, s compute.AttentionShape) {
	m.plain.Attention(out, lse, q, k, v, seqs, s)
	for i, l := range lse.Host() {
		if l > 88 {
			lse.Host()[i] = float32(math.Inf(1))
		}
	}
}

type forgetsMeanInBackward struct{ plain }

func (m forgetsMeanInBackward) RMSNormBack(dx, dw, dy, x, w compute.Buffer, n, d int, eps float32) {
	for i := range n {
		r := inverseRMS(load(x, n*d)[i*d:][:d], float64(eps))
		for j := range d {
			dx.Host()[i*d+j] += float32(r) * w.Host()[j] * dy.Host()[i*d+j]
		}
	}
	m.plain.RMSNormBack(compute.HostBuffer(make([]float32, n*d)), dw, dy, x, w, n, d, eps)
}

type dropsByRowOfSeeds struct{ plain }

func (m dropsByRowOfSeeds) Dropout(dst, src compute.Buffer, n int, p float32, seed uint64, acc bool) {
	for i := range n {
		v := float32(0)
		if float64(mix(seed+uint64(i))>>11)/(1<<53) >= float64(p) {
			v = src.Host()[i] / (1 - p)
		}
		if acc {
			v += dst.Host()[i]
		}
		dst.Host()[i] = v
	}
}

type overwritesGradient struct{ plain }

func (m overwritesGradient) CrossEntropy(nll []float32, dx, dw, x compute.Buffer, head compute.Weight, targets []int32, scale []float32, terms compute.LossTerms) {
	clear(dw.Host())
	m.plain.CrossEntropy(nll, dx, dw, x, head, targets, scale, terms)
}

type forgetsTerms struct{ plain }

func (m forgetsTerms) CrossEntropy(nll []float32, dx, dw, x compute.Buffer, head compute.Weight, targets []int32, scale []float32, terms compute.LossTerms) {
	terms.ZLoss = 0
	m.plain.CrossEntropy(nll, dx, dw, x, head, targets, scale, terms)
}

type noiseUpwards struct{ plain }

func (m noiseUpwards) AddNoise(y compute.Buffer, n int, amplitude float32, seed uint64) {
	for i := range n {
		y.Host()[i] += amplitude * float32(math.Abs(noise(seed, i)))
	}
}

type losesNaN struct{ plain }

func (m losesNaN) SumSquares(x compute.Buffer) float64 {
	sum := 0.0
	for _, v := range x.Host() {
		if v == v {
			sum += float64(v) * float64(v)
		}
	}
	return sum
}

type roundsBetas struct{ plain }

func (m roundsBetas) AdamW(p, g, mm, v compute.Buffer, s compute.AdamWStep) {
	beta1, beta2 := float32(s.Beta1), float32(s.Beta2)
	t := float64(s.T)
	for i, x := range g.Host() {
		x *= float32(s.GradScale)
		m1, v1 := &mm.Host()[i], &v.Host()[i]
		*m1 = beta1**m1 + (1-beta1)*x
		*v1 = beta2**v1 + (1-beta2)*x*x
		mHat, vHat := float64(*m1)/(1-math.Pow(s.Beta1, t)), float64(*v1)/(1-math.Pow(s.Beta2, t))
		w := &p.Host()[i]
		*w -= float32(s.LR * (mHat/(math.Sqrt(vHat)+s.Eps) + s.WeightDecay*float64(*w)))
	}
}

type couplesDecay struct{ plain }

func (m couplesDecay) AdamW(p, g, mm, v compute.Buffer, s compute.AdamWStep) {
	coupled := load(g, p.Len())
	addScaled(coupled, s.WeightDecay/s.GradScale, load(p, p.Len()))
	s.WeightDecay = 0
	fake := make([]float32, p.Len())
	narrow(fake, coupled)
	m.plain.AdamW(p, compute.HostBuffer(fake), mm, v, s)
}

type forgetsSmallSquares struct{ plain }

func (m forgetsSmallSquares) AdamW8(p, g compute.Buffer, mm *compute.Moments8, s compute.AdamWStep) {
	m.plain.AdamW8(p, g, mm, s)
	for i, place := range mm.V {
		mm.V[i] = max(place, 1) - 1
	}
}

type lionRemembersFirst struct{ plain }

func (m lionRemembersFirst) Lion(p, g, mm compute.Buffer, s compute.LionStep) {
	s.Beta1 = s.Beta2
	m.plain.Lion(p, g, mm, s)
}

type clipsLate struct{ plain }

func (m clipsLate) Adafactor(p, g, r, c compute.Buffer, rows, cols int, s compute.AdafactorStep) {
	s.Clip *= 1.01
	m.plain.Adafactor(p, g, r, c, rows, cols, s)
}

type lastDuplicateWins struct{ plain }

func (m lastDuplicateWins) Scatter(dst, src compute.Buffer, rows []int32, d int) {
	before := append([]float32(nil), dst.Host()...)
	for i, row := range rows {
		for j := range d {
			dst.Host()[int(row)*d+j] = before[int(row)*d+j] + src.Host()[i*d+j]
		}
	}
}

type turnsInterleaved struct{ plain }

func (m turnsInterleaved) Rope(x compute.Buffer, pos []int32, heads, dim int, t compute.RopeTable, inverse bool) {
	half := t.Dim / 2
	for i := range pos {
		for h := range heads {
			v := x.Host()[(i*heads+h)*dim:][:dim]
			for j := range half {
				c, s := t.Cos.Host()[int(pos[i])*half+j], t.Sin.Host()[int(pos[i])*half+j]
				if inverse {
					s = -s
				}
				v[2*j], v[2*j+1] = v[2*j]*c-v[2*j+1]*s, v[2*j]*s+v[2*j+1]*c
			}
		}
	}
}

func TestSuiteCatchesMistakes(t *testing.T) {
	for _, c := range []struct {
		mistake string
		b       compute.Backend
		check   string
	}{
		{"x is not rounded for a repacked weight", forgetsRounding{}, "Repack"},
		{"the shared prefix is not attended to", forgetsPrefix{}, "Attention"},
		{"of a prefix the first run alone is attended to", forgetsLaterRuns{}, "Attention"},
		{"of two sequences with one prefix the last one's gradient stays", lastPrefixWins{}, "AttentionBack"},
		{"only the first term of a sum counts", firstTermOnly{}, "MatMulSums"},
		{"a gradient is overwritten where it is added to", overwritesWeightGrads{}, "MatMulBackWeights"},
		{"the last term of an odd width is dropped", dropsLastTerm{}, "MatMul"},
		{"a tail is written past its end", writesPastEnd{}, "Axpy"},
		{"zeros are skipped, and NaN with them", skipsZeros{}, "MatMulNonFinite"},
		{"overwriting multiplies by zero", scalesInsteadOfOverwriting{}, "MatMulBackWeight"},
		{"a byte of -128 is read as -127", signedScaleLost{}, "MatMulEveryPattern"},
		{"the halves of a byte of NF4 are swapped", changesBytes{t: compute.NF4, change: func(b []byte) { b[5] = b[5]<<4 | b[5]>>4 }}, "Embed"},
		{"the last value of a Q4_0 block is 16", changesBytes{t: compute.Q4_0, change: func(b []byte) { b[17] |= 0xf0 }}, "MatMul"},
		{"the high bits of Q4_K's last scale are lost", changesBytes{t: compute.Q4_K, change: func(b []byte) { b[7] &= 0x3f }}, "MatMulEveryPattern"},
		{"a scale of Q6_K is unsigned", changesBytes{t: compute.Q6_K, change: func(b []byte) { b[200] &= 0x7f }}, "MatMulBackInput"},
		{"a sequence attends to its neighbour's last key", leaksAcrossSequences{}, "AttentionNeverLeaks"},
		{"softmax overflows", forgetsLargest{}, "AttentionExtremes"},
		{"the norm's own derivative is forgotten", forgetsMeanInBackward{}, "RMSNormBack"},
		{"the next seed's mask is this one's moved by a value", dropsByRowOfSeeds{}, "Dropout"},
		{"the head's gradient is overwritten", overwritesGradient{}, "CrossEntropy"},
		{"the square of log Z is forgotten", forgetsTerms{}, "CrossEntropySlope"},
		{"noise goes one way", noiseUpwards{}, "AddNoise"},
		{"NaN is skipped", losesNaN{}, "SumSquares"},
		{"1-Beta2 is taken in float32", roundsBetas{}, "AdamW"},
		{"the decay goes through the moments", couplesDecay{}, "AdamW"},
		{"small squares are forgotten", forgetsSmallSquares{}, "AdamW8"},
		{"the direction is that of the mean that is kept", lionRemembersFirst{}, "Lion"},
		{"an update is clipped late", clipsLate{}, "Adafactor"},
		{"of repeated rows the last one wins", lastDuplicateWins{}, "ScatterEmbedBack"},
		{"rope turns neighbours in place of halves", turnsInterleaved{}, "Rope"},
	} {
		if passes(c.b, c.check) {
			t.Errorf("the check %s passes where %s", c.check, c.mistake)
		}
	}
}
