//go:build unix

package mmap

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// release tells the system that the whole pages within part of the map are not needed for now.
func release(part []byte) {
	page := uintptr(os.Getpagesize())
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(part)))
	first := (page - begin%page) % page
	if uintptr(len(part)) <= first {
		return
	}
	if whole := (uintptr(len(part)) - first) / page * page; whole > 0 {
		_ = unix.Madvise(part[first:first+whole], unix.MADV_DONTNEED) // advice
	}
}
