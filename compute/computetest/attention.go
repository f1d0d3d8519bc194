package computetest

import (
	"fmt"
	"math"

	"github.com/cria-llm/cria/compute"
)

// attends is one case of attention: a packing and a head layout, with logits of about the given size.
type attends struct {
	seqs   []compute.Seq
	shape  compute.AttentionShape
	logits float64
}

func (c attends) String() string {
	return fmt.Sprintf("heads=%d/%d dim=%d window=%d cap=%g seqs=%v logits~%g",
		c.shape.Heads, c.shape.KVHeads, c.shape.HeadDim, c.shape.Window, c.shape.Cap, c.seqs, c.logits)
}

// rows is how many rows of q and of k the case needs.
func (c attends) rows() (queries, keys int) {
	for _, s := range c.seqs {
		queries, keys = max(queries, s.Q+s.QLen), max(keys, s.K+s.KLen)
	}
	return queries, keys
}

// packed lays sequences of these lengths end to end.
func packed(lengths ...int) []compute.Seq {
	var seqs []compute.Seq
	at := 0
	for _, n := range lengths {
		seqs = append(seqs, compute.Seq{Q: at, QLen: n, K: at, KLen: n})
		at += n
	}
	return seqs
}

// runs are keys from a row on, so many, and so on.
func runs(rows ...int) []compute.Rows {
	var list []compute.Rows
	for ; len(rows) > 0; rows = rows[2:] {
		list = append(list, compute.Rows{At: rows[0], Len: rows[1]})
	}
	return list
}

func heads(heads, kvHeads, dim int) compute.AttentionShape {
	return compute.AttentionShape{Heads: heads, KVHeads: kvHeads, HeadDim: dim, Scale: float32(1 / math.Sqrt(float64(dim)))}
}

// windowed is a shape with a window and a cap.
func windowed(s compute.AttentionShape, window int, limit float32) compute.AttentionShape {
	s.Window, s.Cap = window, limit
	return s
}

