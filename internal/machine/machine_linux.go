package machine

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func memory() RAM {
	var m RAM
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return m
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		name, rest, _ := strings.Cut(s.Text(), ":")
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			continue
		}
		kb, _ := strconv.ParseInt(fields[0], 10, 64)
		switch name {
		case "MemTotal":
			m.Total = kb << 10
		case "MemAvailable":
			m.Available = kb << 10
		}
	}
	limit, used := cgroup()
	if limit > 0 && limit < m.Total {
		m.Total = limit
		m.Available = min(m.Available, max(0, limit-used))
	}
	return m
}

// cgroup is the memory limit and use of the control group that a container sees at the root, version 2 then 1.
func cgroup() (limit, used int64) {
	return cgroupAt("/sys/fs/cgroup")
}

// cgroupAt is cgroup with the file system mounted at root. Cached pages of files that nobody has read lately, such as a
// model's that was read once, count as used there, though the kernel drops them before it refuses memory.
func cgroupAt(root string) (limit, used int64) {
	for _, f := range []struct{ limit, used, stat, cached string }{
		{"memory.max", "memory.current", "memory.stat", "inactive_file"},
		{"memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"},
	} {
		if limit = number(filepath.Join(root, f.limit)); limit > 0 {
			used = number(filepath.Join(root, f.used)) - statistic(filepath.Join(root, f.stat), f.cached)
			return limit, max(0, used)
		}
	}
	return 0, 0
}

// statistic is the number beside a name in a memory.stat file, 0 where there is none.
func statistic(path, name string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
			return n
		}
	}
	return 0
}

func number(path string) int64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64) // "max" is no number: no limit
	return n
}

func freeDisk(dir string) int64 {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return 0
	}
	// Blocks are counted in fragments; Bsize is what the system likes to transfer, on some (FUSE, virtiofs) far more.
	return int64(s.Bavail) * int64(s.Frsize) //nolint:unconvert // an int32 on 32-bit machines
}

func peakRSS() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return int64(u.Maxrss) << 10 //nolint:unconvert // an int32 on 32-bit machines
}
