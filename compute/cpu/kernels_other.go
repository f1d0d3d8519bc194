//go:build !amd64 && !arm64

package cpu

import "time"

func machineKernels() []kernels { return []kernels{plainKernels()} }

// pause waits about as long as n turns of a spin loop.
func pause(n int) {
	for start := time.Now(); time.Since(start) < time.Duration(n)*10*time.Nanosecond; {
	}
}