// attentionCases covers head dimensions, grouping, packings, caches, and rows that no sequence names. In all of
// them the key ranges are disjoint, so that they serve the backward too.
func attentionCases() []attends {
	odd := heads(2, 1, 16)
	odd.Scale = 0.7
	return []attends{
		{packed(1), heads(1, 1, 4), 1},
		{packed(2), heads(1, 1, 4), 1},
		{packed(5, 1, 3), heads(2, 2, 4), 1},
		{packed(17), heads(4, 2, 8), 1},
		{packed(1, 1, 1, 2), heads(3, 1, 8), 1},
		{packed(7, 16, 1, 33), heads(2, 1, 16), 1},
		{packed(31, 9), heads(4, 4, 32), 1},
		{packed(64, 3, 65), heads(9, 3, 64), 1},
		{packed(130), heads(2, 1, 64), 1},
		{packed(20, 13), heads(2, 2, 80), 1},
		{packed(33, 2), heads(4, 1, 128), 1},
		{packed(11, 6), odd, 1},
		{packed(3, 2), heads(2, 2, 6), 1},
		// a token after a cache, a piece of a prompt after a cache, both in one batch and in another order
		{[]compute.Seq{{Q: 0, QLen: 1, K: 0, KLen: 40}}, heads(4, 2, 16), 1},
		{[]compute.Seq{{Q: 0, QLen: 7, K: 0, KLen: 71}}, heads(2, 2, 32), 1},
		{[]compute.Seq{{Q: 4, QLen: 1, K: 0, KLen: 130}, {Q: 0, QLen: 4, K: 130, KLen: 5}, {Q: 5, QLen: 2, K: 135, KLen: 2}}, heads(6, 2, 64), 1},
		// gaps between the rows
		{[]compute.Seq{{Q: 3, QLen: 5, K: 2, KLen: 9}, {Q: 10, QLen: 1, K: 20, KLen: 1}, {Q: 13, QLen: 3, K: 25, KLen: 3}}, heads(3, 3, 8), 1},
		// a prefix that two sequences share, one longer than a tile, and one before a cache
		{[]compute.Seq{{Q: 0, QLen: 5, K: 0, KLen: 5}, {Q: 5, QLen: 7, K: 5, KLen: 7, Prefix: runs(0, 5)}, {Q: 12, QLen: 1, K: 12, KLen: 1, Prefix: runs(0, 5)}, {Q: 13, QLen: 4, K: 13, KLen: 4}}, heads(4, 2, 16), 1},
		{[]compute.Seq{{Q: 3, QLen: 150, K: 0, KLen: 150}, {Q: 153, QLen: 110, K: 150, KLen: 110, Prefix: runs(0, 150)}, {Q: 263, QLen: 20, K: 260, KLen: 31, Prefix: runs(1, 33)}}, heads(2, 1, 32), 1},
		{[]compute.Seq{{Q: 2, QLen: 3, K: 9, KLen: 3, Prefix: runs(12, 4)}, {Q: 5, QLen: 4, K: 12, KLen: 4}}, heads(2, 2, 8), 1},
		// runs of keys that begin in one sequence and go on in another, short and longer than a tile, and one that is empty
		{[]compute.Seq{{Q: 0, QLen: 6, K: 0, KLen: 6}, {Q: 6, QLen: 5, K: 6, KLen: 5, Prefix: runs(0, 4)}, {Q: 11, QLen: 1, K: 11, KLen: 1, Prefix: runs(0, 4, 6, 3)},
			{Q: 12, QLen: 7, K: 12, KLen: 7, Prefix: runs(0, 4, 6, 3, 9, 0, 11, 1)}}, heads(4, 2, 16), 1},
		{[]compute.Seq{{Q: 0, QLen: 140, K: 0, KLen: 140}, {Q: 140, QLen: 135, K: 140, KLen: 135, Prefix: runs(0, 131)}, {Q: 275, QLen: 100, K: 275, KLen: 103, Prefix: runs(0, 131, 140, 134)}}, heads(2, 1, 32), 1},
		// windows: of one key, within a tile, across tiles, longer than the sequence, over a cache and over a prefix
		{packed(5, 1, 9), windowed(heads(2, 2, 8), 1, 0), 1},
		{packed(33, 7), windowed(heads(4, 2, 16), 5, 0), 1},
		{packed(400, 130), windowed(heads(2, 1, 32), 100, 0), 1},
		{packed(300), windowed(heads(1, 1, 16), 17, 3), 1},
		{packed(20, 3), windowed(heads(2, 1, 8), 50, 0), 1},
		{[]compute.Seq{{Q: 0, QLen: 1, K: 0, KLen: 40}, {Q: 1, QLen: 30, K: 40, KLen: 200}}, windowed(heads(4, 2, 16), 12, 0), 1},
		{[]compute.Seq{{Q: 3, QLen: 150, K: 0, KLen: 150}, {Q: 153, QLen: 110, K: 150, KLen: 110, Prefix: runs(0, 150)}, {Q: 263, QLen: 2, K: 260, KLen: 31, Prefix: runs(1, 33)}}, windowed(heads(2, 1, 32), 45, 0), 1},
		{[]compute.Seq{{Q: 0, QLen: 140, K: 0, KLen: 140}, {Q: 140, QLen: 35, K: 140, KLen: 35, Prefix: runs(0, 131)}, {Q: 175, QLen: 2, K: 175, KLen: 2, Prefix: runs(0, 131, 140, 20)},
			{Q: 177, QLen: 30, K: 177, KLen: 30, Prefix: runs(0, 131, 140, 20, 175, 2)}}, windowed(heads(2, 1, 16), 40, 2), 1},
		// caps: in reach, far from it and far below the scores
		{packed(31, 9), windowed(heads(4, 2, 16), 0, 2), 1},
		{packed(130, 1), windowed(heads(2, 1, 64), 0, 50), 30},
		{packed(70), windowed(heads(2, 2, 16), 0, 5), 400},
		// logits that overflow or underflow exp where the largest is not taken off first
		{packed(40, 9), heads(2, 1, 32), 30},
		{packed(70), heads(2, 2, 16), 400},
		{packed(21), heads(1, 1, 64), 5000},
	}
}

// operands is random q, k, v and dout for a case.
func (s *suite) operands(c attends) (q, k, v, dout []float32) {
	queries, keys := c.rows()
	d, size := c.shape.HeadDim, math.Sqrt(c.logits)
	q = s.normal(queries*c.shape.Heads*d, size)
	k = s.normal(keys*c.shape.KVHeads*d, size)
	v = s.normal(keys*c.shape.KVHeads*d, 1)
	dout = s.normal(queries*c.shape.Heads*d, 1)
	return q, k, v, dout
}

