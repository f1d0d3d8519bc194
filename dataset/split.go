package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// Split keeps a fraction of the examples back for evaluation. Which side an example is on depends on its messages (of a
// row with a preference, on its prompt) and the seed alone: the same row is always on one side, wherever and however often it stands, and rows that are added
// later move none of the others, save in a set so small that a row was moved to keep a side from being empty: with a
// fraction above 0 and at least two different rows, neither is. The share held is therefore about the fraction, not
// exactly it. A fraction of 0 or less holds nothing. Both sides keep the order of the set.
func (s *Set) Split(fraction float64, seed uint64) (train, held []Example) {
	if !(fraction > 0) { // NaN holds nothing either
		return s.Examples, nil
	}
	var limit uint64 = math.MaxUint64
	if fraction < 1 {
		limit = uint64(fraction * (1 << 63) * 2)
	}
	keys := make([][sha256.Size]byte, len(s.Examples))
	lowest, highest := 0, 0
	for i, e := range s.Examples {
		h := sha256.New()
		put(h, "cria held-out split")
		h.Write(binary.LittleEndian.AppendUint64(nil, seed))
		if conv := e.Messages; e.Prompt > 0 {
			putMessages(h, conv[:e.Prompt])
		} else {
			putMessages(h, conv)
		}
		h.Sum(keys[i][:0])
		if bytes.Compare(keys[i][:], keys[lowest][:]) < 0 {
			lowest = i
		}
		if bytes.Compare(keys[i][:], keys[highest][:]) > 0 {
			highest = i
		}
	}
	for i, e := range s.Examples {
		hold := binary.BigEndian.Uint64(keys[i][:]) < limit
		// The two ends of the order are settled, so that neither side is empty.
		switch keys[i] {
		case keys[highest]: // first: where all rows are the same one, it is trained on
			hold = false
		case keys[lowest]:
			hold = true
		}
		if hold {
			held = append(held, e)
		} else {
			train = append(train, e)
		}
	}
	return train, held
}
