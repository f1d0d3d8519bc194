package model

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
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
	for _, t := range m.tensors {
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
