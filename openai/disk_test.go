//go:build !linux

package openai_test

func smallDisk() error { return nil }
