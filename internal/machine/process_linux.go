package machine

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

func processMark(pid int) string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The second field is the program's name in parentheses, which may hold anything; field 22 is the time of the start.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const state, start = 3, 22
	if len(fields) <= start-state || fields[0][0] == 'Z' || fields[0][0] == 'X' {
		return "" // a process that ended counts as gone, also where nobody has taken note yet
	}
	return strings.TrimSpace(string(boot)) + " " + string(fields[start-state])
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(text) {
		if key, value, ok := strings.Cut(string(line), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "" // kernels of arm64 do not say
}
