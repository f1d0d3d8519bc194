package cpu

// prefetch asks for the n bytes from p on, which may lie anywhere.
//
//go:noescape
func prefetch(p *byte, n int)