func checkAttention(s *suite) {
	cases := attentionCases()
	// sequences that read the same keys: two answers to one cached prompt
	cases = append(cases, attends{[]compute.Seq{{Q: 0, QLen: 1, K: 0, KLen: 30}, {Q: 1, QLen: 3, K: 0, KLen: 33}}, heads(4, 2, 16), 1})
	for _, c := range cases {
		what := "Attention " + c.String()
		queries, _ := c.rows()
		q, k, v, _ := s.operands(c)
		out, lse := s.blank("out", len(q)), s.blank("lse", queries*c.shape.Heads)
		bare := s.blank("out", len(q))
		bq, bk, bv := s.input("q", q), s.input("k", k), s.input("v", v)
		s.b.Attention(out, lse, bq, bk, bv, c.seqs, c.shape)
		s.b.Attention(bare, compute.Buffer{}, bq, bk, bv, c.seqs, c.shape)

		want, wantLSE := wide(notANumbers(len(q))), wide(notANumbers(queries*c.shape.Heads))
		attention(want, wantLSE, wide(q), wide(k), wide(v), c.seqs, c.shape)
		tol, tolLSE := attentionTolerance(wide(q), wide(k), wide(v), c)
		s.near(what, "out", c.shape.Heads*c.shape.HeadDim, s.read(out), want, tol)
		s.near(what, "lse", c.shape.Heads, s.read(lse), wantLSE, tolLSE)
		s.same(what+" without lse", "out", c.shape.Heads*c.shape.HeadDim, s.read(bare), s.read(out))
		if s.verify(what); s.t.Failed() {
			return
		}
	}
}

// scoreError is the absolute error granted to the logits of one query, and so, doubled, the relative error of its
// probabilities: that of the dot product, gamma(HeadDim)·Scale·Σ|q·k| at its largest, and the rounding of the
// difference to the largest logit.
func scoreError(a attended, q, k []float64, s compute.AttentionShape) float64 {
	d := s.HeadDim
	largest, score := 0.0, math.Abs(a.lse)
	for j := range a.p {
		largest = math.Max(largest, dot(absolute(q[a.q(s):][:d]), absolute(k[a.kv(s, j):][:d])))
		score = math.Max(score, math.Abs(a.scores[j]))
	}
	return gamma(d)*float64(s.Scale)*largest + 4*unit*score + expError
}

// attentionTolerance is, for out, (2·scoreError + gamma(keys)) · Σ p·|v|, and for lse its own error.
func attentionTolerance(q, k, v []float64, c attends) (out, lse []float64) {
	queries, _ := c.rows()
	d := c.shape.HeadDim
	out, lse = make([]float64, len(q)), make([]float64, queries*c.shape.Heads)
	eachQuery(q, k, c.seqs, c.shape, func(a attended) {
		e := scoreError(a, q, k, c.shape)
		o := out[a.q(c.shape):][:d]
		for j, p := range a.p {
			addScaled(o, p*(2*e+gamma(len(a.p))), absolute(v[a.kv(c.shape, j):][:d]))
		}
		for i := range o {
			o[i] += tiny
		}
		lse[a.row*c.shape.Heads+a.head] = e + gamma(len(a.p))
	})
	return out, lse
}

// attentionBackTolerance follows attentionBack with absolute values. The error of ds_j is a part e of
// p_j·(Σ|dout·v_j| + Σ_i p_i·Σ|dout·v_i|), with e = 4·scoreError + 2·gamma(HeadDim) + gamma(keys), and every sum
// over queries or keys brings its own gamma.
func attentionBackTolerance(q, k, v, dout []float64, c attends) (dq, dk, dv []float64) {
	s, d := c.shape, c.shape.HeadDim
	queries, _ := c.rows()
	dq, dk, dv = make([]float64, len(q)), make([]float64, len(k)), make([]float64, len(v))
	sums := gamma(queries * s.Heads / s.KVHeads)
	eachQuery(q, k, c.seqs, s, func(a attended) {
		e := 4*scoreError(a, q, k, s) + 2*gamma(d) + gamma(len(a.p)) + sums
		g, qa := absolute(dout[a.q(s):][:d]), absolute(q[a.q(s):][:d])
		dp, mean := make([]float64, len(a.p)), 0.0
		for j, p := range a.p {
			dp[j] = dot(g, absolute(v[a.kv(s, j):][:d]))
			mean += p * dp[j]
		}
		for j, p := range a.p {
			ds := float64(s.Scale)*p*(dp[j]+mean)*e + tiny
			at := a.kv(s, j)
			addScaled(dq[a.q(s):][:d], ds, absolute(k[at:][:d]))
			addScaled(dk[at:][:d], ds, qa)
			addScaled(dv[at:][:d], p*e+tiny, g)
		}
	})
	return dq, dk, dv
}

