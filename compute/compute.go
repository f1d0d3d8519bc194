// Package compute is the floor that numbers stand on: buffers of float32, matrices that rest in a plain or
// quantised format, and the small set of fused operations, each with its backward, that a decoder needs. It
// knows nothing of language models, files or text.
//
// A [Backend] is one device. The packages above call nothing else, so a new device is one new folder below
// this one that passes the conformance suite in compute/computetest; compute/cpu is the first.
//
// All activations are packed: the tokens of many sequences stand end to end in one matrix of n rows, no row is
// padding, and a list of [Seq] says which rows belong together. Shapes in the comments are row-major.
//
// Calling an operation with buffers shorter than its shape needs is a mistake in the program, not in its input,
// and panics as an index out of range does; packages above check what comes from files before it gets here.
package compute

// Backend is one device's memory and operations. It is used by one goroutine at a time and spreads the work
// itself. Every operation is deterministic: the same inputs give the same bits, whatever the number of threads.
//
// Buffers passed as outputs do not overlap inputs unless the operation says so.
type Backend interface {
	// Name says which device and which instruction set, for people: "cpu avx2, 2 threads".
	Name() string
	// Threads is how many workers the backend spreads an operation over.
	Threads() int
	// Close gives back the backend's workers and scratch memory.
	Close()

	Memory
	Linear
	Elementwise
	Sequence
	Learning
}

// Memory moves numbers between Go and the device.
type Memory interface {
	// Alloc returns n zeros.
	Alloc(n int) Buffer
	// NewWeight makes a matrix of rows×cols resting in t available to the device. data holds
	// rows·t.RowBytes(cols) bytes, little-endian, may be a read-only memory map, and must stay valid and unchanged.
	NewWeight(t Type, rows, cols int, data []byte) (Weight, error)
	// Repack is w laid out anew, in memory of its own, for products in integers; false where w's type has none
	// ([Type].RepackedAs), the backend has none, or w's scales are out of their range (MXFP4's beyond float16). The original may be let go. MatMul, MatMulSums, and CrossEntropy without gradients
	// take it and round each run of 32 values of x to signed bytes, as llama.cpp does with every quantised weight: d is
	// max|x|/127, and q is x·(127/max|x|) in float32, rounded to the nearest integer, ties to even; a run whose 127/max|x|
	// is infinite becomes zeros. The products of bytes are summed exactly. A row of x that is not finite gives a row of y
	// that is not, and a row's bits depend neither on other rows nor on how many there are. Every other operation on such
	// a weight is a mistake in the program and panics.
	Repack(w Weight) (Weight, bool)
	// Read copies src to dst, Write dst from src; the lengths are equal.
	Read(dst []float32, src Buffer)
	Write(dst Buffer, src []float32)
	// Copy sets dst = src, Zero sets b = 0.
	Copy(dst, src Buffer)
	Zero(b Buffer)
}

// Linear is the products with a weight W[out,in] (Rows = out, Cols = in). Where acc is true the result is added
// to what the output holds; otherwise the output is overwritten. alpha scales the product.
type Linear interface {
	// MatMul: y[n,out] (+)= alpha · x[n,in] · Wᵀ
	MatMul(y, x Buffer, w Weight, n int, alpha float32, acc bool)
	// MatMulBackInput: dx[n,in] (+)= alpha · dy[n,out] · W
	MatMulBackInput(dx, dy Buffer, w Weight, n int, alpha float32, acc bool)
	// MatMulBackWeight: dw[out,in] (+)= alpha · dy[n,out]ᵀ · x[n,in]
	MatMulBackWeight(dw, dy, x Buffer, n, out, in int, alpha float32, acc bool)

	// Several at once, which saves passes over y and waiting in between. No Y overlaps another or an input.
	//
	// MatMulSums: y[n,out] (+)= Σ alpha · x[n,in]·Wᵀ over each sum's terms, which share out.
	// MatMulBackInputSums: y[n,in] (+)= Σ alpha · x[n,out]·W over each sum's terms, which share in.
	// MatMulBackWeights adds each gradient.
	MatMulSums(n int, sums []Sum)
	MatMulBackInputSums(n int, sums []Sum)
	MatMulBackWeights(n int, grads []WeightGrad)
}

// Sum is one result of [Linear.MatMulSums] or [Linear.MatMulBackInputSums]. It has a term at least.
type Sum struct {
	Y     Buffer
	Terms []Term
	Acc   bool
}

// Term is one product of a [Sum].
type Term struct {
	X     Buffer
	W     Weight
	Alpha float32
}

// WeightGrad is dw[Out,In] += Alpha · dy[n,Out]ᵀ · x[n,In].
type WeightGrad struct {
	DW, DY, X Buffer
	Out, In   int
	Alpha     float32
}

