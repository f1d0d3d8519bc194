package compute

import "io"

// streamPiece is how many values are on their way at once: few, for a checkpoint makes a call for every tensor.
const streamPiece = 1 << 12

// WriteValues writes a buffer's values as they stand in files: float32, little-endian. It holds a piece at a time.
func WriteValues(w io.Writer, m Memory, b Buffer) error {
	values := make([]float32, min(streamPiece, b.Len()))
	raw := make([]byte, 4*len(values))
	for at := 0; at < b.Len(); at += streamPiece {
		n := min(streamPiece, b.Len()-at)
		m.Read(values[:n], b.Slice(at, at+n))
		if err := Encode(raw[:4*n], F32, values[:n]); err != nil {
			return err
		}
		if _, err := w.Write(raw[:4*n]); err != nil {
			return err
		}
	}
	return nil
}

// ReadValues fills a buffer from such bytes, 4·b.Len() of them.
func ReadValues(m Memory, b Buffer, data []byte) {
	values := make([]float32, min(streamPiece, b.Len()))
	for at := 0; at < b.Len(); at += streamPiece {
		n := min(streamPiece, b.Len()-at)
		Decode(values[:n], F32, data[4*at:4*(at+n)])
		m.Write(b.Slice(at, at+n), values[:n])
	}
}
