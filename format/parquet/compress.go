package parquet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// The codecs.
const (
	codecNone   = 0
	codecSnappy = 1
	codecGzip   = 2
	codecZstd   = 6
)

// codecName is for errors.
func codecName(codec int) string {
	names := []string{"none", "Snappy", "gzip", "LZO", "Brotli", "LZ4", "Zstandard", "LZ4"}
	if codec < 0 || codec >= len(names) {
		return fmt.Sprintf("codec %d", codec)
	}
	return names[codec]
}

// expansion is how many bytes a codec can make of one, at the very most. Zstandard has blocks of one repeated byte: 128 KiB of
// four.
func expansion(codec int) int64 {
	switch codec {
	case codecSnappy:
		return 32
	case codecGzip:
		return 1032
	case codecZstd:
		return 1 << 15
	}
	return 1
}

// checkCodec says whether pages can be read.
func checkCodec(codec int) error {
	switch codec {
	case codecNone, codecSnappy, codecGzip, codecZstd:
		return nil
	}
	return fmt.Errorf("is compressed with %s: none, Snappy, gzip and Zstandard can be read", codecName(codec))
}

// expand undoes the compression of src into dst, which has the length that the page says.
func (r *Reader) expand(codec int, dst, src []byte) error {
	wrong := func(n int) error {
		return fmt.Errorf("a page says that it has %d bytes, and has %d", len(dst), n)
	}
	switch codec {
	case codecNone:
		if len(src) != len(dst) {
			return wrong(len(src))
		}
		copy(dst, src)
		return nil
	case codecSnappy:
		n, err := snappy.DecodedLen(src)
		if err != nil {
			return err
		}
		if n != len(dst) {
			return wrong(n)
		}
		_, err = snappy.Decode(dst, src)
		return err
	case codecGzip:
		z, err := gzip.NewReader(bytes.NewReader(src))
		if err != nil {
			return err
		}
		if n, err := io.ReadFull(z, dst); err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
				return wrong(n)
			}
			return err
		}
		if n, err := io.CopyN(io.Discard, z, 1); n > 0 || !errors.Is(err, io.EOF) {
			return errors.New("a page has more bytes than it says")
		}
		return nil
	}
	if r.zstd == nil {
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxPage), zstd.WithDecoderMaxWindow(maxPage))
		if err != nil {
			return err
		}
		r.zstd = z
	}
	out, err := r.zstd.DecodeAll(src, dst[:0:len(dst)])
	if err != nil {
		return err
	}
	if len(out) != len(dst) {
		return wrong(len(out))
	}
	if len(out) > 0 && &out[0] != &dst[0] {
		copy(dst, out)
	}
	return nil
}
