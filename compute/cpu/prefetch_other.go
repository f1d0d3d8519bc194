//go:build !amd64

package cpu

// prefetch leaves it to the processor.
func prefetch(*byte, int) {}
