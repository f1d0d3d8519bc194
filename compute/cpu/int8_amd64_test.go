package cpu

import (
	"testing"

	xcpu "golang.org/x/sys/cpu"
)

// The set of AVX2 uses one of two families of kernels; a processor that has both tests both.
func TestBothFamiliesOfAVX2IntegersMatchTheirPlainTwin(t *testing.T) {
	if xcpu.X86.HasAVX2 {
		multipliesAsPlain(t, "avx2", avx2Integers())
	}
	if xcpu.X86.HasAVXVNNI {
		multipliesAsPlain(t, "avx-vnni", avxVNNIIntegers())
	}
}
