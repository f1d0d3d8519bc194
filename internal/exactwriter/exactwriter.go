// Package exactwriter holds whoever streams data to the number of bytes that was promised for it, as where a file's
// header says what follows before it is written. It never buffers and never writes a byte past the promise.
//
//	err := exactwriter.Write(w, 4096, "F32 of shape [32 32]", tensor.Stream)
package exactwriter

import (
	"fmt"
	"io"
)

// Write passes on to w what stream writes, which must be size bytes. what says for the error why it is that many:
// "its stream wrote 3 bytes, but F32 of shape [1] takes 4".
func Write(w io.Writer, size int, what string, stream func(io.Writer) error) error {
	c := &counter{w: w, left: size}
	if err := stream(c); err != nil {
		return err
	}
	if c.left != 0 {
		return fmt.Errorf("its stream wrote %d bytes, but %s takes %d", size-c.left, what, size)
	}
	return nil
}

// counter passes writes on until left bytes are through.
type counter struct {
	w    io.Writer
	left int
}

func (c *counter) Write(b []byte) (int, error) {
	if len(b) > c.left {
		return 0, fmt.Errorf("its stream wrote at least %d bytes too many", len(b)-c.left)
	}
	n, err := c.w.Write(b)
	c.left -= n
	return n, err
}