// attentionForwardBack runs both directions of a case and returns what the backward wrote. Rows that no sequence
// names start and must stay NaN.
func (s *suite) attentionForwardBack(what string, c attends, q, k, v, dout []float32, inPlace bool) (out, dq, dk, dv []float32) {
	s.t.Helper()
	queries, _ := c.rows()
	bq, bk, bv := s.input("q", q), s.input("k", k), s.input("v", v)
	bout, blse := s.blank("out", len(q)), s.blank("lse", queries*c.shape.Heads)
	s.b.Attention(bout, blse, bq, bk, bv, c.seqs, c.shape)
	out, lse := s.read(bout), s.read(blse)
	s.verify(what)

	bout, blse = s.input("out", out), s.input("lse", lse)
	bq, bk, bv = s.input("q", q), s.input("k", k), s.input("v", v)
	bdk, bdv := s.blank("dk", len(k)), s.blank("dv", len(v))
	var bdq, bdout compute.Buffer
	if inPlace {
		bdq = s.output("dout and dq", dout)
		bdout = bdq
	} else {
		bdq, bdout = s.blank("dq", len(q)), s.input("dout", dout)
	}
	s.b.AttentionBack(bdq, bdk, bdv, bdout, bq, bk, bv, bout, blse, c.seqs, c.shape)
	dq, dk, dv = s.read(bdq), s.read(bdk), s.read(bdv)
	s.verify(what)
	return out, dq, dk, dv
}

func checkAttentionBack(s *suite) {
	for _, c := range attentionCases() {
		what := "AttentionBack " + c.String()
		q, k, v, dout := s.operands(c)
		_, dq, dk, dv := s.attentionForwardBack(what, c, q, k, v, dout, false)

		q64, k64, v64, dout64 := wide(q), wide(k), wide(v), wide(dout)
		wantQ, wantK, wantV := wide(notANumbers(len(q))), wide(notANumbers(len(k))), wide(notANumbers(len(v)))
		attentionBack(wantQ, wantK, wantV, dout64, q64, k64, v64, c.seqs, c.shape)
		tolQ, tolK, tolV := attentionBackTolerance(q64, k64, v64, dout64, c)
		d := c.shape.HeadDim
		s.near(what, "dq", c.shape.Heads*d, dq, wantQ, tolQ)
		s.near(what, "dk", c.shape.KVHeads*d, dk, wantK, tolK)
		s.near(what, "dv", c.shape.KVHeads*d, dv, wantV, tolV)

		_, dqInPlace, _, _ := s.attentionForwardBack(what, c, q, k, v, dout, true)
		// rows that no sequence names keep dout there, and NaN here
		for _, seq := range c.seqs {
			lo, hi := seq.Q*c.shape.Heads*d, (seq.Q+seq.QLen)*c.shape.Heads*d
			s.same(what+" with dq in place of dout", "dq", c.shape.Heads*d, dqInPlace[lo:hi], dq[lo:hi])
		}
		if s.t.Failed() {
			return
		}
	}
}

