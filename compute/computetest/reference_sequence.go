package computetest

import (
	"math"

	"github.com/cria-llm/cria/compute"
)

// eachQuery calls f for every query row and head of seqs with its row of q, its head's row of k and v, and its
// softmax over the keys that it sees: scores[j] = Scale·q·k_j, bent by the cap where there is one, p[j] = exp(scores[j]-lse).
func eachQuery(q, k []float64, seqs []compute.Seq, s compute.AttentionShape, f func(a attended)) {
	d := s.HeadDim
	for _, seq := range seqs {
		for i := range seq.QLen {
			for h := range s.Heads {
				a := attended{row: seq.Q + i, head: h, seq: seq, kvHead: h * s.KVHeads / s.Heads}
				position := seq.Before() + seq.KLen - seq.QLen + i
				if s.Window > 0 {
					a.first = max(0, position-s.Window+1)
				}
				a.scores = make([]float64, position+1-a.first)
				a.slopes = ones(len(a.scores))
				largest := math.Inf(-1)
				for j := range a.scores {
					a.scores[j] = float64(s.Scale) * dot(q[a.q(s):][:d], k[a.kv(s, j):][:d])
					if limit := float64(s.Cap); limit > 0 {
						a.scores[j] = capped(a.scores[j], limit)
						a.slopes[j] = 1 - a.scores[j]/limit*(a.scores[j]/limit)
					}
					largest = math.Max(largest, a.scores[j])
				}
				sum := 0.0
				for _, v := range a.scores {
					sum += math.Exp(v - largest)
				}
				a.lse = largest + math.Log(sum)
				a.p = make([]float64, len(a.scores))
				for j, v := range a.scores {
					a.p[j] = math.Exp(v - a.lse)
				}
				f(a)
			}
		}
	}
}

// attended is one query of one head and its softmax.
type attended struct {
	row, head int
	seq       compute.Seq
	kvHead    int
	first     int // of the keys, those of the prefix included: where scores and p begin
	scores, p []float64
	slopes    []float64 // of the cap
	lse       float64
}

// q is where the query's values start in q and out, kv where those of its key j, of those it sees, start in k and v.
func (a attended) q(s compute.AttentionShape) int { return (a.row*s.Heads + a.head) * s.HeadDim }
func (a attended) kv(s compute.AttentionShape, j int) int {
	j += a.first
	row := a.seq.K + j - a.seq.Before()
	for _, r := range a.seq.Prefix {
		if j >= 0 && j < r.Len {
			row = r.At + j
		}
		j -= r.Len
	}
	return (row*s.KVHeads + a.kvHead) * s.HeadDim
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// addScaled: y += a·x
func addScaled(y []float64, a float64, x []float64) {
	for i, v := range x {
		y[i] += a * v
	}
}

// attention: Vaswani et al. 2017, equation 1, under a causal mask. Rows that no sequence names stay as they are.
func attention(out, lse, q, k, v []float64, seqs []compute.Seq, s compute.AttentionShape) {
	d := s.HeadDim
	eachQuery(q, k, seqs, s, func(a attended) {
		o := out[a.q(s):][:d]
		clear(o)
		for j, p := range a.p {
			addScaled(o, p, v[a.kv(s, j):][:d])
		}
		if len(lse) > 0 {
			lse[a.row*s.Heads+a.head] = a.lse
		}
	})
}

// attentionBack differentiates attention. With dp_j = dout·v_j, the softmax gives ds_j = p_j·(dp_j - Σ p·dp).
// It computes the softmax anew, so that it trusts neither out nor lse.
func attentionBack(dq, dk, dv, dout, q, k, v []float64, seqs []compute.Seq, s compute.AttentionShape) {
	d, kd := s.HeadDim, s.KVHeads*s.HeadDim
	for _, seq := range seqs {
		clear(dq[seq.Q*s.Heads*d:][:seq.QLen*s.Heads*d])
		clear(dk[seq.K*kd:][:seq.KLen*kd])
		clear(dv[seq.K*kd:][:seq.KLen*kd])
	}
	eachQuery(q, k, seqs, s, func(a attended) {
		g := dout[a.q(s):][:d]
		dp, mean := make([]float64, len(a.p)), 0.0
		for j, p := range a.p {
			dp[j] = dot(g, v[a.kv(s, j):][:d])
			mean += p * dp[j]
		}
		for j, p := range a.p {
			ds := float64(s.Scale) * a.slopes[j] * p * (dp[j] - mean)
			at := a.kv(s, j)
			addScaled(dq[a.q(s):][:d], ds, k[at:][:d])
			addScaled(dk[at:][:d], ds, q[a.q(s):][:d])
			addScaled(dv[at:][:d], p, g)
		}
	})
}
