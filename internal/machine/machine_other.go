//go:build !linux && !darwin && !windows

package machine

func memory() RAM { return RAM{} }

func freeDisk(string) int64 { return 0 }

func peakRSS() int64 { return 0 }
