package cpu

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const hugePage = 2 << 20

// adviseHuge asks the kernel to back x with huge pages where it covers any whole, which saves most misses of the
// translation buffers. It is a hint: where the kernel declines, nothing changes.
func adviseHuge(x []float32) {
	if 4*len(x) < 2*hugePage {
		return
	}
	whole := unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*len(x))
	skip := -int(uintptr(unsafe.Pointer(&x[0]))) & (hugePage - 1)
	size := (len(whole) - skip) &^ (hugePage - 1)
	_ = unix.Madvise(whole[skip:skip+size], unix.MADV_HUGEPAGE)
}
