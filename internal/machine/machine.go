// Package machine asks the operating system what memory and disk there is, what this process has used, and whether another
// still runs.
//
//	m := machine.Memory()
//	if need > m.Available { … }
//
// A figure that the system does not tell is 0; callers say so rather than guess.
package machine

import (
	"os"
	"path/filepath"
)

// RAM is the machine's memory in bytes. Where the process runs under a limit (a control group on Linux), the limit
// counts as the machine.
type RAM struct {
	Total     int64
	Available int64 // for new use without swapping
}

// Memory reads the machine's memory now.
func Memory() RAM { return memory() }

// FreeDisk is the bytes that may be written where path is, or would be once its folders are made.
func FreeDisk(path string) int64 {
	dir, err := filepath.Abs(path)
	if err != nil {
		return 0
	}
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return freeDisk(dir)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return 0
		}
		dir = up
	}
}

// PeakRSS is the most memory, in bytes, that this process has had resident.
func PeakRSS() int64 { return peakRSS() }

// ProcessMark is a text that a running process has and that no process of the same number had before it or will have after
// it on this machine. It is "" where no process of that number runs, or the system does not say.
func ProcessMark(pid int) string { return processMark(pid) }

// Processor is the processor's own name, "" where the system does not tell.
func Processor() string { return processor() }
