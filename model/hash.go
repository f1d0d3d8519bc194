package model

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io"

	"github.com/cria-llm/cria/compute"
)

// Tensors up to this many bytes are hashed whole; of larger ones, hashSamples pieces of hashPiece bytes are, spread
// evenly from the first byte to the last.
const (
	hashWhole   = 1 << 20
	hashSamples = 64
	hashPiece   = 4096
)

// Hash identifies the base weights: the SHA-256, in hex, of the shape of the model and, for every tensor in the order
// of the forward pass, its name, type, shape and bytes, of tensors above 1 MiB 64 pieces of 4 KiB spread evenly. Training
// changes every weight a little, so that a sample tells two models apart, and a model of 16 GB is identified in well
// under a second. The same weights in the same types give the same hash from a Hugging Face folder and from a GGUF
// file; quantised or rounded they are another base, with another hash. Adapters do not change it, nor does training.
func (m *Model) Hash() string { return m.hash() }

func (m *Model) computeHash() string {
	h := sha256.New()
	c := m.cfg
	fmt.Fprintf(h, "cria base 1\n%d %d %d %d %d %d %d %g %g %t\n",
		c.Hidden, c.Layers, c.Heads, c.KVHeads, c.HeadDim, c.FFN, c.Vocab, c.NormEps, c.RopeTheta, c.Tied)
	c.describe(h)
	for _, at := range m.tensors {
		t := at.Tensor
		if c.Norms.Offset && m.family.partOf(t.Name).norm() {
			t = addOne(t, 1) // as it multiplies: a GGUF file's has been rounded so
		}
		fmt.Fprintf(h, "%s %s %v\n", t.Name, t.Type, t.Shape)
		data := t.Data
		if len(data) <= hashWhole {
			h.Write(data)
			continue
		}
		for i := range hashSamples {
			at := (len(data) - hashPiece) / (hashSamples - 1) * i
			if i == hashSamples-1 {
				at = len(data) - hashPiece
			}
			h.Write(data[at : at+hashPiece])
		}
		if m.release != nil {
			m.release(data) // the system brings in far more than a piece at a time
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// describe writes what a model has that a llama without rope scaling has not, nothing where there is no such thing.
func (c Config) describe(w io.Writer) {
	c.describeRope(w)
	for _, f := range []struct {
		name   string
		absent bool
		value  any
	}{
		{"norms", c.Norms == Norms{}, c.Norms},
		{"biases", c.Biases == Biases{}, c.Biases},
		{"q and k norm", c.QKNorm == NoQKNorm, c.QKNorm},
		{"fused", !c.Fused, c.Fused},
		{"ungated", !c.Ungated, c.Ungated},
		{"activation", c.Activation == compute.SiLU, c.Activation},
		{"learned positions", !c.LearnedPositions, c.MaxPos},
		{"turned", c.turned() == c.HeadDim, c.turned()},
		{"no rope", c.NoRope == nil, c.NoRope},
		{"window", c.Window == 0, c.Window},
		{"windowed", c.Windowed == nil, c.Windowed},
		{"local base", c.LocalTheta == 0, c.LocalTheta},
		{"attention scale", c.AttnScale == 0, float32(c.AttnScale)},
		{"attention cap", c.AttnCap == 0, c.AttnCap},
		{"embedding scale", c.EmbedScale == 0, c.EmbedScale},
		{"residual scale", c.ResidualScale == 0, c.ResidualScale},
		{"logit scale", c.LogitScale == 0, c.LogitScale},
		{"logit cap", c.LogitCap == 0, c.LogitCap},
	} {
		if !f.absent {
			fmt.Fprintf(w, "%s %v\n", f.name, f.value)
		}
	}
}

// hashName turns a name into a number, to split one seed by purpose.
func hashName(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}

// mix gives the i-th seed that follows from seed (the finaliser of splitmix64).
func mix(seed uint64, i int) uint64 {
	z := seed + 0x9e3779b97f4a7c15*uint64(i+1)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
