package parquet

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

var errTruncated = errors.New("a page ends within its values")

// hybrid reads numbers of a few bits each, in runs of equal ones and runs of packed ones: levels, and indices of a dictionary.
type hybrid struct {
	b     []byte
	width int // bits
	run   int // values left of the run
	same  bool
	value uint32 // of a run of equal ones
	bit   int    // of a packed run, where in b[0]
	held  int    // bytes of the packed run that are still in b
}

func newHybrid(b []byte, width int) hybrid { return hybrid{b: b, width: width} }

func (h *hybrid) next() (uint32, error) {
	if h.width == 0 {
		return 0, nil
	}
	for h.run == 0 {
		if err := h.start(); err != nil {
			return 0, err
		}
	}
	h.run--
	if h.same {
		return h.value, nil
	}
	var x uint64
	if h.held >= 8 {
		x = binary.LittleEndian.Uint64(h.b)
	} else {
		for i := range h.held {
			x |= uint64(h.b[i]) << (8 * i)
		}
	}
	if h.bit+h.width > 8*h.held {
		return 0, errTruncated
	}
	v := uint32(x >> h.bit & (1<<h.width - 1))
	h.bit += h.width
	h.b, h.held, h.bit = h.b[h.bit/8:], h.held-h.bit/8, h.bit%8
	if h.run == 0 { // what pads the run to whole bytes
		h.b, h.held, h.bit = h.b[h.held:], 0, 0
	}
	return v, nil
}

// start begins a run.
func (h *hybrid) start() error {
	x, n := binary.Uvarint(h.b)
	if n <= 0 || x>>1 > 1<<31-1 {
		return errTruncated
	}
	h.b = h.b[n:]
	if x&1 == 1 {
		groups := int(x >> 1)
		h.same, h.bit = false, 0
		// The last run may be cut where its values end.
		h.held = min(groups*h.width, len(h.b))
		h.run = min(groups*8, h.held*8/h.width)
		if groups > 0 && h.run == 0 {
			return errTruncated
		}
		return nil
	}
	size := (h.width + 7) / 8
	if len(h.b) < size {
		return errTruncated
	}
	h.same, h.run, h.value = true, int(x>>1), 0
	for i := range size {
		h.value |= uint32(h.b[i]) << (8 * i)
	}
	h.b = h.b[size:]
	return nil
}

// levelWidth is how many bits a level takes.
func levelWidth(most int) int { return bits.Len(uint(most)) }

// deltas reads whole numbers as differences, in blocks that are packed (DELTA_BINARY_PACKED).
type deltas struct {
	b      []byte
	left   int   // values still to come
	last   int64 // the value before
	first  bool  // last is yet to be given
	minis  int   // miniblocks of a block
	size   int   // values of a miniblock
	least  int64 // of the block
	widths []byte
	in     int // values left of the miniblock
	width  int
	bit    int
}

// The bound of a miniblock. Writers have 32.
const maxMini = 1 << 16

func newDeltas(b []byte) (*deltas, error) {
	d := &deltas{b: b}
	block, minis, total := d.uvarint(), d.uvarint(), d.uvarint()
	first := d.varint()
	if d.b == nil || minis == 0 || minis > 512 || block > minis*maxMini || block%minis != 0 || block/minis%8 != 0 || block == 0 || total > maxValues {
		return nil, errors.New("a page has broken differences")
	}
	d.minis, d.size, d.left, d.last, d.first = int(minis), int(block/minis), int(total), first, true
	return d, nil
}

func (d *deltas) uvarint() uint64 {
	x, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.b = nil
		return 0
	}
	d.b = d.b[n:]
	return x
}

func (d *deltas) varint() int64 {
	x := d.uvarint()
	return int64(x>>1) ^ -int64(x&1)
}

func (d *deltas) next() (int64, error) {
	if d.left == 0 {
		return 0, errTruncated
	}
	d.left--
	if d.first {
		d.first = false
		return d.last, nil
	}
	if d.in == 0 {
		if err := d.mini(); err != nil {
			return 0, err
		}
	}
	d.in--
	x := d.unpack()
	d.last += d.least + int64(x)
	return d.last, nil
}

// unpack takes a number of the miniblock's width off, the lowest bit first.
func (d *deltas) unpack() uint64 {
	var x uint64
	for got := 0; got < d.width; {
		at, off := d.bit/8, d.bit%8
		n := min(8-off, d.width-got)
		x |= uint64(d.b[at]>>off) & (1<<n - 1) << got
		got += n
		d.bit += n
	}
	if d.in == 0 { // the miniblock is over, and its padding is left behind
		d.b, d.bit = d.b[d.size*d.width/8:], 0
	}
	return x
}

// mini begins a miniblock, and a block where the one before is over.
func (d *deltas) mini() error {
	if len(d.widths) == 0 {
		d.least = d.varint()
		if len(d.b) < d.minis {
			return errTruncated
		}
		d.widths, d.b = d.b[:d.minis], d.b[d.minis:]
	}
	d.width, d.widths = int(d.widths[0]), d.widths[1:]
	if d.width > 64 || len(d.b) < d.size*d.width/8 {
		return errTruncated
	}
	d.in, d.bit = d.size, 0
	return nil
}

// rest is what follows the differences. All of them must have been read.
func (d *deltas) rest() []byte {
	b := d.b
	if d.in > 0 {
		b = b[d.size*d.width/8:]
	}
	return b
}
