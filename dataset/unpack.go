package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// unpackedName is a file's name without the ending that says how it is compressed.
func unpackedName(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
}

// openText undoes compression, which the content decides, and skips a byte order mark.
func openText(r io.Reader) (*bufio.Reader, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	magic, _ := br.Peek(4) // of a shorter file what there is
	packed := &counted{r: br}
	var z io.Reader
	var err error
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err = gzip.NewReader(packed)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err = zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	}
	if err != nil {
		return nil, err
	}
	if z != nil {
		br = bufio.NewReaderSize(&unpacked{z, packed, 0}, 64<<10)
	}
	if bom, err := br.Peek(3); err == nil && bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		if _, err := br.Discard(3); err != nil {
			return nil, err
		}
	}
	return br, nil
}

// counted counts the bytes that are read.
type counted struct {
	r *bufio.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// ReadByte keeps gzip from reading ahead through a buffer of its own.
func (c *counted) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// What compression may make of a file: text becomes a tenth, and repeats of a row perhaps a hundredth; a thousandth is what files
// are made into that are to fill a memory. maxWindow is how far back Zstandard may reach, which is held in memory.
const (
	freeUnpacked = 64 << 20
	maxExpansion = 300
	maxWindow    = 128 << 20
)

// unpacked is what is made of a compressed file, within reason.
type unpacked struct {
	z      io.Reader
	packed *counted
	n      int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	u.n += int64(n)
	if u.n > freeUnpacked && u.n/maxExpansion > u.packed.n {
		return n, fmt.Errorf("unpacks to more than %d times its size, which no file of text does: unpack it yourself where it is meant", maxExpansion)
	}
	return n, err
}
