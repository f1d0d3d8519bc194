//go:build !linux && !darwin && !windows

package machine

func processMark(int) string { return "" }

func processor() string { return "" }