// Elementwise is what acts on every row or value alone.
type Elementwise interface {
	// RMSNorm: y[i,:] = w ⊙ x[i,:] / sqrt(mean(x[i,:]²) + eps), for n rows of d values (Zhang & Sennrich 2019).
	RMSNorm(y, x, w Buffer, n, d int, eps float32)
	// RMSNormBack adds the input's gradient to dx[n,d] and the weight's to dw[d]. A dw of length 0 is not computed.
	RMSNormBack(dx, dw, dy, x, w Buffer, n, d int, eps float32)

	// LayerNorm: y[i,:] = w ⊙ (x[i,:] - mean) / sqrt(variance + eps) + b, for n rows of d values, of which the variance is
	// the mean square distance from the mean (Ba et al. 2016). A b of length 0 is not added.
	LayerNorm(y, x, w, b Buffer, n, d int, eps float32)
	// LayerNormBack adds the input's gradient to dx[n,d], the weight's to dw[d] and the bias's to db[d]. A dw or db of
	// length 0 is not computed.
	LayerNormBack(dx, dw, db, dy, x, w Buffer, n, d int, eps float32)

	// Gate: y = act(gate) ⊙ up, for n values (Shazeer 2020). y may be gate or up. Where up is empty, y = act(gate).
	Gate(y, gate, up Buffer, n int, act Activation)
	// GateBack overwrites dgate and dup. dgate may be gate, dup may be up, and either may be dy. Where up is empty, dup is.
	GateBack(dgate, dup, dy, gate, up Buffer, n int, act Activation)

	// AddRow: y[i,:] += b, for n rows of d values. AddRowBack: db += Σ dy[i,:] over the rows.
	AddRow(y, b Buffer, n, d int)
	AddRowBack(db, dy Buffer, n, d int)
	// Scale: y *= alpha, for n values.
	Scale(y Buffer, n int, alpha float32)
	// SoftCap: y = limit·tanh(y/limit), for n values.
	SoftCap(y Buffer, n int, limit float32)
	// CopyColumns copies a run of width columns of n rows: dst[i,dstAt:dstAt+width] = src[i,srcAt:srcAt+width]. Rows of dst
	// are dstWidth values long, those of src srcWidth; the rest of dst stays.
	CopyColumns(dst Buffer, dstWidth, dstAt int, src Buffer, srcWidth, srcAt, n, width int)

	// Rope rotates x[n,heads,dim] in place: the pair (j, j+t.Dim/2) of every head of row i turns by the angle of
	// position pos[i] (Su et al. 2021, in the half-split order of Hugging Face checkpoints). Values past t.Dim stay.
	// inverse turns back, which is also the backward.
	Rope(x Buffer, pos []int32, heads, dim int, t RopeTable, inverse bool)

	// Dropout: dst (+)= keep ⊙ src / (1-p), where keep is 0 with probability p, drawn for value i from (seed, i)
	// alone, so that the backward, called with the same seed, draws the same. dst may be src.
	Dropout(dst, src Buffer, n int, p float32, seed uint64, acc bool)

	// AddNoise: y[i] += amplitude·u, for n values, with u uniform in -1..1 and drawn for value i from (seed, i) alone.
	AddNoise(y Buffer, n int, amplitude float32, seed uint64)

	// Axpy: y += alpha · x, for n values.
	Axpy(y, x Buffer, n int, alpha float32)

	// ScaleColumns: y[i,:] (+)= g ⊙ x[i,:], for n rows of d values. y may be x.
	ScaleColumns(y, x, g Buffer, n, d int, acc bool)
	// ScaleColumnsBack adds the gradient by g: dg += Σ dy[i,:] ⊙ x[i,:] over the rows.
	ScaleColumnsBack(dg, dy, x Buffer, n, d int)
	// InverseNorms: y[i] = 1/‖x[i,:]‖, and 0 for a row of zeros, for n rows of d values.
	InverseNorms(y, x Buffer, n, d int)
}

// Activation is the curve that a [Elementwise.Gate] bends its values by.
type Activation byte

// The activations.
const (
	SiLU     Activation = iota // z/(1+e^-z) (Elfwing et al. 2017)
	GELUTanh                   // ½z·(1 + tanh(√(2/π)·(z + 0.044715·z³))) (Hendrycks & Gimpel 2016)
	GELU                       // ½z·(1 + erf(z/√2)) (Hendrycks & Gimpel 2016)
)

// Sequence is what mixes or selects rows.
type Sequence interface {
	// Embed: y[i,:] = row ids[i] of w.
	Embed(y Buffer, w Weight, ids []int32)
	// EmbedBack: dw[ids[i],:] += dy[i,:], for rows of d values.
	EmbedBack(dw, dy Buffer, ids []int32, d int)
	// Gather: dst[i,:] = src[rows[i],:]. Scatter: dst[rows[i],:] += src[i,:]. Rows of d values.
	Gather(dst, src Buffer, rows []int32, d int)
	Scatter(dst, src Buffer, rows []int32, d int)

	// Attention: causal softmax attention within each sequence, never across (Vaswani et al. 2017; tiled as in
	// Dao et al. 2022, so no matrix of length×length exists). q and out are [rows, Heads·HeadDim], k and v
	// [rows, KVHeads·HeadDim]; query head h reads key head h·KVHeads/Heads. lse[rows, Heads] receives the log of the
	// softmax's denominator, which the backward needs; a lse of length 0 is not written.
	Attention(out, lse, q, k, v Buffer, seqs []Seq, s AttentionShape)
	// AttentionBack overwrites the rows of dq that seqs name as queries and of dk and dv that they name as keys.
	// dq may be dout. Key ranges of different sequences must not overlap.
	AttentionBack(dq, dk, dv, dout, q, k, v, out, lse Buffer, seqs []Seq, s AttentionShape)
}

