// Package machine asks the operating system what memory there is and what this process has used of it.
//
//	m := machine.Memory()
//	if need > m.Available { … }
//
// A figure that the system does not tell is 0; callers say so rather than guess.
package machine

// RAM is the machine's memory in bytes. Where the process runs under a limit (a control group on Linux), the limit
// counts as the machine.
type RAM struct {
	Total     int64
	Available int64 // for new use without swapping
}

// Memory reads the machine's memory now.
func Memory() RAM { return memory() }

// PeakRSS is the most memory, in bytes, that this process has had resident.
func PeakRSS() int64 { return peakRSS() }
