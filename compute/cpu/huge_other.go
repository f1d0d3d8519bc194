//go:build !linux

package cpu

// adviseHuge does nothing: the system decides by itself.
func adviseHuge([]float32) {}