// checkAttentionSlope compares the backward with finite differences of the float64 forward.
func checkAttentionSlope(s *suite) {
	for _, c := range []attends{
		{packed(4, 1, 2), heads(2, 1, 4), 1},
		{[]compute.Seq{{Q: 0, QLen: 2, K: 0, KLen: 5}, {Q: 2, QLen: 1, K: 5, KLen: 3}}, heads(2, 2, 4), 1},
		{[]compute.Seq{{Q: 0, QLen: 3, K: 0, KLen: 3}, {Q: 3, QLen: 2, K: 3, KLen: 2, Prefix: runs(0, 3)}, {Q: 5, QLen: 1, K: 5, KLen: 1, Prefix: runs(0, 2)}}, heads(2, 1, 4), 1},
		{[]compute.Seq{{Q: 0, QLen: 3, K: 0, KLen: 3}, {Q: 3, QLen: 2, K: 3, KLen: 2, Prefix: runs(0, 3)}, {Q: 5, QLen: 7, K: 5, KLen: 9}}, windowed(heads(2, 1, 4), 2, 1.5), 1},
		{[]compute.Seq{{Q: 0, QLen: 3, K: 0, KLen: 3}, {Q: 3, QLen: 2, K: 3, KLen: 2, Prefix: runs(0, 2)}, {Q: 5, QLen: 2, K: 5, KLen: 2, Prefix: runs(0, 2, 3, 1)}}, heads(2, 1, 4), 1},
	} {
		what := "AttentionBack " + c.String()
		q, k, v, dout := s.operands(c)
		_, dq, dk, dv := s.attentionForwardBack(what, c, q, k, v, dout, false)
		q64, k64, v64, out := wide(q), wide(k), wide(v), make([]float64, len(q))
		loss := func() float64 {
			attention(out, nil, q64, k64, v64, c.seqs, c.shape)
			return dot(out, wide(dout))
		}
		s.nearSlopes(what, "dq", c.shape.HeadDim, dq, slopes(q64, loss))
		s.nearSlopes(what, "dk", c.shape.HeadDim, dk, slopes(k64, loss))
		s.nearSlopes(what, "dv", c.shape.HeadDim, dv, slopes(v64, loss))
	}
}

// checkAttentionExtremes feeds logits that are all equal and very large or very small: the softmax is uniform.
func checkAttentionExtremes(s *suite) {
	c := attends{packed(37), heads(1, 1, 16), 1}
	for _, logit := range []float64{-3e4, -200, 0, 200, 3e4} {
		what := fmt.Sprintf("Attention %s with every logit %g", c, logit)
		q, k, v, _ := s.operands(c)
		side := float32(math.Sqrt(math.Abs(logit) / 4)) // 16 products of side² times Scale 1/4
		for i := range q {
			q[i], k[i] = side, side
			if logit < 0 {
				k[i] = -side
			}
		}
		out, lse := s.blank("out", len(q)), s.blank("lse", 37)
		s.b.Attention(out, lse, s.input("q", q), s.input("k", k), s.input("v", v), c.seqs, c.shape)
		want, wantLSE := make([]float64, len(q)), make([]float64, 37)
		attention(want, wantLSE, wide(q), wide(k), wide(v), c.seqs, c.shape)
		tol, tolLSE := attentionTolerance(wide(q), wide(k), wide(v), c)
		s.near(what, "out", 16, s.read(out), want, tol)
		s.near(what, "lse", 1, s.read(lse), wantLSE, tolLSE)
		s.verify(what)
	}
}

// checkAttentionNonFinite puts a NaN in one row of q, k or v of the middle one of three sequences: every query
// that attends to it becomes NaN in that head, and no other sequence does.
func checkAttentionNonFinite(s *suite) {
	const heads2, kvHeads, d = 4, 2, 16
	c := attends{packed(20, 30, 10), heads(heads2, kvHeads, d), 1}
	const bad = 20 + 11 // the row
	for _, name := range []string{"q", "k", "v"} {
		q, k, v, _ := s.operands(c)
		switch name {
		case "q":
			q[(bad*heads2+1)*d+3] = float32(math.NaN())
		case "k":
			k[(bad*kvHeads+1)*d+3] = float32(math.NaN())
		case "v":
			v[(bad*kvHeads+1)*d+3] = float32(math.NaN())
		}
		out, lse := s.blank("out", len(q)), s.blank("lse", 60*heads2)
		s.b.Attention(out, lse, s.input("q", q), s.input("k", k), s.input("v", v), c.seqs, c.shape)
		got := s.read(out)
		s.verify("Attention with a NaN")
		for row := range 60 {
			for h := range heads2 {
				at := (row*heads2 + h) * d
				struck := name == "q" && row == bad && h == 1 || name != "q" && row >= bad && row < 50 && h >= 2
				clean := name == "q" && !struck || name != "q" && (row < 20 || row >= 50 || h < 2)
				switch isNaN := got[at+3] != got[at+3]; {
				case struck && !isNaN:
					s.t.Fatalf("Attention %s with a NaN in row %d of %s: out of row %d head %d is %g, want NaN", c, bad, name, row, h, got[at+3])
				case clean && isNaN:
					s.t.Fatalf("Attention %s with a NaN in row %d of %s: out of row %d head %d is NaN too", c, bad, name, row, h)
				}
			}
		}
	}
}

