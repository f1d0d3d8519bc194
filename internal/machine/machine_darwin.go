package machine

import (
	"os"

	"golang.org/x/sys/unix"
)

func memory() RAM {
	total, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return RAM{}
	}
	// Free and reclaimable pages; the pages that the system could still compress are left out.
	m := RAM{Total: int64(total)}
	free, err := unix.SysctlUint32("vm.page_free_count")
	purgeable, err2 := unix.SysctlUint32("vm.page_purgeable_count")
	if err == nil && err2 == nil {
		m.Available = int64(os.Getpagesize()) * (int64(free) + int64(purgeable))
	}
	return m
}

func freeDisk(dir string) int64 {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return 0
	}
	return int64(s.Bavail) * int64(s.Bsize)
}

func peakRSS() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return int64(u.Maxrss) // bytes on Darwin
}