// Learning is the loss and the optimiser.
type Learning interface {
	// CrossEntropy computes, for each of the m = len(targets) rows of x[m,in], the logits head·x[i,:], and
	// nll[i] = -log softmax(logits)[targets[i]], a chunk of rows at a time, so that m×vocabulary logits never
	// exist together. Where dx is not empty it is overwritten with the gradient of Σ scale[i]·loss[i] by x, and where
	// dw[out,in] is not empty the gradient by head is added to it. loss is nll but for what the terms change of it.
	// Without either gradient scale is not read.
	CrossEntropy(nll []float32, dx, dw, x Buffer, head Weight, targets []int32, scale []float32, terms LossTerms)

	// AdamW is one step of Loshchilov & Hutter 2019 on n = p.Len() values: the gradient is g·s.GradScale, m and v
	// the running moments.
	AdamW(p, g, m, v Buffer, s AdamWStep)
	// AdamW8 is AdamW with moments that rest in 8 bits: they are brought to float32, used in the step, and rounded to the
	// nearest of their codes.
	AdamW8(p, g Buffer, m *Moments8, s AdamWStep)
	// Lion is one step of Chen et al. 2023: p -= LR·(sign(Beta1·m + (1-Beta1)·g) + WeightDecay·p), and then
	// m = Beta2·m + (1-Beta2)·g. The sign of 0 is 0.
	Lion(p, g, m Buffer, s LionStep)
	// Adafactor is one step of Shazeer & Stern 2018 on p[rows,cols]. Of the squares of the gradient, and 1e-30, r[rows] holds
	// the running means of rows and c[cols] those of columns, which both forget by Beta2; their product over the mean of
	// r stands for the running squares. p moves by LR times the gradient over their root, or by less where the root mean
	// square of that is above Clip. Where r is empty, p is one row and c its running squares.
	Adafactor(p, g, r, c Buffer, rows, cols int, s AdafactorStep)
	// SumSquares is Σ x², added in float64 in an order that does not depend on the threads. It is not finite when
	// a value is not.
	SumSquares(x Buffer) float64
}

// LossTerms are what a loss has besides the likelihood of its target, and what happens to its logits before. With
// p = softmax(logits) and Z the sum of their exponentials, a row's loss is (1-Smoothing)·nll + Smoothing·mean(-log p) +
// ZLoss·(log Z)². All are 0 for nll alone of the logits as they are.
type LossTerms struct {
	Smoothing  float32 // label smoothing (Szegedy et al. 2016), 0 to 1
	ZLoss      float32 // weight of the square of log Z (de Brébisson & Vincent 2016), 0 or more
	LogitScale float32 // multiplies the logits; 0 is 1
	Cap        float32 // logits become Cap·tanh(logits/Cap), after they are scaled; 0 leaves them
}

// Seq is one sequence of a packed batch: its queries are rows Q..Q+QLen of q, its keys rows K..K+KLen of k and v.
// Query i (from 0) attends to its first KLen-QLen+i+1 keys: KLen == QLen while training or reading a prompt, and
// KLen > QLen when earlier keys are held in a cache.
//
// Before these, every query attends to the keys of Prefix, run after run, which several sequences may share. In the backward
// they are keys of sequences of the same call.
type Seq struct {
	Q, QLen, K, KLen int
	Prefix           []Rows
}

// Rows is Len rows of k and v from row At on.
type Rows struct{ At, Len int }

// Before is how many keys the prefix has.
func (s Seq) Before() int {
	n := 0
	for _, r := range s.Prefix {
		n += r.Len
	}
	return n
}

// AttentionShape is the head layout. Scale multiplies q·k, usually 1/sqrt(HeadDim). KVHeads divides Heads.
//
// Where Window is above 0, a query sees only that many keys, its own position's and those before it: of the keys that its
// [Seq] lets it attend to, the prefix's first, the last Window. Where Cap is above 0, scores become Cap·tanh(score/Cap)
// before the softmax.
type AttentionShape struct {
	Heads, KVHeads, HeadDim int
	Scale                   float32
	Window                  int
	Cap                     float32
}

// RopeTable holds cos and sin of every angle: [positions, Dim/2] each.
type RopeTable struct {
	Cos, Sin Buffer
	Dim      int
}

// AdamWStep is the part of an AdamW step that is the same for every value. T counts steps from 1. WeightDecay is
// decoupled: p -= LR·WeightDecay·p.
type AdamWStep struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	GradScale                          float64
	T                                  int
}

// LionStep is the part of a Lion step that is the same for every value.
type LionStep struct {
	LR, Beta1, Beta2, WeightDecay float64
	GradScale                     float64
}

// AdafactorStep is the part of an Adafactor step that is the same for every value.
type AdafactorStep struct {
	LR, Beta2, Clip, WeightDecay float64
	GradScale                    float64
}