// checkAttentionNeverLeaks changes one sequence of a packing and looks for a changed bit in any other, changes the
// last key and looks for one in an earlier query, and computes each sequence alone. The rows between sequences
// hold NaN throughout.
func checkAttentionNeverLeaks(s *suite) {
	c := attends{[]compute.Seq{
		{Q: 1, QLen: 23, K: 2, KLen: 23}, {Q: 24, QLen: 1, K: 25, KLen: 1},
		{Q: 26, QLen: 40, K: 27, KLen: 66}, {Q: 66, QLen: 5, K: 94, KLen: 5},
	}, heads(4, 2, 16), 1}
	qd, kd := c.shape.Heads*c.shape.HeadDim, c.shape.KVHeads*c.shape.HeadDim
	q, k, v, dout := s.operands(c)
	for _, row := range []int{0, 25} {
		copy(q[row*qd:], notANumbers(qd))
	}
	for _, row := range []int{0, 1, 26, 93} {
		copy(k[row*kd:], notANumbers(kd))
		copy(v[row*kd:], notANumbers(kd))
	}
	what := "Attention " + c.String()
	out, dq, dk, dv := s.attentionForwardBack(what, c, q, k, v, dout, false)
	sameSeq := func(what string, seq compute.Seq, out2, dq2, dk2, dv2 []float32, at compute.Seq) {
		s.t.Helper()
		ql, qh, kl, kh := seq.Q*qd, (seq.Q+seq.QLen)*qd, seq.K*kd, (seq.K+seq.KLen)*kd
		s.same(what, "out", qd, out2[at.Q*qd:][:qh-ql], out[ql:qh])
		s.same(what, "dq", qd, dq2[at.Q*qd:][:qh-ql], dq[ql:qh])
		s.same(what, "dk", kd, dk2[at.K*kd:][:kh-kl], dk[kl:kh])
		s.same(what, "dv", kd, dv2[at.K*kd:][:kh-kl], dv[kl:kh])
	}
	for i, seq := range c.seqs {
		q2, k2, v2, dout2 := s.operands(c)
		for j, other := range c.seqs {
			if j == i {
				continue
			}
			copy(q2[other.Q*qd:][:other.QLen*qd], q[other.Q*qd:])
			copy(dout2[other.Q*qd:][:other.QLen*qd], dout[other.Q*qd:])
			copy(k2[other.K*kd:][:other.KLen*kd], k[other.K*kd:])
			copy(v2[other.K*kd:][:other.KLen*kd], v[other.K*kd:])
		}
		out2, dq2, dk2, dv2 := s.attentionForwardBack(what, c, q2, k2, v2, dout2, false)
		for j, other := range c.seqs {
			if j != i {
				sameSeq(fmt.Sprintf("%s: sequence %d after sequence %d changed", what, j, i), other, out2, dq2, dk2, dv2, other)
			}
		}

		alone := attends{[]compute.Seq{{QLen: seq.QLen, KLen: seq.KLen}}, c.shape, 1}
		out2, dq2, dk2, dv2 = s.attentionForwardBack(what, alone, q[seq.Q*qd:][:seq.QLen*qd], k[seq.K*kd:][:seq.KLen*kd],
			v[seq.K*kd:][:seq.KLen*kd], dout[seq.Q*qd:][:seq.QLen*qd], false)
		sameSeq(fmt.Sprintf("%s: sequence %d computed alone", what, i), seq, out2, dq2, dk2, dv2, alone.seqs[0])
	}

	for _, seq := range c.seqs {
		last := (seq.K + seq.KLen - 1) * kd
		copy(k[last:], s.normal(kd, 10))
		copy(v[last:], s.normal(kd, 10))
	}
	out2, _, _, _ := s.attentionForwardBack(what, c, q, k, v, dout, false)
	for i, seq := range c.seqs {
		lo, hi := seq.Q*qd, (seq.Q+seq.QLen-1)*qd
		s.same(fmt.Sprintf("%s: sequence %d after its last key changed", what, i), "out of earlier queries", qd, out2[lo:hi], out[lo:hi])
	}
}
