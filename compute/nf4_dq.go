package compute

import (
	"encoding/binary"
	"fmt"
	"math"
)

// An NF4-DQ matrix is one in NF4 whose scales rest in 8 bits each: QLoRA's double quantisation (Dettmers et al. 2023,
// section 3), with the numbers that bitsandbytes has. The mean of all scales is taken off each; what is left, over the
// largest size in its group of 256 scales in the order of the matrix, is the nearest value of the dynamic code.
//
// Its blocks stand alone, of 33 bytes: the place in the code, then the 32 bytes of an NF4 block. After all of them come a
// float32 for each group, its largest size, and at the end the mean.
const (
	nf4dqGroup = 256
	nf4dqBytes = 1 + nf4Block/2
)

// nf4dqTail is the bytes after the blocks.
func nf4dqTail(blocks int) int { return 4*((blocks+nf4dqGroup-1)/nf4dqGroup) + 4 }

// nf4dqBlocks is how many blocks a matrix of so many bytes has.
func nf4dqBlocks(size int) int {
	const group = nf4dqGroup*nf4dqBytes + 4
	return (size - 4 - 4*((size-4+group-1)/group)) / nf4dqBytes
}

// NestNF4 is a matrix in NF4 as NF4-DQ.
func NestNF4(data []byte) []byte {
	blocks := len(data) / nf4Bytes
	out := make([]byte, blocks*nf4dqBytes+nf4dqTail(blocks))
	scales := make([]float32, blocks)
	var sum float64
	for b := range scales {
		scales[b] = math.Float32frombits(binary.LittleEndian.Uint32(data[b*nf4Bytes:]))
		sum += float64(scales[b])
		copy(out[b*nf4dqBytes+1:(b+1)*nf4dqBytes], data[b*nf4Bytes+4:])
	}
	mean := float32(sum / float64(max(1, blocks)))
	tail, code := out[blocks*nf4dqBytes:], MomentCode(true)
	for first := 0; first < blocks; first += nf4dqGroup {
		group := scales[first:min(first+nf4dqGroup, blocks)]
		var most float32
		for i := range group {
			group[i] -= mean
			most = max(most, float32(math.Abs(float64(group[i]))))
		}
		id := inverse(most)
		for i, x := range group {
			out[(first+i)*nf4dqBytes] = code.Nearest(x * id)
		}
		binary.LittleEndian.PutUint32(tail[first/nf4dqGroup*4:], math.Float32bits(most))
	}
	binary.LittleEndian.PutUint32(tail[len(tail)-4:], math.Float32bits(mean))
	return out
}

// UnnestNF4 sets dst to whole NF4 blocks of an NF4-DQ matrix, from a block on: the scale of each is the value of its place
// times its group's largest size, rounded, plus the mean, rounded.
func UnnestNF4(dst, data []byte, from int) {
	blocks := nf4dqBlocks(len(data))
	tail, code := data[blocks*nf4dqBytes:], MomentCode(true)
	mean := math.Float32frombits(binary.LittleEndian.Uint32(tail[len(tail)-4:]))
	for b := from; len(dst) > 0; b, dst = b+1, dst[nf4Bytes:] {
		most := math.Float32frombits(binary.LittleEndian.Uint32(tail[b/nf4dqGroup*4:]))
		block := data[b*nf4dqBytes : (b+1)*nf4dqBytes]
		scale := float32(code.Value(block[0])*most) + mean
		binary.LittleEndian.PutUint32(dst, math.Float32bits(scale))
		copy(dst[4:nf4Bytes], block[1:])
	}
}

// nf4dqAtOnce is how many blocks are unnested together.
const nf4dqAtOnce = 16

func decodeNF4DQ(dst []float32, src []byte) {
	var blocks [nf4dqAtOnce * nf4Bytes]byte
	for at := 0; at < len(dst); at += nf4dqAtOnce * nf4Block {
		n := min(nf4dqAtOnce*nf4Block, len(dst)-at)
		part := blocks[:n/nf4Block*nf4Bytes]
		UnnestNF4(part, src, at/nf4Block)
		decodeNF4(dst[at:at+n], part)
	}
}

func encodeNF4DQ(dst []byte, src []float32) error {
	plain := make([]byte, NF4.RowBytes(len(src)))
	if err := Encode(plain, NF4, src); err != nil {
		return fmt.Errorf("%s: %w", NF4DQ, err)
	}
	copy(dst, NestNF4(plain))
	return nil
}
